import type { Expr, Literal, Offset } from './plan.ts';
import type { SqlType } from './sql-type.ts';
import { BOOLEAN, DATE, DOUBLE, decimal, HUGEINT, INTEGER, NULL_TYPE, TEXT, TIMESTAMP } from './sql-type.ts';
import { isNumeric, PRECISION_MAX, sameType } from './type-rules.ts';

/** Literals of the plan and their conversion at compile time: what cannot convert is told to the user, not the engine. */

export function literal(type: SqlType, value: Literal['value'], at: Offset = null): Literal {
  return { kind: 'literal', type, value, at };
}

export const nullLiteral = (at: Offset = null, type: SqlType = NULL_TYPE): Literal => literal(type, null, at);
export const integerLiteral = (value: number | bigint, at: Offset = null): Literal => literal(INTEGER, `${value}`, at);
export const countOfNothing = (at: Offset = null): Literal => ({ ...integerLiteral(0, at), ofNothing: true });
export const booleanLiteral = (value: boolean, at: Offset = null): Literal => literal(BOOLEAN, value, at);

export function isLiteral(expr: Expr): expr is Literal {
  return expr.kind === 'literal';
}

const BIGINT_MIN = -(2n ** 63n);
const BIGINT_MAX = 2n ** 63n - 1n;
const HUGEINT_MAX = 2n ** 127n - 1n;

/** An exact integer of the syntax tree. */
export function integerOf(value: bigint, at: Offset): Literal {
  return literal(value >= BIGINT_MIN && value <= BIGINT_MAX ? INTEGER : HUGEINT, `${value}`, at);
}

/** `unscaled / 10^scale` as exact decimal text. */
export function decimalText(unscaled: bigint, scale: number): string {
  if (scale === 0) return `${unscaled}`;
  const digits = `${unscaled < 0n ? -unscaled : unscaled}`.padStart(scale + 1, '0');
  return `${unscaled < 0n ? '-' : ''}${digits.slice(0, -scale)}.${digits.slice(-scale)}`;
}

/** The literal in another type, or null where it does not convert. Exact, or rounded half away as DuckDB does. */
export function convertLiteral(from: Literal, type: SqlType): Literal | null {
  if (sameType(from.type, type)) return from;
  if (from.value === null) return literal(type, null, from.at);
  if (typeof from.value === 'object') return null;
  const text = String(from.value).trim();
  const value = convertText(text, from.type, type);
  return value === null ? null : literal(type, value, from.at);
}

function convertText(text: string, from: SqlType, type: SqlType): string | boolean | null {
  switch (type.kind) {
    case 'boolean':
      return booleanText(text);
    case 'integer':
      return integerText(text, BIGINT_MIN, BIGINT_MAX);
    case 'hugeint':
      return integerText(text, -HUGEINT_MAX, HUGEINT_MAX);
    case 'decimal':
      return scaledText(text, type.precision, type.scale);
    case 'double':
      return NUMBER.test(text) && Number.isFinite(Number(text)) ? String(Number(text)) : null;
    case 'text':
      return from.kind === 'double' ? null : text;
    case 'date':
      // A time of day is left out, as DuckDB leaves it out.
      return from.kind === 'text' || from.kind === 'timestamp' ? (timestampText(text)?.slice(0, 10) ?? null) : null;
    case 'timestamp':
      return from.kind === 'text' || from.kind === 'date' ? timestampText(text) : null;
    default:
      return null;
  }
}

const NUMBER = /^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d{1,3})?$/;

function booleanText(text: string): boolean | null {
  const lower = text.toLowerCase();
  if (['t', 'true', '1', 'yes', 'y'].includes(lower)) return true;
  return ['f', 'false', '0', 'no', 'n'].includes(lower) ? false : null;
}

function integerText(text: string, min: bigint, max: bigint): string | null {
  const scaled = scaledText(text, 38, 0);
  if (scaled === null) return null;
  const value = BigInt(scaled);
  return value >= min && value <= max ? `${value}` : null;
}

