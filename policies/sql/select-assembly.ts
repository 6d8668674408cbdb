import { isOfPairs } from './distinct-pairs.ts';
import { type AggregateCollector, columnRef, type WindowCollector } from './expression-env.ts';
import type { Grouper } from './group-by.ts';
import { limitedPer, numbered } from './limit-per.ts';
import type { ColumnId, Expr, NamedExpr, OutputColumn, Rel, SortKey } from './plan.ts';
import { sameExpr } from './same-expression.ts';
import type { Item } from './select-list.ts';
import type { Modifiers } from './select-modifiers.ts';
import type { SubqueryHost } from './subqueries.ts';
import { freshId, type ResolveContext, refusal, type SyntaxNode } from './syntax-node.ts';

/** What was read of one SELECT. */
export interface Clauses {
  readonly ctx: ResolveContext;
  readonly node: SyntaxNode;
  readonly host: SubqueryHost;
  readonly groups: Grouper;
  readonly windows: WindowCollector;
  readonly items: readonly Item[];
  readonly having: Expr | null;
  readonly qualify: Expr | null;
  readonly modifiers: Modifiers;
  /** Columns of the query around that are mentioned: whatever is grouped here, they stay as they are. */
  readonly mentioned: Iterable<ColumnId>;
  /** Columns that hold outer values: every clause works for each combination of them apart. */
  readonly outer: readonly OutputColumn[];
}

/** What a correlated subquery is joined by, where it is simple enough. */
export interface SelectParts {
  /** Conjuncts of WHERE that mention the outer query. */
  readonly lifted: readonly Expr[];
  /** Rows as they are; null where they are grouped or numbered. `limited`: some row stays, but not each. */
  readonly plain: { readonly base: Rel; readonly items: readonly Expr[]; readonly limited: boolean } | null;
  /** A single row of aggregates over `base`. */
  readonly single: {
    readonly base: Rel;
    readonly measures: AggregateCollector['measures'];
    readonly items: readonly Expr[];
  } | null;
}

interface Assembled {
  readonly rel: Rel;
  readonly columns: readonly OutputColumn[];
  readonly outer: readonly OutputColumn[];
  readonly parts: Omit<SelectParts, 'lifted'>;
}
interface NamedItem {
  readonly name: string;
  readonly expr: Expr;
}

/** The plan of a SELECT from its clauses. */
export function assemble(clauses: Clauses): Assembled {
  const { ctx, host, groups, modifiers, windows } = clauses;
  const aggregated = groups.isAggregated() || clauses.having !== null;
  const base = host.rel;
  const free = new Set([...host.attached(), ...windows.columns.map((column) => column.id), ...clauses.mentioned]);
  const finalize = aggregated ? (expr: Expr): Expr => groups.overKeys(expr, free) : (expr: Expr): Expr => expr;
  const outer = clauses.outer.map(({ id, name, type }) => ({ name, expr: finalize(columnRef(id, type, null)) }));
  let rel: Rel = aggregated ? groups.aggregate(base) : base;
  rel = host.attachOutputs(rel, finalize);
  if (clauses.having !== null) rel = { kind: 'filter', input: rel, predicate: finalize(clauses.having) };
  rel = withWindows(rel, windows, finalize, outer);
  if (clauses.qualify !== null) rel = { kind: 'filter', input: rel, predicate: finalize(clauses.qualify) };
  const items = clauses.items.map(({ name, expr }) => ({
    name,
    expr: aggregated ? groups.overKeys(expr, free, name) : expr,
  }));
  const sort = modifiers.sort.map((key) => ({ ...key, expr: finalize(key.expr) }));
  const body = rel;
  const distinctOn = modifiers.distinctOn.map(finalize);
  if (distinctOn.length > 0) rel = firstOfEach(ctx, rel, [...distinctOn, ...outer.map(({ expr }) => expr)], sort);
  rel = modifiers.distinct
    ? distinctRows(clauses, rel, items, outer, sort)
    : ordered(ctx, rel, items, outer, sort, modifiers);
  const outputs = outputsOf(rel);
  const exprs = items.map((item) => item.expr);
  const numbered = windows.columns.length > 0 || clauses.qualify !== null || distinctOn.length > 0;
  const { limit } = modifiers;
  const some = limit === null || (limit.offset === 0 && limit.count !== 0);
  const plain = some && !numbered && !aggregated ? { base: body, items: exprs, limited: limit !== null } : null;
  const whole = !modifiers.distinct && limit === null && !numbered;
  const global = aggregated && groups.keys.length === 0 && clauses.having === null && whole && groups.sets === null;
  const isSimple = !groups.collector.measures.some(isOfPairs);
  const single =
    global && isSimple && !host.hasOutputs() ? { base, measures: groups.collector.measures, items: exprs } : null;
  return {
    rel,
    columns: outputs.slice(0, items.length),
    outer: outputs.slice(items.length),
    parts: { plain, single },
  };
}

