/**
 * Goal: numbers about different things have independent noise, of the distribution that the table says.
 * Method: chi² and correlation over the noises of many sets; the control forgets what tells the numbers apart.
 */
import { describe, expect, it } from 'vitest';
import { type CellSubject, drawCellKey, perturbCount } from '../../../../policies/mechanisms/cell-key/cell-noise.ts';
import { DEFAULT_PERTURBATION } from '../../../../policies/mechanisms/cell-key/perturbation-parameters.ts';
import { perturbationTable } from '../../../../policies/mechanisms/cell-key/perturbation-table.ts';
import { correlation, dependenceScore, type Pair } from './independence.ts';

const SECRET = new Uint8Array(32).fill(7);
const SUBJECT: CellSubject = { set: [0n], statistic: 'units', measure: '', lineage: 'clinic visits' };
const table = perturbationTable(DEFAULT_PERTURBATION);

describe('noise on counts', () => {
  const DRAWS = 8_000;
  const noiseOf = (subject: CellSubject) => perturbCount(100n, drawCellKey(SECRET, subject), table) - 100n;
  const against = (other: (set: bigint) => CellSubject): readonly Pair[] =>
    Array.from(
      { length: DRAWS },
      (_, k) => [noiseOf({ ...SUBJECT, set: [BigInt(k)] }), noiseOf(other(BigInt(k)))] as const,
    );

  // One-sided α = 10^-4 for each of the four, n = 8,000.
  it.each([
    ['another statistic', (set: bigint) => ({ ...SUBJECT, set: [set], statistic: 'rows' })],
    ['another measure', (set: bigint) => ({ ...SUBJECT, set: [set], measure: 'fee' })],
    ['another data set', (set: bigint) => ({ ...SUBJECT, set: [set], lineage: 'houses' })],
    ['a set with one unit more', (set: bigint) => ({ ...SUBJECT, set: [set + 1n] })],
  ])('%s has independent noise', (_, other) => {
    const pairs = against(other);
    expect(Math.abs(correlation(pairs))).toBeLessThan(4 / Math.sqrt(DRAWS));
    expect(dependenceScore(pairs)).toBeLessThan(3.72);
  });

  it('control: noise that forgets the statistic is the same twice', () => {
    const pairs = against((set) => ({ ...SUBJECT, set: [set] }));
    expect(dependenceScore(pairs)).toBeGreaterThan(3.72);
  });

  it('has mean 0 and variance 8 over sets (both within 4 standard errors)', () => {
    const noises = against((set) => ({ ...SUBJECT, set: [set] })).map(([noise]) => Number(noise));
    const mean = noises.reduce((sum, one) => sum + one, 0) / DRAWS;
    const variance = noises.reduce((sum, one) => sum + one * one, 0) / DRAWS;
    expect(Math.abs(mean)).toBeLessThan(4 * Math.sqrt(8 / DRAWS));
    expect(Math.abs(variance - 8)).toBeLessThan(4 * 8 * Math.sqrt(2 / DRAWS));
  });
});
