import { expect, test } from 'vitest';
import { deviationsOf } from '../../../policies/release/deviations.ts';

/** Two-sided quantiles of the normal distribution at 5%/k, from tables. */
const TABLE = [
  [1, 1.959964],
  [2, 2.241403],
  [6, 2.638257],
  [50, 3.290527],
  [5_000, 4.417173],
] as const;

test.each(TABLE)(
  '%i draws: no fewer deviations than the normal distribution needs, and at most a thousandth more',
  (draws, exact) => {
    expect(deviationsOf(draws, 'normal')).toBeGreaterThanOrEqual(exact);
    expect(deviationsOf(draws, 'normal')).toBeLessThan(exact + 0.002);
  },
);

test('a sum of many noises needs more than one of the normal distribution', () => {
  for (const draws of [1, 10, 1_000])
    expect(deviationsOf(draws, 'sub-gaussian')).toBeGreaterThan(deviationsOf(draws, 'normal'));
});
