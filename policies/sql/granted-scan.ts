import { type EncryptedColumn, encryptedRange, isEncrypted, squareColumns } from '../encrypted-columns.ts';
import { scaleOf } from '../scaled-numbers.ts';
import { type ColumnSchema, domainOf } from '../table-schema.ts';
import type { Offset, OutputColumn, Scan, ScanColumn, SealedColumn } from './plan.ts';
import type { GrantedTable } from './resolve.ts';
import type { SqlType } from './sql-type.ts';
import { freshId, type ResolveContext } from './syntax-node.ts';

/** The scan of a granted table, and the columns of it that a query can see. */
export function scanOf(
  ctx: ResolveContext,
  granted: GrantedTable,
  at: Offset,
): { readonly rel: Scan; readonly columns: readonly OutputColumn[] } {
  const { schema } = granted;
  const hidden = new Set(granted.protectionOnly);
  const unique = new Set(granted.uniqueColumns);
  const columns = schema.columns.map(
    (column): ScanColumn => ({
      id: freshId(ctx),
      name: column.name,
      type: storedType(granted, column),
      column: column.name,
      level: column.level,
      role: column.role,
      unit: column.unit ?? null,
      bounds: column.bounds ?? null,
      values: column.values ?? null,
      ...(column.bins === undefined ? {} : { bins: column.bins }),
      nullable: column.nullable ?? true,
      health: column.health ?? false,
      ...(column.rowsPerUnitMax === undefined ? {} : { unitRowsMax: column.rowsPerUnitMax }),
      ...(unique.has(column.name) ? { unique: true } : {}),
      ...(isEncrypted(column) ? { sealed: sealedColumn(column) } : {}),
    }),
  );
  const scan: Scan = {
    kind: 'scan',
    source: {
      kind: 'table',
      resource: granted.resource,
      version: granted.version,
      table: schema.table,
      level: schema.level,
      rowsPerUnitMax: granted.rowsPerUnitMax,
      ...(granted.twins === undefined ? {} : { twins: granted.twins }),
      ...(granted.prints === undefined ? {} : { prints: granted.prints }),
      ...(granted.rows === undefined ? {} : { rows: granted.rows }),
      ...(granted.sealed === undefined ? {} : { sealed: granted.sealed }),
      identifiers: schema.columns.flatMap(({ name, role }) =>
        role === 'identifier' && !hidden.has(name) ? [name] : [],
      ),
      at,
    },
    columns,
  };
  return { rel: scan, columns: columns.filter((column) => !hidden.has(column.column)) };
}

function sealedColumn(column: EncryptedColumn): SealedColumn {
  const { scheme, squares = false } = column.encryption;
  const { min, max } = encryptedRange(column);
  const range = { min: String(min), max: String(max) };
  return { scheme, squareColumns: squareColumns(column), scale: scaleOf(column), ...range, squares };
}

/** The types in which the vault stores columns; identifiers are keyed tokens of their domain. */
function storedType(granted: GrantedTable, column: ColumnSchema): SqlType {
  if (column.role === 'identifier') return { kind: 'token', domain: domainOf(granted.schema, column) };
  if (column.type === 'decimal') return { kind: 'decimal', precision: 18, scale: column.scale ?? 2 };
  return { kind: column.type };
}
