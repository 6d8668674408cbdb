import type { RowSet } from '../row-set.ts';
import { BLOCK_ROWS, DEGREE } from './bgv-parameters.ts';

/**
 * The mask of a block: w₀ − Σ wᵢ·X^(n−i). Times a block Σ vᵢ·Xⁱ its constant coefficient is Σ wᵢvᵢ modulo X^n + 1, since
 * X^i · X^(n−i) = X^n = −1. No rotation, no key for one.
 */
export function maskOf(rows: RowSet, block: number): BigInt64Array {
  const mask = new BigInt64Array(DEGREE);
  forEachRow(rows, block, (row) => {
    if (row === 0) mask[0] = 1n;
    else mask[DEGREE - row] = -1n;
  });
  return mask;
}

/** How many rows of the block are in the set. */
export function rowsInBlock(rows: RowSet, block: number): number {
  let count = 0;
  forEachRow(rows, block, () => {
    count += 1;
  });
  return count;
}

function forEachRow({ bytes }: RowSet, block: number, use: (row: number) => void): void {
  const first = (block * BLOCK_ROWS) / 8;
  for (let at = 0; at < BLOCK_ROWS / 8; at += 1) {
    for (let rest = bytes[first + at] ?? 0; rest !== 0; ) {
      const high = Math.clz32(rest) - 24;
      use(at * 8 + high);
      rest &= ~(0x80 >> high);
    }
  }
}
