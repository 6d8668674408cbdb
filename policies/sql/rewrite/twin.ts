import { type StoredTwin, twinName } from '../../stored-twins.ts';
import type { ColumnId, ColumnRef, Join, Rel, Scan, ScanColumn } from '../plan.ts';
import { INTEGER, TEXT } from '../sql-type.ts';
import { type IdSource, named, ref } from './build.ts';

/** A relation that also gives out a stored twin of one of its columns. */
export interface WithTwin {
  readonly rel: Rel;
  readonly twin: ColumnRef;
  /** An outer join may leave it NULL where there is no row. */
  readonly nullable: boolean;
}

/**
 * Carries the twin of a column up from the table that stores it. null where the column is no stored one by the time it
 * gets to `rel`, or its table has no twins: then the column itself has to do.
 */
export function withTwin(rel: Rel, column: ColumnId, kind: StoredTwin['kind'], ids: IdSource): WithTwin | null {
  switch (rel.kind) {
    case 'scan':
      return twinInScan(rel, column, kind, ids);
    case 'filter': {
      const below = withTwin(rel.input, column, kind, ids);
      return below === null ? null : { ...below, rel: { ...rel, input: below.rel } };
    }
    case 'project': {
      const made = rel.columns.find(({ id }) => id === column)?.expr;
      const below = made?.kind === 'column' ? withTwin(rel.input, made.id, kind, ids) : null;
      if (below === null) return null;
      const twin = named(ids.next(), kind, below.twin);
      const columns = [...rel.columns, twin];
      return { ...below, rel: { ...rel, input: below.rel, columns }, twin: ref(twin.id, below.twin.type) };
    }
    case 'join':
      return twinInJoin(rel, column, kind, ids);
    default:
      return null;
  }
}

function twinInJoin(join: Join, column: ColumnId, kind: StoredTwin['kind'], ids: IdSource): WithTwin | null {
  const left = withTwin(join.left, column, kind, ids);
  if (left !== null) {
    const outer = join.join === 'right' || join.join === 'full';
    return { ...left, rel: { ...join, left: left.rel }, nullable: left.nullable || outer };
  }
  if (join.join === 'semi' || join.join === 'anti') return null;
  const right = withTwin(join.right, column, kind, ids);
  if (right === null) return null;
  const outer = join.join === 'left' || join.join === 'full';
  return { ...right, rel: { ...join, right: right.rel }, nullable: right.nullable || outer };
}

function twinInScan(scan: Scan, column: ColumnId, kind: StoredTwin['kind'], ids: IdSource): WithTwin | null {
  const of = scan.columns.find(({ id }) => id === column);
  if (of === undefined || scan.source.kind !== 'table') return null;
  const name = twinName(kind, of.column);
  if (scan.source.twins?.includes(name) !== true) return null;
  const type = kind === 'class' ? INTEGER : TEXT;
  const twin: ScanColumn = { ...of, id: ids.next(), name, column: name, type, bounds: null, values: null };
  return { rel: { ...scan, columns: [...scan.columns, twin] }, twin: ref(twin.id, type), nullable: false };
}
