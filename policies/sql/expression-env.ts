import type { AggregateCall, ColumnId, Expr, NamedAggregate, NamedWindow, Offset } from './plan.ts';
import { sameExpr, sameExprs, sameWindow } from './same-expression.ts';
import type { Scope } from './scope.ts';
import { freshId, type ResolveContext, type SyntaxNode } from './syntax-node.ts';

/** Where an expression stands: what its names mean and which constructs it may hold. */
export interface ExprEnv {
  readonly ctx: ResolveContext;
  readonly scope: Scope;
  /** Aliases of the SELECT list, tried where no column has the name. */
  readonly alias: ((env: ExprEnv, name: string) => Expr | null) | null;
  /** A column that stands here only through an alias of the same name (HAVING, ORDER BY of a grouped query). */
  readonly hidden: ((id: ColumnId) => boolean) | null;
  /** Null where no aggregate may stand; `accepted` says where it may. */
  readonly aggregates: AggregateCollector | null;
  readonly accepted: string;
  readonly windows: WindowCollector | null;
  readonly subqueries: SubqueryReader | null;
}

/** An expression that stands outside of every SELECT list: names of `scope` and nothing else. */
export function outermost(ctx: ResolveContext, scope: Scope, accepted: string): ExprEnv {
  return { ctx, scope, alias: null, hidden: null, aggregates: null, accepted, windows: null, subqueries: null };
}

/** Turns a subquery of an expression into joins of the query around it. */
export type SubqueryReader = (env: ExprEnv, node: SyntaxNode) => Expr;

/** Aggregates met so far; equal ones are computed once. */
export interface AggregateCollector {
  readonly measures: NamedAggregate[];
}
export interface WindowCollector {
  readonly columns: NamedWindow[];
}

export function collectAggregate(
  ctx: ResolveContext,
  into: AggregateCollector,
  name: string,
  call: AggregateCall,
): Expr {
  const known = into.measures.find((measure) => sameAggregate(measure.call, call));
  const id = known?.id ?? freshId(ctx);
  if (known === undefined) into.measures.push({ id, name, call });
  return columnRef(id, call.type, call.at);
}

export function collectWindow(
  ctx: ResolveContext,
  into: WindowCollector,
  name: string,
  call: NamedWindow['call'],
): Expr {
  const known = into.columns.find((column) => sameWindow(column.call, call));
  const id = known?.id ?? freshId(ctx);
  if (known === undefined) into.columns.push({ id, name, call });
  return columnRef(id, call.type, call.at);
}

export function columnRef(id: ColumnId, type: Expr['type'], at: Offset): Expr {
  return { kind: 'column', id, type, at };
}

function sameAggregate(a: AggregateCall, b: AggregateCall): boolean {
  if (a.fn !== b.fn || a.distinct !== b.distinct || !sameExprs(a.args, b.args)) return false;
  if (a.filter === null || b.filter === null) return a.filter === b.filter;
  return sameExpr(a.filter, b.filter);
}
