import { onesIn, type RowSet } from '../row-set.ts';
import { BLOCK_ROWS, DEGREE } from './bgv-parameters.ts';

/**
 * The mask of a block: w₀ − Σ wᵢ·X^(n−i). Times a block Σ vᵢ·Xⁱ its constant coefficient is Σ wᵢvᵢ modulo X^n + 1, since
 * X^i · X^(n−i) = X^n = −1. No rotation, no key for one.
 */
export function maskOf(rows: RowSet, block: number): Float64Array {
  const mask = new Float64Array(DEGREE);
  const bytes = bytesOfBlock(rows, block);
  for (let at = 0; at < bytes.length; at += 1) {
    for (let rest = bytes[at]!; rest !== 0; ) {
      const high = Math.clz32(rest) - 24;
      const row = at * 8 + high;
      if (row === 0) mask[0] = 1;
      else mask[DEGREE - row] = -1;
      rest &= ~(0x80 >> high);
    }
  }
  return mask;
}

/** How many rows of the block are in the set. */
export function rowsInBlock(rows: RowSet, block: number): number {
  return onesIn(bytesOfBlock(rows, block));
}

function bytesOfBlock({ bytes }: RowSet, block: number): Uint8Array {
  return bytes.subarray((block * BLOCK_ROWS) / 8, ((block + 1) * BLOCK_ROWS) / 8);
}
