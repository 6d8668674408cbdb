import { columnRef, type ExprEnv } from './expression-env.ts';
import type { Expr } from './plan.ts';
import { type BoundColumn, fold, nearColumns } from './scope.ts';
import { checkShape, offsetOf, refusal, type Shape, type SyntaxNode, textAt, textsAt } from './syntax-node.ts';

const STAR_SHAPE: Shape = {
  class: 'own',
  type: 'own',
  alias: 'own',
  query_location: 'own',
  relation_name: 'own',
  exclude_list: 'own',
  replace_list: { construct: '* REPLACE', accepted: 'SELECT a, upper(b) AS b' },
  columns: { construct: 'COLUMNS(…)', accepted: 'SELECT *, SELECT a, b' },
  expr: { construct: 'COLUMNS(…)', accepted: 'SELECT *, SELECT a, b' },
  qualified_exclude_list: { construct: '* EXCLUDE (t.a)', accepted: '* EXCLUDE (a)' },
  rename_list: { construct: '* RENAME', accepted: 'SELECT a AS b' },
};

export function isStar(node: SyntaxNode): boolean {
  return node['class'] === 'STAR';
}

/**
 * `*`, `t.*`, `* EXCLUDE (a)`: the granted columns, those of USING once.
 * WHY no identifiers where the list is the answer's (`isAnswer`): they never leave, so that `SELECT *` would never be answered.
 */
export function expandStar(
  env: ExprEnv,
  node: SyntaxNode,
  isAnswer: boolean,
): readonly { readonly name: string; readonly expr: Expr }[] {
  const { ctx, scope } = env;
  checkShape(ctx, node, STAR_SHAPE);
  const table = textAt(ctx, node, 'relation_name');
  const relations =
    table === '' ? scope.relations : scope.relations.filter((relation) => fold(relation.alias) === fold(table));
  if (relations.length === 0) {
    if (table === '')
      throw refusal(ctx, node, 'SQL_CONSTRUCT_REFUSED', { construct: '*', accepted: 'SELECT … FROM t' });
    throw refusal(ctx, node, 'SQL_TABLE_UNKNOWN', {
      table,
      granted: scope.relations.map((relation) => relation.alias),
    });
  }
  const excluded = new Set(textsAt(ctx, node, 'exclude_list').map(fold));
  const visible = relations.flatMap((relation) =>
    relation.columns.flatMap((column) => shown(env, column, table === '')),
  );
  const distinct = visible.filter((column, index) => visible.findIndex((other) => other.id === column.id) === index);
  for (const name of excluded) {
    if (
      !distinct.some((column) => fold(column.name) === name) &&
      !visible.some((column) => fold(column.name) === name)
    ) {
      throw refusal(ctx, node, 'SQL_COLUMN_UNKNOWN', { column: name, near: nearColumns(scope, name) });
    }
  }
  const at = offsetOf(ctx, node);
  return distinct
    .filter(({ type, name }) => !(isAnswer && type.kind === 'token') && !excluded.has(fold(name)))
    .map((column) => ({ name: column.name, expr: columnRef(column.id, column.type, at) }));
}

/** The column itself, or the merged column that stands for it. */
function shown(env: ExprEnv, column: BoundColumn, merge: boolean): readonly BoundColumn[] {
  const merged = merge ? env.scope.merged.findLast((candidate) => candidate.hides.has(column.id)) : undefined;
  return [merged?.column ?? column];
}
