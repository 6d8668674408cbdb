import type { ColumnId, ColumnRef, Expr, Rel } from './plan.ts';

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
  return [expr, ...partsOf(expr).flatMap(exprsWithin)];
}

export function columnsIn(expr: Expr): readonly ColumnId[] {
  return expr.kind === 'column' ? [expr.id] : partsOf(expr).flatMap(columnsIn);
}

/** The same expression with every column reference replaced. */
export function mapColumns(expr: Expr, replace: (column: ColumnRef) => Expr): Expr {
  switch (expr.kind) {
    case 'column':
      return replace(expr);
    case 'literal':
      return expr;
    case 'call':
      return { ...expr, args: expr.args.map((arg) => mapColumns(arg, replace)) };
    case 'cast':
      return { ...expr, arg: mapColumns(expr.arg, replace) };
    case 'case':
      return {
        ...expr,
        whens: expr.whens.map(({ when, then: value }) => ({
          when: mapColumns(when, replace),
          // biome-ignore lint/suspicious/noThenProperty: the plan's own word
          then: mapColumns(value, replace),
        })),
        otherwise: mapColumns(expr.otherwise, replace),
      };
  }
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
  return [rel, ...inputsOf(rel).flatMap(relsWithin)];
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
