import { assert } from '../../errors.ts';
import type { CountParameters } from './perturbation-parameters.ts';

/** Noise for one true count: `probabilities[k]` belongs to `support[k]`; the support ascends. */
export interface NoiseDistribution {
  readonly support: readonly number[];
  readonly probabilities: readonly number[];
}

/** Multipliers of E[v] = 0 and E[v²] ≤ V in p ∝ exp(−λ1·v − λ2·v²). */
interface Multipliers {
  readonly mean: number;
  readonly variance: number;
}

/** Everything that Newton's method needs at one point of the dual. */
interface DualPoint {
  readonly at: Multipliers;
  readonly probabilities: readonly number[];
  /** The dual's value; what is left of E[v] = 0 and of E[v²] = V is its negative gradient. */
  readonly value: number;
  readonly mean: number;
  readonly excess: number;
  readonly covariance: readonly [vv: number, vw: number, ww: number];
}

const TOLERANCE = 1e-12;
const STEPS_MAX = 200;
const HALVINGS_MAX = 60;
/** Armijo's share of the predicted gain, and the predicted gain below which rounding hides it. */
const SUFFICIENT = 1e-4;
const VALUE_DECIDES = 1e-10;

/**
 * The least informative noise that a true count may get: v ∈ [−D, D], i + v never negative or in 1..js, mean 0,
 * variance at most V, no more probable further below the count than nearer to it. Solved to 1e-12.
 *
 * Source: Giessing, Computational Issues in the Design of Transition Probabilities (PSD 2016); the same optimum as
 * `optim = 1, mono = TRUE` of the R package ptable 1.0.0. Derivation: PROOF.md, Counts.
 */
export function maximumEntropyNoise(count: number, parameters: CountParameters): NoiseDistribution {
  const support = supportOf(count, parameters);
  if (support.length === 1) return { support, probabilities: [1] };
  const dual = (at: Multipliers): DualPoint => dualPoint(support, parameters.V, at);
  const unbounded = solve(dual, { mean: 0, variance: 0 }, false);
  const { probabilities } = unbounded.excess <= 0 ? unbounded : solve(dual, unbounded.at, true);
  return { support, probabilities };
}

function supportOf(count: number, { D, js }: CountParameters): readonly number[] {
  if (count === 0) return [0];
  const noise = Array.from({ length: 2 * D + 1 }, (_, k) => k - D);
  return noise.filter((v) => count + v === 0 || count + v > js);
}

function dualPoint(support: readonly number[], V: number, at: Multipliers): DualPoint {
  const tied = tiedBlock(support, at);
  // In a block of equal probabilities the members share their mean features; elsewhere a feature is v or v² itself.
  const first = levelled(support, tied);
  const second = levelled(
    support.map((v) => v * v),
    tied,
  );
  const logs = first.map((v, k) => -at.mean * v - at.variance * second[k]!);
  const top = Math.max(...logs);
  const masses = logs.map((log) => Math.exp(log - top));
  const total = sum(masses);
  const probabilities = masses.map((mass) => mass / total);
  const mean = sum(probabilities.map((p, k) => p * first[k]!));
  const square = sum(probabilities.map((p, k) => p * second[k]!));
  const cross = (a: readonly number[], am: number, b: readonly number[], bm: number): number =>
    sum(probabilities.map((p, k) => p * (a[k]! - am) * (b[k]! - bm)));
  return {
    at,
    probabilities,
    value: top + Math.log(total) + at.variance * V,
    mean,
    excess: square - V,
    covariance: [
      cross(first, mean, first, mean),
      cross(first, mean, second, square),
      cross(second, square, second, square),
    ],
  };
}

interface Block {
  readonly from: number;
  readonly to: number;
}

/**
 * The places, up to v = 0, whose probabilities are equal because they would otherwise fall towards 0. One block suffices:
 * the exponent is concave in v, so left of the block it rises (pool adjacent violators, with means of logarithms).
 */
function tiedBlock(support: readonly number[], { mean, variance }: Multipliers): Block | null {
  const zero = support.indexOf(0);
  if (zero < 1) return null;
  let from = zero;
  let level = 0;
  for (; from > 0; from -= 1) {
    const v = support[from - 1]!;
    const log = -mean * v - variance * v * v;
    if (log <= level) break;
    level += (log - level) / (zero - from + 2);
  }
  return { from, to: zero };
}

function levelled(feature: readonly number[], block: Block | null): readonly number[] {
  if (block === null) return feature;
  const { from, to } = block;
  const level = sum(feature.slice(from, to + 1)) / (to + 1 - from);
  return feature.map((value, k) => (k >= from && k <= to ? level : value));
}

/** Damped Newton on the convex dual, over the multiplier of the mean alone or over both. */
function solve(dual: (at: Multipliers) => DualPoint, start: Multipliers, both: boolean): DualPoint {
  const residual = ({ mean, excess }: DualPoint): number => (both ? Math.hypot(mean, excess) : Math.abs(mean));
  let point = dual(start);
  for (let step = 0; step < STEPS_MAX; step += 1) {
    const next = nextPoint(
      dual,
      point,
      both ? newtonStep(point) : { mean: point.mean / point.covariance[0], variance: 0 },
      residual,
    );
    if (next === null) break;
    point = next;
  }
  assert(residual(point) <= TOLERANCE, 'the noise distribution is solved to its tolerance');
  return point;
}

/** The longest of the halved steps that gains what it must; null when none does: the point is as good as doubles get. */
function nextPoint(
  dual: (at: Multipliers) => DualPoint,
  from: DualPoint,
  step: Multipliers,
  residual: (point: DualPoint) => number,
): DualPoint | null {
  const slope = -step.mean * from.mean - step.variance * from.excess;
  for (let share = 1, tries = 0; tries < HALVINGS_MAX; share /= 2, tries += 1) {
    const to = { mean: from.at.mean + share * step.mean, variance: from.at.variance + share * step.variance };
    // Below 0 the exponent is not concave, and no optimum lies there.
    if (to.variance < 0) continue;
    const next = dual(to);
    // WHY two measures: where blocks change only the value is sure to fall; near the optimum only the residual is exact.
    const gains =
      -slope > VALUE_DECIDES ? next.value <= from.value + SUFFICIENT * share * slope : residual(next) < residual(from);
    if (gains) return next;
  }
  return null;
}

function newtonStep({ mean, excess, covariance: [vv, vw, ww] }: DualPoint): Multipliers {
  const determinant = vv * ww - vw * vw;
  return { mean: (ww * mean - vw * excess) / determinant, variance: (vv * excess - vw * mean) / determinant };
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
