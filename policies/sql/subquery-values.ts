import { unify } from './coercion.ts';
import { copyRel } from './copy-rel.ts';
import { correlatedAggregate } from './correlated-aggregate.ts';
import { columnRef } from './expression-env.ts';
import type { BoundQuery } from './from-table.ts';
import { booleanLiteral, integerLiteral, nullLiteral } from './literals.ts';
import { sameValues } from './outer-values.ts';
import type { Expr, NamedAggregate, NamedExpr, Offset, OutputColumn, Rel } from './plan.ts';
import { argument } from './resolve-call.ts';
import { call, comparison, conjunction } from './resolve-operators.ts';
import { quantifiedOperator } from './row-comparison.ts';
import { BOOLEAN, INTEGER, type SqlType } from './sql-type.ts';
import type { Attach } from './subqueries.ts';
import { freshId, offsetOf, type ResolveContext, refusal, type SyntaxNode } from './syntax-node.ts';

/** Subqueries as values: a row for each combination of outer values says what the outer rows with them see. */

/** Rows of a subquery; `outer` holds the outer values that they belong to, `own` names these in an outer row. */
export interface Rows {
  readonly rel: Rel;
  readonly columns: readonly OutputColumn[];
  readonly outer: readonly OutputColumn[];
  readonly own: readonly Expr[];
}

interface Summary {
  /** A measure, as it is seen from an outer row: NULL where that has no rows. */
  readonly measure: (fn: string, args: readonly Expr[], type: SqlType) => Expr;
  readonly attach: () => void;
}

/** Aggregates of the rows that one outer row sees. Measures are asked for first, then all are attached at once. */
function summary(ctx: ResolveContext, at: Offset, rows: Rows, attach: Attach): Summary {
  const keys = outerKeys(ctx, rows.outer);
  const measures: NamedAggregate[] = [];
  return {
    measure: (fn, args, type) => {
      const id = freshId(ctx);
      measures.push({ id, name: fn, call: { fn, args, distinct: false, filter: null, type, at } });
      return columnRef(id, type, at);
    },
    attach: () => {
      const rel: Rel = { kind: 'aggregate', input: rows.rel, keys, sets: null, measures, at };
      const on = conjunction(sameValues(keys.map(typed), rows.own));
      attach({ join: on === null ? 'cross' : 'left', rel, on, at });
    },
  };
}

function outerKeys(ctx: ResolveContext, outer: readonly OutputColumn[]): readonly NamedExpr[] {
  return outer.map(({ id, name, type }) => ({ id: freshId(ctx), name, expr: columnRef(id, type, null) }));
}

const typed = ({ id, name, expr }: NamedExpr): OutputColumn => ({ id, name, type: expr.type });

/** `EXISTS (…)` where it is no conjunct of a WHERE. */
export function existsValue(ctx: ResolveContext, at: Offset, rows: Rows, attach: Attach): Expr {
  const { measure, attach: done } = summary(ctx, at, rows, attach);
  const count = measure('count_star', [], INTEGER);
  done();
  return call('gt', [orZero(count), integerLiteral(0)], BOOLEAN, at);
}

/** `EXISTS (…)` correlated by equality alone: `(SELECT count(*) …) > 0`. null for anything else. */
export function countedExists(ctx: ResolveContext, at: Offset, { parts }: BoundQuery, attach: Attach): Expr | null {
  if (parts === null || parts.plain === null || parts.lifted.length === 0) return null;
  const rows = { fn: 'count_star', args: [], distinct: false, filter: null, type: INTEGER, at };
  const measure: NamedAggregate = { id: freshId(ctx), name: 'count_star', call: rows };
  const single = { base: parts.plain.base, measures: [measure], items: [columnRef(measure.id, INTEGER, at)] };
  const count = correlatedAggregate(ctx, at, single, parts.lifted, attach);
  return count === null ? null : call('gt', [count, integerLiteral(0)], BOOLEAN, at);
}

