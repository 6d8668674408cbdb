import { createHash } from 'node:crypto';
import type { DuckDBConnection } from '@duckdb/node-api';
import {
  type EncryptedColumn,
  encryptedColumns,
  isEncrypted,
  scaleOf,
  type TableSchema,
} from '#policies/stored-tables';
import { quoteName } from '../../ingest/column-sql.ts';
import { NO_UNIT } from '../custodian-package.ts';
import type { UnitDictionary } from './unit-dictionary.ts';

/** Checked rows, before they are encrypted. */
export interface PlainRows {
  readonly count: number;
  /** Each row's readable columns as CSV, in declared order. */
  readonly records: readonly string[];
  /** Per encrypted column, value · 10^scale. */
  readonly values: readonly BigInt64Array[];
  /** Per column that names units. */
  readonly units: readonly Uint32Array[];
  /** SHA-256 of all of it, hex. */
  readonly sha256: string;
}

/** The rows of the open segment, in the order of the file. */
export async function readPlainRows(
  connection: DuckDBConnection,
  schema: TableSchema,
  dictionary: UnitDictionary,
  count: number,
): Promise<PlainRows> {
  const encrypted = encryptedColumns(schema);
  const records: string[] = [];
  const values = encrypted.map(() => new BigInt64Array(count));
  const units = dictionary.columns.map(() => new Uint32Array(count));
  const select = [recordSql(schema), ...encrypted.map(scaledSql), ...dictionary.numbers].join(', ');
  const result = await connection.stream(`SELECT ${select} FROM segment.data s ${dictionary.joins} ORDER BY s.rowid`);
  for (let chunk = await result.fetchChunk(); chunk !== null && chunk.rowCount > 0; chunk = await result.fetchChunk()) {
    const [texts, ...others] = chunk.getColumns();
    const first = records.length;
    for (const text of texts ?? []) records.push(text as string);
    for (const [at, target] of values.entries()) target.set(others[at] as bigint[], first);
    for (const [at, target] of units.entries()) {
      for (const [row, unit] of (others[values.length + at] ?? []).entries())
        target[first + row] = (unit as number | null) ?? NO_UNIT;
    }
  }
  return { count, records, values, units, sha256: digestOf(records, [...values, ...units]) };
}

/** `DECIMAL(18,s) · 10^s` is a DECIMAL of s digits, all of them zero. */
function scaledSql(column: EncryptedColumn): string {
  const value = `s.${quoteName(column.name)}`;
  const scale = scaleOf(column);
  return scale === 0 ? `CAST(${value} AS BIGINT)` : `CAST(${value} * CAST(${10 ** scale} AS DECIMAL(18,0)) AS BIGINT)`;
}

function recordSql({ columns }: TableSchema): string {
  const fields = columns
    .filter((column) => !isEncrypted(column))
    .map(({ name, type }) => fieldSql(`s.${quoteName(name)}`, type === 'text'));
  return fields.length === 0 ? "''" : fields.join(` || ',' || `);
}

/** RFC 4180; NULL is an empty field, and an empty text is none. */
function fieldSql(value: string, isText: boolean): string {
  return isText
    ? `CASE WHEN ${value} IS NULL THEN '' ELSE '"' || replace(${value}, '"', '""') || '"' END`
    : `coalesce(CAST(${value} AS VARCHAR), '')`;
}

function digestOf(records: readonly string[], arrays: readonly (BigInt64Array | Uint32Array)[]): string {
  const hash = createHash('sha256');
  for (const array of arrays) hash.update(new Uint8Array(array.buffer, array.byteOffset, array.byteLength));
  for (const record of records) hash.update(record).update('\n');
  return hash.digest('hex');
}
