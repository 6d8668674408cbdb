import { placeOf } from '../../errors.ts';
import type { Aggregate, ColumnId, Expr, NamedAggregate, NamedExpr } from '../plan.ts';
import { DOUBLE, INTEGER, type SqlType } from '../sql-type.ts';
import { sameType } from '../type-rules.ts';
import {
  aggregateCall,
  asDouble,
  call,
  cast,
  divide,
  type IdSource,
  isNotNull,
  literal,
  named,
  namedAggregate,
  ref,
  sumType,
} from './build.ts';
import type { LookThrough } from './look-through.ts';
import { type RowTerm, sumTerms } from './polynomial.ts';
import { productOf } from './term-specs.ts';

/**
 * A sum per unit of an expression with several terms, as the sums of its terms: `sum(price * (1 - discount))` is
 * `sum(price) - sum(price * discount)`. WHY: what is summed over units further up is judged term by term, and a value per unit is judged as a whole.
 */
export interface SplitSums {
  readonly aggregate: Aggregate;
  /** The columns of the aggregate as it was asked for. */
  readonly columns: readonly NamedExpr[];
  /** The column that a sum is a term of. */
  readonly of: ReadonlyMap<ColumnId, ColumnId>;
}

interface Splitting {
  readonly through: LookThrough;
  readonly ids: IdSource;
  readonly text: string;
}

/** @returns null where there is no such sum. @throws AppError POLICY_CONSTRUCT_REFUSED for functions inside a sum */
export function splitSums(aggregate: Aggregate, by: Splitting): SplitSums | null {
  const parts = aggregate.measures.map((measure) => ({ measure, split: splitOf(measure, by) }));
  if (parts.every(({ split }) => split === null)) return null;
  const keys = aggregate.keys.map(({ id, name, expr }) => named(id, name, ref(id, expr.type)));
  return {
    aggregate: { ...aggregate, measures: parts.flatMap(({ measure, split }) => split?.sums ?? [measure]) },
    columns: [
      ...keys,
      ...parts.map(({ measure: { id, name, call: made }, split }) =>
        named(id, name, split?.value ?? ref(id, made.type)),
      ),
    ],
    of: new Map(parts.flatMap(({ measure, split }) => (split?.sums ?? []).map(({ id }) => [id, measure.id] as const))),
  };
}

interface Split {
  readonly sums: readonly NamedAggregate[];
  readonly value: Expr;
}

function splitOf({ call: made }: NamedAggregate, { through, ids, text }: Splitting): Split | null {
  const [arg] = made.args;
  if (made.fn !== 'sum' || made.distinct || arg === undefined) return null;
  const terms = sumTerms(through.expand(arg), made.fn, placeOf(text, made.at));
  if (terms.length < 2 || !terms.every((term) => isSplit(term, made.type))) return null;
  const own = made.filter === null ? [] : [made.filter];
  const sums = terms.map((term) => {
    const there = term.present.filter((one) => !through.isFilled(one)).map((one) => isNotNull(bare(one)));
    const summand = summandOf(term);
    const type = sumType(summand.type);
    const filter = [...own, ...there];
    return namedAggregate(ids.next(), 'sum', {
      ...aggregateCall('sum', { args: [summand], type, filter }),
      at: made.at,
    });
  });
  const value = sums
    .map(({ id, call: { type } }): Expr => (sameType(type, made.type) ? ref(id, type) : cast(ref(id, type), made.type)))
    .reduce((left, right) => call('add', [left, right], made.type));
  return { sums, value };
}

/** A product in every row that has its values; with a broken factor only where the sum is a double anyway. */
const isSplit = ({ factor, where, present }: RowTerm, type: SqlType): boolean =>
  where.length === 0 &&
  present.every((one) => bare(one).kind === 'column') &&
  (factor.bottom === '1' || type.kind === 'double');

function summandOf({ factor: { top, bottom }, atoms }: RowTerm): Expr {
  const [first, ...others] = atoms;
  const whole = first === undefined ? literal(top, INTEGER) : timesWhole(top, others.reduce(productOf, first));
  return bottom === '1' ? whole : divide(asDouble(whole), literal(bottom, DOUBLE));
}

function timesWhole(factor: string, expr: Expr): Expr {
  if (factor === '1') return expr;
  return factor === '-1' ? call('negate', [expr], expr.type) : productOf(literal(factor, INTEGER), expr);
}

/** A value is there where the column is that it is cast from. */
const bare = (expr: Expr): Expr => (expr.kind === 'cast' ? bare(expr.arg) : expr);
