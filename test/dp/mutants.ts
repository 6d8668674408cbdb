import { createHash } from 'node:crypto';
import type { Mutant } from './case-tasks.ts';
import { laplaceNoise, OWN } from './design.ts';

const LN_3 = Math.log(3);

/** Noise that is a function of the value, as of a generator that is seeded with it. */
function seededByValue(truth: number): number {
  return createHash('sha256').update(String(truth)).digest().readInt8();
}

const halved = { ...OWN, add: (truth: number, noise: number) => truth + Math.round(noise / 2) };
const count = (name: string) => ({ aggregate: 'count', name }) as const;
const sum = (name: string) => ({ aggregate: 'sum', name }) as const;
const mean = (name: string) => ({ aggregate: 'mean', name }) as const;
const stdev = (name: string) => ({ aggregate: 'stdev', name }) as const;
const quantiles = (name: string) => ({ aggregate: 'quantiles', name }) as const;

/**
 * What goes wrong in real implementations, each with a case that must find it. WHY not every case: the vectors tell apart what is twice as
 * bad, some only that; a deviation of no entries, say, is 0 most of the time, however much noise there is.
 */
export const MUTANTS: readonly Mutant[] = [
  { name: 'half the noise', design: halved, against: count('Laplace noise, empty count, default parameters') },
  { name: 'half the noise', design: halved, against: sum('Gaussian noise, empty sum, default parameters') },
  { name: 'half the noise', design: halved, against: mean('Laplace noise, empty mean, default parameters') },
  { name: 'half the noise', design: halved, against: stdev('Laplace noise, multiple entries, default parameters') },
  {
    name: 'no clamp',
    design: { ...OWN, clamp: (value) => value },
    against: sum('Laplace noise, empty sum, default parameters'),
  },
  {
    name: 'no clamp',
    design: { ...OWN, clamp: (value) => value },
    against: mean('Gaussian noise, empty mean, default parameters'),
  },
  {
    name: 'no clamp',
    design: { ...OWN, clamp: (value) => value },
    against: stdev('Laplace noise, empty stdv, default parameters'),
  },
  {
    name: 'ε ignored: always ln 3',
    design: {
      ...OWN,
      noiseFor: (one, sensitivity, parts) => OWN.noiseFor({ ...one, epsilon: LN_3 }, sensitivity, parts),
    },
    against: count('Laplace noise, empty count, small epsilon'),
  },
  {
    name: 'groups of a unit ignored',
    design: { ...OWN, noiseFor: (one, { each }, parts) => OWN.noiseFor(one, { groups: 1n, each }, parts) },
    against: count('Laplace noise, empty count, two partitions contributed'),
  },
  {
    name: 'Laplace noise for the distance of Gaussian noise: √L0',
    design: {
      ...OWN,
      noiseFor: (one, { groups, each }, parts) =>
        laplaceNoise(one.epsilon, BigInt(Math.round(Math.sqrt(Number(groups)))) * each * BigInt(parts)),
    },
    against: count('Laplace noise, empty count, many partitions contributed'),
  },
  {
    name: 'each part takes all of ε',
    design: { ...OWN, noiseFor: (one, sensitivity) => OWN.noiseFor(one, sensitivity, 1) },
    against: mean('Laplace noise, large positive mean, default parameters'),
  },
  {
    name: 'each part takes all of ε',
    design: { ...OWN, noiseFor: (one, sensitivity) => OWN.noiseFor(one, sensitivity, 1) },
    against: stdev('Laplace noise, multiple entries, default parameters'),
  },
  {
    name: 'rows of a unit ignored',
    design: {
      ...OWN,
      noiseFor: (one, { groups, each }, parts) =>
        OWN.noiseFor(one, { groups, each: each / BigInt(one.contributionsMax) }, parts),
    },
    against: mean('Laplace noise, empty mean, many contributions per partition'),
  },
  {
    name: 'noise of one level on every level',
    design: { ...OWN, levels: () => 1 },
    against: quantiles('Laplace noise, empty distribution, different tree parameters'),
  },
  {
    name: 'seeded by value',
    design: { ...OWN, add: (truth) => truth + seededByValue(truth) },
    against: count('Laplace noise, empty count, default parameters'),
  },
  {
    name: 'no noise for nothing',
    design: { ...OWN, add: (truth, noise) => (truth === 0 ? 0 : truth + noise) },
    against: count('Gaussian noise, empty count, default parameters'),
  },
  {
    name: 'noise without its sign',
    design: { ...OWN, add: (truth, noise) => truth + Math.abs(noise) },
    against: count('Laplace noise, small count, default parameters'),
  },
];
