import { exactLimit, exactOf, minus, plus, ZERO } from '../../mechanisms/suppression/exact.ts';
import {
  type AggregateCall,
  type Call,
  type Cast,
  type ColumnId,
  columnsOf,
  type Expr,
  type NamedWindow,
  type Rel,
  type ScanColumn,
} from '../plan.ts';
import { partsOf } from '../plan-walk.ts';
import {
  absolute,
  both,
  extreme,
  FROM_ZERO,
  hull,
  isNegative,
  known,
  monotone,
  negated,
  ONE,
  outward,
  power,
  product,
  quotient,
  type Range,
  remainder,
  UNIT_INTERVAL,
  UNKNOWN,
  whole,
  wholePart,
} from './range-arithmetic.ts';
import { intersection, restrictedRanges } from './restricted-range.ts';

export type Ranges = ReadonlyMap<ColumnId, Range>;

/** Of how many rows at most an aggregate is made, by its column. */
type MadeOf = ReadonlyMap<ColumnId, number | null>;

/** Of every column that a relation and what is below it give out. */
export function rangesOf(rel: Rel, madeOf: MadeOf = new Map()): Ranges {
  const ranges = new Map<ColumnId, Range>();
  collect(rel, ranges, madeOf);
  return ranges;
}

function collect(rel: Rel, ranges: Map<ColumnId, Range>, madeOf: MadeOf): void {
  switch (rel.kind) {
    case 'scan':
      for (const column of rel.columns) ranges.set(column.id, declared(column));
      return;
    case 'values':
      for (const [at, { id }] of rel.columns.entries())
        ranges.set(id, hull(rel.rows.map((row) => rangeOf(row[at]!, ranges))));
      return;
    case 'filter':
      collect(rel.input, ranges, madeOf);
      narrow(rel.predicate, ranges);
      return;
    case 'join':
      collect(rel.left, ranges, madeOf);
      collect(rel.right, ranges, madeOf);
      if (rel.join === 'inner' && rel.on !== null) narrow(rel.on, ranges);
      return;
    case 'set-operation':
      collect(rel.left, ranges, madeOf);
      collect(rel.right, ranges, madeOf);
      for (const [at, { id }] of rel.columns.entries()) {
        const sides = [rel.left, rel.right].map((side) => ranges.get(columnsOf(side)[at]!.id) ?? UNKNOWN);
        ranges.set(id, hull(sides));
      }
      return;
    case 'project':
      collect(rel.input, ranges, madeOf);
      for (const { id, expr } of rel.columns) ranges.set(id, rangeOf(expr, ranges));
      return;
    case 'aggregate':
      collect(rel.input, ranges, madeOf);
      for (const { id, expr } of rel.keys) ranges.set(id, rangeOf(expr, ranges));
      for (const { id, call } of rel.measures) ranges.set(id, ofRows(call, ranges, madeOf.get(id) ?? null));
      return;
    case 'window':
      collect(rel.input, ranges, madeOf);
      for (const { id, call } of rel.columns) ranges.set(id, ofMany(call, ranges));
      return;
    default:
      collect(rel.input, ranges, madeOf);
  }
}

/** Above a condition, by what it says. */
function narrow(predicate: Expr, ranges: Map<ColumnId, Range>): void {
  for (const [id, range] of restrictedRanges(predicate)) ranges.set(id, intersection(ranges.get(id) ?? UNKNOWN, range));
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

/** A count or sum of so many rows at most. */
function ofRows(call: AggregateCall, ranges: Ranges, most: number | null): Range {
  const [first] = call.args;
  if (most === null) return ofMany(call, ranges);
  if (COUNTS.has(call.fn)) return { low: ZERO, high: whole(most) };
  if (call.fn !== 'sum' || first === undefined) return ofMany(call, ranges);
  // Of none to all of them.
  return product(hull([rangeOf(first, ranges), { low: ZERO, high: ZERO }]), { low: ZERO, high: whole(most) });
}

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
    case 'integer_divide':
      return wholePart(quotient(a, b));
    case 'modulo':
      return remainder(a, b);
    case 'power':
      return power(a, expr.args[1]?.kind === 'literal' ? b.low : null);
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
