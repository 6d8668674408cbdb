/**
 * Goal: a released sum is off by at least half the scale of its largest contribution, by no more than the scales of three,
 * and on the right side of 0; what is said about it afterwards is true.
 * Method: published vectors of the flex function; properties over contributions and keys; mutants.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { seededWords } from '../../../../bench/seeded-words.ts';
import { type CellKey, drawCellKey } from '../../../../policies/mechanisms/cell-key/cell-noise.ts';
import { fromFixedPoint, toFixedPoint } from '../../../../policies/mechanisms/cell-key/fixed-point.ts';
import { type Flex, flexFor, flexShare, noiseScale } from '../../../../policies/mechanisms/cell-key/flex.ts';
import { sumInterval } from '../../../../policies/mechanisms/cell-key/intervals.ts';
import { perturbSum } from '../../../../policies/mechanisms/cell-key/magnitude.ts';
import { DEFAULT_PERTURBATION } from '../../../../policies/mechanisms/cell-key/perturbation-parameters.ts';
import {
  compare,
  type Exact,
  exactLimit,
  plus,
  times,
  ZERO,
} from '../../../../policies/mechanisms/suppression/exact.ts';

const SEED = 31_415;
console.log(`magnitude seed ${SEED}`);
const BOUND = 1_000_000n;
const flex = flexFor(DEFAULT_PERTURBATION.flex, BOUND);
const numberOf = ({ top, bottom }: Exact) => Number(top) / Number(bottom);
const absolute = (value: bigint) => (value < 0n ? -value : value);
const WORD = fc.bigInt({ min: 0n, max: (1n << 64n) - 1n });
const KEYS = fc.tuple(WORD, WORD, WORD, WORD).map((words): CellKey => ({ words }));
const topThree = (contributions: readonly bigint[]) =>
  contributions
    .map(absolute)
    .sort((a, b) => Number(b - a))
    .slice(0, 3);
const total = (contributions: readonly bigint[]) => contributions.reduce((sum, one) => sum + one, 0n);
const magnitudeOf = (contributions: readonly bigint[]) => ({
  total: total(contributions),
  largest: topThree(contributions),
});

describe('the flex function', () => {
  const published: Flex = { pl: exactLimit(0.03), ps: exactLimit(0.2), q: 2, point: 1000n };
  it.each([
    [1000n, 0.2],
    [2000n, 0.194444],
    [10_000n, 0.095124],
  ])('m(%d) is the published one', (x, m) => {
    expect(numberOf(flexShare(x, published))).toBeCloseTo(m, 6);
  });

  it('is ps up to the flex point, then falls to pl, and never jumps', () => {
    expect(flex.point).toBe(250_000n);
    expect(numberOf(flexShare(1n, flex))).toBe(0.25);
    expect(compare(flexShare(flex.point, flex), flex.ps)).toBe(0);
    expect(numberOf(flexShare(BOUND, flex))).toBeCloseTo(0.1108, 10);
    expect(numberOf(flexShare(10n ** 15n, flex))).toBeCloseTo(0.05, 8);
  });

  it('larger contributions have no less noise and no larger share of it', () => {
    const sizes = fc.bigInt({ min: 0n, max: 100n * BOUND });
    fc.assert(
      fc.property(sizes, sizes, (a, b) => {
        const [small, large] = a < b ? [a, b] : [b, a];
        expect(compare(noiseScale(small, flex), noiseScale(large, flex))).toBeLessThanOrEqual(0);
        expect(compare(flexShare(small, flex), flexShare(large, flex))).toBeGreaterThanOrEqual(0);
      }),
      { seed: SEED },
    );
  });

  it.each([
    [{ pl: 0.3, ps: 0.25, fp: 0.25, q: 3 }, 'pl < ps'],
    [{ pl: 0.05, ps: 0.25, fp: 0, q: 3 }, 'fp'],
    [{ pl: 0.05, ps: 0.25, fp: 0.25, q: 2.5 }, 'whole'],
    [{ pl: 0.05, ps: 0.25, fp: 0.25, q: 2 }, '2·ps/(ps − pl)'],
    [{ pl: 0.001, ps: 0.25, fp: 0.25, q: 3 }, 'shrinks'],
  ])('%j is no flex function', (parameters, at) => {
    expect(() => flexFor(parameters, BOUND)).toThrow(at);
  });
});

describe('a perturbed sum', () => {
  const CONTRIBUTIONS = fc.array(fc.bigInt({ min: 1n, max: 3n * BOUND }), { minLength: 1, maxLength: 12 });
  const MIXED = fc.array(
    fc.bigInt({ min: -BOUND, max: BOUND }).filter((x) => x !== 0n),
    { minLength: 1, maxLength: 12 },
  );

  it('moves by ½·m(x1)·x1 at least, and by the three scales and one unit at most', () => {
    fc.assert(
      fc.property(fc.oneof(CONTRIBUTIONS, MIXED), KEYS, (contributions, key) => {
        const magnitude = magnitudeOf(contributions);
        fc.pre(magnitude.total !== 0n);
        const moved: Exact = { top: absolute(perturbSum(magnitude, key, flex) - magnitude.total), bottom: 1n };
        const scales = magnitude.largest.map((x) => noiseScale(x, flex));
        expect(compare(moved, times({ top: 1n, bottom: 2n }, scales[0]!))).toBeGreaterThanOrEqual(0);
        expect(moved.top).toBeGreaterThanOrEqual(1n);
        expect(compare(moved, plus(scales.reduce(plus, ZERO), { top: 1n, bottom: 1n }))).toBeLessThan(0);
      }),
      { seed: SEED, numRuns: 500 },
    );
  });

  it('keeps its sign; 0 stays 0', () => {
    fc.assert(
      fc.property(MIXED, KEYS, (contributions, key) => {
        const magnitude = magnitudeOf(contributions);
        const released = perturbSum(magnitude, key, flex);
        expect(Math.sign(Number(released))).toBe(Math.sign(Number(magnitude.total)));
        const mirrored = { ...magnitude, total: -magnitude.total };
        expect(perturbSum(mirrored, key, flex)).toBe(-released);
      }),
      { seed: SEED, numRuns: 500 },
    );
    expect(perturbSum({ total: 0n, largest: [5n, 5n] }, { words: [1n, 2n, 3n, 4n] }, flex)).toBe(0n);
    // Cancelling contributions: noise far larger than the total goes outwards, it is not cut off.
    const cancelling = { total: 10n, largest: [BOUND, BOUND - 10n] };
    expect(perturbSum(cancelling, { words: [0n, 0n, 0n, 0n] }, flex)).toBe(10n + 55_400n);
  });

  it('is right on average: mean 0 within 4 standard errors over 4,000 keys', () => {
    const next = seededWords(BigInt(SEED));
    const magnitude = { total: 5_000_000n, largest: [900_000n, 800_000n, 300_000n] };
    const errors = Array.from({ length: 4_000 }, () => {
      const key: CellKey = { words: [next(), next(), next(), next()] };
      return Number(perturbSum(magnitude, key, flex) - magnitude.total);
    });
    const mean = errors.reduce((sum, one) => sum + one, 0) / errors.length;
    const spread = Math.sqrt(errors.reduce((sum, one) => sum + one * one, 0) / errors.length);
    expect(Math.abs(mean)).toBeLessThan((4 * spread) / Math.sqrt(errors.length));
  });

  it('mutant: directions of their own for each contributor cancel, and the largest leaves almost exactly', () => {
    const next = seededWords(BigInt(SEED));
    const scale = numberOf(noiseScale(900_000n, flex));
    const part = () => Number(next()) / 2 ** 64;
    const nearlyNone = Array.from({ length: 4_000 }, () => {
      const directed = (amplitude: number) => (next() >> 63n === 1n ? amplitude : -amplitude);
      return Math.abs(scale * directed(0.5 + 0.5 * part()) + scale * directed(part()));
    }).filter((noise) => noise < scale / 4);
    expect(nearlyNone.length).toBeGreaterThan(400);
  });

  it('takes contributions largest first, three at most, and at least one', () => {
    const key = drawCellKey(new Uint8Array(32), { set: [1n], statistic: 'sum', measure: 'x', lineage: 'y' });
    expect(() => perturbSum({ total: 5n, largest: [1n, 4n] }, key, flex)).toThrow('largest first');
    expect(() => perturbSum({ total: 8n, largest: [2n, 2n, 2n, 2n] }, key, flex)).toThrow('largest first');
    expect(() => perturbSum({ total: 8n, largest: [] }, key, flex)).toThrow('contributor');
    expect(() => perturbSum({ total: 8n, largest: [4n, -4n] }, key, flex)).toThrow('largest first');
  });

  describe('its interval', () => {
    it('contains the true total, whatever the contributions and the key', () => {
      fc.assert(
        fc.property(CONTRIBUTIONS, KEYS, fc.boolean(), (contributions, key, bounded) => {
          const magnitude = magnitudeOf(contributions);
          const contributionMax = bounded ? 3n * BOUND : null;
          const interval = sumInterval(perturbSum(magnitude, key, flex), flex, { contributionMax, oneSigned: true });
          expect(interval!.low <= magnitude.total && magnitude.total <= interval!.high).toBe(true);
        }),
        { seed: SEED, numRuns: 500 },
      );
      fc.assert(
        fc.property(MIXED, KEYS, (contributions, key) => {
          const magnitude = magnitudeOf(contributions);
          const bounds = { contributionMax: BOUND, oneSigned: false };
          const interval = sumInterval(perturbSum(magnitude, key, flex), flex, bounds);
          expect(interval!.low <= magnitude.total && magnitude.total <= interval!.high).toBe(true);
        }),
        { seed: SEED, numRuns: 500 },
      );
    });

    it('is none where nothing public bounds it, and the sharper of two', () => {
      expect(sumInterval(5n, flex, { contributionMax: null, oneSigned: false })).toBeNull();
      expect(sumInterval(0n, flex, { contributionMax: null, oneSigned: false })).toEqual({ low: 0n, high: 0n });
      const large = sumInterval(500_000_000n, flex, { contributionMax: BOUND, oneSigned: true });
      expect(large).toEqual({ low: 500_000_000n - 332_400n, high: 500_000_000n + 332_400n });
      const small = sumInterval(100n, flex, { contributionMax: BOUND, oneSigned: true });
      expect(small).toEqual({ low: 80n, high: 134n });
    });
  });
});

describe('fixed point', () => {
  it.each([
    ['12.345', 2, 1235n],
    ['-12.345', 2, -1235n],
    [0.1, 6, 100_000n],
    [-2.5, 0, -3n],
    [1e300, 0, BigInt(1e300)],
    [7n, 3, 7000n],
    [Number.NaN, 2, null],
    [null, 2, null],
  ])('%s at scale %d', (cell, scale, units) => {
    expect(toFixedPoint(cell, scale)).toBe(units);
  });

  it('is written back as it was read', () => {
    fc.assert(
      fc.property(
        fc.bigInt({ min: -(10n ** 20n), max: 10n ** 20n }),
        fc.integer({ min: 0, max: 12 }),
        (units, scale) => {
          expect(toFixedPoint(fromFixedPoint(units, scale), scale)).toBe(units);
        },
      ),
      { seed: SEED },
    );
    expect(fromFixedPoint(-5n, 3)).toBe('-0.005');
    expect(fromFixedPoint(1200n, 0)).toBe('1200');
  });
});
