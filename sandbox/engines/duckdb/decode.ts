import {
  type DuckDBDataChunk,
  type DuckDBDateValue,
  type DuckDBIntervalValue,
  type DuckDBMaterializedResult,
  type DuckDBTimestampValue,
  type DuckDBType,
  DuckDBTypeId,
  type DuckDBValue,
  DuckDBVarCharVector,
} from '@duckdb/node-api';
import type { Cell, SqlType, TableData } from '#policies/stored-tables';
import { EngineError } from '../engine.ts';

/** Most cells of one result, and most UTF-8 bytes of text in it: what the gateway is ready to hold of one job. */
const RESULT_CELLS_MAX = 2_000_000;
const RESULT_TEXT_BYTES_MAX = 32 * 1024 * 1024;
/** What a cell and a byte of text take at most from here to the pipe, garbage and message included. Measured: 370, 7. */
const CELL_ROOM_BYTES = 400;
const TEXT_ROOM_BYTES = 8;
/** A DuckDB string in a vector: its length, then its first bytes or a pointer. */
const STRING_BYTES = 16;

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
  requireRoom(rowCount * names.length * CELL_ROOM_BYTES);
  let textLeft = RESULT_TEXT_BYTES_MAX;
  for (let row = 0; row < rowCount; ) {
    const chunk = await result.fetchChunk();
    // WHY: where memory runs out while a chunk is fetched, the client says that there are no more.
    if (chunk === null || chunk.rowCount === 0) throw new EngineError('memory');
    row += chunk.rowCount;
    const textBytes = textBytesOf(chunk, names.length);
    textLeft -= textBytes;
    if (textLeft < 0) throw new EngineError('memory');
    requireRoom(textBytes * TEXT_ROOM_BYTES);
    for (const [index, { cell }] of decoders.entries()) {
      const column = values[index]!;
      const vector = chunk.getColumnVector(index);
      for (let row = 0; row < chunk.rowCount; row += 1) {
        const value = vector.getItem(row);
        column.push(value === null ? null : cell(value));
      }
    }
  }
  const columns = names.map((name, index) => ({ name, type: decoders[index]!.type }));
  return { columns, values, rowCount };
}

/**
 * Fails with `memory` unless so many bytes can be had under the process's cap. WHY tried before they are used: where
 * V8's own heap cannot grow, the process dies, and nobody learns of what.
 */
function requireRoom(bytes: number): void {
  try {
    new ArrayBuffer(bytes).transfer(0); // never touched; given back at once
  } catch {
    throw new EngineError('memory');
  }
}

/**
 * Bytes of text in a chunk, without making any of its strings. WHY into the client's vector: it tells the length of a
 * string only together with its copy. A DuckDB string is 16 bytes that begin with its length (`duckdb_string_t`).
 */
function textBytesOf(chunk: DuckDBDataChunk, columnCount: number): number {
  let bytes = 0;
  for (let index = 0; index < columnCount; index += 1) {
    const vector = chunk.getColumnVector(index);
    if (!(vector instanceof DuckDBVarCharVector)) continue;
    for (let row = 0; row < chunk.rowCount; row += 1) {
      if (vector['validity'].itemValid(row)) bytes += vector['dataView'].getUint32(row * STRING_BYTES, true);
    }
  }
  return bytes;
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
