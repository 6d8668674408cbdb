import { asTemporal, coerceTo, domainMismatch, identifierUse, mismatch, unify } from './coercion.ts';
import { coerce, exactType, isLiteral } from './literals.ts';
import type { Call, Expr, Offset } from './plan.ts';
import { comparisonWritten } from './spelling.ts';
import { BOOLEAN, DATE, DOUBLE, INTEGER, type SqlType, TEXT, TIMESTAMP } from './sql-type.ts';
import { type ResolveContext, refusalAt } from './syntax-node.ts';
import { isNumeric, isTemporal, productType, sameType, sumType } from './type-rules.ts';

/** Types of operators. Arguments are resolved; what comes back has arguments in the types that `operators.ts` expects. */

export function call(fn: string, args: readonly Expr[], type: SqlType, at: Offset): Call {
  return { kind: 'call', fn, args, type, at };
}

/** That all hold; null for none. */
export function conjunction(exprs: readonly Expr[]): Expr | null {
  const [first] = exprs;
  if (first === undefined) return null;
  return exprs.length === 1 ? first : call('and', exprs, BOOLEAN, first.at);
}

const EQUALITIES: ReadonlySet<string> = new Set(['eq', 'neq', 'not_distinct', 'distinct_from', 'in']);

/** Comparisons, IN and BETWEEN: all sides in one type. Identifiers only by equality and only within one domain. */
export function comparison(ctx: ResolveContext, fn: string, args: readonly Expr[], at: Offset): Expr {
  const tokens = args.filter((arg) => arg.type.kind === 'token');
  const token = tokens[0];
  const word = comparisonWritten(ctx.text, fn, at);
  if (token !== undefined) checkTokens(ctx, fn, args, token, word);
  const sides = unify(ctx, EQUALITIES.has(fn) ? truthsBeside(args) : args, word);
  const type = sides[0]?.type;
  if (type?.kind === 'interval') throw mismatch(ctx, at, word, 'number, text or date', type, "date_diff('day', a, b)");
  return call(fn, sides, BOOLEAN, at);
}

/** `active = 1`, as systems without truths write it: beside a truth 1 is true and 0 is not. */
function truthsBeside(args: readonly Expr[]): readonly Expr[] {
  if (!args.some(({ type }) => type.kind === 'boolean')) return args;
  const isTruth = (arg: Expr) =>
    isLiteral(arg) && arg.type.kind === 'integer' && (arg.value === '0' || arg.value === '1');
  return args.map((arg) => (isTruth(arg) ? (coerce(arg, BOOLEAN) ?? arg) : arg));
}

function checkTokens(ctx: ResolveContext, fn: string, args: readonly Expr[], token: Expr, word: string): void {
  if (!EQUALITIES.has(fn)) throw identifierUse(ctx, token.at, word);
  for (const arg of args) {
    if (isLiteral(arg) && arg.type.kind !== 'null') throw identifierUse(ctx, token.at, 'literal');
    if (arg.type.kind !== 'token' && arg.type.kind !== 'null') throw identifierUse(ctx, token.at, word);
    if (arg.type.kind === 'token' && token.type.kind === 'token' && !sameType(arg.type, token.type)) {
      throw domainMismatch(ctx, arg.at, word, token.type, arg.type);
    }
  }
}

/** `+ - * / // %` of two sides. */
export function arithmetic(ctx: ResolveContext, symbol: string, left: Expr, right: Expr, at: Offset): Expr {
  for (const side of [left, right]) if (side.type.kind === 'token') throw identifierUse(ctx, side.at, symbol);
  const dated = symbol === '+' || symbol === '-' ? dateArithmetic(ctx, symbol, left, right, at) : null;
  if (dated !== null) return dated;
  // Texts are put together by `+` in other systems; here it has no meaning for two of them.
  if (symbol === '+' && left.type.kind === 'text' && right.type.kind === 'text')
    return call('concat_operator', [left, right], TEXT, at);
  const [a, b] = [asNumber(ctx, left, symbol), asNumber(ctx, right, symbol)];
  switch (symbol) {
    case '+':
    case '-':
      return exactOrDouble(ctx, symbol === '+' ? 'add' : 'subtract', a, b, sumType(exactOf(a, b), exactOf(b, a)), at);
    case '*':
      return product(ctx, a, b, at);
    case '/':
      return call('divide', [coerceTo(ctx, a, DOUBLE, '/'), coerceTo(ctx, divisor(b), DOUBLE, '/')], DOUBLE, at);
    case '%': {
      const sides = unify(ctx, [a, b], '%');
      return call('modulo', sides, sides[0]?.type ?? INTEGER, at);
    }
    default:
      return integerDivision(ctx, a, b, at);
  }
}

/** `a / nullif(b, 0)` is `a / b`: a zero divisor gives NULL as it is. */
function divisor(expr: Expr): Expr {
  if (expr.kind !== 'call' || expr.fn !== 'nullif') return expr;
  const [value, zero] = expr.args;
  const isZero = zero?.kind === 'literal' && zero.value !== null && Number(zero.value) === 0;
  return isZero && value !== undefined ? value : expr;
}

