import assert from 'node:assert/strict';
import {
  BIGINT,
  BOOLEAN,
  DATE,
  DECIMAL,
  DOUBLE,
  type DuckDBConnection,
  DuckDBDataChunk,
  DuckDBDateValue,
  DuckDBDecimalValue,
  DuckDBIntervalValue,
  DuckDBTimestampValue,
  type DuckDBType,
  type DuckDBValue,
  HUGEINT,
  INTEGER,
  INTERVAL,
  TIMESTAMP,
  UBIGINT,
  VARCHAR,
} from '@duckdb/node-api';
import type { Cell, SqlType, TableData } from '#policies/stored-tables';
import type { ScratchTable } from '../engine.ts';

/** Rows of a DuckDB vector. */
const CHUNK_ROWS = 2048;

/** A plain identifier, checked: it goes into a statement as it is. */
export function scratchName(name: string): string {
  assert(/^[a-z][a-z0-9_]{0,62}$/.test(name), 'a scratch table has a plain name');
  return name;
}

/** Creates a temporary table with columns `c0`, `c1`, … and fills it through the appender. */
export async function loadTable(connection: DuckDBConnection, { name, data }: ScratchTable): Promise<void> {
  const encoders = encodersOf(data);
  const columns = encoders.map(({ type }, index) => `c${String(index)} ${type.toString()}`).join(', ');
  await connection.run(`CREATE TEMP TABLE ${scratchName(name)} (${columns})`);
  if (data.rowCount === 0) return;
  const appender = await connection.createAppender(name, null, 'temp');
  const types = encoders.map(({ type }) => type);
  for (let start = 0; start < data.rowCount; start += CHUNK_ROWS) {
    const rows = Math.min(CHUNK_ROWS, data.rowCount - start);
    const chunk = DuckDBDataChunk.create(types, rows);
    for (const [index, { value }] of encoders.entries()) {
      const cells = data.values[index]!.slice(start, start + rows);
      chunk.setColumnValues(
        index,
        cells.map((cell) => (cell === null ? null : value(cell))),
      );
    }
    appender.appendDataChunk(chunk);
  }
  appender.closeSync();
}

/** DuckDB's type and value of each column. */
export function encodersOf(data: TableData): readonly Encoder[] {
  assert(data.columns.length > 0, 'a scratch table has columns');
  return data.columns.map((column) => encoderOf(column.type));
}

export interface Encoder {
  readonly type: DuckDBType;
  readonly value: (cell: Exclude<Cell, null>) => DuckDBValue;
}

const asIs = (cell: Cell): DuckDBValue => cell;

function encoderOf(type: SqlType): Encoder {
  switch (type.kind) {
    case 'boolean':
      return { type: BOOLEAN, value: asIs };
    case 'integer':
      return { type: BIGINT, value: asIs };
    case 'hugeint':
      return { type: HUGEINT, value: asIs };
    case 'decimal':
      return { type: DECIMAL(type.precision, type.scale), value: (cell) => decimalOf(String(cell), type) };
    case 'double':
      return { type: DOUBLE, value: asIs };
    case 'text':
      return { type: VARCHAR, value: asIs };
    case 'date':
      return { type: DATE, value: (cell) => new DuckDBDateValue(daysOf(String(cell))) };
    case 'timestamp':
      return { type: TIMESTAMP, value: (cell) => new DuckDBTimestampValue(microsOf(String(cell))) };
    case 'interval':
      return { type: INTERVAL, value: (cell) => intervalOf(String(cell)) };
    case 'token':
      return { type: UBIGINT, value: asIs };
    case 'null':
      return { type: INTEGER, value: () => null };
  }
}

function decimalOf(text: string, { precision, scale }: { precision: number; scale: number }): DuckDBDecimalValue {
  const match = /^(-?)(\d+)(?:\.(\d+))?$/.exec(text);
  assert(match !== null && (match[3] ?? '').length <= scale, 'a decimal cell is exact decimal text of its scale');
  const digits = BigInt(match[2]! + (match[3] ?? '').padEnd(scale, '0'));
  return new DuckDBDecimalValue(match[1] === '-' ? -digits : digits, precision, scale);
}

function daysOf(text: string): number {
  const days = Date.parse(`${text}T00:00:00Z`) / 86_400_000;
  assert(/^\d{4}-\d{2}-\d{2}$/.test(text) && Number.isInteger(days), 'a date cell is an ISO date');
  return days;
}

function microsOf(text: string): bigint {
  const match = /^(\d{4}-\d{2}-\d{2})[T ](\d{2}:\d{2}:\d{2})(?:\.(\d{1,6}))?$/.exec(text);
  const millis = match === null ? Number.NaN : Date.parse(`${match[1]!}T${match[2]!}Z`);
  assert(match !== null && !Number.isNaN(millis), 'a timestamp cell is an ISO timestamp');
  return BigInt(millis) * 1000n + BigInt((match[3] ?? '').padEnd(6, '0'));
}

function intervalOf(text: string): DuckDBIntervalValue {
  const match = /^(-?\d+) months (-?\d+) days (-?\d+) microseconds$/.exec(text);
  assert(match !== null, 'an interval cell has months, days and microseconds');
  return new DuckDBIntervalValue(Number(match[1]), Number(match[2]), BigInt(match[3]!));
}
