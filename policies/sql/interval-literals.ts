import { isLiteral, literal } from './literals.ts';
import type { Expr, Offset } from './plan.ts';
import { constantOf } from './resolve-call.ts';
import { INTERVAL } from './sql-type.ts';
import { isNode, offsetOf, type ResolveContext, refusal, type SyntaxNode } from './syntax-node.ts';

/** Intervals as literals: months, days and microseconds, each exact. */

export const INTERVAL_UNITS: Readonly<
  Record<string, { readonly months?: number; readonly days?: number; readonly micros?: bigint }>
> = {
  year: { months: 12 },
  quarter: { months: 3 },
  month: { months: 1 },
  week: { days: 7 },
  day: { days: 1 },
  hour: { micros: 3_600_000_000n },
  minute: { micros: 60_000_000n },
  second: { micros: 1_000_000n },
  millisecond: { micros: 1_000n },
  microsecond: { micros: 1n },
  decade: { months: 120 },
  century: { months: 1_200 },
};

const SPELLINGS: Readonly<Record<string, string>> = {
  ...{ y: 'year', yr: 'year', mon: 'month', w: 'week', d: 'day', h: 'hour', hr: 'hour', m: 'minute', min: 'minute' },
  ...{ s: 'second', sec: 'second', ms: 'millisecond', us: 'microsecond', centurie: 'century' },
};

interface Parts {
  readonly months: number;
  readonly days: number;
  readonly micros: bigint;
}
const NOTHING: Parts = { months: 0, days: 0, micros: 0n };

/** `'1 year 2 days'`, `'1 day 02:03:04'`, `'1.5 hours'`: counts of units, then a time of day. */
export function intervalLiteral(ctx: ResolveContext, node: SyntaxNode, arg: Expr): Expr {
  const text = isLiteral(arg) && typeof arg.value === 'string' && arg.type.kind === 'text' ? arg.value : '';
  const parts = readInterval(text.trim());
  if (parts === null || !isHeld(parts)) throw refusedInterval(ctx, node);
  return literal(INTERVAL, { ...parts, micros: `${parts.micros}` }, offsetOf(ctx, node));
}

export function refusedInterval(ctx: ResolveContext, node: SyntaxNode): Error {
  const accepted = "INTERVAL '1 month', INTERVAL 3 DAY";
  return refusal(ctx, node, 'SQL_LITERAL_REFUSED', { what: 'INTERVAL', accepted });
}

const STEP = /^(?:([+-]?\d{1,6})(\.\d{1,6})?\s*([a-zA-Z]+)|([+-]?)(\d{1,6}):(\d{2})(?::(\d{2})(\.\d{1,6})?)?)(?:\s+|$)/;

function readInterval(text: string): Parts | null {
  let parts = NOTHING;
  let rest = text;
  for (let steps = 0; rest !== '' && steps < 16; steps++) {
    const match = STEP.exec(rest);
    const step = match === null ? null : match[3] === undefined ? clock(match) : counted(match);
    if (match === null || step === null) return null;
    parts = {
      months: parts.months + step.months,
      days: parts.days + step.days,
      micros: parts.micros + step.micros,
    };
    rest = rest.slice(match[0].length);
  }
  return rest === '' && text !== '' ? parts : null;
}

/** A fraction only of what has a fixed length below a day. */
function counted([, count = '', fraction = '', word = '']: RegExpExecArray): Parts | null {
  const lower = word.toLowerCase();
  const singular = lower.length > 2 ? lower.replace(/s$/, '') : lower;
  const unit = INTERVAL_UNITS[SPELLINGS[singular] ?? singular];
  if (unit === undefined || (fraction !== '' && unit.micros === undefined)) return null;
  const micros = unit.micros ?? 0n;
  const millionths = BigInt(fraction.slice(1).padEnd(6, '0')) * (count.startsWith('-') ? -1n : 1n);
  return {
    months: Number(count) * (unit.months ?? 0),
    days: Number(count) * (unit.days ?? 0),
    micros: BigInt(Number(count)) * micros + (millionths * micros) / 1_000_000n,
  };
}

function clock(match: RegExpExecArray): Parts {
  const [sign = '', hours = '0', minutes = '0', seconds = '0', fraction = ''] = match.slice(4);
  const micros =
    (BigInt(hours) * 3_600n + BigInt(minutes) * 60n + BigInt(seconds)) * 1_000_000n +
    BigInt(fraction.slice(1).padEnd(6, '0'));
  return { ...NOTHING, micros: sign === '-' ? -micros : micros };
}

/** `INTERVAL 1 DAY + INTERVAL 2 HOUR`, `-INTERVAL 1 DAY`, `3 * INTERVAL 1 DAY`, of literals; null for anything else. */
export function intervalArithmetic(symbol: string, left: Expr, right: Expr, at: Offset): Expr | null {
  const [a, b] = [partsOf(left), partsOf(right)];
  const factor = symbol === '*' ? (wholeOf(left) ?? wholeOf(right)) : null;
  const only = a ?? b;
  if (factor !== null && only !== null) return literalOf(scale(only, factor), at);
  if (a === null || b === null || (symbol !== '+' && symbol !== '-')) return null;
  const other = symbol === '+' ? b : scale(b, -1n);
  return literalOf({ months: a.months + other.months, days: a.days + other.days, micros: a.micros + other.micros }, at);
}

/** null beyond what the engine holds. */
const literalOf = (parts: Parts, at: Offset): Expr | null =>
  isHeld(parts) ? literal(INTERVAL, { ...parts, micros: `${parts.micros}` }, at) : null;

/** Months and days have 32 bits in DuckDB, microseconds 64. */
function isHeld({ months, days, micros }: Parts): boolean {
  const small = Math.abs(months) < 2 ** 31 && Math.abs(days) < 2 ** 31;
  return small && micros < 2n ** 63n && micros > -(2n ** 63n);
}

function scale({ months, days, micros }: Parts, factor: bigint): Parts {
  return { months: months * Number(factor), days: days * Number(factor), micros: micros * factor };
}

function partsOf(expr: Expr): Parts | null {
  if (!isLiteral(expr) || typeof expr.value !== 'object' || expr.value === null) return null;
  return { ...expr.value, micros: BigInt(expr.value.micros) };
}

function wholeOf(expr: Expr): bigint | null {
  const constant = constantOf(expr);
  if (constant === null || constant.type.kind !== 'integer' || typeof constant.value !== 'string') return null;
  return /^-?\d{1,9}$/.test(constant.value) ? BigInt(constant.value) : null;
}

/** `INTERVAL 3 DAY` arrives as `to_days(CAST(trunc(CAST(3 AS DOUBLE)) AS INTEGER))`: the count behind the wrapping. */
export function intervalCount(node: SyntaxNode): SyntaxNode {
  const inner = (at: SyntaxNode | undefined, field: string): SyntaxNode | undefined => {
    const value = at?.[field];
    const child = Array.isArray(value) ? (value[0] as unknown) : value;
    return isNode(child) ? child : undefined;
  };
  if (node['class'] !== 'CAST') return node;
  const trunc = inner(node, 'child');
  if (trunc?.['function_name'] === 'trunc') return inner(inner(trunc, 'children'), 'child') ?? node;
  return trunc?.['class'] === 'CONSTANT' ? trunc : node;
}
