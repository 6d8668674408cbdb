import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { UnitShare } from '../../../policies/accounting/privacy-request.ts';
import { rhoUnits } from '../../../policies/accounting/zcdp.ts';
import { DEFAULT_PROFILE } from '../../../policies/levels.ts';
import { expectedErrors, rhoForTargetError } from '../../../policies/release/expected-errors.ts';
import { decide } from '../../../policies/sql/decide.ts';
import { type PrivatePlan, rewrite } from '../../../policies/sql/rewrite.ts';
import { agg, PEOPLE, PlanMaker, resolved, type TableSpec } from '../rewrite/plan-fixture.ts';

/**
 * Goal: what a query costs is what was asked, never more. Method: random splits, and the charge added up a second time from the noise.
 * Invariants: Σ Δ²/2σ² over statistics ≤ ρ for every unit column; charges say so, rounded up; a wished error is met. Seed: printed by
 * fast-check on failure.
 */
const BOUNDED: TableSpec = {
  ...PEOPLE,
  columns: {
    ...PEOPLE.columns,
    income: { ...PEOPLE.columns['income']!, bounds: { min: -10, max: 1_000 } },
    salary: { ...PEOPLE.columns['salary']!, level: 'general-4', bounds: { min: 0, max: 50_000 } },
  },
};

function planOf(fns: readonly string[], rho: number): PrivatePlan {
  const maker = new PlanMaker();
  const scan = maker.scan(BOUNDED);
  const calls = fns.map((fn) => {
    if (fn === 'count_star') return agg(fn);
    return agg(fn, fn === 'corr' ? [scan.at['income']!, scan.at['salary']!] : [scan.at['income']!]);
  });
  const query = resolved(maker.group(scan, [scan.at['dept']!], [...calls, agg('sum', [scan.at['salary']!])]));
  return rewrite(query, decide(query, DEFAULT_PROFILE, { unitsMin: null }), DEFAULT_PROFILE, { rho });
}

const ASKED = fc.record({
  fns: fc.uniqueArray(fc.constantFrom('count_star', 'sum', 'avg', 'var_pop', 'corr', 'regr_slope'), { minLength: 1 }),
  rho: fc.double({ min: 1e-6, max: 1, noNaN: true }),
});

describe('the ρ of a query', () => {
  test('covers all of its statistics, and the charges say what they cost', () => {
    fc.assert(
      fc.property(ASKED, ({ fns, rho }) => {
        const { boundaries, charges, mechanisms } = planOf(fns, rho);
        const [boundary] = boundaries;
        if (boundary?.kind !== 'private') throw new Error('a private boundary');
        let spent = 0;
        for (const { sensitivity, variance } of boundary.layout.terms) {
          spent += (Number(sensitivity[0]!.squared) * Number(variance.bottom)) / (2 * Number(variance.top));
        }
        expect(spent).toBeLessThanOrEqual(rho * (1 + 1e-12));
        expect(charges).toHaveLength(1);
        expect(charges[0]!.rho).toBeGreaterThanOrEqual(spent * (1 - 1e-12));
        expect(charges[0]!.rho).toBeLessThanOrEqual(spent + 2e-9);
        expect(mechanisms).toHaveLength(boundary.layout.terms.length);
        // Steps of the grid of variances are at most 1/16: little of what was asked for is left unused.
        expect(spent).toBeGreaterThan(rho * 0.9 - 1e-8);
      }),
    );
  });

  test('is split evenly', () => {
    const { mechanisms } = planOf(['count_star', 'sum', 'corr'], 0.01);
    const rhos = mechanisms.map(({ rho }) => rho);
    expect(Math.max(...rhos) / Math.min(...rhos)).toBeLessThan(1.07);
  });

  test('follows from a wished error, and is then met', () => {
    fc.assert(
      fc.property(fc.double({ min: 20_000, max: 1e7, noNaN: true }), (targetError) => {
        const rho = rhoForTargetError(planOf(['count_star'], 0.001), 0.001, targetError)!;
        const { columns } = expectedErrors(planOf(['count_star'], rho));
        expect(columns.length).toBe(2);
        for (const { standardError } of columns) expect(standardError).toBeLessThanOrEqual(targetError);
      }),
    );
  });

  test('buys more of a unit where the asker wants that, with more noise', () => {
    const maker = new PlanMaker();
    const scan = maker.scan({ ...BOUNDED, table: 'rows' });
    const query = resolved(maker.group(scan, [scan.at['dept']!], [agg('sum', [scan.at['income']!])]));
    const decision = decide(query, DEFAULT_PROFILE, { unitsMin: null });
    const boundingOf = (share: UnitShare) => {
      const [boundary] = rewrite(query, decision, DEFAULT_PROFILE, { rho: 0.001, share }).boundaries;
      return boundary?.kind === 'private' ? [boundary.layout.bounding, boundary.layout.terms[0]!.sensitivity[0]] : [];
    };
    // Three groups are all there are.
    expect(boundingOf({})).toEqual([
      { kind: 'groups', groupsMax: 3, rowsMax: 4 },
      { cell: '4000', squared: '48000000' },
    ]);
    expect(boundingOf({ groupsMax: 1, rowsMax: 10 })).toEqual([
      { kind: 'groups', groupsMax: 1, rowsMax: 10 },
      { cell: '10000', squared: '100000000' },
    ]);
  });

  test('is refused where a share would be less than the ledger counts', () => {
    expect(() => planOf(['corr'], 3e-9)).toThrow('SQL_TOO_COMPLEX');
    expect(() => planOf(['corr'], 0)).toThrow('some privacy');
  });

  test('control: a whole unit of the ledger is what rounding up may add', () => {
    expect(rhoUnits({ top: 1n, bottom: 10n ** 12n })).toBe(1n);
  });
});
