import type { Cell } from '../../table-data.ts';
import { type Exact, exactOf } from '../suppression/exact.ts';

/**
 * Decimals kept of a double, at or above the size of its own rounding for values up to about 10^9. A decimal column has
 * its own scale, an integer column scale 0.
 */
export const DOUBLE_SCALE = 6;

/** A cell as a whole number of 10^-scale, halves away from zero; null for what is no finite number. */
export function toFixedPoint(cell: Cell, scale: number): bigint | null {
  const exact = exactOf(cell);
  return exact === null ? null : rounded({ top: exact.top * 10n ** BigInt(scale), bottom: exact.bottom });
}

/** Decimal text of a whole number of 10^-scale. */
export function fromFixedPoint(units: bigint, scale: number): string {
  const digits = String(units < 0n ? -units : units).padStart(scale + 1, '0');
  const whole = digits.slice(0, digits.length - scale);
  return `${units < 0n ? '-' : ''}${whole}${scale === 0 ? '' : `.${digits.slice(-scale)}`}`;
}

/** The least whole number that is not below. */
export function ceiling({ top, bottom }: Exact): bigint {
  const floored = top / bottom; // towards zero
  return top > 0n && floored * bottom !== top ? floored + 1n : floored;
}

function rounded({ top, bottom }: Exact): bigint {
  const half = (2n * (top < 0n ? -top : top) + bottom) / (2n * bottom);
  return top < 0n ? -half : half;
}
