import type { ColumnId, Rel } from './plan.ts';
import { freshId, NODES_MAX, type ResolveContext, refusal, type SyntaxNode } from './syntax-node.ts';

export interface RelCopy {
  readonly rel: Rel;
  /** Each column of the original and the one that stands for it in the copy. */
  readonly ids: ReadonlyMap<ColumnId, ColumnId>;
}

/**
 * The same relation under fresh ids: one query may hold it twice. Plans are plain JSON and column ids stand in fields
 * named `id` alone, so the copy need not know the kinds of nodes. Counts as that many nodes of the query.
 * Throws SQL_TOO_COMPLEX.
 */
export function copyRel(ctx: ResolveContext, rel: Rel, node: SyntaxNode): RelCopy {
  const ids = new Map<ColumnId, ColumnId>();
  const fresh = (id: ColumnId): ColumnId => {
    const known = ids.get(id) ?? freshId(ctx);
    ids.set(id, known);
    return known;
  };
  const copy = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(copy);
    if (typeof value !== 'object' || value === null) return value;
    ctx.nodes += 'kind' in value ? 1 : 0;
    const fields = Object.entries(value).map(([key, field]) => [
      key,
      key === 'id' && typeof field === 'number' ? fresh(field as ColumnId) : copy(field),
    ]);
    return Object.fromEntries(fields) as unknown;
  };
  const copied = copy(rel) as Rel;
  if (ctx.nodes > NODES_MAX) throw refusal(ctx, node, 'SQL_TOO_COMPLEX', { what: 'nodes', limit: NODES_MAX });
  return { rel: copied, ids };
}
