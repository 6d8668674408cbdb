import type { ColumnId, Expr, Literal, NamedExpr, Rel, Values } from '../plan.ts';
import { columnsIn } from '../plan-walk.ts';
import { mapExpr } from '../same-expression.ts';
import { and, type IdSource, ref } from './build.ts';
import type { ListedByTable } from './public-keys.ts';
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
 * `listOf`: the values of a key, where more is public than declared lists.
 */
export function publicDomain(
  raw: Raw,
  keys: readonly NamedExpr[],
  cellsMax: number,
  ids: IdSource,
  listOf: (key: Expr) => readonly Literal[] = (key) => declaredList(key, raw),
  tables: readonly ListedByTable[] = [],
): PublicDomain | null {
  if (keys.length === 0) return null;
  const roots = keys.map(({ expr }) => (expr.kind === 'column' ? rootOf(raw.alias, expr.id) : null));
  const parts = partsOf(keys, listOf, tables, ids);
  const size = parts.reduce((product, part) => product * part.size, 1);
  if (size === 0 || size > cellsMax) return null;
  const columns = keys.map((_, at) => parts.flatMap((part) => part.columns[part.positions.indexOf(at)] ?? [])[0]!);
  const byRoot = new Map<ColumnId, Expr>(
    columns.flatMap((column, at) => {
      const root = roots[at] ?? null;
      return root === null ? [] : [[root, column] as const];
    }),
  );
  const product = parts
    .map(({ rel }) => rel)
    .reduce((left, right): Rel => ({ kind: 'join', join: 'cross', left, right, on: null }));
  const conditions = raw.restrictions
    .filter((condition) => columnsIn(condition).length > 0 && columnsIn(condition).every((id) => byRoot.has(id)))
    .map((condition) => mapExpr(condition, (part) => (part.kind === 'column' ? byRoot.get(part.id)! : null)));
  const rel: Rel = conditions.length === 0 ? product : { kind: 'filter', input: product, predicate: and(conditions) };
  return { rel, keys: columns, size };
}

/** Each key stands in a list of its own, or with others in a public table. */
function partsOf(
  keys: readonly NamedExpr[],
  listOf: (key: Expr) => readonly Literal[],
  tables: readonly ListedByTable[],
  ids: IdSource,
): readonly ListedByTable[] {
  const own = keys.map(({ expr }) => listOf(expr));
  // A list of the key itself is as short or shorter, and says more.
  const needed = tables.filter(({ positions }) => positions.some((at) => own[at]!.length === 0));
  const inTables = new Set(needed.flatMap(({ positions }) => positions));
  const lists = keys.flatMap(({ name, expr }, at): readonly ListedByTable[] => {
    if (inTables.has(at)) return [];
    const { values, column } = listColumn(name, expr, own[at]!, ids);
    return [{ positions: [at], rel: values, columns: [column], size: own[at]!.length }];
  });
  return [...lists, ...needed];
}

/** Of a column that has one; empty for everything else. */
export function declaredList(key: Expr, raw: Pick<Raw, 'alias' | 'listed'>): readonly Literal[] {
  return (key.kind === 'column' ? raw.listed.get(rootOf(raw.alias, key.id)) : undefined) ?? [];
}

function listColumn(name: string, expr: Expr, list: readonly Literal[], ids: IdSource) {
  const id = ids.next();
  const values: Values = {
    kind: 'values',
    columns: [{ id, name, type: expr.type }],
    rows: list.map((value) => [value]),
  };
  return { values, column: ref(id, expr.type) };
}
