import { coerceTo } from './coercion.ts';
import { textLiteral } from './literals.ts';
import type { Expr } from './plan.ts';
import { call, merge } from './resolve-operators.ts';
import { isRow } from './row-comparison.ts';
import { INTEGER, TEXT } from './sql-type.ts';
import { nodesAt, offsetOf, type ResolveContext, type SyntaxNode } from './syntax-node.ts';

/** The columns of `count(DISTINCT a, b)` and `count(DISTINCT (a, b))`; null for a single one. */
export function tupleOf(ctx: ResolveContext, nodes: readonly SyntaxNode[]): readonly SyntaxNode[] | null {
  const [only] = nodes;
  if (nodes.length > 1) return nodes;
  return only !== undefined && isRow(only) ? nodesAt(ctx, only, 'children') : null;
}

/**
 * One text for several values, equal where all are: each with its length before it. As in the systems that write it so, several arguments of which one is
 * NULL are not counted, and a row with NULL in it is.
 */
export function tupleText(ctx: ResolveContext, node: SyntaxNode, parts: readonly Expr[], isRowOfValues: boolean): Expr {
  const at = offsetOf(ctx, node);
  const joined = (a: Expr, b: Expr): Expr => call('concat_operator', [a, b], TEXT, at);
  return parts
    .map((part) => {
      const text = coerceTo(ctx, part, TEXT, 'count');
      const length = coerceTo(ctx, call('length', [text], INTEGER, at), TEXT, 'count');
      const sized = joined(joined(length, textLiteral(':', at)), text);
      return isRowOfValues ? merge(ctx, 'coalesce', [sized, textLiteral('-', at)], at) : sized;
    })
    .reduce(joined);
}
