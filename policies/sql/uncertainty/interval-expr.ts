import type { Call, Case, Cast, ColumnId, Expr } from '../plan.ts';
import { and, asDouble, call, cast, choose, divide, double, isNotNull, literal, multiply } from '../rewrite/build.ts';
import { BOOLEAN, DOUBLE } from '../sql-type.ts';

/** Between which doubles a number lies; NULL in either: nothing bounds it. */
export interface Ends {
  readonly low: Expr;
  readonly high: Expr;
}

/** The relation that an expression stands over. */
export interface Operands {
  readonly isNoisy: (expr: Expr) => boolean;
  /** Ends of a noisy column; null where there are none. */
  readonly endsOf: (id: ColumnId) => Ends | null;
  /** Gives ends a name, so that what reads them several times stays small. */
  readonly named: (ends: Ends) => Ends;
}

/**
 * Between which numbers an expression lies where each noisy column lies between its own ends; null for what is no number, and for functions
 * that are not here. Each occurrence of a column counts by itself, so that ends are never too narrow, and may be wider than they need be.
 * What noise has no part in is itself. Source: interval arithmetic (Moore 1966).
 */
export function endsOfExpr(expr: Expr, operands: Operands): Ends | null {
  if (!operands.isNoisy(expr)) return isNumber(expr) ? { low: asDouble(expr), high: asDouble(expr) } : null;
  switch (expr.kind) {
    case 'column':
      return operands.endsOf(expr.id);
    case 'literal':
      return null;
    case 'cast':
      return castEnds(expr, operands);
    case 'case':
      return caseEnds(expr, operands);
    case 'call':
      return RULES[expr.fn]?.(expr, operands) ?? null;
  }
}

const isNumber = ({ type }: Expr): boolean => ['integer', 'hugeint', 'decimal', 'double', 'null'].includes(type.kind);

type Rule = (expr: Call, operands: Operands) => Ends | null;

const RULES: Readonly<Record<string, Rule>> = {
  add: both((a, b) => ({ low: sum(a.low, b.low), high: sum(a.high, b.high) })),
  subtract: both((a, b) => ({ low: difference(a.low, b.high), high: difference(a.high, b.low) })),
  multiply: both((a, b) => hull(pairs(a, b).map(([x, y]) => multiply(x, y)))),
  divide: both(quotient),
  least: all((ends) => ({ low: strictly('least', ends.map(lowOf)), high: strictly('least', ends.map(highOf)) })),
  greatest: all((ends) => ({
    low: strictly('greatest', ends.map(lowOf)),
    high: strictly('greatest', ends.map(highOf)),
  })),
  negate: one(({ low, high }) => ({ low: opposite(high), high: opposite(low) })),
  abs: one(absolute),
  sqrt: one(({ low, high }) => ({
    low: choose(less(low, ZERO), ZERO, call('sqrt', [low], DOUBLE)),
    high: call('sqrt', [high], DOUBLE),
  })),
  nullif: (expr, operands) => (operands.isNoisy(expr.args[1]!) ? null : endsOfExpr(expr.args[0]!, operands)),
  coalesce: firstPresent,
  ...Object.fromEntries(
    ['round', 'floor', 'ceil', 'trunc', 'cbrt', 'exp', 'ln', 'log10', 'log2', 'atan', 'degrees', 'radians'].map(
      (fn) => [fn, rising],
    ),
  ),
};

/** Functions that never fall keep the order of ends; further arguments are digits. */
function rising({ fn, args: [first, ...rest] }: Call, operands: Operands): Ends | null {
  const ends = rest.some(operands.isNoisy) ? null : endsOfExpr(first!, operands);
  const of = (end: Expr) => call(fn, [end, ...rest], DOUBLE);
  return ends === null ? null : { low: of(ends.low), high: of(ends.high) };
}

/** A cast to a number rounds, which never falls. */
function castEnds({ arg, type }: Cast, operands: Operands): Ends | null {
  const ends = endsOfExpr(arg, operands);
  if (ends === null || !['integer', 'hugeint', 'decimal', 'double'].includes(type.kind)) return null;
  const of = (end: Expr) => asDouble(cast(end, type));
  return type.kind === 'double' ? ends : { low: of(ends.low), high: of(ends.high) };
}

