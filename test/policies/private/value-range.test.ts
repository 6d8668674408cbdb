import fc from 'fast-check';
import { expect, test } from 'vitest';
import { compare, type Exact, exactOf } from '../../../policies/mechanisms/suppression/exact.ts';
import type { Expr } from '../../../policies/sql/plan.ts';
import type { Range } from '../../../policies/sql/rewrite/range-arithmetic.ts';
import { type Ranges, rangeOf } from '../../../policies/sql/rewrite/value-range.ts';
import { DOUBLE, INTEGER } from '../../../policies/sql/sql-type.ts';
import { call, column, number, PlanMaker, when } from '../rewrite/plan-fixture.ts';

/**
 * Goal: what a query writes narrows the bounds of a value, and the value keeps to them. Method: random expressions over two bounded
 * columns, evaluated plainly at random places. Invariant: the value lies within the range that is found. Seed: printed on failure.
 */
const maker = new PlanMaker();
const [X, Y] = [column(maker.next(), INTEGER), column(maker.next(), INTEGER)];
const BOUNDS = { x: [-7, 20], y: [3, 9] } as const;
const ranges: Ranges = new Map([
  [X.id, rangeBetween(...BOUNDS.x)],
  [Y.id, rangeBetween(...BOUNDS.y)],
]);

function rangeBetween(low: number, high: number): Range {
  return { low: exactOf(BigInt(low)), high: exactOf(BigInt(high)) };
}

interface Made {
  readonly expr: Expr;
  readonly at: (x: number, y: number) => number;
}
const leaf: fc.Arbitrary<Made> = fc.oneof(
  fc.constant({ expr: X, at: (x: number) => x }),
  fc.constant({ expr: Y, at: (_: number, y: number) => y }),
  fc.integer({ min: -5, max: 5 }).map((value) => ({ expr: number(value), at: () => value })),
);
const OPERATIONS: Readonly<Record<string, (a: number, b: number) => number>> = {
  add: (a, b) => a + b,
  subtract: (a, b) => a - b,
  multiply: (a, b) => a * b,
  least: Math.min,
  greatest: Math.max,
};
const made: fc.Arbitrary<Made> = fc.letrec<{ made: Made }>((tie) => ({
  made: fc.oneof(
    { depthSize: 'small' },
    leaf,
    fc.tuple(fc.constantFrom(...Object.keys(OPERATIONS)), tie('made'), tie('made')).map(([fn, a, b]) => ({
      expr: call(fn, [a.expr, b.expr], INTEGER),
      at: (x: number, y: number) => OPERATIONS[fn]!(a.at(x, y), b.at(x, y)),
    })),
    tie('made').map((a) => ({
      expr: call('abs', [a.expr], INTEGER),
      at: (x: number, y: number) => Math.abs(a.at(x, y)),
    })),
    tie('made').map((a) => ({ expr: call('negate', [a.expr], INTEGER), at: (x: number, y: number) => -a.at(x, y) })),
    fc.tuple(tie('made'), tie('made'), tie('made')).map(([a, b, c]) => ({
      expr: when(call('gt', [a.expr, number(0)]), b.expr, c.expr),
      at: (x: number, y: number) => (a.at(x, y) > 0 ? b.at(x, y) : c.at(x, y)),
    })),
  ),
})).made;

const isWithin = (value: number, { low, high }: Range): boolean => {
  const exact: Exact = { top: BigInt(value), bottom: 1n };
  return low !== null && high !== null && compare(low, exact) <= 0 && compare(exact, high) <= 0;
};

test('a value lies within its range', () => {
  const places = fc.tuple(fc.integer({ min: -7, max: 20 }), fc.integer({ min: 3, max: 9 }));
  fc.assert(fc.property(made, places, ({ expr, at }, [x, y]) => isWithin(at(x, y), rangeOf(expr, ranges))));
});

test('least and greatest give bounds to what has none, on their own side', () => {
  const unbounded = column(maker.next(), INTEGER);
  const upper = call('least', [unbounded, number(10)], INTEGER);
  expect(rangeOf(upper, ranges)).toEqual({ low: null, high: exactOf(10n) });
  expect(rangeOf(call('greatest', [upper, number(-1)], INTEGER), ranges)).toEqual(rangeBetween(-1, 10));
});

test('a divisor that may be zero has no bound; one that may not has', () => {
  expect(rangeOf(call('divide', [X, call('subtract', [Y, number(5)], INTEGER)], DOUBLE), ranges)).toEqual({
    low: null,
    high: null,
  });
  expect(rangeOf(call('divide', [number(9), Y], DOUBLE), ranges)).toMatchObject({ low: { top: 9n, bottom: 9n } });
});
