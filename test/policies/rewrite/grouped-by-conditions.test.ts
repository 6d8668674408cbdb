import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Expr, NamedAggregate, Rel } from '../../../policies/sql/plan.ts';
import {
  aggregateCall,
  and,
  group,
  idsAbove,
  isNotTrue,
  isNotZero,
  named,
  namedAggregate,
} from '../../../policies/sql/rewrite/build.ts';
import { groupedByConditions } from '../../../policies/sql/rewrite/grouped-by-conditions.ts';
import { BOOLEAN, HUGEINT, INTEGER, TEXT } from '../../../policies/sql/sql-type.ts';
import { interpret, type Value } from './interpret-plan.ts';
import { call, PlanMaker } from './plan-fixture.ts';

/**
 * Goal: grouping by conditions gives what each measure asks for by itself, where conditions are false or NULL as well.
 * Method: random rows and measures through the plain interpreter; the reference is the same grouping with its filters as they are.
 */
const SEED = 20261128;
const maker = new PlanMaker();
const columns = {
  key: { type: TEXT },
  first: { type: BOOLEAN },
  second: { type: BOOLEAN },
  amount: { type: INTEGER },
};
const scan = maker.scan({ table: 't', level: 'general-2', columns });
const { key, first, second, amount } = scan.at as Record<keyof typeof columns, Expr>;

const rows = fc.array(
  fc.record({
    key: fc.constantFrom<Value>('a', 'b', null),
    first: fc.constantFrom<Value>(true, false, null),
    second: fc.constantFrom<Value>(true, false, null),
    amount: fc.constantFrom<Value>(null, -2, 0, 1, 5),
  }),
  { maxLength: 30 },
);
const condition: fc.Arbitrary<Expr> = fc.letrec<{ any: Expr; leaf: Expr }>((tie) => ({
  leaf: fc.constantFrom(first, second, isNotZero(amount), call('not', [first])),
  any: fc.oneof(
    { maxDepth: 2 },
    tie('leaf'),
    tie('any').map(isNotTrue),
    fc.tuple(tie('any'), tie('any')).map((parts) => and(parts)),
  ),
})).any;
const filter = fc.option(condition, { nil: null });
const measure = filter.chain((one) =>
  fc.constantFrom(
    { ...aggregateCall('count_star', { args: [], type: INTEGER }), filter: one },
    { ...aggregateCall('count', { args: [amount], type: INTEGER }), filter: one },
    { ...aggregateCall('sum', { args: [amount], type: HUGEINT }), filter: one },
    { ...aggregateCall('sum_abs', { args: [amount], type: HUGEINT }), filter: one },
  ),
);
const measures = fc.array(measure, { minLength: 1, maxLength: 6 });

test(`gives what each measure asks for (seed ${SEED})`, () => {
  const ways = { factored: 0, plain: 0 };
  fc.assert(
    fc.property(rows, measures, fc.array(condition, { maxLength: 2 }), (stored, calls, conditions) => {
      const ids = idsAbove(scan);
      const keys = [named(ids.next(), 'k', key)];
      const asked = calls.map((made, at): NamedAggregate => namedAggregate(ids.next(), `m${at}`, made));
      const grouped = groupedByConditions(scan, keys, asked, conditions, ids);
      ways[grouped.kind === 'project' ? 'factored' : 'plain'] += 1;
      const given = (rel: Rel) => interpret(rel, new Map([['t', stored]])).map((row) => JSON.stringify([...row]));
      expect(given(grouped).sort()).toEqual(given(group(scan, keys, asked)).sort());
    }),
    { seed: SEED, numRuns: 400 },
  );
  expect(Math.min(ways.factored, ways.plain)).toBeGreaterThan(20);
});
