import { aggregateEach } from './aggregate-each.ts';
import { identifierUse, wordAt } from './coercion.ts';
import { isOfPairs, pairsRefused, withPairs } from './distinct-pairs.ts';
import { type AggregateCollector, columnRef, type ExprEnv, type WindowCollector } from './expression-env.ts';
import { orderPosition } from './order-position.ts';
import type { OuterInstance } from './outer-values.ts';
import type { Aggregate, AggregateCall, ColumnId, Expr, NamedExpr, Offset, Rel } from './plan.ts';
import { resolveExpr } from './resolve-expr.ts';
import { mapExpr, sameExpr, visitExpr } from './same-expression.ts';
import type { Item } from './select-list.ts';
import { isStar } from './star.ts';
import { freshId, nodesAt, offsetOf, type ResolveContext, refusalAt, type SyntaxNode } from './syntax-node.ts';
import { keywordBefore } from './text-words.ts';

/** GROUP BY of one SELECT: its keys, the aggregates met, and how expressions look above it. */
export interface Grouper {
  readonly keys: readonly NamedExpr[];
  readonly sets: readonly (readonly number[])[] | null;
  readonly collector: AggregateCollector;
  /** The SELECT list, where GROUP BY ALL had to read it first. */
  readonly items: readonly Item[] | null;
  /** A column that is no key: its name means the alias of that name, if there is one. */
  readonly hidden: ((id: ColumnId) => boolean) | null;
  readonly isAggregated: () => boolean;
  readonly aggregate: (input: Rel) => Rel;
  /**
   * The expression over keys and measures; `name`: of the item that it is, which beside grouping sets is the key of its name, were others equal to
   * it. Throws SQL_NOT_GROUPED for a column that is neither.
   */
  readonly overKeys: (expr: Expr, free: ReadonlySet<ColumnId>, name?: string) => Expr;
}

/** `instance`: outer values, each combination of which is grouped apart (`outer-values.ts`). */
export function grouper(
  env: ExprEnv,
  node: SyntaxNode,
  readItems: (env: ExprEnv) => readonly Item[],
  windows: WindowCollector,
  instance: OuterInstance | null,
): Grouper {
  const { ctx } = env;
  const collector: AggregateCollector = { measures: [] };
  const sets = groupSets(node);
  const all = node['aggregate_handling'] === 'FORCE_AGGREGATES';
  const items = all ? readItems({ ...env, aggregates: collector, windows }) : null;
  const exprs =
    items !== null ? keysOfAll([...collector.measures, ...windows.columns], items) : keyExprs(env, node, readItems);
  const keys = exprs.map(({ name, expr }): NamedExpr => ({ id: freshId(ctx), name, expr }));
  const plainSets = sets !== null && sets.length === 1 && sets[0]?.length === keys.length;
  const apart = plainSets ? null : sets;
  const grouped = keys.length > 0 || sets !== null;
  const columns = new Set(keys.flatMap((key) => (key.expr.kind === 'column' ? [key.expr.id] : [])));
  const each = (instance?.columns ?? []).map(
    ({ id, name, type }): NamedExpr => ({ id: freshId(ctx), name, expr: columnRef(id, type, null) }),
  );
  return {
    keys,
    sets: apart,
    collector,
    items,
    hidden: (id) => (grouped || collector.measures.length > 0) && !columns.has(id),
    isAggregated: () => grouped || collector.measures.length > 0,
    aggregate: (input) => {
      const aggregate: Aggregate = {
        kind: 'aggregate',
        input,
        keys,
        sets: apart,
        measures: collector.measures.filter(({ call }) => !isOfKeys(call, keys, apart)),
        at: groupedAt(ctx, node, sets !== null) ?? collector.measures[0]?.call.at,
      };
      if (instance === null) return withPairs(ctx, node, aggregate);
      if (aggregate.measures.some(isOfPairs)) throw pairsRefused(ctx, aggregate);
      return aggregateEach(ctx, node, aggregate, each, instance);
    },
    overKeys: (expr, free, name) => {
      const own = apart === null ? undefined : keys.find((key) => key.name === name && sameExpr(key.expr, expr));
      const known = own === undefined ? keys : [own, ...keys];
      return overKeys(env, [...known, ...each], collector, withoutChoice(expr, collector, keys, apart), free);
    },
  };
}

/** Of values that are all one, it is this one. */
const CHOICES: ReadonlySet<string> = new Set(['min', 'max', 'any_value']);

