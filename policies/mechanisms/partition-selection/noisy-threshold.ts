import { gaussianVariance } from '../../accounting/zcdp.ts';
import { assert } from '../../errors.ts';
import { gridVariance } from '../discrete-gaussian/variance-grid.ts';
import { squareRootUp } from '../exact-sampling/square-root.ts';
import type { NoiseKind } from '../noise-pool/noise-pool.ts';
import { compare, type Exact, ZERO } from '../suppression/exact.ts';

export interface ThresholdParameters {
  /** Of the noise on each group's number of units, on the public grid. */
  readonly variance: Exact;
  /** Most that a group of one unit may show, 2^−1000 < δ < 1/4. */
  readonly delta: Exact;
  /** Groups with fewer units than this never show, whatever chance says. 1: no such threshold. */
  readonly unitsMin: number;
}

/**
 * Which groups exist, for zCDP: a group shows where its number of units with Gaussian noise reaches a threshold that one unit alone
 * reaches with chance δ at most.
 *
 * Guarantee: δ·L0-approximate L0/2σ²-zCDP over all groups together. Neighbouring: one privacy unit more or less. Sensitivity: a unit counts in at
 * most L0 groups, once in each. Cost: `gaussianRho(L0, variance)`, and δ for each group. Limits: units must be bounded before. Under zCDP it
 * shows far smaller groups than `PartitionSelection`, whose (ε, δ) costs ε²/2 (PROOF.md has both).
 * Source: Korolova, Kenthapadi, Mishra and Ntoulas (WWW 2009) for noisy thresholds; Swanberg, Desfontaines and Haney, DP-SIPS (PETS 2023) for Gaussian
 * noise; Canonne, Kamath and Steinke (2020), Proposition 25, for the tail.
 */
export class NoisyThreshold {
  /** Noise that `keeps` takes, one value a group. */
  readonly noise: NoiseKind;
  /** In units beyond `unitsMin − 1`. */
  readonly threshold: bigint;
  readonly #unitsMin: number;

  constructor({ variance, delta, unitsMin }: ThresholdParameters) {
    assert(Number.isSafeInteger(unitsMin) && unitsMin >= 1, 'a threshold is a number of units');
    this.noise = { family: 'discrete-gaussian', parameter: variance };
    this.threshold = leastThreshold(variance, delta);
    this.#unitsMin = unitsMin;
  }

  /** Groups of so many units show half the time; of more, more often. */
  get evenAt(): bigint {
    return this.threshold + BigInt(this.#unitsMin - 1);
  }

  /** INVARIANT: noise is taken for every group, also for those that never show. */
  keeps(units: number, noise: bigint): boolean {
    assert(Number.isSafeInteger(units) && units >= 0, 'units are counted');
    const counted = units - this.#unitsMin + 1;
    return counted > 0 && BigInt(counted) + noise >= this.threshold;
  }
}

/** Noise and threshold with which a unit in `groupsMax` groups costs `rho` and `delta` at most in all. */
export function noisyThreshold(rho: Exact, delta: Exact, groupsMax: number, unitsMin: number): NoisyThreshold {
  assert(Number.isSafeInteger(groupsMax) && groupsMax >= 1, 'a unit is in some group');
  const groups = BigInt(groupsMax);
  return new NoisyThreshold({
    variance: gridVariance(gaussianVariance(groups, rho)),
    delta: { top: delta.top, bottom: delta.bottom * groups },
    unitsMin,
  });
}

/**
 * T with P(1 + Z ≥ T) ≤ δ: P(Z ≥ T − 1) ≤ P(N(0, σ²) ≥ T − 2), and that is at most δ where T − 2 ≥ t·σ for a t with e^−t²/2 / (t·√2π) ≤ δ. At
 * most two above the least.
 */
function leastThreshold({ top, bottom }: Exact, delta: Exact): bigint {
  assert(compare(delta, ZERO) > 0 && 4n * delta.top < delta.bottom, 'δ is between 0 and 1/4');
  const t = BigInt(Math.ceil(tailQuantile(Number(delta.top) / Number(delta.bottom)) * 1e6));
  return 2n + squareRootUp({ top: top * t ** 2n, bottom: bottom * 10n ** 12n });
}

/** The t at which the bound on the normal tail (Mills' ratio) is δ, a little above: by bisection, as it falls in t. */
function tailQuantile(delta: number): number {
  assert(delta > 2 ** -1000, 'δ is no smaller than a double tells');
  const logBound = (t: number) => -(t * t) / 2 - Math.log(t * Math.sqrt(2 * Math.PI));
  const wanted = Math.log(delta) - 1e-9; // far above what rounding does to either side
  let [low, high] = [0.1, 64];
  for (let step = 0; step < 80; step += 1) {
    const middle = (low + high) / 2;
    if (logBound(middle) > wanted) low = middle;
    else high = middle;
  }
  return high;
}
