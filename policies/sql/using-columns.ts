import { unify } from './coercion.ts';
import { columnRef } from './expression-env.ts';
import type { BoundFrom } from './from-table.ts';
import { type ColumnId, columnsOf, type Expr, type Join, type Rel } from './plan.ts';
import { call, comparison, conjunction } from './resolve-operators.ts';
import { EMPTY_SCOPE, lookup, type MergedColumn, nearColumns, type Scope } from './scope.ts';
import { freshId, offsetOf, type ResolveContext, refusal, type SyntaxNode } from './syntax-node.ts';

/** Columns that USING and NATURAL merge: one name for both sides of a join. */

export interface UsingPair {
  readonly name: string;
  readonly left: Expr;
  readonly right: Expr;
}

export function bind(rel: Join, left: BoundFrom, right: BoundFrom, merged: readonly MergedColumn[]): BoundFrom {
  const leftOnly = rel.join === 'semi' || rel.join === 'anti';
  return {
    rel,
    relations: leftOnly ? left.relations : [...left.relations, ...right.relations],
    merged: leftOnly ? left.merged : merged,
    ties: [],
  };
}

/** USING: equality of the columns of that name, and one merged column (the side that is never padded, or either). */
export function joinUsing(
  ctx: ResolveContext,
  node: SyntaxNode,
  kind: Join['join'],
  left: BoundFrom,
  right: BoundFrom,
  names: readonly string[],
): BoundFrom {
  const at = offsetOf(ctx, node);
  const pairs = names.map((name) => {
    const find = (side: BoundFrom): Expr => {
      const scope: Scope = { ...EMPTY_SCOPE, relations: side.relations, merged: side.merged };
      const found = lookup(ctx, scope, [name], at);
      if (found === null)
        throw refusal(ctx, node, 'SQL_COLUMN_UNKNOWN', { column: name, near: nearColumns(scope, name) });
      return found;
    };
    return { name, left: find(left), right: find(right) };
  });
  const equalities = pairs.map((pair) => comparison(ctx, 'eq', [pair.left, pair.right], at));
  const on = conjunction([...right.ties, ...equalities]);
  const rel: Join = { kind: 'join', join: kind, left: left.rel, right: right.rel, on, at };
  if (kind === 'semi' || kind === 'anti') return bind(rel, left, right, []);
  const both = [...left.merged, ...right.merged];
  if (kind !== 'full') {
    const merged = pairs.map((pair) =>
      mergedColumn(pair.name, kind === 'right' ? pair.right : pair.left, [pair.left, pair.right], both),
    );
    return bind(rel, left, right, [...both, ...merged]);
  }
  return mergeFull(ctx, rel, left, right, pairs, both);
}

/** A FULL JOIN pads either side, so the merged column is computed: COALESCE(left, right). */
function mergeFull(
  ctx: ResolveContext,
  rel: Join,
  left: BoundFrom,
  right: BoundFrom,
  pairs: readonly UsingPair[],
  both: readonly MergedColumn[],
): BoundFrom {
  const kept = columnsOf(rel).map(({ id, name, type }) => ({ from: id, id: freshId(ctx), name, type }));
  const renamed = new Map<ColumnId, ColumnId>(kept.map((column) => [column.from, column.id]));
  const fresh = (id: ColumnId): ColumnId => renamed.get(id) ?? id;
  const merges = pairs.map((pair) => {
    const sides = unify(ctx, [pair.left, pair.right], 'USING');
    const type = sides[0]?.type ?? pair.left.type;
    return { pair, id: freshId(ctx), name: pair.name, expr: call('coalesce', sides, type, pair.left.at) };
  });
  const project: Rel = {
    kind: 'project',
    input: rel,
    columns: [
      ...kept.map(({ from, id, name, type }) => ({ id, name, expr: columnRef(from, type, null) })),
      ...merges.map(({ id, name, expr }) => ({ id, name, expr })),
    ],
  };
  const relations = [...left.relations, ...right.relations].map((relation) => ({
    ...relation,
    columns: relation.columns.map((column) => ({ ...column, id: fresh(column.id) })),
  }));
  const old = both.map((merged) => ({
    ...merged,
    column: { ...merged.column, id: fresh(merged.column.id) },
    hides: new Set([...merged.hides].map(fresh)),
  }));
  const merged = merges.map(
    ({ pair, id, name, expr }): MergedColumn => ({
      name,
      column: { name, id, type: expr.type },
      hides: hidden([pair.left, pair.right], both, fresh),
    }),
  );
  return { rel: project, relations, merged: [...old, ...merged], ties: [] };
}

function mergedColumn(name: string, shown: Expr, sides: readonly Expr[], both: readonly MergedColumn[]): MergedColumn {
  const id = shown.kind === 'column' ? shown.id : (-1 as ColumnId);
  return {
    name,
    column: { name, id, type: shown.type },
    hides: hidden(sides, both, (same) => same),
  };
}

function hidden(
  sides: readonly Expr[],
  both: readonly MergedColumn[],
  fresh: (id: ColumnId) => ColumnId,
): ReadonlySet<ColumnId> {
  const ids = new Set<ColumnId>();
  for (const side of sides) {
    if (side.kind !== 'column') continue;
    ids.add(fresh(side.id));
    for (const merged of both) if (merged.column.id === side.id) for (const id of merged.hides) ids.add(fresh(id));
  }
  return ids;
}
