import { compare, type Exact, exactOf, minus, times, ZERO } from '../../mechanisms/suppression/exact.ts';

/**
 * Between which numbers a value lies, as declared bounds and the query's own expression say; null: nothing is known on that
 * side. WHY it need not be trusted for privacy: every summand is clamped to the range that is found here, so that a range that is
 * too narrow costs accuracy and nothing else.
 */
export interface Range {
  readonly low: Exact | null;
  readonly high: Exact | null;
}
export const UNKNOWN: Range = { low: null, high: null };
export const FROM_ZERO: Range = { low: ZERO, high: null };
export const ONE: Exact = { top: 1n, bottom: 1n };
export const UNIT_INTERVAL: Range = { low: ZERO, high: ONE };

export const isNegative = (bound: Exact | null): boolean => bound === null || bound.top < 0n;

export const whole = (value: number): Exact => ({ top: BigInt(value), bottom: 1n });
const negative = (value: Exact | null): Exact | null => (value === null ? null : minus(ZERO, value));
export const negated = ({ low, high }: Range): Range => ({ low: negative(high), high: negative(low) });

export function both(a: Exact | null, b: Exact | null, of: (a: Exact, b: Exact) => Exact): Exact | null {
  return a === null || b === null ? null : of(a, b);
}

/** The smallest (`sign` −1) or largest of those that are known. */
export function known(all: readonly (Exact | null)[], sign: 1 | -1): Exact | null {
  const some = all.filter((one) => one !== null);
  return some.reduce<Exact | null>((best, one) => (best === null || compare(one, best) * sign > 0 ? one : best), null);
}

/** The same, unknown where one of them is. */
export function extreme(all: readonly (Exact | null)[], sign: 1 | -1): Exact | null {
  return all.includes(null) ? null : known(all, sign);
}

export function hull(all: readonly Range[]): Range {
  return {
    low: extreme(
      all.map(({ low }) => low),
      -1,
    ),
    high: extreme(
      all.map(({ high }) => high),
      1,
    ),
  };
}

export function product(a: Range, b: Range): Range {
  if (a.low === null || a.high === null || b.low === null || b.high === null) {
    return !isNegative(a.low) && !isNegative(b.low) ? FROM_ZERO : UNKNOWN;
  }
  const corners = [times(a.low, b.low), times(a.low, b.high), times(a.high, b.low), times(a.high, b.high)];
  return { low: known(corners, -1), high: known(corners, 1) };
}

/** WHY only away from zero: a divisor that may be near it has no bound. */
export function quotient(a: Range, b: Range): Range {
  if (b.low === null || b.high === null) return UNKNOWN;
  if (b.low.top <= 0n && b.high.top >= 0n) return UNKNOWN;
  return product(a, { low: inverse(b.high), high: inverse(b.low) });
}

/** Of quotients: cut towards zero, and towards minus infinity where that is lower. */
export function wholePart({ low, high }: Range): Range {
  return {
    low: low === null ? null : { top: floorOf(low.top, low.bottom), bottom: 1n },
    high: high === null ? null : { top: high.top / high.bottom, bottom: 1n },
  };
}

/** Smaller in size than the divisor, and of the sign of what is divided. */
export function remainder(a: Range, b: Range): Range {
  const { high: size } = absolute(b);
  if (size === null) return UNKNOWN;
  const most = minus(size, ONE);
  if (most.top < 0n) return UNKNOWN;
  return { low: isNegative(a.low) ? minus(ZERO, most) : ZERO, high: a.high !== null && a.high.top <= 0n ? ZERO : most };
}

function inverse({ top, bottom }: Exact): Exact {
  return top < 0n ? { top: -bottom, bottom: -top } : { top: bottom, bottom: top };
}

export function absolute(a: Range): Range {
  const flipped = negated(a);
  if (!isNegative(a.low)) return a;
  if (!isNegative(flipped.low)) return flipped;
  return { low: ZERO, high: extreme([a.high, flipped.high], 1) };
}

/** To a whole power; unknown for every other. */
export function power(base: Range, exponent: Exact | null): Range {
  if (exponent === null || exponent.bottom !== 1n || exponent.top < 1n || exponent.top > POWER_MAX) return UNKNOWN;
  const factor = exponent.top % 2n === 0n ? absolute(base) : base;
  return Array.from({ length: Number(exponent.top) - 1 }, () => factor).reduce(product, factor);
}

/** Beyond, bounds are wider than any noise can hide. */
const POWER_MAX = 8n;

/** Ends moved outwards to whole units of `scale` digits after the point: rounding keeps within them. */
export function outward({ low, high }: Range, scale: number): Range {
  const unit = 10n ** BigInt(scale);
  const down = (value: Exact | null): Exact | null =>
    value === null ? null : { top: floorOf(value.top * unit, value.bottom), bottom: unit };
  return { low: down(low), high: negative(down(negative(high))) };
}

/** Towards minus infinity; `bottom` positive. */
export function floorOf(top: bigint, bottom: bigint): bigint {
  const quotientOf = top / bottom;
  return top % bottom < 0n ? quotientOf - 1n : quotientOf;
}

const MONOTONE: Readonly<Record<string, (value: number) => number>> = {
  sqrt: (value) => Math.sqrt(Math.max(0, value)),
  cbrt: Math.cbrt,
  exp: Math.exp,
  ln: Math.log,
  log10: Math.log10,
  log: Math.log10,
  log2: Math.log2,
};

/** Rising functions of one value. */
export function monotone(fn: string, { low, high }: Range): Range {
  const of = MONOTONE[fn];
  if (of === undefined) return UNKNOWN;
  const at = (value: Exact | null) => (value === null ? null : exactOf(of(Number(value.top) / Number(value.bottom))));
  return { low: at(low), high: at(high) };
}
