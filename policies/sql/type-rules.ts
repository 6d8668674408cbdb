import type { SqlType } from './sql-type.ts';
import { BOOLEAN, DATE, DOUBLE, decimal, HUGEINT, INTEGER, INTERVAL, NULL_TYPE, TEXT, TIMESTAMP } from './sql-type.ts';

/** DuckDB holds at most this many digits. */
export const PRECISION_MAX = 38;
/** A decimal product with more digits after the point becomes a double. */
const SCALE_MAX = 18;

export function sameType(a: SqlType, b: SqlType): boolean {
  if (a.kind !== b.kind) return false;
  if (a.kind === 'decimal' && b.kind === 'decimal') return a.precision === b.precision && a.scale === b.scale;
  if (a.kind === 'token' && b.kind === 'token') return a.domain === b.domain;
  return true;
}

/** How messages name a type. */
export function typeName(type: SqlType): string {
  if (type.kind === 'decimal') return `decimal(${type.precision},${type.scale})`;
  if (type.kind === 'token') return `identifier of \`${type.domain}\``;
  return type.kind;
}

export function isNumeric(type: SqlType): boolean {
  return type.kind === 'integer' || type.kind === 'hugeint' || type.kind === 'decimal' || type.kind === 'double';
}

export function isTemporal(type: SqlType): boolean {
  return type.kind === 'date' || type.kind === 'timestamp';
}

interface Digits {
  readonly precision: number;
  readonly scale: number;
}

/** Exact types as decimals. */
function digitsOf(type: SqlType): Digits {
  if (type.kind === 'decimal') return type;
  return { precision: type.kind === 'hugeint' ? PRECISION_MAX : 19, scale: 0 };
}

function decimalOf(whole: number, scale: number): SqlType {
  return decimal(Math.min(whole + scale, PRECISION_MAX), scale);
}

/** The type that both can be compared or merged in (CASE, UNION, greatest), or null. */
export function commonType(a: SqlType, b: SqlType): SqlType | null {
  if (sameType(a, b)) return a;
  if (a.kind === 'null') return b;
  if (b.kind === 'null') return a;
  if (isNumeric(a) && isNumeric(b)) {
    if (a.kind === 'double' || b.kind === 'double') return DOUBLE;
    if (a.kind !== 'decimal' && b.kind !== 'decimal') return HUGEINT;
    const [x, y] = [digitsOf(a), digitsOf(b)];
    return decimalOf(Math.max(x.precision - x.scale, y.precision - y.scale), Math.max(x.scale, y.scale));
  }
  return isTemporal(a) && isTemporal(b) ? TIMESTAMP : null;
}

/** `+` and `-` of numbers, as DuckDB, but widened where DuckDB would overflow at 18 digits. */
export function sumType(a: SqlType, b: SqlType): SqlType {
  const both = commonType(a, b);
  if (both === null || both.kind !== 'decimal') return both ?? NULL_TYPE;
  return decimalOf(both.precision - both.scale + 1, both.scale);
}

/** `*` of numbers. */
export function productType(a: SqlType, b: SqlType): SqlType {
  if (a.kind === 'double' || b.kind === 'double') return DOUBLE;
  if (a.kind !== 'decimal' && b.kind !== 'decimal')
    return a.kind === 'hugeint' || b.kind === 'hugeint' ? HUGEINT : INTEGER;
  const [x, y] = [digitsOf(a), digitsOf(b)];
  if (x.scale + y.scale > SCALE_MAX) return DOUBLE;
  return decimal(Math.min(x.precision + y.precision, PRECISION_MAX), x.scale + y.scale);
}

/** DuckDB's name of a type, for casts in emitted SQL. */
export function engineType(type: SqlType): string {
  switch (type.kind) {
    case 'boolean':
      return 'BOOLEAN';
    case 'integer':
      return 'BIGINT';
    case 'hugeint':
      return 'HUGEINT';
    case 'decimal':
      return `DECIMAL(${type.precision},${type.scale})`;
    case 'double':
      return 'DOUBLE';
    case 'text':
      return 'VARCHAR';
    case 'date':
      return 'DATE';
    case 'timestamp':
      return 'TIMESTAMP';
    case 'interval':
      return 'INTERVAL';
    case 'token':
      return 'UBIGINT';
    case 'null':
      return 'INTEGER';
  }
}

/** Types of the syntax tree that a cast may name. Narrow integers and floats are held wide. */
export const CAST_TYPES: ReadonlyMap<string, SqlType> = new Map([
  ['BOOLEAN', BOOLEAN],
  ['TINYINT', INTEGER],
  ['SMALLINT', INTEGER],
  ['INTEGER', INTEGER],
  ['BIGINT', INTEGER],
  ['UTINYINT', INTEGER],
  ['USMALLINT', INTEGER],
  ['UINTEGER', INTEGER],
  ['HUGEINT', HUGEINT],
  ['FLOAT', DOUBLE],
  ['DOUBLE', DOUBLE],
  ['VARCHAR', TEXT],
  ['DATE', DATE],
  ['TIMESTAMP', TIMESTAMP],
  // Times have no zone: all are in one, and a literal's own is UTC.
  ['TIMESTAMP WITH TIME ZONE', TIMESTAMP],
  ['INTERVAL', INTERVAL],
]);
export const CAST_TYPES_ACCEPTED = 'boolean, integer, bigint, hugeint, decimal(p,s), double, varchar, date, timestamp';
