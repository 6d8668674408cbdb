/**
 * Goal: counts that differ a little, with the same u, get unrelated noise, and each still gets its own distribution.
 * Method: chi² and correlation over drawn u; the control leaves the intervals where an ordinary table has them.
 */
import { describe, expect, it } from 'vitest';
import { seededWords } from '../../../../bench/seeded-words.ts';
import { DEFAULT_PERTURBATION } from '../../../../policies/mechanisms/cell-key/perturbation-parameters.ts';
import { perturbationTable } from '../../../../policies/mechanisms/cell-key/perturbation-table.ts';
import { correlation, dependenceScore, type Pair } from './independence.ts';

const SEED = 20_260_102;
console.log(`shuffled intervals seed ${SEED}`);
const table = perturbationTable(DEFAULT_PERTURBATION);

describe('shuffled intervals', () => {
  const DRAWS = 20_000;
  /** One-sided α = 10^-4 for each of the pairs below. */
  const SCORE_MAX = 3.72;
  const PAIRS = [
    [11n, 12n],
    [12n, 13n],
    [6n, 7n],
    [100n, 101n],
    [100n, 110n],
    [1_000_000n, 1_000_001n],
  ] as const;
  /** The mutant: each count's intervals in order of the noise, as in an ordinary perturbation table. */
  const unshuffled = (count: bigint, u: bigint) => table.row(count).find(({ below }) => u < below)!.noise;
  const drawn = (noise: typeof unshuffled, [a, b]: readonly [bigint, bigint]): readonly Pair[] => {
    const next = seededWords(BigInt(SEED));
    return Array.from({ length: DRAWS }, () => next()).map((u) => [noise(a, u), noise(b, u)] as const);
  };

  it.each(PAIRS)('the same u gives counts %d and %d unrelated noise', (a, b) => {
    const pairs = drawn(table.noise, [a, b]);
    expect(Math.abs(correlation(pairs))).toBeLessThan(4 / Math.sqrt(DRAWS));
    expect(dependenceScore(pairs)).toBeLessThan(SCORE_MAX);
  });

  it.each(PAIRS)('control: in order of the noise, counts %d and %d have nearly the same', (a, b) => {
    const pairs = drawn(unshuffled, [a, b]);
    expect(correlation(pairs)).toBeGreaterThan(0.98);
    expect(dependenceScore(pairs)).toBeGreaterThan(SCORE_MAX);
  });

  it('is a permutation: every noise is drawn as often as its weight says', () => {
    const noises = drawn(table.noise, [57n, 57n]).map(([noise]) => noise);
    const row = table.row(57n);
    const statistic = row.reduce((sum, { noise, weight }) => {
      const expected = (DRAWS * Number(weight)) / 2 ** 64;
      return sum + (noises.filter((one) => one === noise).length - expected) ** 2 / expected;
    }, 0);
    // chi² with 16 degrees of freedom, α = 10^-4
    expect(statistic).toBeLessThan(46.0);
  });
});
