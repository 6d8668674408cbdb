import type { Exact } from './exact.ts';

/** Exact numbers as whole multiples of one unit, small enough for integers in doubles. */
export interface Grid {
  /** The multiple at or below a value; negative values count as zero. */
  readonly floor: (value: Exact) => number;
  /** The multiple at or above a value that is not negative. */
  readonly ceil: (value: Exact) => number;
}

/** WHY 36: sums of as many cells as an answer may have still fit into the 53 bits of a double. */
const BITS_MAX = 36;

/**
 * The finest grid that holds all values: the values' own last digit where the largest has at most 36 bits of them, so
 * that whole numbers stay whole, else that digit times a power of two.
 *
 * INVARIANT: what readers could take away from a cell is rounded down, what they must be able to is rounded up.
 */
export function gridFor(values: readonly Exact[]): Grid {
  let digits = 1n;
  for (const bottom of new Set(values.map((value) => value.bottom)))
    digits = (digits / commonDivisor(digits, bottom)) * bottom;
  let largest = 0n;
  for (const { top, bottom } of values) {
    const scaled = ((top < 0n ? -top : top) * digits) / bottom;
    if (scaled > largest) largest = scaled;
  }
  const coarser = 1n << BigInt(Math.max(0, largest.toString(2).length - BITS_MAX));
  return {
    floor: ({ top, bottom }) => (top < 0n ? 0 : Number((top * digits) / (bottom * coarser))),
    ceil: ({ top, bottom }) => Number((top * digits + bottom * coarser - 1n) / (bottom * coarser)),
  };
}

function commonDivisor(a: bigint, b: bigint): bigint {
  return b === 0n ? a : commonDivisor(b, a % b);
}
