import { ROW_INDEX_COLUMN } from '../../encrypted-columns.ts';
import type { ColumnId, Scan, ScanColumn } from '../plan.ts';
import { HUGEINT, INTEGER, type SqlType } from '../sql-type.ts';
import type { IdSource } from './build.ts';
import type { SealedRows } from './raw.ts';

/** The hidden columns by which sums over a table's encrypted columns are opened; none where it has no such columns. */
export function sealedScan(
  { source }: Scan,
  kept: readonly ScanColumn[],
  ids: IdSource,
): { readonly sealed: SealedRows | null; readonly columns: readonly ScanColumn[] } {
  const sealed = source.kind === 'table' ? source.sealed : undefined;
  if (sealed === undefined || source.kind !== 'table') return { sealed: null, columns: [] };
  // WHY none of `bgv-v1`: its ciphertext is no number that the engine could add up.
  const squares = kept.flatMap((column) => (column.sealed?.scheme === 'ashe-v1' ? column.sealed.squareColumns : []));
  const columns = [
    hiddenColumn(ids.next(), ROW_INDEX_COLUMN, INTEGER),
    ...squares.map((name) => hiddenColumn(ids.next(), name, HUGEINT)),
  ];
  const stored = new Map<ColumnId, ScanColumn>(kept.map((column) => [column.id, column]));
  return { sealed: { resource: source.resource, ...sealed, columns, stored }, columns };
}

/** A column that stands beside the declared ones; nothing that a user writes names it. */
export function hiddenColumn(id: ColumnId, name: string, type: SqlType): ScanColumn {
  return {
    id,
    name,
    column: name,
    type,
    level: 'general-1',
    role: 'attribute',
    unit: null,
    bounds: null,
    values: null,
    nullable: false,
    health: false,
  };
}
