import type { ColumnId, Expr, Literal, NamedExpr, Rel, Values } from '../plan.ts';
import { columnsIn } from '../plan-walk.ts';
import { mapExpr } from '../same-expression.ts';
import { and, type IdSource, literal, ref } from './build.ts';
import { type Raw, rootOf } from './raw.ts';

/** The public list of groups: one row each, `keys` in the order of the group keys. */
export interface PublicDomain {
  readonly rel: Rel;
  readonly keys: readonly Expr[];
  /** Most groups that it has: the query's conditions may leave fewer. */
  readonly size: number;
}

/**
 * The groups that an answer shows whatever the data hold: all combinations of declared public values that meet the
 * query's own conditions on them. null where a key is no such column, or where there would be more than `cellsMax`.
 * `mayBeMissing`: keys that get a group for NULL as well.
 */
export function publicDomain(
  raw: Raw,
  keys: readonly NamedExpr[],
  cellsMax: number,
  ids: IdSource,
  mayBeMissing: (key: Expr) => boolean = () => false,
): PublicDomain | null {
  if (keys.length === 0) return null;
  const roots = keys.map(({ expr }) => (expr.kind === 'column' ? rootOf(raw.alias, expr.id) : null));
  const lists = keys.map(({ expr }, index) => {
    const list = raw.listed.get(roots[index] ?? NO_COLUMN) ?? [];
    return list.length > 0 && mayBeMissing(expr) ? [...list, literal(null, expr.type)] : list;
  });
  const size = lists.reduce((product, list) => product * list.length, 1);
  if (size === 0 || size > cellsMax) return null;
  const columns = keys.map(({ name, expr }, index) => listColumn(name, expr, lists[index]!, ids));
  const byRoot = new Map<ColumnId, Expr>(columns.map(({ column }, index) => [roots[index]!, column]));
  const product = columns
    .map(({ values }): Rel => values)
    .reduce((left, right): Rel => ({ kind: 'join', join: 'cross', left, right, on: null }));
  const conditions = raw.restrictions
    .filter((condition) => columnsIn(condition).length > 0 && columnsIn(condition).every((id) => byRoot.has(id)))
    .map((condition) => mapExpr(condition, (part) => (part.kind === 'column' ? byRoot.get(part.id)! : null)));
  const rel: Rel = conditions.length === 0 ? product : { kind: 'filter', input: product, predicate: and(conditions) };
  return { rel, keys: columns.map(({ column }) => column), size };
}

const NO_COLUMN = -1 as ColumnId;

function listColumn(name: string, expr: Expr, list: readonly Literal[], ids: IdSource) {
  const id = ids.next();
  const values: Values = {
    kind: 'values',
    columns: [{ id, name, type: expr.type }],
    rows: list.map((value) => [value]),
  };
  return { values, column: ref(id, expr.type) };
}
