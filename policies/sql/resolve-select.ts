import { asCondition } from './coercion.ts';
import { type AggregateCollector, columnRef, type ExprEnv, type WindowCollector } from './expression-env.ts';
import { type Grouper, grouper } from './group-by.ts';
import { orderPosition } from './order-position.ts';
import { outputName } from './output-name.ts';
import type { ColumnId, Expr, NamedExpr, Offset, OutputColumn, Rel, SortKey } from './plan.ts';
import { constantOf } from './resolve-call.ts';
import { resolveExpr } from './resolve-expr.ts';
import { type CteScope, type QueryReader, resolveFrom } from './resolve-from.ts';
import { call } from './resolve-operators.ts';
import { sortKey } from './resolve-window.ts';
import { sameExpr } from './same-expression.ts';
import { fold, nearColumns, type Scope } from './scope.ts';
import { BOOLEAN } from './sql-type.ts';
import { expandStar, isStar } from './star.ts';
import { SubqueryHost } from './subqueries.ts';
import {
  checkShape,
  freshId,
  isNode,
  nodeAt,
  nodesAt,
  offsetOf,
  type ResolveContext,
  refusal,
  type Shape,
  type SyntaxNode,
} from './syntax-node.ts';
import { keywordBefore } from './text-words.ts';

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
  /** The query around a correlated subquery: WHERE conjuncts that mention it are handed back, not applied. */
  readonly outer: Scope | null;
}

export interface BoundSelect {
  readonly rel: Rel;
  readonly columns: readonly OutputColumn[];
  /** Conjuncts of WHERE that mention the outer query. */
  readonly lifted: readonly Expr[];
  /** What a correlated subquery is taken apart into; null where it groups, sorts, limits or is distinct. */
  readonly plain: { readonly base: Rel; readonly items: readonly Expr[] } | null;
  /** A single row of aggregates over `base`: what a scalar subquery may be. */
  readonly single: {
    readonly base: Rel;
    readonly measures: AggregateCollector['measures'];
    readonly items: readonly Expr[];
  } | null;
}

interface Item {
  readonly node: SyntaxNode;
  readonly name: string;
  readonly expr: Expr;
}

/** One SELECT. The order of work is SQL's own: FROM, WHERE, GROUP BY, HAVING, windows, QUALIFY, SELECT, ORDER BY. */
export function resolveSelect(request: SelectRequest): BoundSelect {
  const { ctx, node } = request;
  checkShape(ctx, node, SELECT_SHAPE);
  const from = resolveFrom({ ctx, ctes: request.ctes, query: request.query }, nodeAt(ctx, node, 'from_table'));
  const scope: Scope = {
    relations: from.relations,
    merged: from.merged,
    outer: request.outer,
    correlation: { count: 0 },
  };
  const host = new SubqueryHost(from.rel, request, resolveSelect);
  const names = selectNames(ctx, node);
  const base: ExprEnv = {
    ctx,
    scope,
    alias: aliasReader(names, names.length),
    hidden: null,
    aggregates: null,
    accepted: 'HAVING sum(x) > …',
    windows: null,
    subqueries: host.input,
  };
  const lifted = resolveWhere(base, node, host);
  const seen = scope.correlation.count;
  const groups = grouper(base, node, (env) => resolveItems(env, node, names));
  const windows: WindowCollector = { columns: [] };
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
  if (scope.correlation.count > seen) {
    throw refusal(ctx, node, 'SQL_CONSTRUCT_REFUSED', {
      construct: 'correlated subquery outside WHERE',
      accepted: 'WHERE inner.k = outer.k',
    });
  }
  return assemble({ ctx, node, scope, host, groups, windows, items, having, qualify, modifiers, lifted });
}

// ── SELECT list ──────────────────────────────────────────────────────────────────────────────────────────────────

function selectNames(ctx: ResolveContext, node: SyntaxNode): readonly SyntaxNode[] {
  const list = nodesAt(ctx, node, 'select_list');
  if (list.length > 1_000) throw refusal(ctx, node, 'SQL_TOO_COMPLEX', { what: 'columns', limit: 1_000 });
  return list;
}

