import { assert } from '../../errors.ts';
import type { Exact } from '../suppression/exact.ts';

/** Leading bits that a variance of the grid may have: steps of at most 1/16 of the variance, 3% of σ. */
const MANTISSA_BITS = 5;

/**
 * The least variance on a public grid that is not below `variance`: m·2^e with 16 ≤ m < 32. So that noise drawn ahead
 * serves many questions. More noise than asked for; the charge is that of what is really added (`gaussianRho` of the result).
 */
export function gridVariance(variance: Exact): Exact {
  assert(variance.top > 0n && variance.bottom > 0n, 'a variance is positive');
  const { top, bottom } = variance;
  const bits = (value: bigint) => value.toString(2).length;
  let exponent = bits(top) - bits(bottom) - MANTISSA_BITS;
  let mantissa = ceilScaled(variance, exponent);
  if (mantissa >= 2n ** BigInt(MANTISSA_BITS)) {
    exponent += 1;
    mantissa = ceilScaled(variance, exponent);
  }
  return exponent >= 0
    ? { top: mantissa << BigInt(exponent), bottom: 1n }
    : lowestTerms({ top: mantissa, bottom: 1n << BigInt(-exponent) });
}

/** ⌈variance / 2^exponent⌉ */
function ceilScaled({ top, bottom }: Exact, exponent: number): bigint {
  const [a, b] = exponent >= 0 ? [top, bottom << BigInt(exponent)] : [top << BigInt(-exponent), bottom];
  return (a + b - 1n) / b;
}

function lowestTerms({ top, bottom }: Exact): Exact {
  let [t, b] = [top, bottom];
  while (t % 2n === 0n && b % 2n === 0n) [t, b] = [t / 2n, b / 2n];
  return { top: t, bottom: b };
}
