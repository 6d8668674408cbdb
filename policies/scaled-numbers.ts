import type { ColumnSchema } from './table-schema.ts';

/** Digits after the point of a stored number: of a decimal as declared, of an integer none. */
export function scaleOf(column: Pick<ColumnSchema, 'type' | 'scale'>): number {
  return column.type === 'decimal' ? (column.scale ?? 2) : 0;
}

/** number × 10^scale, exactly from its shortest decimal form, rounded inwards. */
export function scaledUp(bound: number, scale: number, round: 'ceil' | 'floor'): bigint {
  const match = /^(-?)(\d+)(?:\.(\d+))?(?:e([+-]\d+))?$/.exec(String(bound));
  if (match === null) return bound > 0 ? 10n ** 40n : -(10n ** 40n); // ±Infinity: no bound
  const [, sign, whole = '0', fraction = '', exponent = '0'] = match;
  const shift = Number(exponent) - fraction.length + scale;
  const digits = BigInt(whole + fraction) * (sign === '-' ? -1n : 1n);
  if (shift >= 0) return digits * 10n ** BigInt(shift);
  const divisor = 10n ** BigInt(-shift);
  const quotient = digits / divisor; // towards zero
  const rest = digits % divisor;
  if (rest > 0n && round === 'ceil') return quotient + 1n;
  if (rest < 0n && round === 'floor') return quotient - 1n;
  return quotient;
}