function resolveItems(env: ExprEnv, node: SyntaxNode, list: readonly SyntaxNode[]): readonly Item[] {
  const items = list.flatMap((item, index): Item[] => {
    if (isStar(item)) return expandStar(env, item).map(({ name, expr }) => ({ node: item, name, expr }));
    const expr = resolveExpr({ ...env, alias: aliasReader(list, index) }, item);
    return [{ node: item, name: outputName(item), expr }];
  });
  if (items.length === 0)
    throw refusal(env.ctx, node, 'SQL_CONSTRUCT_REFUSED', {
      construct: '*',
      accepted: nearColumns(env.scope, '').join(', ') || 'count(*)',
    });
  return items;
}

/** Aliases of the first `count` items, read anew where they are used: in a WHERE they may hold no aggregate. */
function aliasReader(list: readonly SyntaxNode[], count: number): NonNullable<ExprEnv['alias']> {
  return (env, name) => {
    const index = list.findIndex(
      (item, at) =>
        at < count && typeof item['alias'] === 'string' && item['alias'] !== '' && fold(item['alias']) === fold(name),
    );
    const item = list[index];
    if (item === undefined || isStar(item)) return null;
    return resolveExpr({ ...env, hidden: null, alias: aliasReader(list, index) }, item);
  };
}

// ── WHERE ────────────────────────────────────────────────────────────────────────────────────────────────────────

function resolveWhere(env: ExprEnv, node: SyntaxNode, host: SubqueryHost): readonly Expr[] {
  const where = node['where_clause'];
  const lifted: Expr[] = [];
  const kept: Expr[] = [];
  for (const conjunct of isNode(where) ? conjuncts(where) : []) {
    if (host.predicate(env, conjunct)) continue;
    const before = env.scope.correlation.count;
    const expr = asCondition(env.ctx, resolveExpr(env, conjunct), 'WHERE');
    (env.scope.correlation.count > before ? lifted : kept).push(expr);
  }
  host.filter(conjunction(kept));
  return lifted;
}

function conjuncts(node: SyntaxNode): readonly SyntaxNode[] {
  const children = node['children'];
  if (node['type'] !== 'CONJUNCTION_AND' || !Array.isArray(children)) return [node];
  return children.filter(isNode).flatMap(conjuncts);
}

export function conjunction(exprs: readonly Expr[]): Expr | null {
  const [first] = exprs;
  if (first === undefined) return null;
  return exprs.length === 1 ? first : call('and', exprs, BOOLEAN, first.at);
}

// ── ORDER BY, LIMIT, DISTINCT ────────────────────────────────────────────────────────────────────────────────────

interface Modifiers {
  readonly distinct: boolean;
  readonly sort: readonly SortKey[];
  readonly limit: { readonly count: number | null; readonly offset: number; readonly at: Offset } | null;
}

const ORDER_SHAPE: Shape = { type: 'own', orders: 'own' };
const LIMIT_SHAPE: Shape = { type: 'own', limit: 'own', offset: 'own' };
const LIMIT_WORDS = ['LIMIT', 'OFFSET', 'FETCH'];
const DISTINCT_SHAPE: Shape = {
  type: 'own',
  distinct_on_targets: { construct: 'DISTINCT ON', accepted: 'SELECT DISTINCT a, b, GROUP BY a' },
};

/** Modifiers of a SELECT or of a set operation; `key` resolves one ORDER BY expression. */
export function eachModifier(
  ctx: ResolveContext,
  node: SyntaxNode,
  orders: (orders: readonly SyntaxNode[]) => readonly SortKey[],
): Modifiers {
  let modifiers: Modifiers = { distinct: false, sort: [], limit: null };
  for (const modifier of nodesAt(ctx, node, 'modifiers')) {
    switch (modifier['type']) {
      case 'ORDER_MODIFIER':
        checkShape(ctx, modifier, ORDER_SHAPE);
        modifiers = { ...modifiers, sort: orders(nodesAt(ctx, modifier, 'orders')) };
        break;
      case 'LIMIT_MODIFIER':
        checkShape(ctx, modifier, LIMIT_SHAPE);
        modifiers = {
          ...modifiers,
          limit: {
            count: rowCount(ctx, modifier, 'limit'),
            offset: rowCount(ctx, modifier, 'offset') ?? 0,
            at: keywordBefore(ctx.words(), LIMIT_WORDS, offsetOf(ctx, modifier))?.at ?? null,
          },
        };
        break;
      case 'DISTINCT_MODIFIER':
        checkShape(ctx, modifier, DISTINCT_SHAPE);
        modifiers = { ...modifiers, distinct: true };
        break;
      default:
        throw refusal(ctx, modifier, 'SQL_CONSTRUCT_REFUSED', {
          construct: modifier['type'] === 'LIMIT_PERCENT_MODIFIER' ? 'LIMIT %' : String(modifier['type']),
          accepted: 'LIMIT 10',
        });
    }
  }
  return modifiers;
}

