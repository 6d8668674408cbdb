import { columnRef } from './expression-env.ts';
import { booleanLiteral } from './literals.ts';
import { type OuterInstance, sameValues } from './outer-values.ts';
import type { Aggregate, NamedAggregate, NamedExpr, OutputColumn, Rel } from './plan.ts';
import { conjunction } from './resolve-operators.ts';
import { BOOLEAN } from './sql-type.ts';
import { freshId, type ResolveContext, refusal, type SyntaxNode } from './syntax-node.ts';

/** A grouping done for every combination of outer values; `each`: keys over the columns of `instance`. */
export function aggregateEach(
  ctx: ResolveContext,
  node: SyntaxNode,
  aggregate: Aggregate,
  each: readonly NamedExpr[],
  instance: OuterInstance,
): Rel {
  const { keys, sets } = aggregate;
  if (sets === null && keys.length === 0) return oneRowEach(ctx, aggregate, each, instance);
  if (sets?.some((set) => set.length === 0)) {
    throw refusal(ctx, node, 'SQL_CONSTRUCT_REFUSED', {
      construct: 'GROUPING SETS (())',
      accepted: 'GROUP BY a, b',
    });
  }
  const added = each.map((_, index) => keys.length + index);
  return { ...aggregate, keys: [...keys, ...each], sets: sets?.map((set) => [...set, ...added]) ?? null };
}

/**
 * Without keys there is one row for each combination, also where it has no rows: these see the aggregate over nothing.
 * So the combinations are joined to their rows, and a row that is none takes part in no measure.
 */
function oneRowEach(
  ctx: ResolveContext,
  aggregate: Aggregate,
  each: readonly NamedExpr[],
  instance: OuterInstance,
): Rel {
  const all = instance.again();
  const row: OutputColumn = { id: freshId(ctx), name: 'row', type: BOOLEAN };
  const marked: Rel = {
    kind: 'join',
    join: 'cross',
    left: aggregate.input,
    right: { kind: 'values', columns: [row], rows: [[booleanLiteral(true)]] },
    on: null,
  };
  const isRow = columnRef(row.id, BOOLEAN, null);
  const own = instance.columns.map(({ id, type }) => columnRef(id, type, null));
  const input: Rel = {
    kind: 'join',
    join: 'left',
    left: all.rel,
    right: marked,
    on: conjunction(sameValues(all.columns, own)),
  };
  const measures = aggregate.measures.map(
    (measure): NamedAggregate => ({
      ...measure,
      call: {
        ...measure.call,
        filter: conjunction(measure.call.filter === null ? [isRow] : [isRow, measure.call.filter]),
      },
    }),
  );
  const keys = each.map((key, index): NamedExpr => {
    const column = all.columns[index];
    return column === undefined ? key : { ...key, expr: columnRef(column.id, column.type, null) };
  });
  return { ...aggregate, input, keys, measures };
}
