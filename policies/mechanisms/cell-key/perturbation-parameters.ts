import { assert } from '../../errors.ts';

/** Counts: noise in [−D, D], mean 0, variance at most V, no released count in 1..js. Names as in the literature. */
export interface CountParameters {
  readonly D: number;
  readonly V: number;
  readonly js: number;
}

/** Sums: how large the noise on a contribution is, as a share of it. */
export interface FlexParameters {
  /** Share that very large contributions approach. */
  readonly pl: number;
  /** Share at and below the flex point: the largest there is. */
  readonly ps: number;
  /** Flex point, as a share of the largest absolute value that the column declares. */
  readonly fp: number;
  /** How fast the share falls above the flex point; a whole number, so that it is exact in fractions. */
  readonly q: number;
}

/** The numbers of mode `perturbed`, for the policy profile. */
export interface PerturbationParameters extends CountParameters {
  readonly flex: FlexParameters;
}

export const DEFAULT_PERTURBATION: PerturbationParameters = Object.freeze({
  D: 8,
  V: 8,
  js: 2,
  flex: Object.freeze({ pl: 0.05, ps: 0.25, fp: 0.25, q: 3 }),
});

/** Where a plan argues for accuracy: less noise on counts, so fewer distinct sets before the cap. */
export const ACCURATE_PERTURBATION: PerturbationParameters = Object.freeze({ ...DEFAULT_PERTURBATION, D: 5, V: 3 });

/** The fewest that noise can lift to a threshold; the empty stays empty. */
export const perturbedLeast = (threshold: number, { D }: Pick<CountParameters, 'D'>): number =>
  Math.max(1, threshold - D);

const D_MAX = 64;
/** At the least possible variance the noise has two values and no multipliers. */
const V_MARGIN = 0.01;
const Q_MAX = 8;

/** Fails for numbers that give no table: they come from the profile, whose author has to know at once. */
export function assertCountParameters({ D, V, js }: CountParameters): void {
  assert([D, js].every(Number.isInteger) && js >= 0, 'D and js are whole numbers, js at least 0');
  // A count of js + 1 may only fall to 0, so noise must reach that far.
  assert(D > js && D <= D_MAX, `D is above js and at most ${D_MAX}`);
  // A count i ≤ js moves to 0 or to js + 1 or above: with mean 0 that takes a variance of i·(js + 1 − i) at least.
  const least = varianceNeeded(js) + V_MARGIN;
  assert(V >= least && Number.isFinite(V), `V is at least ${least} where js is ${js}`);
}

const checked = new WeakSet<FlexParameters>();

/** Fails for numbers that give no scale of noise. Parameters that passed are not looked at again: they are frozen. */
export function assertFlexParameters(parameters: FlexParameters): void {
  if (checked.has(parameters)) return;
  const { pl, ps, fp, q } = parameters;
  assert(pl > 0 && pl < ps && ps < 1, '0 < pl < ps < 1');
  assert(fp > 0 && fp <= 1, 'fp is a share of the declared bound, above 0 and at most 1');
  assert(Number.isInteger(q) && q <= Q_MAX, `q is a whole number, at most ${Q_MAX}`);
  // Otherwise the share would rise above ps beyond the flex point (PROOF.md, Sums).
  assert(q * (ps - pl) >= 2 * ps, 'q is at least 2·ps/(ps − pl)');
  assert(isRising(pl, ps, q), 'pl is so large that noise never shrinks as contributions grow');
  if (Object.isFrozen(parameters)) checked.add(parameters);
}

/** Whether t·m(t), with t in flex points, rises from 1 on: by its derivative, on a grid that is finer than its bend. */
function isRising(pl: number, ps: number, q: number): boolean {
  for (let t = 1; t < 1e5; t *= 1.01) {
    const bend = (2 - q) * ps * t * t + (2 * ps + (q - 1) * pl) * t - pl;
    if (pl + (2 / (1 + t)) ** q * (bend / (1 + t)) < 0) return false;
  }
  return true;
}

function varianceNeeded(js: number): number {
  const half = Math.floor((js + 1) / 2);
  return half * (js + 1 - half);
}
