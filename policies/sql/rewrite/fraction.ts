import type { Exact } from '../../mechanisms/suppression/exact.ts';

/** An exact rational factor, JSON-serialisable: `top / bottom` as decimal integers, bottom positive. */
export interface Fraction {
  readonly top: string;
  readonly bottom: string;
}

const DECIMAL = /^(-?)(\d+)(?:\.(\d+))?$/;

export const fractionOfExact = ({ top, bottom }: Exact): Fraction => ({ top: String(top), bottom: String(bottom) });
export const exactOfFraction = ({ top, bottom }: Fraction): Exact => ({ top: BigInt(top), bottom: BigInt(bottom) });

export const ONE: Fraction = { top: '1', bottom: '1' };

/** The value of a numeric literal's text; null for what is no plain decimal. */
export function fractionOf(text: string): Fraction | null {
  const match = DECIMAL.exec(text);
  if (match === null) return null;
  const [, sign = '', whole = '', digits = ''] = match;
  return reduced(BigInt(`${sign}${whole}${digits}`), 10n ** BigInt(digits.length));
}

export function timesFraction(a: Fraction, b: Fraction): Fraction {
  return reduced(BigInt(a.top) * BigInt(b.top), BigInt(a.bottom) * BigInt(b.bottom));
}

export function plusFraction(a: Fraction, b: Fraction): Fraction {
  const top = BigInt(a.top) * BigInt(b.bottom) + BigInt(b.top) * BigInt(a.bottom);
  return reduced(top, BigInt(a.bottom) * BigInt(b.bottom));
}

export const negateFraction = (a: Fraction): Fraction => ({ top: String(-BigInt(a.top)), bottom: a.bottom });

/** null for zero. */
export function invertFraction({ top, bottom }: Fraction): Fraction | null {
  const divisor = BigInt(top);
  return divisor === 0n ? null : reduced(BigInt(bottom), divisor);
}

export const isZeroFraction = ({ top }: Fraction): boolean => top === '0';

function reduced(top: bigint, bottom: bigint): Fraction {
  const common = gcd(top < 0n ? -top : top, bottom < 0n ? -bottom : bottom) || 1n;
  const sign = bottom < 0n ? -1n : 1n;
  return { top: String((sign * top) / common), bottom: String((sign * bottom) / common) };
}

function gcd(a: bigint, b: bigint): bigint {
  let [x, y] = [a, b];
  while (y !== 0n) [x, y] = [y, x % y];
  return x;
}
