import { asCondition } from './coercion.ts';
import { type ExprEnv, outermost, type WindowCollector } from './expression-env.ts';
import type { BoundQuery, CteScope, QueryReader } from './from-table.ts';
import { grouper } from './group-by.ts';
import { type Outer, type OuterInstance, outerInstance, scopeOver } from './outer-values.ts';
import { resolveExpr } from './resolve-expr.ts';
import { resolveFrom } from './resolve-from.ts';
import { noCorrelation, type Scope } from './scope.ts';
import { assemble } from './select-assembly.ts';
import { aliasReader, resolveItems, selectNames } from './select-list.ts';
import { readModifiers } from './select-modifiers.ts';
import { SubqueryHost } from './subqueries.ts';
import { checkShape, isNode, nodeAt, type ResolveContext, type Shape, type SyntaxNode } from './syntax-node.ts';
import { applyConditions } from './where.ts';

const SELECT_SHAPE: Shape = {
  type: 'own',
  modifiers: 'own',
  cte_map: 'own',
  select_list: 'own',
  from_table: 'own',
  where_clause: 'own',
  group_expressions: 'own',
  group_sets: 'own',
  aggregate_handling: 'own',
  having: 'own',
  sample: { construct: 'USING SAMPLE', accepted: 'WHERE …' },
  qualify: 'own',
};

export interface SelectRequest {
  readonly ctx: ResolveContext;
  readonly node: SyntaxNode;
  readonly ctes: CteScope | null;
  readonly query: QueryReader;
  /**
   * The query around a subquery. Without `values`, WHERE conjuncts that mention it are handed back, not applied; with
   * them the plan gives out, beside its own columns, those that hold the values.
   */
  readonly outer: Outer | null;
}

/** One SELECT. The order of work is SQL's own: FROM, WHERE, GROUP BY, HAVING, windows, QUALIFY, SELECT, ORDER BY. */
export function resolveSelect(request: SelectRequest): BoundQuery {
  const { ctx, node } = request;
  checkShape(ctx, node, SELECT_SHAPE);
  const instance = instanceOf(request);
  const around = scopeAround(request.outer, instance);
  const reader = { ctx, ctes: request.ctes, query: request.query, scope: around, start: instance?.rel ?? null };
  const from = resolveFrom(reader, nodeAt(ctx, node, 'from_table'));
  const scope: Scope = { ...around, relations: from.relations, merged: from.merged };
  const inFrom = scope.correlation.count;
  const host = new SubqueryHost(from.rel, request);
  const names = selectNames(ctx, node);
  const base: ExprEnv = {
    ...outermost(ctx, scope, 'HAVING sum(x) > …'),
    alias: aliasReader(names, names.length),
    subqueries: host.input,
  };
  const lifted = applyConditions(base, node['where_clause'], host, 'WHERE');
  const seen = scope.correlation.count;
  const windows: WindowCollector = { columns: [] };
  const readItems = (env: ExprEnv) => resolveItems(env, node, names);
  const groups = grouper({ ...base, subqueries: host.key }, node, readItems, windows, instance);
  const open: ExprEnv = {
    ...base,
    aggregates: groups.collector,
    windows,
    hidden: groups.hidden,
    subqueries: host.output,
  };
  const items = groups.items ?? resolveItems(open, node, names);
  const having = isNode(node['having'])
    ? asCondition(ctx, resolveExpr({ ...open, windows: null }, node['having']), 'HAVING')
    : null;
  const qualify = isNode(node['qualify']) ? asCondition(ctx, resolveExpr(open, node['qualify']), 'QUALIFY') : null;
  const modifiers = readModifiers(open, node, items);
  const { rel, columns, outer, parts } = assemble({
    ...{ ctx, node, host, groups, windows, items, having, qualify, modifiers },
    mentioned: scope.correlation.used.keys(),
    outer: instance?.columns ?? [],
  });
  const onlyInWhere = inFrom === 0 && scope.correlation.count === seen && !host.reachesOut;
  const used = [...scope.correlation.used.values()];
  return { rel, columns, outer, used, parts: onlyInWhere ? { ...parts, lifted } : null };
}

function instanceOf({ ctx, outer }: SelectRequest): OuterInstance | null {
  return outer === null || outer.values === null ? null : outerInstance(ctx, outer.values);
}

/** What a SELECT sees beyond its own FROM. */
function scopeAround(outer: Outer | null, instance: OuterInstance | null): Scope {
  const own = { relations: [], merged: [], correlation: noCorrelation() };
  if (outer === null) return { ...own, outer: null, joined: false };
  if (outer.values === null || instance === null) return { ...own, outer: outer.scope, joined: false };
  return { ...own, outer: scopeOver(outer.scope, outer.values, instance), joined: true };
}
