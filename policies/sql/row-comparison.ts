import type { ExprEnv } from './expression-env.ts';
import type { Expr } from './plan.ts';
import { comparison, conjunction } from './resolve-operators.ts';
import { nodesAt, offsetOf, type ResolveContext, refusal, type SyntaxNode } from './syntax-node.ts';

const COMPARISONS: Readonly<Record<string, string>> = {
  COMPARE_EQUAL: 'eq',
  COMPARE_NOTEQUAL: 'neq',
  COMPARE_LESSTHAN: 'lt',
  COMPARE_LESSTHANOREQUALTO: 'lte',
  COMPARE_GREATERTHAN: 'gt',
  COMPARE_GREATERTHANOREQUALTO: 'gte',
};

export const isRow = (node: SyntaxNode): boolean => node['class'] === 'FUNCTION' && node['function_name'] === 'row';

/** The values of `(a, b)`, or of `a` alone. */
export function rowParts(
  env: ExprEnv,
  node: SyntaxNode,
  resolve: (env: ExprEnv, node: SyntaxNode) => Expr,
): readonly Expr[] {
  return (isRow(node) ? nodesAt(env.ctx, node, 'children') : [node]).map((part) => resolve(env, part));
}

/** The comparison of `x op ANY (SELECT …)` with one row of the subquery. */
export function rowComparison(
  ctx: ResolveContext,
  node: SyntaxNode,
  left: readonly Expr[],
  right: readonly Expr[],
): Expr {
  const fn = quantifiedOperator(ctx, node);
  const [first] = right;
  if (left.length !== right.length || first === undefined || (left.length > 1 && fn !== 'eq')) {
    const accepted = left.length === 1 ? 'IN (SELECT a …)' : '(a, b) IN (SELECT c, d …)';
    throw refusal(ctx, node, 'SQL_CONSTRUCT_REFUSED', { construct: 'IN (SELECT …)', accepted });
  }
  const at = offsetOf(ctx, node);
  const equalities = left.map((expr, index) => comparison(ctx, fn, [expr, right[index] ?? first], at));
  return conjunction(equalities) ?? first;
}

export function quantifiedOperator(ctx: ResolveContext, node: SyntaxNode): string {
  const fn = COMPARISONS[String(node['comparison_type'])];
  if (fn !== undefined) return fn;
  const facts = { construct: 'ANY, ALL', accepted: 'x = ANY (SELECT …), x > ALL (SELECT …)' };
  throw refusal(ctx, node, 'SQL_CONSTRUCT_REFUSED', facts);
}
