import { assert } from '../../errors.ts';
import { squareRoot, squareRootUp } from '../exact-sampling/square-root.ts';
import { SymmetricNoise } from '../exact-sampling/symmetric-noise.ts';
import { type Exact, ZERO } from '../suppression/exact.ts';

/** Variances for which the doubles of the quick path and the 95% bound are sound. */
const VARIANCE_LOG2_MAX = 120n;
const STRIPS_PER_DEVIATION_SQUARED = 1024n;

/**
 * Exact sampler of the discrete Gaussian: P(x) ∝ e^−x²/2σ² on the whole numbers, σ² = `variance`.
 *
 * Guarantee: added per coordinate to a vector of whole numbers, Δ²/2σ²-zCDP, the same as with continuous noise.
 * Neighbouring: whatever Δ is taken over; here adding or removing one privacy unit with all its rows. Sensitivity: Euclidean, Δ.
 * Cost: `gaussianRho(Δ², variance)`. Limits: 2^−20 ≤ σ² ≤ 2^120; variance is at most σ², for small σ² below it.
 * Source: Canonne, Kamath and Steinke (NeurIPS 2020), Theorem 4, Proposition 5; proof and sampler: PROOF.md.
 */
export function discreteGaussian(variance: Exact, tableBits?: number): SymmetricNoise {
  assertVariance(variance);
  const { top, bottom } = variance;
  const width = squareRoot({ top, bottom: bottom * STRIPS_PER_DEVIATION_SQUARED });
  return new SymmetricNoise(
    { quadratic: { top: bottom, bottom: 2n * top }, linear: ZERO, width: width > 1n ? width : 1n },
    tableBits,
  );
}

/** 1.96 rounded up: P(|N(0, 1)| > z) < 5%. */
const Z95: Exact = { top: 1_959_964n, bottom: 1_000_000n };
/** Below this, noise is counted out value by value; above, the Gaussian bound is off by less than one part in a hundred. */
const COUNTED_VARIANCE_MAX = 1024;

/**
 * The least h, or one slightly larger, with P(|noise| ≤ h) ≥ 95%. From 2·P(X ≥ h + 1) ≤ 2·P(N(0, σ²) ≥ h) (Canonne, Kamath and
 * Steinke, Proposition 25); for small σ² by adding up the probabilities.
 */
export function gaussianHalfWidth(variance: Exact): bigint {
  assertVariance(variance);
  const sigmaSquared = Number(variance.top) / Number(variance.bottom);
  if (sigmaSquared <= COUNTED_VARIANCE_MAX) return countedHalfWidth(sigmaSquared);
  const { top, bottom } = variance;
  return squareRootUp({ top: top * Z95.top ** 2n, bottom: bottom * Z95.bottom ** 2n });
}

function countedHalfWidth(sigmaSquared: number): bigint {
  const reach = Math.ceil(10 * Math.sqrt(sigmaSquared)) + 10;
  const weights = Array.from(
    { length: reach + 1 },
    (_, x) => (x === 0 ? 1 : 2) * Math.exp(-(x * x) / (2 * sigmaSquared)),
  );
  // WHY not 95% sharp: doubles are off by far less than 1e-9, and a tail beyond ten deviations weighs nothing beside it.
  const needed = (0.95 + 1e-9) * weights.reduce((total, weight) => total + weight, 0);
  let [inside, h] = [weights[0]!, 0];
  while (inside < needed) inside += weights[++h]!;
  return BigInt(h);
}

function assertVariance({ top, bottom }: Exact): void {
  assert(bottom > 0n && top << 20n >= bottom && top <= bottom << VARIANCE_LOG2_MAX, 'a variance is within its limits');
}
