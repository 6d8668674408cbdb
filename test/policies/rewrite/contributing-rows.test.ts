import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { ColumnRef, Expr, Rel } from '../../../policies/sql/plan.ts';
import {
  aggregateCall,
  group,
  idsAbove,
  isNotNull,
  isNotZero,
  named,
  namedAggregate,
  ref,
} from '../../../policies/sql/rewrite/build.ts';
import type { CellsSpec } from '../../../policies/sql/rewrite/cells.ts';
import { contributingTo, holdsFor, withoutIdleRows } from '../../../policies/sql/rewrite/contributing-rows.ts';
import type { TermSpec } from '../../../policies/sql/rewrite/term-specs.ts';
import { BOOLEAN, HUGEINT, INTEGER, TEXT } from '../../../policies/sql/sql-type.ts';
import { interpret, type Value } from './interpret-plan.ts';
import { call, PlanMaker } from './plan-fixture.ts';

/**
 * Goal: whole sets less their idle rows are known by the keys of exactly the rows that contribute, so that no row that adds nothing draws
 * fresh noise. Method: random rows with zeros and NULLs everywhere through the plain interpreter; the reference sums the keys of each row
 * whose summand, computed for that row alone, is neither.
 */
const SEED = 20261128;
const maker = new PlanMaker();
const bounds = { min: -9, max: 9 };
const columns = {
  key: { type: TEXT },
  flag: { type: BOOLEAN },
  a: { type: INTEGER, bounds },
  b: { type: INTEGER, bounds },
  row: { type: INTEGER },
};
const scan = maker.scan({ table: 't', level: 'general-3', columns });
const { key, flag, a, b, row } = scan.at as Record<keyof typeof columns, ColumnRef>;
const product = call('multiply', [a, b], INTEGER);

const rows = fc.array(
  fc.record({
    key: fc.constantFrom<Value>('x', 'y', null),
    flag: fc.constantFrom<Value>(true, false, null),
    a: fc.constantFrom<Value>(null, -2, 0, 1, 5),
    b: fc.constantFrom<Value>(null, 0, 3),
    row: fc.integer({ min: -1000, max: 1000 }),
  }),
  { maxLength: 30 },
);
type Asked = Pick<TermSpec, 'magnitude' | 'needed' | 'set'>;
const term: fc.Arbitrary<Asked> = fc.record({
  magnitude: fc.constantFrom<Asked['magnitude']>(
    { kind: 'rows' },
    { kind: 'present', arg: a },
    { kind: 'sum', arg: a },
    { kind: 'sum', arg: product },
    { kind: 'sum', arg: call('add', [a, b], INTEGER) },
  ),
  needed: fc.subarray<Expr>([a, b]),
  set: fc.constantFrom(0, 1),
});

/** @param known whether declared bounds prove that products stay small */
function specOf(keys: readonly Expr[], known: boolean): CellsSpec {
  const ids = idsAbove(scan);
  return {
    raw: { rel: scan, rowKeys: [{ id: row.id, type: INTEGER }] },
    keys: keys.map((expr) => named(ids.next(), 'k', expr)),
    terms: { sets: [{ filter: null }, { filter: flag }] },
    through: { largest: () => (known ? '81' : null) },
  } as unknown as CellsSpec;
}

/** As a sum would: a row with a value that is not zero. */
function contributes({ magnitude, needed, set }: Asked): readonly Expr[] {
  const own =
    magnitude.kind === 'sum'
      ? [isNotZero(magnitude.arg)]
      : magnitude.kind === 'present'
        ? [isNotNull(magnitude.arg)]
        : [];
  return [...(set === 1 ? [flag] : []), ...needed.map(isNotNull), ...own];
}

const keySum = (filter: readonly Expr[]) => aggregateCall('sum', { args: [row], type: HUGEINT, filter });

test(`sums the keys of exactly the rows that contribute (seed ${SEED})`, () => {
  fc.assert(
    fc.property(
      rows,
      fc.array(term, { minLength: 1, maxLength: 4 }),
      fc.boolean(),
      fc.boolean(),
      (stored, asked, isGrouped, known) => {
        const spec = specOf(isGrouped ? [key] : [], known);
        const ids = idsAbove(group(scan, spec.keys, []));
        const all = asked.map((one) => contributingTo(spec, one as TermSpec)!);
        const summed = (filters: readonly (readonly Expr[])[]) => {
          const measures = filters.map((filter) => namedAggregate(ids.next(), 'm', keySum(filter)));
          const rel = group(scan, spec.keys, measures);
          return {
            rel,
            keys: spec.keys.map(({ id, expr }) => ref(id, expr.type)),
            sums: measures.map(({ id }) => [ref(id, HUGEINT)]),
          };
        };
        const given = (rel: Rel, shown: readonly ColumnRef[]) => {
          const columns = shown.map((column, at) => named(ids.next(), `c${at}`, column));
          const told = interpret({ kind: 'project', input: rel, columns }, new Map([['t', stored]]));
          return told.map((cells) => JSON.stringify([...cells.values()].map((cell) => cell ?? 0))).sort();
        };
        const direct = summed(asked.map(contributes));
        const expected = given(direct.rel, [...direct.keys, ...direct.sums.flat()]);
        const sets = summed(all.map(({ where }) => where));
        const apart = withoutIdleRows(sets, sets.sums, all, spec, ids);
        expect(given(apart.rel, [...sets.keys, ...apart.fingerprints.flat()])).toEqual(expected);
        const held = summed(all.map(holdsFor));
        expect(given(held.rel, [...held.keys, ...held.sums.flat()])).toEqual(expected);
      },
    ),
    { seed: SEED, numRuns: 400 },
  );
});