/**
 * `min(region) … GROUP BY region`, as BI tools write a column that has one value in each group. WHY not beside grouping sets: in a
 * total the key is no longer there.
 */
function isOfKeys({ fn, args, filter }: AggregateCall, keys: readonly NamedExpr[], sets: unknown): boolean {
  const [value] = args;
  if (!CHOICES.has(fn) || value === undefined || filter !== null || sets !== null || keys.length === 0) return false;
  let isRead = false;
  let isFree = true;
  mapExpr(value, (part) => {
    const isKey = keys.some(({ expr }) => sameExpr(expr, part));
    if (isKey) isRead = true;
    else if (part.kind === 'column') isFree = false;
    return isKey ? part : null;
  });
  return isRead && isFree;
}

/** What is chosen of a group's keys as the keys themselves. */
function withoutChoice(expr: Expr, { measures }: AggregateCollector, keys: readonly NamedExpr[], sets: unknown): Expr {
  return mapExpr(expr, (part) => {
    const chosen = part.kind === 'column' ? measures.find(({ id }) => id === part.id) : undefined;
    return chosen !== undefined && isOfKeys(chosen.call, keys, sets) ? (chosen.call.args[0] ?? null) : null;
  });
}

/** Where the grouping stands: ROLLUP, CUBE or GROUPING SETS, else the first key. */
function groupedAt(ctx: ResolveContext, node: SyntaxNode, sets: boolean): Offset {
  const places = nodesAt(ctx, node, 'group_expressions').map((key) => offsetOf(ctx, key) ?? 0);
  const word = sets ? keywordBefore(ctx.words(), ['ROLLUP', 'CUBE', 'GROUPING'], Math.max(...places)) : null;
  return word?.at ?? places[0] ?? null;
}

function groupSets(node: SyntaxNode): readonly (readonly number[])[] | null {
  const sets = node['group_sets'];
  if (!Array.isArray(sets) || sets.length === 0) return null;
  return sets.map((set) => (Array.isArray(set) ? set.map(Number) : []));
}

/** GROUP BY ALL: the items that hold none of `made`. What names no column is no key: constants alone make one row, as in DuckDB. */
function keysOfAll(
  made: readonly { readonly id: ColumnId }[],
  items: readonly Item[],
): readonly { name: string; expr: Expr }[] {
  const measures = new Set(made.map(({ id }) => id));
  return items.filter((item) => {
    const columns: ColumnId[] = [];
    visitExpr(item.expr, (part) => {
      if (part.kind === 'column') columns.push(part.id);
    });
    return columns.length > 0 && !columns.some((id) => measures.has(id));
  });
}

function keyExprs(
  env: ExprEnv,
  node: SyntaxNode,
  readItems: (env: ExprEnv) => readonly Item[],
): readonly { name: string; expr: Expr }[] {
  const { ctx } = env;
  const list = nodesAt(ctx, node, 'select_list');
  const inner: ExprEnv = { ...env, accepted: 'GROUP BY a, b' };
  return nodesAt(ctx, node, 'group_expressions').map((group) => {
    const position = orderPosition(ctx, group, list.length, 'GROUP BY');
    const target = position === null ? group : list[position];
    if (target !== undefined && isStar(target)) {
      const item = readItems({ ...env, aggregates: { measures: [] } })[position ?? 0];
      if (item !== undefined) return { name: item.name, expr: item.expr };
    }
    const expr = resolveExpr(inner, target ?? group);
    if (expr.type.kind === 'interval') throw identifierUse(ctx, expr.at, 'GROUP BY');
    return { name: keyName(group), expr };
  });
}

function keyName(group: SyntaxNode): string {
  const names = group['column_names'];
  return Array.isArray(names) ? String(names.at(-1)) : 'key';
}

function overKeys(
  env: ExprEnv,
  keys: readonly NamedExpr[],
  collector: AggregateCollector,
  expr: Expr,
  free: ReadonlySet<ColumnId>,
): Expr {
  const measures = new Set(collector.measures.map((measure) => measure.id));
  return mapExpr(expr, (part) => {
    const key = keys.find((candidate) => sameExpr(candidate.expr, part));
    if (key !== undefined) return columnRef(key.id, key.expr.type, part.at);
    if (part.kind !== 'column' || measures.has(part.id) || free.has(part.id)) return null;
    throw refusalAt(env.ctx, part.at, 'SQL_NOT_GROUPED', { column: wordAt(env.ctx, part.at) });
  });
}
