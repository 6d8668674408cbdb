import type { Expr, NamedWindow, SortKey } from './plan.ts';
import { sameType } from './type-rules.ts';

/** Whether two expressions are the same but for their place in the text. */
export function sameExpr(a: Expr, b: Expr): boolean {
  if (a.kind !== b.kind || !sameType(a.type, b.type)) return false;
  switch (a.kind) {
    case 'column':
      return b.kind === 'column' && a.id === b.id;
    case 'literal':
      return b.kind === 'literal' && JSON.stringify(a.value) === JSON.stringify(b.value);
    case 'call':
      return b.kind === 'call' && a.fn === b.fn && sameExprs(a.args, b.args);
    case 'cast':
      return b.kind === 'cast' && sameExpr(a.arg, b.arg);
    case 'case':
      return (
        b.kind === 'case' &&
        a.whens.length === b.whens.length &&
        sameExpr(a.otherwise, b.otherwise) &&
        a.whens.every((branch, index) => {
          const other = b.whens[index];
          return other !== undefined && sameExpr(branch.when, other.when) && sameExpr(branch.then, other.then);
        })
      );
  }
}

export function sameExprs(a: readonly Expr[], b: readonly Expr[]): boolean {
  return a.length === b.length && a.every((expr, index) => sameExpr(expr, b[index] ?? expr) && b[index] !== undefined);
}

export function sameSortKeys(a: readonly SortKey[], b: readonly SortKey[]): boolean {
  return (
    a.length === b.length &&
    a.every((key, index) => {
      const other = b[index];
      return (
        other !== undefined &&
        key.descending === other.descending &&
        key.nullsFirst === other.nullsFirst &&
        sameExpr(key.expr, other.expr)
      );
    })
  );
}

export function sameWindow(a: NamedWindow['call'], b: NamedWindow['call']): boolean {
  return (
    a.fn === b.fn &&
    a.ignoreNulls === b.ignoreNulls &&
    JSON.stringify(a.frame) === JSON.stringify(b.frame) &&
    sameExprs(a.args, b.args) &&
    sameExprs(a.partitionBy, b.partitionBy) &&
    sameSortKeys(a.orderBy, b.orderBy)
  );
}

/** The expression with its columns replaced; `replace` gives null where a subtree stays as it is. What nothing is replaced in is given back itself. */
export function mapExpr(expr: Expr, replace: (expr: Expr) => Expr | null): Expr {
  const replaced = replace(expr);
  if (replaced !== null) return replaced;
  switch (expr.kind) {
    case 'column':
    case 'literal':
      return expr;
    case 'call': {
      const args = expr.args.map((arg) => mapExpr(arg, replace));
      return args.every((arg, index) => arg === expr.args[index]) ? expr : { ...expr, args };
    }
    case 'cast': {
      const arg = mapExpr(expr.arg, replace);
      return arg === expr.arg ? expr : { ...expr, arg };
    }
    case 'case':
      return {
        ...expr,
        whens: expr.whens.map(({ when, then }) => ({ when: mapExpr(when, replace), then: mapExpr(then, replace) })),
        otherwise: mapExpr(expr.otherwise, replace),
      };
  }
}

/** Calls `visit` on the expression and everything below it. */
export function visitExpr(expr: Expr, visit: (expr: Expr) => void): void {
  visit(expr);
  if (expr.kind === 'call') for (const arg of expr.args) visitExpr(arg, visit);
  else if (expr.kind === 'cast') visitExpr(expr.arg, visit);
  else if (expr.kind === 'case') {
    for (const { when, then } of expr.whens) {
      visitExpr(when, visit);
      visitExpr(then, visit);
    }
    visitExpr(expr.otherwise, visit);
  }
}
