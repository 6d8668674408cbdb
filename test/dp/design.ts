import { gaussianVariance, rhoOf } from '../../policies/accounting/zcdp.ts';
import { gridVariance } from '../../policies/mechanisms/discrete-gaussian/variance-grid.ts';
import type { NoiseKind } from '../../policies/mechanisms/noise-pool/noise-pool.ts';
import { type Exact, exactOf, times } from '../../policies/mechanisms/suppression/exact.ts';
import type { DpCase } from './cases.ts';

/** How one vector of statistics may change between neighbours: each of `groups` coordinates by `each` at most. */
export interface Sensitivity {
  readonly groups: bigint;
  readonly each: bigint;
}

/** What an implementer decides. The project's own decisions are `OWN`; mutants get one of them wrong. */
export interface Design {
  readonly clamp: (value: number, lower: number, upper: number) => number;
  /** Noise of one of `parts` statistics that share the ε and δ of the case. */
  readonly noiseFor: (one: DpCase, sensitivity: Sensitivity, parts: number) => NoiseKind;
  readonly add: (truth: number, noise: number) => number;
  /** Levels of a tree over which its noise is accounted. */
  readonly levels: (height: number) => number;
}

export const OWN: Design = {
  clamp: (value, lower, upper) => Math.min(upper, Math.max(lower, value)),
  noiseFor: ownNoise,
  add: (truth, noise) => truth + noise,
  levels: (height) => height,
};

/** Laplace of scale parts·Δ1/ε; Gaussian on the public grid for an equal share of the ρ that (ε, δ) allows. */
function ownNoise({ family, epsilon, delta }: DpCase, { groups, each }: Sensitivity, parts: number): NoiseKind {
  if (family === 'discrete-laplace') return laplaceNoise(epsilon, groups * each * BigInt(parts));
  const rho = times(exactOf(rhoOf(epsilon, delta))!, { top: 1n, bottom: BigInt(parts) });
  return { family, parameter: gridVariance(gaussianVariance(groups * each ** 2n, rho)) };
}

export function laplaceNoise(epsilon: number, sensitivity: bigint): NoiseKind {
  const { top, bottom }: Exact = exactOf(epsilon)!;
  return { family: 'discrete-laplace', parameter: { top: sensitivity * bottom, bottom: top } };
}
