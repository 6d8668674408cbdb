import type { Exact } from '../suppression/exact.ts';

/** ⌊√value⌋ by Newton's method on whole numbers; value ≥ 0. */
export function squareRoot({ top, bottom }: Exact): bigint {
  const value = top / bottom; // ⌊√x⌋ = ⌊√⌊x⌋⌋
  if (value < 2n) return value;
  let root = 1n << BigInt(Math.ceil(value.toString(2).length / 2)); // ≥ √value
  for (;;) {
    const next = (root + value / root) >> 1n;
    if (next >= root) return root;
    root = next;
  }
}

/** ⌈√value⌉. */
export function squareRootUp(value: Exact): bigint {
  const root = squareRoot(value);
  return root * root * value.bottom === value.top ? root : root + 1n;
}
