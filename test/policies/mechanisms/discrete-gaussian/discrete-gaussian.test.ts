/**
 * Goal: published moments, half widths that hold, a grid that never gives less noise. Method: exact sums over the formula; a plain search for the
 * least half width; properties.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  discreteGaussian,
  gaussianHalfWidth,
} from '../../../../policies/mechanisms/discrete-gaussian/discrete-gaussian.ts';
import { gridVariance } from '../../../../policies/mechanisms/discrete-gaussian/variance-grid.ts';
import { squareRoot, squareRootUp } from '../../../../policies/mechanisms/exact-sampling/square-root.ts';
import { GOODNESS_MAX, goodnessScore, symmetricProbabilities, tally } from '../exact-sampling/goodness.ts';
import { seededSource } from '../exact-sampling/seeded-source.ts';
import { referenceGaussian } from './reference-sampler.ts';

const SEED = 20_261_131;
console.log(`discrete gaussian seed ${SEED}`);
const DRAWS = 60_000;

describe('moments', () => {
  it.each([
    [1n, 4n, 0.78657071, 0.21501268],
    [1n, 1n, 0.39894228, 1],
  ])('σ² = %d/%d: P(0) = %d, variance %d', (top, bottom, zero, variance) => {
    const [noise, source] = [discreteGaussian({ top, bottom }), seededSource(SEED)];
    const draws = Array.from({ length: DRAWS }, () => Number(noise.sample(source)));
    const share = draws.filter((x) => x === 0).length / DRAWS;
    expect(Math.abs(share - zero)).toBeLessThan(5.3 * Math.sqrt((zero * (1 - zero)) / DRAWS));
    const spread = draws.reduce((sum, x) => sum + x * x, 0) / DRAWS;
    const spreadOfSquares = Math.sqrt((top === 1n && bottom === 4n ? 0.181 : 2) / DRAWS);
    expect(Math.abs(spread - variance)).toBeLessThan(5.3 * spreadOfSquares);
  });
});

describe('the sampler of the paper', () => {
  it.each([
    [1n, 4n],
    [37n, 5n],
  ])('and this one have one distribution at σ² = %d/%d', (top, bottom) => {
    const [noise, source] = [discreteGaussian({ top, bottom }), seededSource(SEED)];
    const expected = symmetricProbabilities((m) => Math.exp((-m * m * Number(bottom)) / (2 * Number(top))), 60);
    const samplers = [() => noise.sample(source), () => referenceGaussian(source, { top, bottom })];
    for (const draw of samplers) expect(goodnessScore(tally(6_000, 60, draw), expected)).toBeLessThan(GOODNESS_MAX);
  });
});

describe('half width', () => {
  /** The least h by adding up the formula. */
  function leastHalfWidth(sigmaSquared: number): number {
    const weight = (x: number) => Math.exp(-(x * x) / (2 * sigmaSquared));
    let total = 1;
    for (let x = 1; x < 60 * Math.sqrt(sigmaSquared) + 60; x += 1) total += 2 * weight(x);
    let [inside, h] = [1, 0];
    while (inside < 0.95 * total) inside += 2 * weight(++h);
    return h;
  }

  it.each([0.01, 0.25, 1, 2, 10, 100, 1000, 1024, 1025, 5000, 123_456])(
    'covers 95% at σ² = %d, no wider than it must',
    (variance) => {
      const h = Number(gaussianHalfWidth({ top: BigInt(Math.round(variance * 100)), bottom: 100n }));
      const least = leastHalfWidth(variance);
      expect(h).toBeGreaterThanOrEqual(least);
      expect(h).toBeLessThanOrEqual(least + 1);
    },
  );

  it('is 1.96 σ for large σ', () => {
    expect(gaussianHalfWidth({ top: 10n ** 20n, bottom: 1n })).toBe(19_599_640_000n);
  });
});

describe('the grid', () => {
  it('never lies below, is at most a sixteenth above, and keeps its own points', () => {
    fc.assert(
      fc.property(fc.bigInt(1n, 10n ** 30n), fc.bigInt(1n, 10n ** 12n), (top, bottom) => {
        const grid = gridVariance({ top, bottom });
        expect(grid.top * bottom).toBeGreaterThanOrEqual(top * grid.bottom);
        expect(16n * grid.top * bottom).toBeLessThanOrEqual(17n * top * grid.bottom);
        expect(gridVariance(grid)).toEqual(grid);
      }),
      { seed: SEED, numRuns: 500 },
    );
  });
});

describe('whole square roots', () => {
  it('are the largest below and the least above', () => {
    fc.assert(
      fc.property(fc.bigInt(0n, 10n ** 40n), fc.bigInt(1n, 10n ** 6n), (top, bottom) => {
        const [down, up] = [squareRoot({ top, bottom }), squareRootUp({ top, bottom })];
        expect(down * down * bottom <= top && (down + 1n) * (down + 1n) * bottom > top).toBe(true);
        expect(up * up * bottom >= top && (up === 0n || (up - 1n) * (up - 1n) * bottom < top)).toBe(true);
      }),
      { seed: SEED, numRuns: 500 },
    );
  });
});
