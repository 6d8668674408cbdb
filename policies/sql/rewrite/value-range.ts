import {
  compare,
  type Exact,
  exactLimit,
  exactOf,
  minus,
  plus,
  times,
  ZERO,
} from '../../mechanisms/suppression/exact.ts';
import type { AggregateCall, Call, Cast, ColumnId, Expr, NamedWindow, Rel, ScanColumn } from '../plan.ts';
import { partsOf } from '../plan-walk.ts';

/**
 * Between which numbers a value lies, as declared bounds and the query's own expression say; null: nothing is known on that
 * side. WHY it need not be trusted for privacy: every summand is clamped to the range that is found here, so that a range that is
 * too narrow costs accuracy and nothing else.
 */
export interface Range {
  readonly low: Exact | null;
  readonly high: Exact | null;
}
export type Ranges = ReadonlyMap<ColumnId, Range>;

const UNKNOWN: Range = { low: null, high: null };
const FROM_ZERO: Range = { low: ZERO, high: null };
const ONE: Exact = { top: 1n, bottom: 1n };
const UNIT_INTERVAL: Range = { low: ZERO, high: ONE };

/** Of every column that a relation and what is below it give out. */
export function rangesOf(rel: Rel): Ranges {
  const ranges = new Map<ColumnId, Range>();
  collect(rel, ranges);
  return ranges;
}

function collect(rel: Rel, ranges: Map<ColumnId, Range>): void {
  switch (rel.kind) {
    case 'scan':
      for (const column of rel.columns) ranges.set(column.id, declared(column));
      return;
    case 'values':
      return;
    case 'join':
      collect(rel.left, ranges);
      collect(rel.right, ranges);
      return;
    case 'set-operation':
      collect(rel.left, ranges);
      collect(rel.right, ranges);
      return;
    case 'project':
      collect(rel.input, ranges);
      for (const { id, expr } of rel.columns) ranges.set(id, rangeOf(expr, ranges));
      return;
    case 'aggregate':
      collect(rel.input, ranges);
      for (const { id, expr } of rel.keys) ranges.set(id, rangeOf(expr, ranges));
      for (const { id, call } of rel.measures) ranges.set(id, ofMany(call, ranges));
      return;
    case 'window':
      collect(rel.input, ranges);
      for (const { id, call } of rel.columns) ranges.set(id, ofMany(call, ranges));
      return;
    default:
      collect(rel.input, ranges);
  }
}

function declared({ bounds, type }: ScanColumn): Range {
  if (type.kind === 'boolean') return UNIT_INTERVAL;
  return bounds === null ? UNKNOWN : { low: exactLimit(bounds.min), high: exactLimit(bounds.max) };
}

const COUNTS: ReadonlySet<string> = new Set(['count', 'count_star', 'count_if', 'approx_count_distinct', 'regr_count']);
const RANKS: ReadonlySet<string> = new Set(['row_number', 'rank', 'dense_rank', 'ntile']);
/** Between the smallest and the largest of their arguments. */
const AMONG: ReadonlySet<string> = new Set([
  ...[
    'min',
    'max',
    'avg',
    'any_value',
    'median',
    'quantile_cont',
    'quantile_disc',
    'mode',
    'first_value',
    'last_value',
  ],
  ...['nth_value', 'lag', 'lead'],
]);

/** A value over several rows of one unit. */
function ofMany({ fn, args }: Pick<AggregateCall | NamedWindow['call'], 'fn' | 'args'>, ranges: Ranges): Range {
  if (COUNTS.has(fn)) return FROM_ZERO;
  if (RANKS.has(fn)) return { low: ONE, high: null };
  if (fn === 'percent_rank' || fn === 'cume_dist') return UNIT_INTERVAL;
  const [first, , fallback] = args;
  if (first === undefined) return UNKNOWN;
  const range = rangeOf(first, ranges);
  if (AMONG.has(fn)) return fallback === undefined ? range : hull([range, rangeOf(fallback, ranges)]);
  if (fn === 'sum') {
    const { low, high } = range;
    return { low: isNegative(low) ? null : ZERO, high: high !== null && high.top <= 0n ? ZERO : null };
  }
  return fn.startsWith('var_') || fn.startsWith('stddev_') || fn === 'sem' ? FROM_ZERO : UNKNOWN;
}

const isNegative = (bound: Exact | null): boolean => bound === null || bound.top < 0n;

/** Of an expression over columns whose ranges are known. */
export function rangeOf(expr: Expr, ranges: Ranges): Range {
  switch (expr.kind) {
    case 'column':
      return ranges.get(expr.id) ?? (expr.type.kind === 'boolean' ? UNIT_INTERVAL : UNKNOWN);
    case 'literal': {
      const value = typeof expr.value === 'string' ? exactOf(expr.value) : null;
      return expr.type.kind === 'boolean' ? UNIT_INTERVAL : { low: value, high: value };
    }
    case 'cast':
      return ofCast(expr, ranges);
    case 'case':
      return hull(results(expr).map((part) => rangeOf(part, ranges)));
    case 'call':
      return ofCall(expr, ranges);
  }
}

/** What a CASE may give; that it may give NULL widens nothing. */
function results(expr: Extract<Expr, { kind: 'case' }>): readonly Expr[] {
  const all = [...expr.whens.map(({ then }) => then), expr.otherwise];
  return all.filter((part) => part.kind !== 'literal' || part.value !== null);
}

function ofCast({ arg, type }: Cast, ranges: Ranges): Range {
  if (arg.type.kind === 'text') return UNKNOWN;
  const range = rangeOf(arg, ranges);
  if (type.kind === 'integer' || type.kind === 'hugeint') return outward(range, 0);
  return type.kind === 'decimal' ? outward(range, type.scale) : range;
}

