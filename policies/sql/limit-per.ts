import { columnRef } from './expression-env.ts';
import { integerLiteral } from './literals.ts';
import type { Expr, Rel, SortKey } from './plan.ts';
import { call } from './resolve-operators.ts';
import type { Modifiers } from './select-modifiers.ts';
import { BOOLEAN, INTEGER } from './sql-type.ts';
import { freshId, type ResolveContext } from './syntax-node.ts';

/** ORDER BY and LIMIT of a query, or of every one of many at once. */
export function limitedPer(
  ctx: ResolveContext,
  input: Rel,
  sort: readonly SortKey[],
  limit: Modifiers['limit'],
  each: readonly Expr[],
): Rel {
  if (each.length === 0) {
    const sorted: Rel = sort.length === 0 ? input : { kind: 'sort', input, keys: sort };
    return limit === null ? sorted : { kind: 'limit', input: sorted, ...limit };
  }
  // Whatever is joined to other rows has no order of its own.
  if (limit === null) return input;
  const last = limit.count === null ? null : limit.offset + limit.count;
  return numbered(ctx, input, each, sort, { first: limit.offset + 1, last });
}

/** The rows from `first` to `last` of each partition. */
export function numbered(
  ctx: ResolveContext,
  input: Rel,
  partitionBy: readonly Expr[],
  orderBy: readonly SortKey[],
  { first, last }: { readonly first: number; readonly last: number | null },
): Rel {
  const id = freshId(ctx);
  const number = columnRef(id, INTEGER, null);
  const rank = { fn: 'row_number', args: [], partitionBy, orderBy, frame: null, type: INTEGER, at: null };
  const above = call('gte', [number, integerLiteral(first)], BOOLEAN, null);
  const below = last === null ? [] : [call('lte', [number, integerLiteral(last)], BOOLEAN, null)];
  return {
    kind: 'filter',
    input: { kind: 'window', input, columns: [{ id, name: 'number', call: rank }] },
    predicate: call('and', [above, ...below], BOOLEAN, null),
  };
}