/** The columns of the projection or grouping that makes a SELECT's result. */
function outputsOf(rel: Rel): readonly OutputColumn[] {
  const named = (columns: readonly NamedExpr[]): readonly OutputColumn[] =>
    columns.map(({ id, name, expr }) => ({ id, name, type: expr.type }));
  switch (rel.kind) {
    case 'project':
      return named(rel.columns);
    case 'aggregate':
      return named(rel.keys);
    case 'sort':
    case 'limit':
    case 'filter':
    case 'window':
      return outputsOf(rel.input);
    default:
      return [];
  }
}

function withWindows(
  rel: Rel,
  windows: WindowCollector,
  finalize: (expr: Expr) => Expr,
  outer: readonly NamedItem[],
): Rel {
  if (windows.columns.length === 0) return rel;
  const columns = windows.columns.map(({ id, name, call: window }) => ({
    id,
    name,
    call: {
      ...window,
      args: window.args.map(finalize),
      partitionBy: [...window.partitionBy.map(finalize), ...outer.map(({ expr }) => expr)],
      orderBy: window.orderBy.map((key) => ({ ...key, expr: finalize(key.expr) })),
    },
  }));
  return { kind: 'window', input: rel, columns };
}

/** DISTINCT ON: the row that comes first in the order given. */
function firstOfEach(ctx: ResolveContext, input: Rel, keys: readonly Expr[], sort: readonly SortKey[]): Rel {
  return numbered(ctx, input, keys, sort, { first: 1, last: 1 });
}

const named = (ctx: ResolveContext, items: readonly NamedItem[]): readonly NamedExpr[] =>
  items.map(({ name, expr }): NamedExpr => ({ id: freshId(ctx), name, expr }));

/** WHY sort below project: an ORDER BY may use columns that the SELECT list does not give out. */
function ordered(
  ctx: ResolveContext,
  input: Rel,
  items: readonly NamedItem[],
  outer: readonly NamedItem[],
  sort: readonly SortKey[],
  { limit }: Modifiers,
): Rel {
  const each = outer.map(({ expr }) => expr);
  return {
    kind: 'project',
    input: limitedPer(ctx, input, sort, limit, each),
    columns: named(ctx, [...items, ...outer]),
  };
}

/** DISTINCT is a grouping by every column; ORDER BY can then only name those. */
function distinctRows(
  { ctx, node, modifiers }: Clauses,
  input: Rel,
  items: readonly NamedItem[],
  outer: readonly NamedItem[],
  sort: readonly SortKey[],
): Rel {
  const columns = named(ctx, [...items, ...outer]);
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
    const target = keys[columns.findIndex((column) => sameExpr(column.expr, key.expr))];
    if (target === undefined) {
      throw refusal(ctx, node, 'SQL_CONSTRUCT_REFUSED', {
        construct: 'ORDER BY beside DISTINCT',
        accepted: items.map((item) => item.name).join(', '),
      });
    }
    return { ...key, expr: columnRef(target.id, target.expr.type, key.expr.at) };
  });
  const each = keys.slice(items.length).map(({ id, expr }) => columnRef(id, expr.type, null));
  return limitedPer(ctx, distinct, overKeys, modifiers.limit, each);
}
