import { asCondition } from './coercion.ts';
import type { ExprEnv } from './expression-env.ts';
import { withNullSafeKeys } from './null-safe-equality.ts';
import type { Expr } from './plan.ts';
import { resolveExpr } from './resolve-expr.ts';
import { conjunction } from './resolve-operators.ts';
import type { SubqueryHost } from './subqueries.ts';
import { isNode, type SyntaxNode } from './syntax-node.ts';

/**
 * Filters the host's relation by the conjuncts of a condition, subqueries among them. Those that mention the query
 * around this one are handed back.
 */
export function applyConditions(
  env: ExprEnv,
  where: unknown,
  host: SubqueryHost,
  clause: 'WHERE' | 'ON',
): readonly Expr[] {
  const lifted: Expr[] = [];
  const kept: Expr[] = [];
  for (const conjunct of isNode(where) ? conjuncts(where) : []) {
    if (host.predicate(env, conjunct)) continue;
    const before = env.scope.correlation.count;
    const expr = withNullSafeKeys(asCondition(env.ctx, resolveExpr(env, conjunct), clause));
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
