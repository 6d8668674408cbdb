import { describe, expect, it } from 'vitest';
import { DEFAULT_PROFILE } from '../../../policies/levels.ts';
import { isDominated } from '../../../policies/mechanisms/suppression/dominance.ts';
import { compare, exactLimit, exactOf } from '../../../policies/mechanisms/suppression/exact.ts';
import type { UnitKind } from '../../../policies/table-schema.ts';

const exact = (value: number | string) => exactOf(value)!;

function dominated(contributions: readonly number[], unit: UnitKind = 'person'): boolean {
  const sizes = contributions.map(Math.abs).sort((a, b) => b - a);
  return isDominated(
    {
      unit,
      largest: exact(sizes[0] ?? 0),
      second: exact(sizes[1] ?? 0),
      total: exact(sizes.reduce((a, b) => a + b, 0)),
    },
    DEFAULT_PROFILE,
  );
}

describe('dominance', () => {
  it.each([
    [[100], 1],
    [[90, 10], 1],
    [[80, 20], 1],
    [[80, 10, 10], 0.9],
    [[70, 10, 10, 10], 0.8],
    [[60, 20, 10, 10], 0.8],
  ])('%j has a top-two share of %d', (contributions, share) => {
    expect(dominated(contributions)).toBe(share >= 0.9);
  });

  it('is exact at the limit, whatever doubles make of it', () => {
    // 0.1 + 0.2 is not 0.3 in doubles; in decimal text it is exactly nine tenths of the total.
    const at = (largest: string, second: string, total: string) =>
      isDominated(
        { unit: 'person', largest: exact(largest), second: exact(second), total: exact(total) },
        DEFAULT_PROFILE,
      );
    expect(at('0.20', '0.07', '0.30')).toBe(true);
    expect(at('0.20', '0.0699999999', '0.30')).toBe(false);
    expect(at('20000000000000000000000000.5', '7000000000000000000000000', '30000000000000000000000000')).toBe(true);
  });

  it('judges a rival who knows its own part (p% rule) and the largest enterprise', () => {
    const p = { ...DEFAULT_PROFILE, topTwoShareMax: 1 };
    const judge = (x1: number, x2: number, total: number) =>
      isDominated({ unit: 'person', largest: exact(x1), second: exact(x2), total: exact(total) }, p);
    expect(judge(100, 50, 159)).toBe(true);
    expect(judge(100, 50, 160)).toBe(false);
    expect(dominated([60, 20, 10, 10], 'enterprise')).toBe(true);
    expect(dominated([50, 20, 20, 10], 'enterprise')).toBe(false);
  });

  it('takes a total of zero for known', () => {
    expect(dominated([0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0])).toBe(true);
  });

  it('reads limits as written', () => {
    expect(compare(exactLimit(0.9), exact('0.9'))).toBe(0);
    expect(compare(exactLimit(1e-7), exact('0.0000001'))).not.toBe(0);
    expect(exactOf(Number.NaN)).toBeNull();
    expect(exactOf(Number.POSITIVE_INFINITY)).toBeNull();
    expect(compare(exactOf(0.5)!, exact('0.5'))).toBe(0);
  });
});