/** Beside a decimal a literal counts with its own digits; among integers it is an integer. */
function exactOf(expr: Expr, other: Expr): SqlType {
  return expr.type.kind === 'decimal' || other.type.kind === 'decimal' ? exactType(expr) : expr.type;
}

function exactOrDouble(ctx: ResolveContext, fn: string, a: Expr, b: Expr, type: SqlType, at: Offset): Expr {
  // A decimal sum casts its own sides (operators.ts); other types want both sides alike.
  const sides = type.kind === 'decimal' ? [a, b] : [coerceTo(ctx, a, type, fn), coerceTo(ctx, b, type, fn)];
  return call(fn, sides, type, at);
}

function product(ctx: ResolveContext, a: Expr, b: Expr, at: Offset): Expr {
  const [x, y] = [exactOf(a, b), exactOf(b, a)];
  const type = productType(x, y);
  if (type.kind !== 'decimal') return exactOrDouble(ctx, 'multiply', a, b, type, at);
  return call('multiply', [inDecimal(ctx, a, x), inDecimal(ctx, b, y)], type, at);
}

function inDecimal(ctx: ResolveContext, expr: Expr, type: SqlType): Expr {
  if (type.kind === 'decimal') return coerceTo(ctx, expr, type, '*');
  return coerceTo(ctx, expr, { kind: 'decimal', precision: type.kind === 'hugeint' ? 38 : 19, scale: 0 }, '*');
}

function integerDivision(ctx: ResolveContext, a: Expr, b: Expr, at: Offset): Expr {
  for (const side of [a, b]) {
    if (side.type.kind === 'decimal' || side.type.kind === 'double')
      throw mismatch(ctx, side.at, '//', 'integer (floor(a / b))', side.type);
  }
  const sides = unify(ctx, [a, b], '//');
  return call('integer_divide', sides, sides[0]?.type ?? INTEGER, at);
}

function asNumber(ctx: ResolveContext, expr: Expr, what: string): Expr {
  if (isNumeric(expr.type)) return expr;
  if (expr.type.kind === 'null') return coerceTo(ctx, expr, INTEGER, what);
  throw mismatch(ctx, expr.at, what, 'number', expr.type);
}

/** Dates with days, with intervals, and with each other; null where neither side is a date. */
function dateArithmetic(ctx: ResolveContext, symbol: '+' | '-', left: Expr, right: Expr, at: Offset): Expr | null {
  if (symbol === '+' && isTemporal(right.type) && !isTemporal(left.type))
    return dateArithmetic(ctx, '+', right, left, at);
  const from = isTemporal(left.type)
    ? left
    : right.type.kind === 'interval' || isTemporal(right.type)
      ? asTemporal(left)
      : null;
  if (from === null) return null;
  const fn = symbol === '+' ? 'date_add' : 'date_subtract';
  if (right.type.kind === 'interval') return call(fn, [coerceTo(ctx, from, TIMESTAMP, symbol), right], TIMESTAMP, at);
  const to = symbol === '-' ? asTemporal(right) : null;
  if (to !== null && right.type.kind !== 'null') {
    if (from.type.kind === 'date' && to.type.kind === 'date') return call(fn, [from, to], INTEGER, at);
    throw mismatch(ctx, at, symbol, "an interval; of two moments: date_diff('second', earlier, later)", TIMESTAMP);
  }
  if (from.type.kind === 'date' && (right.type.kind === 'integer' || right.type.kind === 'null')) {
    // WHY 32 bits: DuckDB adds days as INTEGER.
    const days = coerce(right, INTEGER);
    if (days !== null) return call(fn, [from, days], DATE, at);
  }
  throw mismatch(ctx, right.at, symbol, "INTERVAL '1' DAY", right.type);
}

export function negation(ctx: ResolveContext, arg: Expr, at: Offset): Expr {
  if (arg.type.kind === 'token') throw identifierUse(ctx, arg.at, '-');
  const number = asNumber(ctx, arg, '-');
  return call('negate', [number], number.type, at);
}

/** COALESCE, NULLIF, GREATEST, LEAST: one type for all; identifiers only where the compiler itself merges columns. */
export function merge(ctx: ResolveContext, fn: string, args: readonly Expr[], at: Offset, word = fn): Expr {
  for (const arg of args) if (arg.type.kind === 'token') throw identifierUse(ctx, arg.at, word);
  if (args.length === 0 || (fn === 'nullif' && args.length !== 2)) {
    throw refusalAt(ctx, at, 'SQL_FUNCTION_REFUSED', {
      function: word,
      given: args.length,
      accepted: fn === 'nullif' ? 'nullif(a, b)' : `${word}(a, …)`,
    });
  }
  const sides = unify(ctx, args, word);
  return call(fn, sides, sides[0]?.type ?? INTEGER, at);
}
