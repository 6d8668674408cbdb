import { describe, expect, it } from 'vitest';
import { advantageOverMajority, balancedAccuracy } from './guess-quality.ts';
import { learnedGuesses } from './learned-guess.ts';
import { seededRandom } from './seeded-random.ts';
import { separates } from './separation.ts';
import { auc, chiSquareTail, independence, kolmogorovSmirnov, wilson } from './statistics.ts';

/** Goal: the statistics that attacks are judged by are right. Method: published values, and data whose answer is known. */

describe('statistics', () => {
  it.each([
    [0, 200, 0, 0.018846],
    [0, 10, 0, 0.277533],
    [81, 263, 0.255289, 0.366213],
    [15, 148, 0.062386, 0.160541],
  ])('Wilson interval of %i in %i (Newcombe 1998, table I)', (successes, trials, lower, upper) => {
    const interval = wilson(successes, trials);
    expect(interval.lower).toBeCloseTo(lower, 3);
    expect(interval.upper).toBeCloseTo(upper, 3);
  });

  it.each([
    [3.841458820694124, 1, 0.05],
    [18.307038053275146, 10, 0.05],
    [6.634896601021214, 1, 0.01],
    [0.7107230213973241, 4, 0.95],
  ])('χ² tail at %d with %i degrees', (x, degrees, p) => expect(chiSquareTail(x, degrees)).toBeCloseTo(p, 8));

  it('independence: a product has p 1 and no bits; a diagonal has p 0 and one bit', () => {
    expect(
      independence([
        [20, 40],
        [10, 20],
      ]),
    ).toMatchObject({ p: 1, bits: 0 });
    const diagonal = independence([
      [50, 0],
      [0, 50],
    ]);
    expect(diagonal.p).toBeLessThan(1e-9);
    expect(diagonal.bits).toBeCloseTo(1, 9);
  });

  it('AUC: ranks, ties counted half', () => {
    expect(auc([3, 4], [1, 2]).value).toBe(1);
    expect(auc([1, 1], [1, 1]).value).toBe(0.5);
    expect(auc([1, 3], [2, 2]).value).toBe(0.5);
  });

  it('Kolmogorov–Smirnov: one distribution passes, two do not', () => {
    const random = seededRandom(5);
    const sample = (shift: number) => Array.from({ length: 300 }, () => random.normal() + shift);
    expect(kolmogorovSmirnov(sample(0), sample(0))).toBeGreaterThan(0.01);
    expect(kolmogorovSmirnov(sample(0), sample(1))).toBeLessThan(1e-6);
  });

  it('separation: by text, by a number; not where they overlap', () => {
    const looks = (pattern: string, numbers: readonly number[]) => numbers.map((n) => ({ pattern, numbers: [n] }));
    expect(separates(looks('a', [1, 2]), looks('b', [1, 2]))).toBe(true);
    expect(separates(looks('a', [1, 2]), looks('a', [3, 4]))).toBe(true);
    expect(separates(looks('a', [1, 3]), looks('a', [2, 4]))).toBe(false);
  });
});

describe('the attacker that learns', () => {
  const random = seededRandom(11);
  const secrets = Array.from({ length: 400 }, () => random.next() < 0.4);
  const guess = (features: readonly (readonly (number | null)[])[]) =>
    learnedGuesses(features, secrets, random).map((one) => one.guess);

  it('finds a shift, a spread and what is hidden', () => {
    const shifted = secrets.map((secret) => [(secret ? 1 : 0) + 0.1 * random.normal()]);
    const spread = secrets.map((secret) => [(secret ? 5 : 0.5) * random.normal()]);
    const hidden = secrets.map((secret) => [secret ? null : 1]);
    expect(advantageOverMajority(guess(shifted), secrets).measured).toBeGreaterThan(0.35);
    expect(balancedAccuracy(guess(spread), secrets).measured).toBeGreaterThan(0.75);
    expect(advantageOverMajority(guess(hidden), secrets).measured).toBeGreaterThan(0.35);
  });

  it('finds nothing where there is nothing', () => {
    const nothing = guess(secrets.map(() => [null, 3]));
    expect(advantageOverMajority(nothing, secrets)).toMatchObject({ measured: 0 });
    expect(advantageOverMajority(nothing, secrets).upper).toBeLessThan(0.02);
    expect(balancedAccuracy(guess(secrets.map(() => [random.normal()])), secrets).measured).toBeLessThan(0.58);
  });
});