const PARTS_OF_DATES: Readonly<Record<string, readonly [number, number]>> = {
  quarter: [1, 4],
  month: [1, 12],
  week: [1, 53],
  day: [1, 31],
  dayofyear: [1, 366],
  dayofweek: [0, 6],
  isodow: [1, 7],
  hour: [0, 23],
  minute: [0, 59],
  second: [0, 59],
  sign: [-1, 1],
};

function ofCall(expr: Call, ranges: Ranges): Range {
  const part = PARTS_OF_DATES[expr.fn];
  if (part !== undefined) return { low: whole(part[0]), high: whole(part[1]) };
  if (expr.type.kind === 'boolean') return UNIT_INTERVAL;
  const all = partsOf(expr).map((arg) => rangeOf(arg, ranges));
  const [a = UNKNOWN, b = UNKNOWN] = all;
  switch (expr.fn) {
    case 'add':
      return all.reduce((x, y) => ({ low: both(x.low, y.low, plus), high: both(x.high, y.high, plus) }));
    case 'subtract':
      return { low: both(a.low, b.high, minus), high: both(a.high, b.low, minus) };
    case 'negate':
      return negated(a);
    case 'multiply':
      return all.reduce(product);
    case 'divide':
      return quotient(a, b);
    case 'abs':
      return absolute(a);
    case 'coalesce':
      return hull(all);
    case 'nullif':
      return a;
    case 'round':
    case 'trunc':
    case 'floor':
    case 'ceil':
      return outward(a, 0);
    case 'least':
      return {
        low: extreme(
          all.map(({ low }) => low),
          -1,
        ),
        high: known(
          all.map(({ high }) => high),
          -1,
        ),
      };
    case 'greatest':
      return {
        low: known(
          all.map(({ low }) => low),
          1,
        ),
        high: extreme(
          all.map(({ high }) => high),
          1,
        ),
      };
    default:
      return monotone(expr.fn, a);
  }
}

const whole = (value: number): Exact => ({ top: BigInt(value), bottom: 1n });
const negative = (value: Exact | null): Exact | null => (value === null ? null : minus(ZERO, value));
const negated = ({ low, high }: Range): Range => ({ low: negative(high), high: negative(low) });

function both(a: Exact | null, b: Exact | null, of: (a: Exact, b: Exact) => Exact): Exact | null {
  return a === null || b === null ? null : of(a, b);
}

/** The smallest (`sign` −1) or largest of those that are known. */
function known(all: readonly (Exact | null)[], sign: 1 | -1): Exact | null {
  const some = all.filter((one) => one !== null);
  return some.reduce<Exact | null>((best, one) => (best === null || compare(one, best) * sign > 0 ? one : best), null);
}

/** The same, unknown where one of them is. */
function extreme(all: readonly (Exact | null)[], sign: 1 | -1): Exact | null {
  return all.includes(null) ? null : known(all, sign);
}

function hull(all: readonly Range[]): Range {
  return {
    low: extreme(
      all.map(({ low }) => low),
      -1,
    ),
    high: extreme(
      all.map(({ high }) => high),
      1,
    ),
  };
}

function product(a: Range, b: Range): Range {
  if (a.low === null || a.high === null || b.low === null || b.high === null) {
    return !isNegative(a.low) && !isNegative(b.low) ? FROM_ZERO : UNKNOWN;
  }
  const corners = [times(a.low, b.low), times(a.low, b.high), times(a.high, b.low), times(a.high, b.high)];
  return { low: known(corners, -1), high: known(corners, 1) };
}

/** WHY only away from zero: a divisor that may be near it has no bound. */
function quotient(a: Range, b: Range): Range {
  if (b.low === null || b.high === null) return UNKNOWN;
  if (b.low.top <= 0n && b.high.top >= 0n) return UNKNOWN;
  return product(a, { low: inverse(b.high), high: inverse(b.low) });
}

function inverse({ top, bottom }: Exact): Exact {
  return top < 0n ? { top: -bottom, bottom: -top } : { top: bottom, bottom: top };
}

function absolute(a: Range): Range {
  const flipped = negated(a);
  if (!isNegative(a.low)) return a;
  if (!isNegative(flipped.low)) return flipped;
  return { low: ZERO, high: extreme([a.high, flipped.high], 1) };
}

/** Ends moved outwards to whole units of `scale` digits after the point: rounding keeps within them. */
function outward({ low, high }: Range, scale: number): Range {
  const unit = 10n ** BigInt(scale);
  const down = (value: Exact | null): Exact | null =>
    value === null ? null : { top: floorOf(value.top * unit, value.bottom), bottom: unit };
  return { low: down(low), high: negative(down(negative(high))) };
}

/** Towards minus infinity; `bottom` positive. */
export function floorOf(top: bigint, bottom: bigint): bigint {
  const quotientOf = top / bottom;
  return top % bottom < 0n ? quotientOf - 1n : quotientOf;
}

const MONOTONE: Readonly<Record<string, (value: number) => number>> = {
  sqrt: (value) => Math.sqrt(Math.max(0, value)),
  cbrt: Math.cbrt,
  exp: Math.exp,
  ln: Math.log,
  log10: Math.log10,
  log: Math.log10,
  log2: Math.log2,
};

/** Rising functions of one value. */
function monotone(fn: string, { low, high }: Range): Range {
  const of = MONOTONE[fn];
  if (of === undefined) return UNKNOWN;
  const at = (value: Exact | null) => (value === null ? null : exactOf(of(Number(value.top) / Number(value.bottom))));
  return { low: at(low), high: at(high) };
}
