/**
 * Goal: noise has the distribution of its formula, whatever the width of the strips and however coarse the table, so that what the table
 * cannot tell is told exactly. Method: χ² at α = 1e-7 against the formula, seeded. Controls: mutants that a careless sampler would be.
 */
import { describe, expect, it } from 'vitest';
import { SymmetricNoise } from '../../../../policies/mechanisms/exact-sampling/symmetric-noise.ts';
import { GOODNESS_MAX, goodnessScore, symmetricProbabilities, tally } from './goodness.ts';
import { seededSource } from './seeded-source.ts';

const SEED = 20_261_130;
console.log(`symmetric noise seed ${SEED}`);
const DRAWS = 40_000;
const ZERO = { top: 0n, bottom: 1n };
const rational = (top: bigint, bottom: bigint) => ({ top, bottom });

describe('noise of any shape', () => {
  it.each([
    ['Gaussian σ² = 1/4', rational(2n, 1n), ZERO, 1n],
    ['Gaussian σ² = 1', rational(1n, 2n), ZERO, 1n],
    ['Gaussian σ² = 50/3', rational(3n, 100n), ZERO, 1n],
    ['Gaussian σ² = 50/3 in strips of 2', rational(3n, 100n), ZERO, 2n],
    ['Gaussian σ² = 50/3 in strips of 7', rational(3n, 100n), ZERO, 7n],
    ['Gaussian σ² = 900 in strips of 5', rational(1n, 1800n), ZERO, 5n],
    ['Laplace b = 1/3', ZERO, rational(3n, 1n), 1n],
    ['Laplace b = 5/2 in strips of 3', ZERO, rational(2n, 5n), 3n],
    ['Laplace b = 20 in strips of 6', ZERO, rational(1n, 20n), 6n],
    ['both', rational(1n, 200n), rational(1n, 10n), 2n],
  ])('%s', (_name, quadratic, linear, width) => {
    const [a, c] = [quadratic, linear].map(({ top, bottom }) => Number(top) / Number(bottom)) as [number, number];
    const expected = symmetricProbabilities((m) => Math.exp(-(a * m * m + c * m)), 600);
    for (const tableBits of [53, 12]) {
      const noise = new SymmetricNoise({ quadratic, linear, width }, tableBits);
      const source = seededSource(SEED + tableBits);
      const draws = tableBits === 53 ? DRAWS : DRAWS / 80; // most of these are decided the slow way
      expect(
        goodnessScore(
          tally(draws, 600, () => noise.sample(source)),
          expected,
        ),
      ).toBeLessThan(GOODNESS_MAX);
    }
  });

  it('control: a zero that comes twice, or a strip taken whole, is noticed', () => {
    const noise = new SymmetricNoise({ quadratic: rational(1n, 100n), linear: ZERO, width: 1n });
    const source = seededSource(SEED);
    const expected = symmetricProbabilities((m) => Math.exp(-(m * m) / 100), 200);
    const twiceZero = () => (source.word() % 15 === 0 ? 0n : noise.sample(source));
    const wholeStrips = () => (noise.sample(source) / 3n) * 3n + BigInt(source.word() % 3) - 1n;
    for (const mutant of [twiceZero, wholeStrips])
      expect(goodnessScore(tally(DRAWS, 200, mutant), expected)).toBeGreaterThan(GOODNESS_MAX);
  });

  it('spreads over numbers beyond 2^53 without holes', () => {
    const sigma = 2n ** 70n;
    const noise = new SymmetricNoise({ quadratic: rational(1n, 2n * sigma * sigma), linear: ZERO, width: sigma >> 5n });
    const source = seededSource(SEED);
    const draws = Array.from({ length: 4000 }, () => noise.sample(source));
    const lastBits = [0, 0, 0, 0];
    for (const value of draws) lastBits[Number(BigInt.asUintN(2, value))]! += 1;
    expect(goodnessScore(lastBits, [0.25, 0.25, 0.25, 0.25])).toBeLessThan(GOODNESS_MAX);
    const inside = draws.filter((value) => value > -sigma && value < sigma).length / draws.length;
    expect(Math.abs(inside - 0.6827)).toBeLessThan(5.3 * Math.sqrt((0.6827 * 0.3173) / 4000));
  });
});
