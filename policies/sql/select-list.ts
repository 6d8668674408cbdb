import type { ExprEnv } from './expression-env.ts';
import { outputName } from './output-name.ts';
import type { Expr } from './plan.ts';
import { resolveExpr } from './resolve-expr.ts';
import { fold, nearColumns } from './scope.ts';
import { expandStar, isStar } from './star.ts';
import { nodesAt, type ResolveContext, refusal, type SyntaxNode } from './syntax-node.ts';

/** An item of a SELECT list. */
export interface Item {
  readonly node: SyntaxNode;
  readonly name: string;
  readonly expr: Expr;
}

export function selectNames(ctx: ResolveContext, node: SyntaxNode): readonly SyntaxNode[] {
  const list = nodesAt(ctx, node, 'select_list');
  if (list.length > 1_000) throw refusal(ctx, node, 'SQL_TOO_COMPLEX', { what: 'columns', limit: 1_000 });
  return list;
}

export function resolveItems(env: ExprEnv, node: SyntaxNode, list: readonly SyntaxNode[]): readonly Item[] {
  const items = list.flatMap((item, index): Item[] => {
    if (isStar(item))
      return expandStar(env, item, env.ctx.answer.has(node)).map(({ name, expr }) => ({ node: item, name, expr }));
    const expr = resolveExpr({ ...env, alias: aliasReader(list, index) }, item);
    return [{ node: item, name: outputName(item), expr }];
  });
  if (items.length === 0)
    throw refusal(env.ctx, node, 'SQL_CONSTRUCT_REFUSED', {
      construct: '*',
      accepted: nearColumns(env.scope, '').join(', ') || 'count(*)',
    });
  return items;
}

/** Aliases of the first `count` items, read anew where they are used: in a WHERE they may hold no aggregate. */
export function aliasReader(list: readonly SyntaxNode[], count: number): NonNullable<ExprEnv['alias']> {
  return (env, name) => {
    const index = list.findIndex(
      (item, at) =>
        at < count && typeof item['alias'] === 'string' && item['alias'] !== '' && fold(item['alias']) === fold(name),
    );
    const item = list[index];
    if (item === undefined || isStar(item)) return null;
    return resolveExpr({ ...env, hidden: null, alias: aliasReader(list, index) }, item);
  };
}
