import {
  Bool,
  type Data,
  DataType,
  DateDay,
  Decimal,
  Field,
  Float64,
  Int64,
  makeData,
  Null,
  RecordBatch,
  RecordBatchStreamWriter,
  Schema,
  Struct,
  TimestampMicrosecond,
  Utf8,
} from 'apache-arrow';
import { assert, type SqlType } from '#policies';
import { resultFacts } from './result-json.ts';
import type { StoredCell, StoredColumn, StoredResult } from './stored-result.ts';

/**
 * A released result as an Arrow IPC stream: one record batch, exact types (integer int64, hugeint decimal128(38,0) or text beyond it,
 * date date32, timestamp in microseconds without zone, interval as text). Schema metadata `sluice` holds the rest of the
 * result as JSON; each field's metadata holds its mode and because.
 */
export function resultArrow(job: string, outcomeIndex: number, result: StoredResult): Uint8Array {
  const fields = result.columns.map((column, index) => arrowField(column, result.values[index] ?? []));
  const children = fields.map((field, index) => arrowData(field.type, result.values[index] ?? []));
  const receipt = { index: outcomeIndex, href: `/v1/jobs/${job}/receipt` };
  const facts = { job, mode: result.mode, ...resultFacts(result), receipt };
  const schema = new Schema(fields, new Map([['sluice', JSON.stringify(facts)]]));
  const struct = makeData({ type: new Struct(fields), length: result.rowCount, nullCount: 0, children });
  const writer = new RecordBatchStreamWriter();
  writer.write(new RecordBatch(schema, struct));
  writer.finish();
  return writer.toUint8Array(true);
}

function arrowField(column: StoredColumn, cells: readonly StoredCell[]): Field {
  const because = JSON.stringify(column.because);
  const metadata = new Map([
    ['sluice:mode', column.mode],
    ['sluice:because', because],
    ['sluice:type', column.type.kind],
  ]);
  return new Field(column.name, arrowType(column.type, cells), true, metadata);
}

const DECIMAL_DIGITS_MAX = 38;

function arrowType(type: SqlType, cells: readonly StoredCell[]): DataType {
  switch (type.kind) {
    case 'boolean':
      return new Bool();
    case 'integer':
      return new Int64();
    case 'hugeint':
      // WHY: 2^127 − 1 has one digit more than decimal128 holds, and few readers know decimal256.
      return cells.every(fitsDecimal) ? new Decimal(0, DECIMAL_DIGITS_MAX) : new Utf8();
    case 'decimal':
      return new Decimal(type.scale, type.precision);
    case 'double':
      return new Float64();
    case 'date':
      return new DateDay();
    case 'timestamp':
      return new TimestampMicrosecond();
    case 'null':
      return new Null();
    case 'text':
    case 'interval':
    case 'token':
      return new Utf8();
  }
}

function fitsDecimal(cell: StoredCell): boolean {
  return cell === null || String(cell).replace('-', '').length <= DECIMAL_DIGITS_MAX;
}

function arrowData(type: DataType, cells: readonly StoredCell[]): Data {
  const length = cells.length;
  const nulls = { length, nullCount: cells.filter((cell) => cell === null).length, nullBitmap: validity(cells) };
  if (DataType.isNull(type)) return makeData({ type, length });
  if (DataType.isBool(type)) return makeData({ type, ...nulls, data: bits(cells, (cell) => cell === true) });
  if (DataType.isFloat(type))
    return makeData({ type, ...nulls, data: Float64Array.from(cells, (cell) => Number(cell)) });
  if (DataType.isInt(type)) return makeData({ type, ...nulls, data: BigInt64Array.from(cells, toBigInt) });
  if (DataType.isDecimal(type)) return makeData({ type, ...nulls, data: decimalWords(cells, type.scale) });
  if (DataType.isDate(type)) return makeData({ type, ...nulls, data: Int32Array.from(cells, toDays) });
  if (DataType.isTimestamp(type)) return makeData({ type, ...nulls, data: BigInt64Array.from(cells, toMicros) });
  assert(DataType.isUtf8(type), 'every column type has an Arrow type');
  return makeData({ type, ...nulls, ...utf8(cells) });
}

const validity = (cells: readonly StoredCell[]): Uint8Array => bits(cells, (cell) => cell !== null);

/** Arrow bitmaps: least significant bit first, padded to bytes. */
function bits(cells: readonly StoredCell[], isSet: (cell: StoredCell) => boolean): Uint8Array {
  const bitmap = new Uint8Array(Math.ceil(cells.length / 8));
  cells.forEach((cell, index) => {
    if (isSet(cell)) bitmap[index >> 3] = (bitmap[index >> 3] ?? 0) | (1 << (index & 7));
  });
  return bitmap;
}

const toBigInt = (cell: StoredCell): bigint => BigInt(typeof cell === 'boolean' ? Number(cell) : (cell ?? 0));

/** 128-bit two's complement, four 32-bit words a cell, least significant first. */
function decimalWords(cells: readonly StoredCell[], scale: number): Uint32Array {
  const words = new Uint32Array(cells.length * 4);
  cells.forEach((cell, index) => {
    const unscaled = BigInt.asUintN(128, cell === null ? 0n : unscale(String(cell), scale));
    for (let word = 0; word < 4; word++)
      words[index * 4 + word] = Number((unscaled >> BigInt(32 * word)) & 0xffffffffn);
  });
  return words;
}

function unscale(text: string, scale: number): bigint {
  const [whole = '0', fraction = ''] = text.split('.');
  assert(fraction.length <= scale, 'a decimal has at most its declared digits after the point');
  const sign = whole.startsWith('-') ? -1n : 1n;
  return sign * BigInt(`${whole.replace('-', '')}${fraction.padEnd(scale, '0')}` || '0');
}

const toDays = (cell: StoredCell): number => (cell === null ? 0 : Number(microsOf(String(cell)) / 86_400_000_000n));
const toMicros = (cell: StoredCell): bigint => (cell === null ? 0n : microsOf(String(cell)));

const ISO = /^(-?\d{4,6})-(\d\d)-(\d\d)(?:[ T](\d\d):(\d\d):(\d\d)(?:\.(\d{1,6})\d*)?Z?)?$/;

function microsOf(text: string): bigint {
  const match = ISO.exec(text);
  assert(match !== null, 'dates and timestamps are ISO text');
  const [year, month, day, hour, minute, second] = match.slice(1, 7).map((part) => Number(part ?? 0));
  const date = new Date(0);
  date.setUTCFullYear(year ?? 0, (month ?? 1) - 1, day);
  date.setUTCHours(hour ?? 0, minute, second);
  return BigInt(date.getTime()) * 1_000n + BigInt((match[7] ?? '').padEnd(6, '0'));
}

function utf8(cells: readonly StoredCell[]): { valueOffsets: Int32Array; data: Uint8Array } {
  const texts = cells.map((cell) => Buffer.from(cell === null ? '' : String(cell), 'utf8'));
  const valueOffsets = new Int32Array(cells.length + 1);
  texts.forEach((text, index) => {
    valueOffsets[index + 1] = (valueOffsets[index] ?? 0) + text.length;
  });
  return { valueOffsets, data: Buffer.concat(texts) };
}
