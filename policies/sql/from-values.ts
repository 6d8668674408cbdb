import { unify } from './coercion.ts';
import { type ExprEnv, outermost } from './expression-env.ts';
import { type BoundFrom, named } from './from-table.ts';
import { isLiteral, nullLiteral } from './literals.ts';
import type { Expr, OutputColumn, Rel } from './plan.ts';
import { resolveExpr } from './resolve-expr.ts';
import { EMPTY_SCOPE } from './scope.ts';
import { BOOLEAN } from './sql-type.ts';
import {
  checkShape,
  freshId,
  nodesAt,
  type ResolveContext,
  refusal,
  type Shape,
  type SyntaxNode,
  textAt,
  textsAt,
} from './syntax-node.ts';

/** VALUES: rows that the caller wrote, of literals. */

const LIST_SHAPE: Shape = {
  type: 'own',
  alias: 'own',
  query_location: 'own',
  sample: { construct: 'TABLESAMPLE', accepted: 'WHERE …' },
  expected_names: 'own',
  expected_types: { construct: 'typed VALUES', accepted: 'VALUES (1, 2)' },
  values: 'own',
  column_name_alias: 'own',
};

export function valuesList(ctx: ResolveContext, node: SyntaxNode): BoundFrom {
  checkShape(ctx, node, LIST_SHAPE);
  const env = outermost(ctx, EMPTY_SCOPE, 'a literal');
  const lists = Array.isArray(node['values']) ? node['values'] : [];
  const rows = lists.map((list) =>
    nodesAt(ctx, { type: 'VALUES', values: list }, 'values').map((value) => literalOf(env, value)),
  );
  const width = rows[0]?.length ?? 0;
  if (width === 0 || rows.some((row) => row.length !== width)) {
    throw refusal(ctx, node, 'SQL_CONSTRUCT_REFUSED', { construct: 'VALUES', accepted: 'VALUES (1, 2), (3, 4)' });
  }
  const byColumn = Array.from({ length: width }, (_, index) =>
    unify(
      ctx,
      rows.flatMap((row) => row[index] ?? []),
      'VALUES',
    ),
  );
  const columns = byColumn.map((values, index): OutputColumn => {
    const type = values[0]?.type ?? BOOLEAN;
    return { id: freshId(ctx), name: `col${index}`, type: type.kind === 'null' ? { kind: 'integer' } : type };
  });
  const unified = rows.map((_, row) =>
    byColumn.map(
      (values, index): Expr => ({ ...(values[row] ?? nullLiteral()), type: columns[index]?.type ?? BOOLEAN }),
    ),
  );
  const rel: Rel = { kind: 'values', columns, rows: unified };
  return named(
    ctx,
    node,
    { rel, columns },
    textAt(ctx, node, 'alias'),
    node['column_name_alias'] === undefined ? [] : textsAt(ctx, node, 'column_name_alias'),
  );
}

function literalOf(env: ExprEnv, node: SyntaxNode): Expr {
  const expr = resolveExpr(env, node);
  if (isLiteral(expr)) return expr;
  throw refusal(env.ctx, node, 'SQL_LITERAL_REFUSED', { what: 'VALUES', accepted: 'literals' });
}
