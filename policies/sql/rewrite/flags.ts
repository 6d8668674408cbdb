import { type ColumnRef, columnsOf, type Expr, type NamedAggregate, type NamedExpr, type Rel } from '../plan.ts';
import { mapExpr, sameExpr } from '../same-expression.ts';
import { BOOLEAN } from '../sql-type.ts';
import { type IdSource, named, ref, refTo } from './build.ts';

/**
 * Computes each of the conditions once a row, in a column below the grouping, for all measures that hang on it.
 * WHY: the engine finds no common part within a CASE; a query of three conditional sums has a dozen measures under each.
 */
export function withFlags(
  rel: Rel,
  conditions: readonly Expr[],
  measures: readonly NamedAggregate[],
  ids: IdSource,
): { readonly rel: Rel; readonly measures: readonly NamedAggregate[] } {
  const distinct = conditions.filter((one, index) => conditions.findIndex((other) => sameExpr(one, other)) === index);
  const flags = distinct
    .filter(({ kind }) => kind !== 'column' && kind !== 'literal')
    .map((condition) => ({ condition, flag: named(ids.next(), 'flag', condition) }));
  if (flags.length === 0) return { rel, measures };
  const replace = (expr: Expr): ColumnRef | null => {
    const found = flags.find(({ condition }) => sameExpr(condition, expr));
    return found === undefined ? null : ref(found.flag.id, BOOLEAN);
  };
  const passed = columnsOf(rel).map((column): NamedExpr => named(column.id, column.name, refTo(column)));
  const columns = [...passed, ...flags.map(({ flag }) => flag)];
  return {
    rel: { kind: 'project', input: rel, columns },
    measures: measures.map((measure) => {
      const { filter } = measure.call;
      return filter === null ? measure : { ...measure, call: { ...measure.call, filter: mapExpr(filter, replace) } };
    }),
  };
}
