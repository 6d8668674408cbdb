import { wordAt } from './coercion.ts';
import { isNode, offsetOf, type ResolveContext, refusal, type SyntaxNode } from './syntax-node.ts';

/** Index of `ORDER BY 2` or `GROUP BY 2`; null where it is no position. */
export function orderPosition(
  ctx: ResolveContext,
  node: SyntaxNode,
  count: number,
  clause: 'ORDER BY' | 'GROUP BY',
): number | null {
  if (node['class'] !== 'CONSTANT') return null;
  const value = isNode(node['value']) ? node['value']['value'] : null;
  if (clause === 'GROUP BY' && !isWhole(node['value'])) return null;
  if (typeof value === 'number' && Number.isInteger(value) && value >= 1 && value <= count) return value - 1;
  throw refusal(ctx, node, 'SQL_LITERAL_REFUSED', {
    what: `${clause} ${wordAt(ctx, offsetOf(ctx, node))}`,
    accepted: `the position of a column (at most ${count}), or its name`,
  });
}

/** Any other literal is a group key like an expression, as in DuckDB. */
function isWhole(value: unknown): boolean {
  return isNode(value) && isNode(value['type']) && ['INTEGER', 'BIGINT'].includes(String(value['type']['id']));
}