function rowCount(ctx: ResolveContext, modifier: SyntaxNode, field: 'limit' | 'offset'): number | null {
  const value = modifier[field];
  if (!isNode(value)) return null;
  const env: ExprEnv = {
    ctx,
    scope: { relations: [], merged: [], outer: null, correlation: { count: 0 } },
    alias: null,
    hidden: null,
    aggregates: null,
    accepted: 'LIMIT 10',
    windows: null,
    subqueries: null,
  };
  const constant = constantOf(resolveExpr(env, value));
  if (constant !== null && constant.value === null) return null;
  const count = constant?.type.kind === 'integer' ? Number(constant.value) : Number.NaN;
  if (!Number.isSafeInteger(count) || count < 0)
    throw refusal(ctx, value, 'SQL_LITERAL_REFUSED', {
      what: field.toUpperCase(),
      accepted: 'a whole number, as a literal',
    });
  return count;
}

function readModifiers(env: ExprEnv, node: SyntaxNode, items: readonly Item[]): Modifiers {
  return eachModifier(env.ctx, node, (orders) =>
    orders.flatMap((order) => {
      const expression = nodeAt(env.ctx, order, 'expression');
      if (isStar(expression) && expression['columns'] === true)
        return items.map((item) => sortKey(env.ctx, order, item.expr));
      return [sortKey(env.ctx, order, orderExpr(env, expression, items))];
    }),
  );
}

/** A position, an alias, or an expression over the query's own columns. */
function orderExpr(env: ExprEnv, node: SyntaxNode, items: readonly Item[]): Expr {
  const position = orderPosition(env.ctx, node, items.length, 'ORDER BY');
  const positioned = position === null ? undefined : items[position];
  if (positioned !== undefined) return positioned.expr;
  const names = node['class'] === 'COLUMN_REF' && Array.isArray(node['column_names']) ? node['column_names'] : [];
  const alias =
    names.length === 1
      ? items.find((item) => item.node['alias'] !== '' && fold(item.name) === fold(String(names[0])))
      : undefined;
  return alias === undefined ? resolveExpr(env, node) : { ...alias.expr, at: offsetOf(env.ctx, node) };
}

// ── Assembly ─────────────────────────────────────────────────────────────────────────────────────────────────────

interface Parts {
  readonly ctx: ResolveContext;
  readonly node: SyntaxNode;
  readonly scope: Scope;
  readonly host: SubqueryHost;
  readonly groups: Grouper;
  readonly windows: WindowCollector;
  readonly items: readonly Item[];
  readonly having: Expr | null;
  readonly qualify: Expr | null;
  readonly modifiers: Modifiers;
  readonly lifted: readonly Expr[];
}

