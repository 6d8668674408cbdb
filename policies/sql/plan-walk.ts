import type { ColumnId, ColumnRef, Expr, Rel } from './plan.ts';
import { columnsOf } from './plan.ts';
import { visitExpr } from './same-expression.ts';

/** Small walks over the plan that several stages share. */

/** The direct parts of an expression. */
export function partsOf(expr: Expr): readonly Expr[] {
  switch (expr.kind) {
    case 'column':
    case 'literal':
      return [];
    case 'call':
      return expr.args;
    case 'cast':
      return [expr.arg];
    case 'case':
      return [...expr.whens.flatMap(({ when, then }) => [when, then]), expr.otherwise];
  }
}

/** An expression and everything within it, outermost first. */
export function exprsWithin(expr: Expr): readonly Expr[] {
  const within: Expr[] = [];
  visitExpr(expr, (part) => within.push(part));
  return within;
}

export function columnsIn(expr: Expr): readonly ColumnId[] {
  const ids: ColumnId[] = [];
  visitExpr(expr, (part) => {
    if (part.kind === 'column') ids.push(part.id);
  });
  return ids;
}

/** The columns that an expression reads, each once. */
export function columnRefsIn(expr: Expr): readonly ColumnRef[] {
  const refs = exprsWithin(expr).filter((part) => part.kind === 'column');
  return [...new Map(refs.map((column) => [column.id, column])).values()];
}

/** The conditions that all must hold for a predicate to hold. */
export function conjunctsOf(predicate: Expr): readonly Expr[] {
  return predicate.kind === 'call' && predicate.fn === 'and' ? predicate.args.flatMap(conjunctsOf) : [predicate];
}

export function inputsOf(rel: Rel): readonly Rel[] {
  switch (rel.kind) {
    case 'scan':
    case 'values':
      return [];
    case 'join':
    case 'set-operation':
      return [rel.left, rel.right];
    case 'filter':
    case 'project':
    case 'aggregate':
    case 'window':
    case 'sort':
    case 'limit':
      return [rel.input];
  }
}

/** A relation and everything below it, outermost first. */
export function relsWithin(rel: Rel): readonly Rel[] {
  const within: Rel[] = [];
  const visit = (part: Rel): void => {
    within.push(part);
    for (const input of inputsOf(part)) visit(input);
  };
  visit(rel);
  return within;
}

/** The expressions that a relation itself evaluates (not those of its inputs). */
export function exprsOf(rel: Rel): readonly Expr[] {
  switch (rel.kind) {
    case 'scan':
    case 'set-operation':
    case 'limit':
      return [];
    case 'values':
      return rel.rows.flat();
    case 'filter':
      return [rel.predicate];
    case 'project':
      return rel.columns.map(({ expr }) => expr);
    case 'join':
      return rel.on === null ? [] : [rel.on];
    case 'aggregate':
      return [
        ...rel.keys.map(({ expr }) => expr),
        ...rel.measures.flatMap(({ call }) => (call.filter === null ? call.args : [...call.args, call.filter])),
      ];
    case 'window':
      return rel.columns.flatMap(({ call }) => [
        ...call.args,
        ...call.partitionBy,
        ...call.orderBy.map(({ expr }) => expr),
      ]);
    case 'sort':
      return rel.keys.map(({ expr }) => expr);
  }
}

/** The columns that some expression reads, or that leave at the top. What a scan gives out beyond them names units. */
export function columnsRead(plan: Rel): ReadonlySet<ColumnId> {
  const read = new Set<ColumnId>(columnsOf(plan).map(({ id }) => id));
  for (const rel of relsWithin(plan)) {
    for (const id of exprsOf(rel).flatMap(columnsIn)) read.add(id);
    // Sides match by position: each column counts.
    if (rel.kind === 'set-operation') for (const { id } of [rel.left, rel.right].flatMap(columnsOf)) read.add(id);
  }
  return read;
}

/** What each output column is computed from, as far as an expression says it: for places in messages. */
export function outputExprs(rel: Rel): readonly (Expr | undefined)[] {
  switch (rel.kind) {
    case 'project':
      return rel.columns.map(({ expr }) => expr);
    case 'aggregate':
      return rel.keys.map(({ expr }) => expr);
    case 'filter':
    case 'sort':
    case 'limit':
      return outputExprs(rel.input);
    case 'set-operation':
      return outputExprs(rel.left);
    default:
      return [];
  }
}
