/**
 * Goal: from exact sums the moments are the textbook's; from disturbed ones they stay what moments can be.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  correlationOf,
  covarianceOf,
  type PairSums,
  regressionOf,
  varianceOf,
} from '../../../../policies/mechanisms/cell-key/moments.ts';

const SEED = 2_718;
console.log(`moments seed ${SEED}`);
const MIDPOINTS = { cx: 50, cy: -20 };
const VALUE = fc.integer({ min: -1_000, max: 1_000 });
const ROWS = fc.array(fc.tuple(VALUE, VALUE), { minLength: 10, maxLength: 40 });

function sumsOf(rows: readonly (readonly [number, number])[]): PairSums {
  const sum = (of: (x: number, y: number) => number) =>
    rows.reduce((total, [x, y]) => total + of(x - MIDPOINTS.cx, y - MIDPOINTS.cy), 0);
  return {
    n: rows.length,
    x1: sum((x) => x),
    x2: sum((x) => x * x),
    y1: sum((_, y) => y),
    y2: sum((_, y) => y * y),
    xy: sum((x, y) => x * y),
  };
}

describe('from exact sums', () => {
  it('are the textbook definitions', () => {
    fc.assert(
      fc.property(ROWS, (rows) => {
        const pair = sumsOf(rows);
        const mean = (of: (row: readonly [number, number]) => number) =>
          rows.reduce((sum, row) => sum + of(row), 0) / rows.length;
        const [mx, my] = [mean(([x]) => x), mean(([, y]) => y)];
        const [vx, vy] = [mean(([x]) => (x - mx) ** 2), mean(([, y]) => (y - my) ** 2)];
        const cov = mean(([x, y]) => (x - mx) * (y - my));
        fc.pre(vx > 1 && vy > 1);
        const close = (actual: number | null | undefined, expected: number) =>
          expect(Math.abs(actual! - expected)).toBeLessThan(1e-6 * (1 + Math.abs(expected)));
        close(varianceOf({ n: pair.n, s1: pair.x1, s2: pair.x2 }, 10, 'population'), vx);
        close(varianceOf({ n: pair.n, s1: pair.x1, s2: pair.x2 }, 10, 'sample'), (vx * pair.n) / (pair.n - 1));
        close(covarianceOf(pair, 10, 'population'), cov);
        close(correlationOf(pair, 10), cov / Math.sqrt(vx * vy));
        const line = regressionOf(pair, MIDPOINTS, 10);
        close(line?.slope, cov / vx);
        close(line?.intercept, my - (cov / vx) * mx);
        close(line?.r2, cov ** 2 / (vx * vy));
      }),
      { seed: SEED },
    );
  });
});

describe('from disturbed sums', () => {
  const NUMBER = fc.integer({ min: -1_000_000, max: 1_000_000 });
  const PAIRS = fc.record<PairSums>({
    n: fc.integer({ min: 10, max: 1_000 }),
    x1: NUMBER,
    x2: NUMBER,
    y1: NUMBER,
    y2: NUMBER,
    xy: NUMBER,
  });

  it('variance is not negative, correlation within 1, covariance within Cauchy–Schwarz', () => {
    fc.assert(
      fc.property(PAIRS, (pair) => {
        const vx = varianceOf({ n: pair.n, s1: pair.x1, s2: pair.x2 }, 10, 'sample')!;
        const vy = varianceOf({ n: pair.n, s1: pair.y1, s2: pair.y2 }, 10, 'sample')!;
        expect(vx).toBeGreaterThanOrEqual(0);
        expect(Math.abs(covarianceOf(pair, 10, 'sample')!)).toBeLessThanOrEqual(Math.sqrt(vx * vy) * (1 + 1e-12));
        const correlation = correlationOf(pair, 10);
        expect(correlation === null).toBe(vx === 0 || vy === 0);
        expect(Math.abs(correlation ?? 0)).toBeLessThanOrEqual(1);
        const line = regressionOf(pair, MIDPOINTS, 10);
        expect(line === null).toBe(vx === 0);
        expect(line?.r2 ?? 0).toBeLessThanOrEqual(1);
      }),
      { seed: SEED },
    );
  });

  it('few units or no degrees of freedom give NULL', () => {
    const pair: PairSums = { n: 9, x1: 1, x2: 9, y1: 1, y2: 9, xy: 4 };
    expect(varianceOf({ n: 9, s1: 1, s2: 9 }, 10, 'sample')).toBeNull();
    expect(covarianceOf(pair, 10, 'sample')).toBeNull();
    expect(correlationOf(pair, 10)).toBeNull();
    expect(regressionOf(pair, MIDPOINTS, 10)).toBeNull();
    expect(varianceOf({ n: 1, s1: 1, s2: 9 }, 1, 'sample')).toBeNull();
    expect(varianceOf({ n: 0, s1: 0, s2: 0 }, 0, 'population')).toBeNull();
  });
});