function assemble(parts: Parts): BoundSelect {
  const { ctx, host, groups, modifiers } = parts;
  const aggregated = groups.isAggregated() || parts.having !== null;
  const base = host.rel;
  const free = new Set([...host.attached(), ...parts.windows.columns.map((column) => column.id)]);
  const finalize = aggregated ? (expr: Expr): Expr => groups.overKeys(expr, free) : (expr: Expr): Expr => expr;
  let rel: Rel = aggregated ? groups.aggregate(base) : base;
  rel = host.attachOutputs(rel, finalize);
  if (parts.having !== null) rel = { kind: 'filter', input: rel, predicate: finalize(parts.having) };
  rel = withWindows(rel, parts.windows, finalize);
  if (parts.qualify !== null) rel = { kind: 'filter', input: rel, predicate: finalize(parts.qualify) };
  const items = parts.items.map((item) => ({ name: item.name, expr: finalize(item.expr) }));
  const sort = modifiers.sort.map((key) => ({ ...key, expr: finalize(key.expr) }));
  const body = rel;
  rel = modifiers.distinct ? distinctRows(parts, rel, items, sort) : ordered(ctx, rel, items, sort, modifiers);
  const ids = outputIds(rel);
  const columns = items.map(
    (item, index): OutputColumn => ({ id: ids[index] as ColumnId, name: item.name, type: item.expr.type }),
  );
  const simple =
    !modifiers.distinct && modifiers.limit === null && parts.windows.columns.length === 0 && parts.qualify === null;
  const exprs = items.map((item) => item.expr);
  const plain = simple && !aggregated ? { base: body, items: exprs } : null;
  const global = aggregated && groups.keys.length === 0 && parts.having === null && simple && groups.sets === null;
  const single = global && !host.hasOutputs() ? { base, measures: groups.collector.measures, items: exprs } : null;
  return { rel, columns, lifted: parts.lifted, plain, single };
}

function outputIds(rel: Rel): readonly ColumnId[] {
  if (rel.kind === 'project') return rel.columns.map((column) => column.id);
  if (rel.kind === 'aggregate') return rel.keys.map((key) => key.id);
  return rel.kind === 'sort' || rel.kind === 'limit' ? outputIds(rel.input) : [];
}

function withWindows(rel: Rel, windows: WindowCollector, finalize: (expr: Expr) => Expr): Rel {
  if (windows.columns.length === 0) return rel;
  const columns = windows.columns.map(({ id, name, call: window }) => ({
    id,
    name,
    call: {
      ...window,
      args: window.args.map(finalize),
      partitionBy: window.partitionBy.map(finalize),
      orderBy: window.orderBy.map((key) => ({ ...key, expr: finalize(key.expr) })),
    },
  }));
  return { kind: 'window', input: rel, columns };
}

interface NamedItem {
  readonly name: string;
  readonly expr: Expr;
}

/** WHY sort below project: an ORDER BY may use columns that the SELECT list does not give out. */
function ordered(
  ctx: ResolveContext,
  input: Rel,
  items: readonly NamedItem[],
  sort: readonly SortKey[],
  modifiers: Modifiers,
): Rel {
  const columns = items.map(({ name, expr }): NamedExpr => ({ id: freshId(ctx), name, expr }));
  return { kind: 'project', input: limited(sorted(input, sort), modifiers), columns };
}

/** DISTINCT is a grouping by every column; ORDER BY can then only name those. */
function distinctRows(parts: Parts, input: Rel, items: readonly NamedItem[], sort: readonly SortKey[]): Rel {
  const { ctx } = parts;
  const columns = items.map(({ name, expr }): NamedExpr => ({ id: freshId(ctx), name, expr }));
  const keys = columns.map(
    ({ id, name, expr }): NamedExpr => ({ id: freshId(ctx), name, expr: columnRef(id, expr.type, expr.at) }),
  );
  const distinct: Rel = {
    kind: 'aggregate',
    input: { kind: 'project', input, columns },
    keys,
    sets: null,
    measures: [],
    at: items[0]?.expr.at,
  };
  const overKeys = sort.map((key) => {
    const index = columns.findIndex((column) => sameExpr(column.expr, key.expr));
    const target = keys[index];
    if (target === undefined) {
      throw refusal(ctx, parts.node, 'SQL_CONSTRUCT_REFUSED', {
        construct: 'ORDER BY beside DISTINCT',
        accepted: items.map((item) => item.name).join(', '),
      });
    }
    return { ...key, expr: columnRef(target.id, target.expr.type, key.expr.at) };
  });
  return limited(sorted(distinct, overKeys), parts.modifiers);
}

export function sorted(input: Rel, keys: readonly SortKey[]): Rel {
  return keys.length === 0 ? input : { kind: 'sort', input, keys };
}

export function limited(input: Rel, { limit }: Pick<Modifiers, 'limit'>): Rel {
  return limit === null ? input : { kind: 'limit', input, ...limit };
}
