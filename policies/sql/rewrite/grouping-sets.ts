import type { Aggregate, AggregateCall, Expr, NamedAggregate, NamedExpr, OutputColumn, Rel } from '../plan.ts';
import { columnsOf } from '../plan.ts';
import { sameExpr } from '../same-expression.ts';
import { type IdSource, literal, named, ref, refTo } from './build.ts';

export const isGrouping = ({ call }: NamedAggregate): boolean => call.fn === 'grouping';

/**
 * GROUPING SETS, ROLLUP and CUBE as one aggregation per set, put together above their releases: each set's cells are
 * judged by themselves and against those of the others, which are about the same rows. Keys that a set leaves out are
 * NULL there, and grouping() is a constant.
 */
export function groupedBySets(aggregate: Aggregate, ids: IdSource, release: (one: Aggregate) => Rel): Rel {
  const sets = aggregate.sets ?? [aggregate.keys.map((_, position) => position)];
  const columns = columnsOf(aggregate);
  const fresh = (): readonly OutputColumn[] => columns.map((column) => ({ ...column, id: ids.next() }));
  const parts = sets.map((set) => oneSet(aggregate, set, ids, release));
  const united = parts.reduce((left, right): Rel => {
    return { kind: 'set-operation', op: 'union', all: true, left, right, columns: fresh() };
  });
  const from = columnsOf(united);
  const renamed = columns.map(({ id, name }, position) => named(id, name, refTo(from[position]!)));
  return { kind: 'project', input: united, columns: renamed };
}

/** One set's cells under all columns of the grouping. */
function oneSet(aggregate: Aggregate, set: readonly number[], ids: IdSource, release: (one: Aggregate) => Rel): Rel {
  const keys = new Map(set.map((position) => [position, { ...aggregate.keys[position]!, id: ids.next() }]));
  const measures = aggregate.measures.map((measure) => ({ ...measure, id: ids.next() }));
  const counted = measures.filter((measure) => !isGrouping(measure));
  const input = release({ ...aggregate, keys: [...keys.values()], sets: null, measures: counted });
  const keyColumns = aggregate.keys.map(({ name, expr }, position) => {
    const key = keys.get(position);
    return named(ids.next(), name, key === undefined ? literal(null, expr.type) : ref(key.id, expr.type));
  });
  const values = measures.map((measure) => {
    const { id, name, call } = measure;
    const value = isGrouping(measure) ? leftOut(call, [...keys.values()]) : ref(id, call.type);
    return named(ids.next(), name, value);
  });
  return { kind: 'project', input, columns: [...keyColumns, ...values] };
}

/** `grouping(a, b)`: a bit per argument, the last one lowest, set where the key is left out. */
function leftOut({ args, type }: AggregateCall, keys: readonly NamedExpr[]): Expr {
  const bits = args.map((arg) => (keys.some(({ expr }) => sameExpr(expr, arg)) ? '0' : '1')).join('');
  return literal(String(Number.parseInt(bits, 2)), type);
}
