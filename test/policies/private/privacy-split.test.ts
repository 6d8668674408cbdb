import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { UnitShare } from '../../../policies/accounting/privacy-request.ts';
import { requestAtLeast } from '../../../policies/accounting/privacy-request.ts';
import { rhoUnits } from '../../../policies/accounting/zcdp.ts';
import { DEFAULT_PROFILE } from '../../../policies/levels.ts';
import { expectedErrors, partsForTargetError } from '../../../policies/release/expected-errors.ts';
import { decide } from '../../../policies/sql/decide.ts';
import { sharesOf } from '../../../policies/sql/rewrite/privacy-shares.ts';
import type { PrivateLayout, PrivateValue } from '../../../policies/sql/rewrite/private-layout.ts';
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

function planOf(fns: readonly string[], rho: number, parts?: readonly number[]): PrivatePlan {
  const maker = new PlanMaker();
  const scan = maker.scan(BOUNDED);
  const calls = fns.map((fn) => {
    if (fn === 'count_star') return agg(fn);
    if (fn === 'mode') return agg(fn, [scan.at['dept']!]);
    return agg(fn, fn === 'corr' ? [scan.at['income']!, scan.at['salary']!] : [scan.at['income']!]);
  });
  const query = resolved(maker.group(scan, [scan.at['dept']!], [...calls, agg('sum', [scan.at['salary']!])]));
  return rewrite(query, decide(query, DEFAULT_PROFILE, { unitsMin: null }), DEFAULT_PROFILE, { rho, parts });
}

/** A layout of statistics that as many values each read as the weights say. */
function layoutWith(weights: readonly number[]): PrivateLayout {
  const [boundary] = planOf(['count_star'], 0.001).boundaries;
  if (boundary?.kind !== 'private') throw new Error('a private boundary');
  const [{ terms, values }] = [boundary.layout] as const;
  const reading = (term: number) => ({ ...values[0]!, forms: [[{ term, factor: { top: '1', bottom: '1' } }]] });
  return {
    ...boundary.layout,
    terms: weights.map(() => terms[0]!),
    values: weights.flatMap((count, term) => Array.from({ length: count }, () => reading(term) as PrivateValue)),
  };
}

const ASKED = fc.record({
  fns: fc.uniqueArray(fc.constantFrom('count_star', 'sum', 'avg', 'var_pop', 'corr', 'regr_slope', 'mode', 'median'), {
    minLength: 1,
  }),
  rho: fc.double({ min: 1e-6, max: 1, noNaN: true }),
});

describe('the ρ of a query', () => {
  test('covers all of its statistics, and the charges say what they cost', () => {
    fc.assert(
      fc.property(ASKED, ({ fns, rho }) => {
        const { boundaries, charges, mechanisms } = planOf(fns, rho);
        const [boundary] = boundaries;
        if (boundary?.kind !== 'private') throw new Error('a private boundary');
        const { terms, trees, choices } = boundary.layout;
        let spent = 0;
        for (const { sensitivity, variance } of [...terms, ...trees])
          spent += (Number(sensitivity[0]!.squared) * Number(variance.bottom)) / (2 * Number(variance.top));
        for (const { sensitivity, epsilon } of choices) {
          const { cell, squared } = sensitivity[0]!;
          const ofOne = (Number(epsilon.top) / Number(epsilon.bottom)) ** 2 / 8;
          spent += (ofOne * Number(squared)) / Number(cell) ** 2;
        }
        expect(spent).toBeLessThanOrEqual(rho * (1 + 1e-12));
        expect(charges).toHaveLength(1);
        expect(charges[0]!.rho).toBeGreaterThanOrEqual(spent * (1 - 1e-12));
        expect(charges[0]!.rho).toBeLessThanOrEqual(spent + 2e-9);
        expect(mechanisms).toHaveLength(terms.length + trees.length + choices.length);
        // Steps of the grid of variances are at most 1/16: little of what was asked for is left unused.
        expect(spent).toBeGreaterThan(rho * 0.9 - 1e-8);
      }),
    );
  });

  const rhosOf = ({ mechanisms }: PrivatePlan) => mechanisms.map(({ rho }) => rho);

  test('is shared evenly among sums and counts; a count that only divides has less', () => {
    const even = rhosOf(planOf(['count_star', 'sum'], 0.01));
    expect(Math.max(...even) / Math.min(...even)).toBeLessThan(1.07);
    const { mechanisms } = planOf(['avg'], 0.01);
    const [rows, centred, sum] = ['rows', 'subtract', 'clamp'].map(
      (kind) => mechanisms.find(({ statistic }) => statistic.startsWith(kind))!.rho,
    );
    expect(Math.abs(centred! / sum! - 1)).toBeLessThan(0.07);
    expect(rows! / centred!).toBeGreaterThan(0.5);
    expect(rows! / centred!).toBeLessThan(0.65); // √(1/3), but for the grid of variances
  });

  test('shares never exceed the whole, and no others have less weighted error', () => {
    const weights = fc.array(fc.integer({ min: 1, max: 60 }), { minLength: 1, maxLength: 8 });
    const asked = fc.record({
      weights,
      rho: fc.double({ min: 1e-6, max: 1, noNaN: true }),
      moved: fc.double({ min: 0.01, max: 0.9, noNaN: true }),
    });
    fc.assert(
      fc.property(asked, ({ weights: each, rho, moved }) => {
        const { terms } = sharesOf([layoutWith(each)], rho, null)[0]!;
        const { bottom } = terms[0]!;
        const units = BigInt(Math.floor(rho * 1e9));
        expect(terms.reduce((sum, { top }) => sum + top, 0n) * 1_000_000_000n).toBeLessThanOrEqual(units * bottom);
        const shares = terms.map(({ top }) => Number(top) / Number(bottom));
        const error = (parts: readonly number[]) => parts.reduce((sum, part, index) => sum + each[index]! / part, 0);
        const [first, ...rest] = shares as [number, ...number[]];
        const others = rest.map((part) => part + (first * moved) / rest.length);
        if (rest.length > 0)
          expect(error(shares)).toBeLessThanOrEqual(error([first * (1 - moved), ...others]) * (1 + 1e-9));
      }),
    );
  });

  test('follows from a wished error, and is then met', () => {
    fc.assert(
      fc.property(fc.double({ min: 200_000, max: 1e7, noNaN: true }), (targetError) => {
        const plan = planOf(['count_star'], 0.001);
        const { rho, parts } = requestAtLeast(partsForTargetError(plan, targetError)!, undefined);
        const { columns } = expectedErrors(planOf(['count_star'], rho, parts));
        expect(columns.length).toBe(2);
        for (const { standardError } of columns) expect(standardError).toBeLessThanOrEqual(targetError);
      }),
    );
  });

  test('of a wished error for each column: each is met, and none is paid for beyond its own', () => {
    const plan = planOf(['count_star'], 0.001);
    const [n, sum] = expectedErrors(plan).columns.map(({ name }) => name) as [string, string];
    const asked = { [n]: 500, [sum]: 3e6 };
    const { rho, parts } = requestAtLeast(partsForTargetError(plan, asked)!, undefined);
    const answer = planOf(['count_star'], rho, parts);
    for (const { name, standardError } of expectedErrors(answer).columns) {
      expect(standardError).toBeLessThanOrEqual(asked[name]!);
      expect(standardError).toBeGreaterThan(asked[name]! * 0.9);
    }
    expect(rhosOf(answer).reduce((a, b) => a + b, 0)).toBeLessThanOrEqual(rho + 2e-9);
    expect(partsForTargetError(plan, { unknown: 3 })).toBeNull();
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
