import { COUNTS } from './correlated-aggregate.ts';
import { columnRef } from './expression-env.ts';
import { countOfNothing } from './literals.ts';
import { type OuterInstance, sameValues } from './outer-values.ts';
import type { Aggregate, NamedAggregate, NamedExpr, Rel } from './plan.ts';
import { call, conjunction } from './resolve-operators.ts';
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
 * So the combinations are joined to the groups of those that have rows.
 */
function oneRowEach(
  ctx: ResolveContext,
  aggregate: Aggregate,
  each: readonly NamedExpr[],
  instance: OuterInstance,
): Rel {
  const all = instance.again();
  const keys = each.map((key): NamedExpr => ({ ...key, id: freshId(ctx) }));
  const measures = aggregate.measures.map((measure): NamedAggregate => ({ ...measure, id: freshId(ctx) }));
  const own = keys.map(({ id, expr }) => columnRef(id, expr.type, null));
  const joined: Rel = {
    kind: 'join',
    join: 'left',
    left: all.rel,
    right: { ...aggregate, keys, measures },
    on: conjunction(sameValues(all.columns, own)),
  };
  const columns = [
    ...each.map((key, index): NamedExpr => {
      const column = all.columns[index];
      return column === undefined ? key : { ...key, expr: columnRef(column.id, column.type, null) };
    }),
    ...measures.map(({ id, name, call: made }, index): NamedExpr => {
      const value = columnRef(id, made.type, made.at);
      const expr = COUNTS.has(made.fn) ? call('coalesce', [value, countOfNothing()], made.type, made.at) : value;
      return { id: aggregate.measures[index]?.id ?? id, name, expr };
    }),
  ];
  return { kind: 'project', input: joined, columns };
}
