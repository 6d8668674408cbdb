import { describe, expect, it } from 'vitest';
import { countInterval } from '../../../../policies/mechanisms/cell-key/intervals.ts';
import {
  ACCURATE_PERTURBATION,
  DEFAULT_PERTURBATION,
} from '../../../../policies/mechanisms/cell-key/perturbation-parameters.ts';
import { perturbationTable } from '../../../../policies/mechanisms/cell-key/perturbation-table.ts';

describe.each([DEFAULT_PERTURBATION, ACCURATE_PERTURBATION])('95%% intervals of counts, D $D V $V', (parameters) => {
  const table = perturbationTable(parameters);
  /** The exact probability, times 2^64, that the interval contains the true count. */
  const covered = (count: bigint, narrowed = 0n): bigint =>
    table.row(count).reduce((sum, { noise, weight }) => {
      const { low, high } = countInterval(count + noise, table);
      return low + narrowed <= count && count <= high - narrowed ? sum + weight : sum;
    }, 0n);
  const isEnough = (weight: bigint) => 100n * weight >= 95n << 64n;

  it('contain every true count with 95% of its noise, exactly', () => {
    for (let count = 0n; count <= 40n; count += 1n) expect(isEnough(covered(count)), String(count)).toBe(true);
  });

  it('control: one narrower on each side would not', () => {
    expect(isEnough(covered(40n, 1n))).toBe(false);
  });

  it('are about numbers that can be', () => {
    for (let released = 0n; released <= 40n; released += 1n) {
      const { low, high } = countInterval(released, table);
      expect(low >= 0n && low <= released && released <= high).toBe(true);
    }
  });
});

it('a large count of the default table is known within 6', () => {
  expect(countInterval(1_000n, perturbationTable(DEFAULT_PERTURBATION))).toEqual({ low: 994n, high: 1_006n });
  expect(countInterval(0n, perturbationTable(DEFAULT_PERTURBATION))).toEqual({ low: 0n, high: 6n });
});
