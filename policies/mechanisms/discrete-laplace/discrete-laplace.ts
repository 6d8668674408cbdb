import { assert } from '../../errors.ts';
import { SymmetricNoise } from '../exact-sampling/symmetric-noise.ts';
import { type Exact, ZERO } from '../suppression/exact.ts';

const SCALE_LOG2_MAX = 60n;
const STRIPS_PER_SCALE = 32n;

/**
 * Exact sampler of the discrete Laplace distribution: P(x) ∝ e^−|x|/b on the whole numbers, b = `scale`.
 *
 * Guarantee: added per coordinate to a vector of whole numbers, Δ/b-differential privacy. Neighbouring: whatever Δ is taken over; here
 * adding or removing one privacy unit with all its rows. Sensitivity: Δ, the sum of absolute changes. Cost: `pureRho(Δ/b)`.
 * Limits: 2^−6 ≤ b ≤ 2^60. Source: Ghosh, Roughgarden and Sundararajan (STOC 2009); Canonne, Kamath and Steinke (2020), section 5.
 */
export function discreteLaplace(scale: Exact, tableBits?: number): SymmetricNoise {
  assertScale(scale);
  const { top, bottom } = scale;
  const width = top / (bottom * STRIPS_PER_SCALE);
  return new SymmetricNoise(
    { quadratic: ZERO, linear: { top: bottom, bottom: top }, width: width > 1n ? width : 1n },
    tableBits,
  );
}

/** ln 20, rounded up. */
const LN_20: Exact = { top: 2_995_732_274n, bottom: 1_000_000_000n };

/**
 * h with P(|noise| ≤ h) ≥ 95%: P(|noise| > h) = 2y/(1 + y)·e^−h/b for y = e^−1/b, at most e^−h/b, and that is 1/20 at h = b·ln 20. At most
 * one above the least.
 */
export function laplaceHalfWidth(scale: Exact): bigint {
  assertScale(scale);
  const bottom = scale.bottom * LN_20.bottom;
  return (scale.top * LN_20.top + bottom - 1n) / bottom;
}

function assertScale({ top, bottom }: Exact): void {
  assert(bottom > 0n && top << 6n >= bottom && top <= bottom << SCALE_LOG2_MAX, 'a scale is within its limits');
}