/** A decimal number rounded to `scale` digits (half away from zero), or null beyond `precision` digits. */
function scaledText(text: string, precision: number, scale: number): string | null {
  const match = /^([+-]?)(\d*)\.?(\d*)$/.exec(text);
  if (match === null || (match[2] === '' && match[3] === '')) return null;
  const [, sign, whole = '', fraction = ''] = match;
  const kept = BigInt(`${whole}${fraction.slice(0, scale).padEnd(scale, '0')}` || '0');
  const rounded = kept + (Number(fraction[scale] ?? '0') >= 5 ? 1n : 0n);
  if (`${rounded}`.length > precision && rounded !== 0n) return null;
  return decimalText(sign === '-' ? -rounded : rounded, scale);
}

/** `YYYY-MM-DD` of a real day between the years 1 and 9999. */
export function dateText(text: string): string | null {
  const match = /^(\d{4})-(\d{1,2})-(\d{1,2})$/.exec(text);
  if (match === null) return null;
  const [, year = '', month = '', day = ''] = match;
  const iso = `${year}-${month.padStart(2, '0')}-${day.padStart(2, '0')}`;
  const date = new Date(`${iso}T00:00:00Z`);
  return !Number.isNaN(date.getTime()) && date.toISOString().startsWith(iso) && year !== '0000' ? iso : null;
}

/** INVARIANT: one moment has one text, without zeros at its end. Literals are told apart by their texts: equal ones are one group. */
function timestampText(text: string): string | null {
  const match = /^(\d{4}-\d{1,2}-\d{1,2})(?:[ T](\d{1,2}):(\d{2})(?::(\d{2})(\.\d{1,6})?)?)?Z?$/.exec(text);
  if (match === null) return null;
  const [, day = '', hour = '0', minute = '00', second = '00', fraction = ''] = match;
  const date = dateText(day);
  if (date === null || Number(hour) > 23 || Number(minute) > 59 || Number(second) > 59) return null;
  return `${date} ${hour.padStart(2, '0')}:${minute}:${second}${fraction.replace(/\.?0+$/, '')}`;
}

/**
 * `expr` in `type`: a literal converts at once, a value by a cast (TRY_CAST). Null: a literal that does not convert.
 * Number literals meet decimals in their own few digits, so that `price * 2` keeps the precision of `price`.
 */
export function coerce(expr: Expr, type: SqlType): Expr | null {
  if (sameType(expr.type, type)) return expr;
  if (isLiteral(expr)) return convertLiteral(expr, type);
  return { kind: 'cast', arg: expr, type, at: expr.at };
}

/** The tightest decimal of an exact number literal; other expressions keep their type. */
export function exactType(expr: Expr): SqlType {
  if (!isLiteral(expr) || typeof expr.value !== 'string' || !isNumeric(expr.type) || expr.type.kind === 'double') {
    return expr.type;
  }
  const digits = expr.value
    .replace(/^-/, '')
    .replace('.', '')
    .replace(/^0+(?=\d)/, '').length;
  const scale = expr.type.kind === 'decimal' ? expr.type.scale : 0;
  return digits > PRECISION_MAX ? expr.type : decimal(Math.max(digits, scale, 1), scale);
}

export const todayLiteral = (today: string, at: Offset): Literal => literal(DATE, today.slice(0, 10), at);

/** The submission time as a timestamp without zone, whole seconds. */
export function nowLiteral(now: string, at: Offset): Literal {
  const text = timestampText(now.replace(/(Z|[+-]\d{2}:?\d{2})$/, ''));
  return text === null ? nullLiteral(at, TIMESTAMP) : literal(TIMESTAMP, text, at);
}

export const textLiteral = (value: string, at: Offset = null): Literal => literal(TEXT, value, at);
export const doubleLiteral = (value: number, at: Offset = null): Literal => literal(DOUBLE, String(value), at);
