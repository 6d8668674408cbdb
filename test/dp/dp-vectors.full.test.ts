/**
 * Goal: the suite `test:dp` runs, passes what is private and finds out what is not; in short. Method: one vote a case (nine in the suite), a seeded
 * source, so that a run is repeatable: no false alarm comes and goes. Votes accept with probability ≥ .9 by their design; at this seed
 * they do. Controls: mutants.
 */
import { describe, expect, it } from 'vitest';
import { NoisePool } from '../../policies/mechanisms/noise-pool/noise-pool.ts';
import { seededSource } from '../policies/mechanisms/exact-sampling/seeded-source.ts';
import { exactDelta } from './own-tasks.ts';
import { allTasks } from './tasks.ts';

const SEED = 20_261_136;
console.log(`dp vectors seed ${SEED}`);
const tasks = allTasks();

function run(name: string) {
  const found = tasks.filter((task) => task.name.startsWith(name));
  const source = seededSource(SEED);
  return found.flatMap((task) => task.run({ source, pool: new NoisePool(source), votes: 1 }));
}

describe('the suite', { timeout: 120_000 }, () => {
  it('has all vectors, and mutants against every aggregate', () => {
    const text = tasks.map(({ name }) => name).join('\n');
    for (const aggregate of ['count', 'sum', 'mean', 'stdev', 'quantiles']) {
      expect(text).toMatch(new RegExp(`^${aggregate}: `, 'm'));
      expect(text).toMatch(new RegExp(`^mutant .*, ${aggregate}$`, 'm'));
    }
    expect(tasks.filter(({ name }) => name.startsWith('closeness '))).toHaveLength(42 + 2);
  });

  it.each([
    'count: Laplace noise, empty count, default parameters',
    'sum: Gaussian noise, empty sum, default parameters',
    'mean: Laplace noise, empty mean, default parameters',
    'δ of discrete Gaussian noise, σ² = 1',
    'shape discrete-gaussian 1/4',
    'campaign ',
  ])('%s', (name) => {
    const findings = run(name);
    expect(findings.length).toBeGreaterThan(0);
    expect(findings.filter(({ holds }) => !holds)).toEqual([]);
  });

  it.each(['mutant half the noise, count', 'mutant no clamp, sum', 'mutant each part takes all of ε, mean'])(
    'finds out: %s',
    (name) => {
      const findings = run(name);
      expect(findings.map(({ holds }) => holds)).toEqual([true]);
    },
  );

  it('knows the published δ of discrete Gaussian noise', () => {
    expect(exactDelta(1, 1)).toBeCloseTo(0.14135134, 8);
  });
});
