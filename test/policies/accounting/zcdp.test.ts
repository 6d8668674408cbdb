/**
 * Goal: conversions give the published numbers, never promise more than holds, and agree with each other.
 * Method: vectors; the bound evaluated at a thousand orders by a plain loop; properties over random parameters.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  deltaOf,
  epsilonOf,
  gaussianRho,
  gaussianVariance,
  pureRho,
  RHO_UNITS,
  rhoOf,
  rhoUnits,
} from '../../../policies/accounting/zcdp.ts';

const SEED = 20_261_127;
console.log(`zcdp seed ${SEED}`);

describe('published values', () => {
  it.each([
    [1, 0.02435597036],
    [3, 0.18506984],
  ])('ρ of (%d, 1e-6) is %d', (epsilon, rho) => expect(rhoOf(epsilon, 1e-6)).toBeCloseTo(rho, 8));
  it.each([
    [0.025, 1.014074255],
    [0.1, 2.141938928],
  ])('ε of (ρ = %d, 1e-6) is %d', (rho, epsilon) => expect(epsilonOf(rho, 1e-6)).toBeCloseTo(epsilon, 8));
  it('δ of (ρ = .025, ε = 1)', () => expect(deltaOf(0.025, 1)).toBeCloseTo(1.33613e-6, 11));
});

/** The bound at one order, written as in the paper. */
function deltaAt(alpha: number, rho: number, epsilon: number): number {
  return (Math.exp((alpha - 1) * (alpha * rho - epsilon)) / (alpha - 1)) * (1 - 1 / alpha) ** alpha;
}

describe('what is promised', () => {
  const rhos = fc.double({ min: -14, max: 5, noNaN: true }).map((log) => Math.exp(log));
  const deltas = fc.double({ min: -30, max: -1, noNaN: true }).map((log) => Math.exp(log));

  it('is as good as the best of a thousand orders, and no better than the best there is', () => {
    fc.assert(
      fc.property(rhos, fc.double({ min: 0.001, max: 20, noNaN: true }), (rho, epsilon) => {
        const orders = Array.from({ length: 1000 }, (_, i) => 1 + 2 ** (i / 25 - 20));
        const best = Math.min(1, ...orders.map((alpha) => deltaAt(alpha, rho, epsilon)));
        const delta = deltaOf(rho, epsilon);
        expect(delta).toBeLessThanOrEqual(Math.max(best * (1 + 1e-9), Number.MIN_VALUE));
        expect(Math.log(delta)).toBeGreaterThanOrEqual(Math.log(best) * 1.01 - 0.02); // orders lie 3% apart
      }),
      { seed: SEED, numRuns: 200 },
    );
  });

  it('survives there and back without gaining anything', () => {
    fc.assert(
      fc.property(rhos, deltas, (rho, delta) => {
        const epsilon = epsilonOf(rho, delta);
        if (epsilon === 0) return; // the δ alone is enough
        expect(deltaOf(rho, epsilon)).toBeLessThanOrEqual(delta * (1 + 1e-9));
        const back = rhoOf(epsilon, delta);
        expect(back).toBeGreaterThan(rho * (1 - 1e-6));
        expect(epsilonOf(rhoOf(epsilon, delta), delta)).toBeLessThanOrEqual(epsilon * (1 + 1e-9));
      }),
      { seed: SEED, numRuns: 300 },
    );
  });

  it('costs more, promises less: δ falls with ε, ε rises with ρ', () => {
    fc.assert(
      fc.property(rhos, deltas, (rho, delta) => {
        expect(epsilonOf(2 * rho, delta)).toBeGreaterThanOrEqual(epsilonOf(rho, delta));
        expect(deltaOf(rho, 2)).toBeLessThanOrEqual(deltaOf(rho, 1));
      }),
      { seed: SEED, numRuns: 100 },
    );
  });
});

describe('exact parts', () => {
  it('a Gaussian costs Δ²/2σ², and the variance for a cost costs that', () => {
    expect(gaussianRho(6n, { top: 100n, bottom: 3n })).toEqual({ top: 18n, bottom: 200n });
    const variance = gaussianVariance(7n, { top: 25n, bottom: 1000n });
    expect(variance).toEqual({ top: 7000n, bottom: 50n });
    expect(rhoUnits(gaussianRho(7n, variance))).toBe(25_000_000n);
  });

  it('units are rounded up, a whole number of them stays', () => {
    expect(rhoUnits({ top: 1n, bottom: 3n })).toBe(333_333_334n);
    expect(rhoUnits({ top: 1n, bottom: 10n ** 30n })).toBe(1n);
    expect(rhoUnits({ top: 12_345n, bottom: RHO_UNITS })).toBe(12_345n);
    expect(rhoUnits(pureRho({ top: 1n, bottom: 2n }))).toBe(125_000_000n);
  });

  it('refuses what is no cost', () => {
    expect(() => gaussianRho(1n, { top: 0n, bottom: 1n })).toThrow();
    expect(() => rhoOf(0, 1e-6)).toThrow();
    expect(() => epsilonOf(0.1, 0)).toThrow();
    expect(() => deltaOf(-0.1, 1)).toThrow();
  });
});
