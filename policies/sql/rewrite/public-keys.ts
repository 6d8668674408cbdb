import { ROW_KEY_COLUMN } from '../../table-schema.ts';
import { type ColumnId, columnsOf, type Expr, type NamedExpr, type Rel, type Scan } from '../plan.ts';
import { columnsIn } from '../plan-walk.ts';
import { mapExpr } from '../same-expression.ts';
import { group, type IdSource, ref } from './build.ts';
import { keyOf, refsOf } from './collected.ts';
import { overRoots, type Raw } from './raw.ts';

/** Group keys that a public table lists: all combinations of them that stand in its rows, once each. */
export interface ListedByTable {
  /** Which of the keys, by position. */
  readonly positions: readonly number[];
  readonly rel: Rel;
  readonly columns: readonly Expr[];
  /** Rows of the table: there are no more combinations. */
  readonly size: number;
}

/**
 * The keys that are made of columns of one public table each, joined so that every row has one of its rows: what it holds is known to anyone, so that groups of
 * it need no selection. WHY not of a side that may be missing (outer joins): nothing would list the NULL.
 */
export function listedByTables(keys: readonly NamedExpr[], raw: Raw, ids: IdSource): readonly ListedByTable[] {
  const scans = alwaysThere(raw.rel).filter(isCounted);
  return scans.flatMap((scan): readonly ListedByTable[] => {
    const own = new Set(columnsOf(scan).map(({ id }) => id));
    const made = keys.map(({ expr }) => overRoots(expr, raw));
    const positions = made.flatMap((expr, at) => (isMadeOf(expr, own) ? [at] : []));
    if (positions.length === 0) return [];
    const copied = copyOf(scan, ids);
    const listed = positions.map((at) => keyOf(ids, copied.over(made[at]!), 'key'));
    return [{ positions, rel: group(copied.rel, listed, []), columns: refsOf(listed), size: scan.source.rows }];
  });
}

type CountedScan = Scan & { readonly source: { readonly kind: 'table'; readonly rows: number } };
/** INVARIANT: rows of protected tables carry their keys, whatever the catalogue tells of them. */
const isCounted = (scan: Scan): scan is CountedScan =>
  scan.source.kind === 'table' &&
  scan.source.rows !== undefined &&
  scan.columns.every(({ column }) => column !== ROW_KEY_COLUMN);

const isMadeOf = (expr: Expr, own: ReadonlySet<ColumnId>): boolean => {
  const read = columnsIn(expr);
  return read.length > 0 && read.every((id) => own.has(id));
};

/** The tables of which each row of a relation has a row. */
function alwaysThere(rel: Rel): readonly Scan[] {
  if (rel.kind === 'scan') return [rel];
  if (rel.kind === 'filter' || rel.kind === 'project' || rel.kind === 'window') return alwaysThere(rel.input);
  if (rel.kind !== 'join' || rel.join === 'full') return [];
  if (rel.join === 'right') return alwaysThere(rel.right);
  const left = alwaysThere(rel.left);
  return rel.join === 'inner' || rel.join === 'cross' ? [...left, ...alwaysThere(rel.right)] : left;
}

/** The table once more, under columns of its own. */
function copyOf(scan: Scan, ids: IdSource) {
  const columns = scan.columns.map((column) => ({ ...column, id: ids.next() }));
  const copies = new Map(scan.columns.map(({ id, type }, at) => [id, ref(columns[at]!.id, type)]));
  const over = (expr: Expr): Expr =>
    mapExpr(expr, (part) => (part.kind === 'column' ? (copies.get(part.id) ?? null) : null));
  return { rel: { ...scan, columns }, over };
}