/** Where noise has a part in a condition, whatever its branches may be. */
function caseEnds({ whens, otherwise }: Case, operands: Operands): Ends | null {
  const branches = [...whens.map(({ then }) => then), otherwise];
  const ends = branches.map((branch) => (isAbsent(branch) ? ABSENT : endsOfExpr(branch, operands)));
  if (!ends.every((one) => one !== null)) return null;
  if (whens.some(({ when }) => operands.isNoisy(when))) {
    const present = ends.filter((one) => one !== ABSENT).map(operands.named);
    return hull(present.flatMap(({ low, high }) => [low, high]));
  }
  const chosen = (of: (one: Ends) => Expr): Expr => ({
    kind: 'case',
    whens: whens.map(({ when }, at) => ({ when, then: of(ends[at]!) })),
    otherwise: of(ends.at(-1)!),
    type: DOUBLE,
    at: null,
  });
  return { low: chosen(lowOf), high: chosen(highOf) };
}

function firstPresent({ args: [first, ...rest], ...expr }: Call, operands: Operands): Ends | null {
  const own = endsOfExpr(first!, operands);
  if (own === null || rest.length === 0) return own;
  const others = firstPresent({ ...expr, args: rest }, operands);
  if (others === null) return null;
  const present = isNotNull(first!);
  return { low: choose(present, own.low, others.low), high: choose(present, own.high, others.high) };
}

/** Nothing is known of a quotient whose divisor may be zero. */
function quotient(a: Ends, b: Ends): Ends {
  const { low, high } = hull(pairs(a, b).map(([x, y]) => divide(x, y)));
  const apart = call('or', [less(ZERO, b.low), less(b.high, ZERO)], BOOLEAN);
  return { low: choose(apart, low, NOTHING), high: choose(apart, high, NOTHING) };
}

function absolute({ low, high }: Ends): Ends {
  const around = choose(less(high, ZERO), opposite(high), choose(present(low, high), ZERO, NOTHING));
  return { low: choose(less(ZERO, low), low, around), high: strictly('greatest', [opposite(low), high]) };
}

// ── Parts ────────────────────────────────────────────────────────────────────────────────────────────────────────

function one(of: (ends: Ends) => Ends): Rule {
  return all(([first]) => of(first!));
}
function both(of: (a: Ends, b: Ends) => Ends): Rule {
  return all(([first, second]) => of(first!, second!));
}
function all(of: (ends: readonly Ends[]) => Ends): Rule {
  return ({ args }, operands) => {
    const ends = args.map((arg) => endsOfExpr(arg, operands));
    return ends.every((end) => end !== null) ? of(ends.map(operands.named)) : null;
  };
}

const ZERO = double(0);
const NOTHING = literal(null, DOUBLE);
const ABSENT: Ends = { low: NOTHING, high: NOTHING };
const lowOf = ({ low }: Ends): Expr => low;
const highOf = ({ high }: Ends): Expr => high;
const isAbsent = (expr: Expr): boolean => expr.kind === 'literal' && expr.value === null;
const sum = (a: Expr, b: Expr): Expr => call('add', [a, b], DOUBLE);
const difference = (a: Expr, b: Expr): Expr => call('subtract', [a, b], DOUBLE);
const opposite = (a: Expr): Expr => call('negate', [a], DOUBLE);
const less = (a: Expr, b: Expr): Expr => call('lt', [a, b], BOOLEAN);
const present = (...exprs: readonly Expr[]): Expr => and(exprs.map(isNotNull));
const pairs = (a: Ends, b: Ends): readonly (readonly [Expr, Expr])[] =>
  [a.low, a.high].flatMap((x) => [b.low, b.high].map((y) => [x, y] as const));
const hull = (exprs: readonly Expr[]): Ends => ({ low: strictly('least', exprs), high: strictly('greatest', exprs) });

/** WHY: the engine's own passes over NULL, which here means that nothing is known. */
function strictly(fn: 'least' | 'greatest', exprs: readonly Expr[]): Expr {
  return choose(present(...exprs), call(fn, exprs, DOUBLE), NOTHING);
}
