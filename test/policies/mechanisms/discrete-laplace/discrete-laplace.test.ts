/**
 * Goal: published moments, half widths that hold. Method: draws against the published numbers (5.3 deviations, two-sided α about 1e-7), the closed
 * form of the tail.
 */
import { describe, expect, it } from 'vitest';
import {
  discreteLaplace,
  laplaceHalfWidth,
} from '../../../../policies/mechanisms/discrete-laplace/discrete-laplace.ts';
import { seededSource } from '../exact-sampling/seeded-source.ts';

const SEED = 20_261_132;
console.log(`discrete laplace seed ${SEED}`);
const DRAWS = 60_000;

describe('discrete Laplace', () => {
  it.each([
    [1n, 0.46211716, 1.84134719, 5.6],
    [2n, 0.24491866, 7.83539618, 19.4],
  ])('scale %d: P(0) = %d, variance %d', (top, zero, variance, spreadOfSquare) => {
    const [noise, source] = [discreteLaplace({ top, bottom: 1n }), seededSource(SEED)];
    const draws = Array.from({ length: DRAWS }, () => Number(noise.sample(source)));
    const share = draws.filter((x) => x === 0).length / DRAWS;
    expect(Math.abs(share - zero)).toBeLessThan(5.3 * Math.sqrt((zero * (1 - zero)) / DRAWS));
    const measured = draws.reduce((sum, x) => sum + x * x, 0) / DRAWS;
    expect(Math.abs(measured - variance)).toBeLessThan((5.3 * spreadOfSquare) / Math.sqrt(DRAWS));
  });

  it.each([0.1, 0.5, 1, 2, 3.7, 50, 12_345])(
    'the half width of scale %d covers 95%, at most one more than it must',
    (b) => {
      const h = Number(laplaceHalfWidth({ top: BigInt(Math.round(b * 10)), bottom: 10n }));
      const outside = (width: number) => (2 * Math.exp(-(width + 1) / b)) / (1 + Math.exp(-1 / b));
      expect(outside(h)).toBeLessThanOrEqual(0.05);
      if (h >= 2) expect(outside(h - 2)).toBeGreaterThan(0.05);
    },
  );
});
