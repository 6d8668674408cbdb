import { discreteGaussian } from '../../policies/mechanisms/discrete-gaussian/discrete-gaussian.ts';
import { discreteLaplace } from '../../policies/mechanisms/discrete-laplace/discrete-laplace.ts';
import type { RandomSource } from '../../policies/mechanisms/exact-sampling/random-source.ts';
import type { NoiseKind } from '../../policies/mechanisms/noise-pool/noise-pool.ts';
import { exactOf } from '../../policies/mechanisms/suppression/exact.ts';
import {
  GOODNESS_MAX,
  goodnessScore,
  symmetricProbabilities,
  tally,
} from '../policies/mechanisms/exact-sampling/goodness.ts';
import type { ClosenessCase } from './cases.ts';
import { laplaceNoise } from './design.ts';
import type { Finding, Laboratory, Task } from './finding.ts';
import { Ballot, type Histogram, isClose } from './vote.ts';

/** Units in one step of a case's granularity, and in one contribution, at least: so fine that whole numbers look continuous. */
const UNITS_PER_STEP = 64;
const UNITS_PER_CONTRIBUTION = 8192;

export function closenessTasks(cases: readonly ClosenessCase[]): readonly Task[] {
  const own = cases.map((one) => closenessTask(one, one.family));
  const [laplace, gaussian] = ['discrete-laplace', 'discrete-gaussian'].map((family) =>
    cases.find((one) => one.family === family && one.name === 'Default parameters'),
  );
  return [...own, closenessTask(laplace!, 'discrete-gaussian'), closenessTask(gaussian!, 'discrete-laplace')];
}

/** Noise of `family` at the case's variance, beside continuous noise of the case's family: a mutant where these differ. */
function closenessTask(one: ClosenessCase, family: NoiseKind['family']): Task {
  const mutant = one.family !== family;
  const name = mutant ? `${family} in its place` : one.name;
  return {
    name: `closeness ${one.family}: ${name}`,
    run: (laboratory) => {
      const ballot = new Ballot(laboratory.votes ?? one.votes);
      while (ballot.verdict === null) ballot.cast(isCloseNow(one, family, laboratory));
      const { accepted, rejected, verdict } = ballot;
      const holds = verdict === !mutant;
      const detail = { accepted, rejected, samples: one.samples };
      return [{ check: mutant ? 'mutant' : 'closeness', subject: one.family, name, holds, detail }];
    },
  };
}

function isCloseNow(one: ClosenessCase, family: NoiseKind['family'], { source, pool }: Laboratory): boolean {
  const unit = Math.min(one.granularity / UNITS_PER_STEP, one.contributionMax / UNITS_PER_CONTRIBUTION);
  const kind = kindFor(one, family, unit);
  const input = Math.round(one.input / unit);
  const drawn: Histogram = new Map();
  const reference: Histogram = new Map();
  const chunk = 4096;
  for (let done = 0; done < one.samples; done += chunk)
    for (const noise of pool.take(kind, Math.min(chunk, one.samples - done)))
      count(drawn, Math.round(((input + Number(noise)) * unit) / one.granularity));
  for (let i = 0; i < one.samples; i += 1)
    count(reference, Math.round((one.mean + continuousNoise(one.family, one.variance, source)) / one.granularity));
  return isClose(drawn, reference, one.samples, one.l2Tolerance);
}

/** Laplace noise as the project calibrates it for ε, whose variance must be the case's; otherwise noise of the case's variance. */
function kindFor(one: ClosenessCase, family: NoiseKind['family'], unit: number): NoiseKind {
  const sensitivity = BigInt(Math.round((one.groupsMax * one.contributionMax) / unit));
  if (family === 'discrete-laplace' && one.family === family) return laplaceNoise(one.epsilon, sensitivity);
  const variance = one.variance / unit ** 2;
  return { family, parameter: exactOf(family === 'discrete-laplace' ? Math.sqrt(variance / 2) : variance)! };
}

function count(histogram: Histogram, outcome: number): void {
  histogram.set(outcome, (histogram.get(outcome) ?? 0) + 1);
}

function continuousNoise(family: NoiseKind['family'], variance: number, source: RandomSource): number {
  const uniform = () => (source.safeWord() + 0.5) / 2 ** 53;
  if (family === 'discrete-gaussian')
    return Math.sqrt(variance * -2 * Math.log(uniform())) * Math.cos(2 * Math.PI * uniform());
  return Math.sqrt(variance / 2) * Math.log(uniform()) * (source.word() % 2 === 0 ? 1 : -1);
}

const SHAPES = [
  { family: 'discrete-gaussian', parameter: { top: 1n, bottom: 4n } },
  { family: 'discrete-gaussian', parameter: { top: 1n, bottom: 1n } },
  { family: 'discrete-gaussian', parameter: { top: 100n, bottom: 3n } },
  { family: 'discrete-laplace', parameter: { top: 1n, bottom: 1n } },
  { family: 'discrete-laplace', parameter: { top: 7n, bottom: 2n } },
] as const satisfies readonly NoiseKind[];
const SHAPE_SAMPLES = 2_000_000;
const REACH = 200;

/** The very probabilities, χ² at α = 1e-7 each; the mutant rounds continuous noise of the same parameter. */
export function shapeTasks(): readonly Task[] {
  return SHAPES.flatMap((kind) => [shapeTask(kind, false), ...(kind === SHAPES[0] ? [shapeTask(kind, true)] : [])]);
}

function shapeTask(kind: NoiseKind, rounded: boolean): Task {
  const { family, parameter } = kind;
  const value = Number(parameter.top) / Number(parameter.bottom);
  const name = `${family} ${parameter.top}/${parameter.bottom}`;
  const weight = (m: number) => Math.exp(family === 'discrete-gaussian' ? -(m * m) / (2 * value) : -m / value);
  const run = ({ source }: Laboratory): readonly Finding[] => {
    const noise = family === 'discrete-gaussian' ? discreteGaussian(parameter) : discreteLaplace(parameter);
    const draw = rounded
      ? () => BigInt(Math.round(continuousNoise(family, value, source)))
      : () => noise.sample(source);
    const score = goodnessScore(tally(SHAPE_SAMPLES, REACH, draw), symmetricProbabilities(weight, REACH));
    const detail = { score, scoreMax: GOODNESS_MAX, samples: SHAPE_SAMPLES };
    return rounded
      ? [{ check: 'mutant', subject: name, name: 'continuous noise, rounded', holds: score > GOODNESS_MAX, detail }]
      : [{ check: 'shape', subject: family, name, holds: score < GOODNESS_MAX, detail }];
  };
  return { name: `shape ${name}${rounded ? ', continuous and rounded' : ''}`, run };
}
