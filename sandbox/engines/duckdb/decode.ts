import {
  type DuckDBDateValue,
  type DuckDBIntervalValue,
  type DuckDBMaterializedResult,
  type DuckDBTimestampValue,
  type DuckDBType,
  DuckDBTypeId,
  type DuckDBValue,
} from '@duckdb/node-api';
import type { Cell, SqlType, TableData } from '#policies';
import { EngineError } from '../engine.ts';

/** Most cells of one result, and most UTF-16 units of text in it: what the gateway is ready to hold of one job. */
export const RESULT_CELLS_MAX = 2_000_000;
export const RESULT_TEXT_MAX = 32 * 1024 * 1024;

/**
 * A DuckDB result as `TableData`. Integers up to 64 bits signed are `integer`; wider ones and unsigned 64-bit are
 * `hugeint`. Timestamps: `2024-01-02T03:04:05[.ffffff]`. Intervals: `{m} months {d} days {u} microseconds`, which
 * DuckDB reads back. A type that the project's plan does not know fails.
 */
export async function decode(result: DuckDBMaterializedResult): Promise<TableData> {
  const names = result.columnNames();
  const decoders = result.columnTypes().map(decoderOf);
  const rowCount = result.rowCount;
  if (rowCount * names.length > RESULT_CELLS_MAX) throw new EngineError('memory');
  const values: Cell[][] = names.map(() => []);
  let textLeft = RESULT_TEXT_MAX;
  for (let chunk = await result.fetchChunk(); chunk !== null && chunk.rowCount > 0; chunk = await result.fetchChunk()) {
    for (const [index, { cell, type }] of decoders.entries()) {
      const column = values[index]!;
      const vector = chunk.getColumnVector(index);
      for (let row = 0; row < chunk.rowCount; row += 1) {
        const value = vector.getItem(row);
        const decoded = value === null ? null : cell(value);
        if (type.kind === 'text' && decoded !== null) textLeft -= (decoded as string).length;
        if (textLeft < 0) throw new EngineError('memory');
        column.push(decoded);
      }
    }
  }
  // WHY: where memory runs out while a chunk is fetched, the client says that there are no more.
  if (values.some((column) => column.length !== rowCount)) throw new EngineError('memory');
  const columns = names.map((name, index) => ({ name, type: decoders[index]!.type }));
  return { columns, values, rowCount };
}

interface Decoder {
  readonly type: SqlType;
  readonly cell: (value: Exclude<DuckDBValue, null>) => Cell;
}

const asBigInt = (value: unknown): Cell => BigInt(value as number | bigint);
const asIs = (value: unknown): Cell => value as Cell;

function decoderOf(type: DuckDBType): Decoder {
  switch (type.typeId) {
    case DuckDBTypeId.BOOLEAN:
      return { type: { kind: 'boolean' }, cell: asIs };
    case DuckDBTypeId.TINYINT:
    case DuckDBTypeId.SMALLINT:
    case DuckDBTypeId.INTEGER:
    case DuckDBTypeId.BIGINT:
    case DuckDBTypeId.UTINYINT:
    case DuckDBTypeId.USMALLINT:
    case DuckDBTypeId.UINTEGER:
      return { type: { kind: 'integer' }, cell: asBigInt };
    case DuckDBTypeId.UBIGINT:
    case DuckDBTypeId.HUGEINT:
      return { type: { kind: 'hugeint' }, cell: asBigInt };
    case DuckDBTypeId.DECIMAL: {
      const { width, scale } = type;
      return { type: { kind: 'decimal', precision: width, scale }, cell: String };
    }
    case DuckDBTypeId.FLOAT:
    case DuckDBTypeId.DOUBLE:
      return { type: { kind: 'double' }, cell: asIs };
    case DuckDBTypeId.VARCHAR:
      return { type: { kind: 'text' }, cell: asIs };
    case DuckDBTypeId.DATE:
      return { type: { kind: 'date' }, cell: (value) => dateText(value as DuckDBDateValue) };
    case DuckDBTypeId.TIMESTAMP:
      return { type: { kind: 'timestamp' }, cell: (value) => timestampText(value as DuckDBTimestampValue) };
    case DuckDBTypeId.INTERVAL:
      return { type: { kind: 'interval' }, cell: (value) => intervalText(value as DuckDBIntervalValue) };
    case DuckDBTypeId.SQLNULL:
      return { type: { kind: 'null' }, cell: () => null };
    default:
      throw new EngineError('failed');
  }
}

/** Years 0001–9999, where ISO text has four digits; outside them DuckDB's own text. */
const DAYS_MIN = -719_162;
const DAYS_MAX = 2_932_896;
const MICROS_PER_DAY = 86_400_000_000n;

function dateText(value: DuckDBDateValue): string {
  if (value.days < DAYS_MIN || value.days > DAYS_MAX) return value.toString();
  return new Date(value.days * 86_400_000).toISOString().slice(0, 10);
}

function timestampText(value: DuckDBTimestampValue): string {
  const { micros } = value;
  if (micros < BigInt(DAYS_MIN) * MICROS_PER_DAY || micros >= BigInt(DAYS_MAX + 1) * MICROS_PER_DAY) {
    return value.toString().replace(' ', 'T');
  }
  const fraction = ((micros % 1_000_000n) + 1_000_000n) % 1_000_000n;
  const seconds = new Date(Number((micros - fraction) / 1000n)).toISOString().slice(0, 19);
  return fraction === 0n ? seconds : `${seconds}.${String(fraction).padStart(6, '0').replace(/0+$/, '')}`;
}

function intervalText({ months, days, micros }: DuckDBIntervalValue): string {
  return `${String(months)} months ${String(days)} days ${String(micros)} microseconds`;
}
