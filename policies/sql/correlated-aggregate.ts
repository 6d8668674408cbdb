import { columnRef } from './expression-env.ts';
import { countOfNothing, nullLiteral } from './literals.ts';
import {
  type ColumnId,
  columnsOf,
  type Expr,
  type NamedAggregate,
  type NamedExpr,
  type Offset,
  type Rel,
} from './plan.ts';
import { call, conjunction } from './resolve-operators.ts';
import { mapExpr, visitExpr } from './same-expression.ts';
import type { SelectParts } from './select-assembly.ts';
import { BOOLEAN } from './sql-type.ts';
import type { Attachment } from './subqueries.ts';
import { freshId, type ResolveContext } from './syntax-node.ts';

/**
 * `(SELECT agg(x) FROM t WHERE t.k = outer.k)` as a LEFT JOIN with the aggregate grouped by k. An outer row without a
 * match sees the aggregate over no rows: 0 for counts, NULL for the others. null where the conditions are others.
 */
export function correlatedAggregate(
  ctx: ResolveContext,
  at: Offset,
  single: NonNullable<SelectParts['single']>,
  lifted: readonly Expr[],
  attach: (attachment: Attachment) => void,
): Expr | null {
  const own = new Set(columnsOf(single.base).map((column) => column.id));
  const sides = lifted.flatMap((conjunct) => equalitySides(conjunct, own) ?? []);
  const [item] = single.items;
  if (sides.length === 0 || sides.length < lifted.length || item === undefined) return null;
  const keys = sides.map(({ inner }): NamedExpr => ({ id: freshId(ctx), name: 'key', expr: inner }));
  const value: NamedExpr = { id: freshId(ctx), name: 'value', expr: item };
  const passed = keys.map(
    (key): NamedExpr => ({ id: freshId(ctx), name: 'key', expr: columnRef(key.id, key.expr.type, null) }),
  );
  const grouped: Rel = { kind: 'aggregate', input: single.base, keys, sets: null, measures: single.measures, at };
  const rel: Rel = { kind: 'project', input: grouped, columns: [...passed, value] };
  const equalities = passed.map((key, index) =>
    call(
      'eq',
      [columnRef(key.id, key.expr.type, null), sides[index]?.outer ?? item],
      BOOLEAN,
      sides[index]?.at ?? null,
    ),
  );
  attach({ join: 'left', rel, on: conjunction(equalities), at });
  const [first = value] = passed;
  const found = columnRef(value.id, item.type, at);
  if (item.kind === 'column' && !isCount(single.measures, item)) return found;
  const missing = call('is_null', [columnRef(first.id, first.expr.type, null)], BOOLEAN, at);
  return {
    kind: 'case',
    whens: [{ when: missing, then: overNothing(single.measures, item) }],
    otherwise: found,
    type: item.type,
    at,
  };
}

interface Sides {
  readonly inner: Expr;
  readonly outer: Expr;
  readonly at: Offset;
}

/** `inner = outer`, either way round; null for any other condition. */
function equalitySides(conjunct: Expr, own: ReadonlySet<ColumnId>): Sides | null {
  if (conjunct.kind !== 'call' || conjunct.fn !== 'eq') return null;
  const [a, b] = conjunct.args;
  if (a === undefined || b === undefined) return null;
  if (isOver(a, own) && isClearOf(b, own)) return { inner: a, outer: b, at: conjunct.at };
  return isOver(b, own) && isClearOf(a, own) ? { inner: b, outer: a, at: conjunct.at } : null;
}

function isOver(expr: Expr, own: ReadonlySet<ColumnId>): boolean {
  let only = true;
  visitExpr(expr, (part) => {
    if (part.kind === 'column' && !own.has(part.id)) only = false;
  });
  return only;
}

function isClearOf(expr: Expr, own: ReadonlySet<ColumnId>): boolean {
  let clear = true;
  visitExpr(expr, (part) => {
    if (part.kind === 'column' && own.has(part.id)) clear = false;
  });
  return clear;
}

/** Aggregates that are 0 over no rows; the others are NULL. */
export const COUNTS: ReadonlySet<string> = new Set([
  'count',
  'count_star',
  'count_if',
  'approx_count_distinct',
  'regr_count',
]);

function isCount(measures: readonly NamedAggregate[], expr: Expr): boolean {
  return expr.kind === 'column' && measures.some((measure) => measure.id === expr.id && COUNTS.has(measure.call.fn));
}

/** The SELECT item with every aggregate as it is over no rows. */
function overNothing(measures: readonly NamedAggregate[], item: Expr): Expr {
  return mapExpr(item, (part) => {
    if (part.kind !== 'column') return null;
    return isCount(measures, part) ? countOfNothing(part.at) : nullLiteral(part.at, part.type);
  });
}