/** WHY no error for several rows, as DuckDB gives: whether there are several would be told by it. They give NULL. */
export function onlyValue(ctx: ResolveContext, node: SyntaxNode, rows: Rows, attach: Attach): Expr {
  const at = offsetOf(ctx, node);
  const [column] = rows.columns;
  if (column === undefined) return nullLiteral(at);
  const value = argument(ctx, columnRef(column.id, column.type, at), { is: 'any' }, '(SELECT …)');
  const { measure, attach: done } = summary(ctx, at, rows, attach);
  const count = measure('count_star', [], INTEGER);
  const only = measure('any_value', [value], value.type);
  done();
  return cases([[call('eq', [count, integerLiteral(1)], BOOLEAN, at), only]], nullLiteral(at, value.type), at);
}

/**
 * `x op ANY (…)` where it is no conjunct of a WHERE: true where a comparison is true, else NULL where one is NULL, else
 * false. Comparisons of order look at the least and the greatest value alone, equality at the values themselves.
 */
export function quantifiedValue(ctx: ResolveContext, node: SyntaxNode, child: Expr, rows: Rows, attach: Attach): Expr {
  const at = offsetOf(ctx, node);
  const fn = quantifiedOperator(ctx, node);
  const [column] = rows.columns;
  if (column === undefined || rows.columns.length !== 1) {
    throw refusal(ctx, node, 'SQL_CONSTRUCT_REFUSED', { construct: 'IN (SELECT a, b …)', accepted: 'IN (SELECT a …)' });
  }
  const value = columnRef(column.id, column.type, at);
  // Throws where the two cannot be compared at all.
  comparison(ctx, fn, [child, value], at);
  const { measure, attach: done } = summary(ctx, at, rows, attach);
  const all = measure('count_star', [], INTEGER);
  const known = measure('count', [value], INTEGER);
  const extremes =
    fn === 'eq'
      ? []
      : ['min', 'max'].map((name) => measure(name, [argument(ctx, value, { is: 'any' }, name)], value.type));
  const holds =
    extremes.length === 0
      ? null
      : anyOf(
          extremes.map((extreme) => comparison(ctx, fn, [child, extreme], at)),
          at,
        );
  done();
  const found = holds ?? matched(ctx, node, child, column, rows, attach);
  const unknown = anyOf([call('is_null', [child], BOOLEAN, at), call('lt', [known, all], BOOLEAN, at)], at);
  return cases(
    [
      [call('eq', [orZero(all), integerLiteral(0)], BOOLEAN, at), booleanLiteral(false)],
      [found, booleanLiteral(true)],
      [unknown, nullLiteral(at, BOOLEAN)],
    ],
    booleanLiteral(false),
    at,
  );
}

/** Whether `child` is among the values: a join with them, each once. */
function matched(
  ctx: ResolveContext,
  node: SyntaxNode,
  child: Expr,
  column: OutputColumn,
  rows: Rows,
  attach: Attach,
): Expr {
  const at = offsetOf(ctx, node);
  const { rel, ids } = copyRel(ctx, rows.rel, node);
  const copied = (original: OutputColumn): OutputColumn => ({ ...original, id: ids.get(original.id) ?? original.id });
  const value = columnRef(copied(column).id, column.type, at);
  const [left = child, right = value] = unify(ctx, [child, value], 'IN');
  const each = outerKeys(ctx, rows.outer.map(copied));
  const key: NamedExpr = { id: freshId(ctx), name: 'value', expr: right };
  const found = columnRef(key.id, right.type, at);
  const on = conjunction([...sameValues(each.map(typed), rows.own), comparison(ctx, 'eq', [left, found], at)]);
  attach({
    join: 'left',
    rel: { kind: 'aggregate', input: rel, keys: [...each, key], sets: null, measures: [], at },
    on,
    at,
  });
  return call('is_not_null', [found], BOOLEAN, at);
}

const orZero = (count: Expr): Expr => call('coalesce', [count, integerLiteral(0)], INTEGER, count.at);

const anyOf = (exprs: readonly Expr[], at: Offset): Expr =>
  exprs.length === 1 ? (exprs[0] ?? booleanLiteral(false)) : call('or', exprs, BOOLEAN, at);

function cases(branches: readonly (readonly [when: Expr, then: Expr])[], otherwise: Expr, at: Offset): Expr {
  const whens = branches.map(([when, then]) => ({ when, then }));
  return { kind: 'case', whens, otherwise, type: otherwise.type, at };
}
