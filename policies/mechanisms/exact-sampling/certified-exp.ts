import { assert } from '../../errors.ts';
import type { Exact } from '../suppression/exact.ts';

/** Whole numbers between which a real number lies, in units that the context names. */
export interface Bounds {
  readonly low: bigint;
  readonly high: bigint;
}

/** Spare bits for the roundings of a series and of the squarings after it. */
const GUARD_BITS = 24;

/**
 * e^−x in units of 2^−bits: `low ≤ e^−x · 2^bits ≤ high`, at most two units apart. x ≥ 0 of any size.
 * Integers only: a Taylor series at x / 2^k ≤ 1/2, then k squarings, each rounded outwards.
 */
export function expMinus(x: Exact, bits: number): Bounds {
  assert(x.top >= 0n && x.bottom > 0n, 'the exponent is not positive');
  if (x.top >= x.bottom * BigInt(bits)) return { low: 0n, high: 1n }; // e > 2
  const halvings = halvingsFor(x);
  const work = BigInt(bits + halvings + GUARD_BITS);
  let bounds = expSeries({ top: x.top, bottom: x.bottom << BigInt(halvings) }, work);
  for (let step = 0; step < halvings; step += 1) bounds = multiply(bounds, bounds, work);
  return rescale(bounds, work - BigInt(bits));
}

/** The product of numbers in [0, 1], all in units of 2^−bits. */
export function multiply(a: Bounds, b: Bounds, bits: bigint): Bounds {
  return { low: (a.low * b.low) >> bits, high: shiftUp(a.high * b.high, bits) };
}

/** In units that are 2^bits times as large. */
export function rescale(bounds: Bounds, bits: bigint): Bounds {
  return { low: bounds.low >> bits, high: shiftUp(bounds.high, bits) };
}

/** ⌈a / b⌉ for b > 0 and a ≥ 0. */
export function divideUp(a: bigint, b: bigint): bigint {
  return (a + b - 1n) / b;
}

function shiftUp(value: bigint, bits: bigint): bigint {
  return -(-value >> bits);
}

function halvingsFor({ top, bottom }: Exact): number {
  let halvings = 0;
  while (2n * top > bottom << BigInt(halvings)) halvings += 1;
  return halvings;
}

/** Σ (−y)^n/n! for y ≤ 1/2: terms fall and alternate, so that the sum is within the first one left out. */
function expSeries(y: Exact, bits: bigint): Bounds {
  const one = 1n << bits;
  let term: Bounds = { low: one, high: one };
  let sum: Bounds = { low: 0n, high: 0n };
  for (let n = 1n; term.high > 1n; n += 1n) {
    sum =
      n % 2n === 1n
        ? { low: sum.low + term.low, high: sum.high + term.high }
        : { low: sum.low - term.high, high: sum.high - term.low };
    term = { low: (term.low * y.top) / (y.bottom * n), high: divideUp(term.high * y.top, y.bottom * n) };
  }
  const low = sum.low - term.high;
  return { low: low < 0n ? 0n : low, high: sum.high + term.high };
}
