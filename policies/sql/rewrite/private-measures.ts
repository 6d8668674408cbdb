import { AppError, type SourcePlace } from '../../errors.ts';
import { fromFixedPoint } from '../../mechanisms/cell-key/fixed-point.ts';
import { type Exact, minus } from '../../mechanisms/suppression/exact.ts';
import type { AggregateCall, Expr } from '../plan.ts';
import { decimal, INTEGER, type SqlType } from '../sql-type.ts';
import { productType, sumType } from '../type-rules.ts';
import { call, cast, isNotNull, literal } from './build.ts';
import type { Fraction } from './fraction.ts';
import { MOMENT_RULES, type ValueRule } from './measures.ts';
import { floorOf, type Range } from './value-range.ts';

/** A whole number per row, between bounds that hold whatever the row has: `amount` is clamped to them. */
export interface BoundedAmount {
  /** Over columns of the rows; NULL where the row adds nothing. null: every row adds one. */
  readonly amount: Expr | null;
  /** In units of 10^−scale. */
  readonly scale: number;
  readonly low: bigint;
  readonly high: bigint;
}

/** What is summed over which rows of a group. */
export interface PrivateSum extends BoundedAmount {
  readonly where: readonly Expr[];
  /** Position of the unit column whose distinct units are counted; null for sums over rows. */
  readonly countsUnit: number | null;
  /** Whether a unit with more rows than count is taken by its mean: a sum beside the number of its summands. */
  readonly averaged: boolean;
}

/** An aggregate of the user as linear forms over private sums, and the rule that makes them one number. */
export interface PrivateMeasure {
  readonly rule: ValueRule;
  readonly forms: readonly (readonly WeightedSum[])[];
  readonly type: SqlType;
  readonly range: readonly [Fraction, Fraction] | null;
}
export interface WeightedSum {
  readonly sum: PrivateSum;
  readonly factor: Fraction;
}

/** What the rows of a boundary tell about expressions over them. */
export interface RowFacts {
  readonly rangeOf: (expr: Expr) => Range;
  /** Position of the unit column that an expression is; null for every other. */
  readonly unitOf: (expr: Expr) => number | null;
  readonly isFilled: (expr: Expr) => boolean;
  /** The column that has no declared bounds, for messages. */
  readonly unbounded: (expr: Expr) => string | null;
}

const isMoment = (fn: string): fn is (typeof MOMENT_RULES)[number] => (MOMENT_RULES as readonly string[]).includes(fn);

/**
 * Takes an aggregate apart into bounded sums that noise is added to.
 * @throws AppError POLICY_AGGREGATE_REFUSED, POLICY_CONSTRUCT_REFUSED for what cannot be bounded
 */
export function privateMeasure(made: AggregateCall, facts: RowFacts, place: SourcePlace | null): PrivateMeasure {
  const { fn, args, filter, type, distinct } = made;
  const [x, y] = args;
  const where = filter === null ? [] : [filter];
  const single = (sum: PrivateSum): PrivateMeasure => ({
    rule: 'sum',
    forms: [[weighted(sum, sum.scale)]],
    type,
    range: null,
  });
  if (fn === 'count_star' || (fn === 'count' && x === undefined)) return single(rows(where));
  if ((fn === 'count' && distinct) || fn === 'approx_count_distinct') {
    const unit = facts.unitOf(x!);
    if (unit === null) throw refused(`${fn}(DISTINCT column)`, ACCEPTED_DISTINCT, place);
    return single({ ...rows([...where, isNotNull(x!)]), countsUnit: unit });
  }
  if (distinct) throw refused(`${fn}(DISTINCT …)`, `${fn}(…), or count(DISTINCT …) of a unit`, place);
  if (fn === 'count') return single(rows([...where, ...present(x!, facts)]));
  if (fn === 'count_if') return single(rows([...where, x!]));
  if (fn === 'sum') return single({ ...rows(where), ...fixedPoint(x!, LINEAR, facts, fn, place) });
  const context = { facts, fn, place, where };
  if (fn === 'avg') return mean(x!, type, context);
  if (!isMoment(fn)) throw refused(fn, ACCEPTED, place);
  return { rule: fn, forms: y === undefined ? moments(x!, context) : pairMoments(x!, y, context), type, range: null };
}

const ACCEPTED = 'count, count(DISTINCT unit), sum, avg, var_*, stddev_*, covar_*, corr, regr_*';
/** How a query gives a value bounds of its own. */
const CLAMPED = 'least(greatest(x, low), high)';
const ACCEPTED_DISTINCT = 'count(DISTINCT …) of the column that names the units, or GROUP BY the column';

function refused(fn: string, accepted: string, place: SourcePlace | null): AppError {
  return new AppError('POLICY_AGGREGATE_REFUSED', { function: fn, mode: 'dp', accepted }, place);
}

function rows(where: readonly Expr[]): PrivateSum {
  return { amount: null, scale: 0, low: 1n, high: 1n, where, countsUnit: null, averaged: false };
}

const present = (expr: Expr, facts: RowFacts): readonly Expr[] =>
  expr.kind === 'literal' || facts.isFilled(expr) ? [] : [isNotNull(expr)];

const weighted = (sum: PrivateSum, scale: number, times_: bigint = 1n): WeightedSum => ({
  sum,
  factor: fraction({ top: times_, bottom: 10n ** BigInt(scale) }),
});

const fraction = ({ top, bottom }: Exact): Fraction => ({ top: String(top), bottom: String(bottom) });

// ── Whole numbers between bounds ─────────────────────────────────────────────────────────────────────────────────

/** What a summand may have: digits after the point, and the largest size in units of the last of them. */
interface Limits {
  readonly scaleMax: number;
  readonly sizeMax: bigint;
}
/** INVARIANT: |summand| < 2^52, some hundred of a unit's rows < 10^18, and a table has fewer than 2^64 rows: sums stay in 128 bits. */
const LINEAR: Limits = { scaleMax: 9, sizeMax: 1n << 52n };
/** Twice the digits and the square of the size are still those of a summand. */
const FACTOR: Limits = { scaleMax: 4, sizeMax: 1n << 26n };

/** Digits after the point of what has none declared. */
const DOUBLE_DIGITS = 6;

/**
 * The expression as a whole number of some unit 10^−scale, clamped to its bounds. NaN, infinity and what is out of range of its
 * type are NULL before the clamp (the cast), and NULL adds nothing.
 */
function fixedPoint(
  given: Expr,
  limits: Limits,
  facts: RowFacts,
  fn: string,
  place: SourcePlace | null,
): BoundedAmount {
  const expr = withoutDouble(given);
  const { low, high } = facts.rangeOf(expr);
  if (low === null || high === null) throw unbounded(expr, facts, fn, place);
  const natural = digitsOf(expr.type);
  let scale = Math.min(natural, limits.scaleMax);
  while (scale > 0 && !fits(low, high, scale, limits)) scale -= 1;
  if (!fits(low, high, scale, limits)) {
    const accepted = CLAMPED;
    throw new AppError(
      'POLICY_CONSTRUCT_REFUSED',
      { construct: `bounds this wide in ${fn}()`, mode: 'dp', accepted },
      place,
    );
  }
  const exact = asFixed(expr, scale, natural);
  const ends = { low: scaledDown(low, scale), high: -scaledDown(minus({ top: 0n, bottom: 1n }, high), scale) };
  return { amount: clamped(exact, ends.low, ends.high, scale), scale, ...ends };
}

/** A whole number or decimal needs no double to be averaged. */
function withoutDouble(expr: Expr): Expr {
  const isExact = expr.kind === 'cast' && (expr.arg.type.kind === 'integer' || expr.arg.type.kind === 'decimal');
  return isExact && expr.type.kind === 'double' ? expr.arg : expr;
}

function digitsOf(type: SqlType): number {
  if (type.kind === 'decimal') return type.scale;
  return type.kind === 'double' ? DOUBLE_DIGITS : 0;
}

function fits(low: Exact, high: Exact, scale: number, { sizeMax }: Limits): boolean {
  const unit = 10n ** BigInt(scale);
  return [low, high].every(({ top, bottom }) => (top < 0n ? -top : top) * unit < sizeMax * bottom);
}

const scaledDown = ({ top, bottom }: Exact, scale: number): bigint => floorOf(top * 10n ** BigInt(scale), bottom);

/** Integers stay integers; everything else becomes a decimal of 18 digits, held as 64 bits. */
function asFixed(expr: Expr, scale: number, natural: number): Expr {
  const { type } = expr;
  if (type.kind === 'integer') return expr;
  if (type.kind === 'hugeint' || scale === 0) return cast(expr, INTEGER);
  const isNarrow = type.kind === 'decimal' && type.precision <= DECIMAL_DIGITS && natural === scale;
  return isNarrow ? expr : cast(expr, decimal(DECIMAL_DIGITS, scale));
}

const DECIMAL_DIGITS = 18;

function clamped(expr: Expr, low: bigint, high: bigint, scale: number): Expr {
  return call('clamp', [expr, end(low, scale, expr.type), end(high, scale, expr.type)], expr.type);
}

function end(units: bigint, scale: number, type: SqlType): Expr {
  return literal(fromFixedPoint(units, scale), type);
}

function unbounded(expr: Expr, facts: RowFacts, fn: string, place: SourcePlace | null): AppError {
  const column = facts.unbounded(expr);
  const construct =
    column === null ? `an expression without bounds in ${fn}()` : `\`${column}\` without declared bounds in ${fn}()`;
  const accepted = column === null ? CLAMPED : `bounds declared for \`${column}\`, or least(greatest(x, low), high)`;
  return new AppError('POLICY_CONSTRUCT_REFUSED', { construct, mode: 'dp', accepted }, place);
}

// ── Means and moments ────────────────────────────────────────────────────────────────────────────────────────────

interface Context {
  readonly facts: RowFacts;
  readonly fn: string;
  readonly place: SourcePlace | null;
  readonly where: readonly Expr[];
}

/** A value less the middle of its bounds: half as large, so that a sum of it needs half the noise. */
interface Centred extends BoundedAmount {
  readonly amount: Expr;
  /** What was subtracted, in units of 10^−scale. */
  readonly middle: bigint;
  readonly bounds: readonly [Fraction, Fraction];
}

function centred(expr: Expr, limits: Limits, { facts, fn, place }: Context): Centred {
  const { amount, scale, low, high } = fixedPoint(expr, limits, facts, fn, place);
  const middle = floorOf(low + high, 2n);
  const type = amount!.type.kind === 'decimal' ? decimal(DECIMAL_DIGITS, scale) : INTEGER;
  const difference = call('subtract', [amount!, end(middle, scale, type)], sumType(type, type));
  const unit = 10n ** BigInt(scale);
  const bounds = [fraction({ top: low, bottom: unit }), fraction({ top: high, bottom: unit })] as const;
  return { amount: difference, scale, low: low - middle, high: high - middle, middle, bounds };
}

/** Around the middle of the bounds: mean = middle + Σ(x − middle) / n. */
function mean(x: Expr, type: SqlType, context: Context): PrivateMeasure {
  const value = centred(x, LINEAR, context);
  const [n, sum] = sumsOver([value], present(x, context.facts), context);
  return {
    rule: 'mean',
    forms: [[weighted(sum!, value.scale), shift(n!, value.middle, value.scale)], [weighted(n!, 0)]],
    type,
    range: value.bounds,
  };
}

/** n, Σx, Σx² of what is left after subtracting the middle, which changes no spread. */
function moments(x: Expr, context: Context): PrivateMeasure['forms'] {
  const value = centred(x, FACTOR, context);
  const squared = productOf(value, value);
  const [n, s, q] = sumsOver([value, squared], present(x, context.facts), context);
  return [[weighted(n!, 0)], [weighted(s!, value.scale)], [weighted(q!, squared.scale)]];
}

/** n, Σy, Σx, Σy², Σx², Σyx as they are: the middles are put back, since an intercept depends on them. */
function pairMoments(y: Expr, x: Expr, context: Context): PrivateMeasure['forms'] {
  const [a, b] = [centred(y, FACTOR, context), centred(x, FACTOR, context)];
  const there = [y, x].flatMap((one) => present(one, context.facts));
  const products = [productOf(a, a), productOf(b, b), productOf(a, b)] as const;
  const [n, sy, sx, qy, qx, p] = sumsOver([a, b, ...products], there, context);
  const sumForm = (sum: PrivateSum, { middle, scale }: Centred) => [weighted(sum, scale), shift(n!, middle, scale)];
  const productForm = (sum: PrivateSum, u: Centred, v: Centred, su: PrivateSum, sv: PrivateSum) => [
    weighted(sum, u.scale + v.scale),
    weighted(su, u.scale + v.scale, v.middle),
    weighted(sv, u.scale + v.scale, u.middle),
    shift(n!, u.middle * v.middle, u.scale + v.scale),
  ];
  return [
    [weighted(n!, 0)],
    sumForm(sy!, a),
    sumForm(sx!, b),
    productForm(qy!, a, a, sy!, sy!),
    productForm(qx!, b, b, sx!, sx!),
    productForm(p!, a, b, sy!, sx!),
  ];
}

const shift = (n: PrivateSum, middle: bigint, scale: number): WeightedSum => weighted(n, scale, middle);

/** The number of rows that have all values, and sums over those. */
function sumsOver(
  amounts: readonly BoundedAmount[],
  there: readonly Expr[],
  { where }: Context,
): readonly PrivateSum[] {
  const base: PrivateSum = { ...rows([...where, ...there]), averaged: true };
  return [{ ...base, averaged: false }, ...amounts.map((one) => ({ ...base, ...one }))];
}

function productOf(a: Centred, b: Centred): BoundedAmount {
  const corners = [a.low * b.low, a.low * b.high, a.high * b.low, a.high * b.high];
  const [smallest, , , high] = corners.sort((x, y) => (x < y ? -1 : 1));
  const type = productType(a.amount.type, b.amount.type);
  return {
    amount: call('multiply', [a.amount, b.amount], type),
    scale: a.scale + b.scale,
    low: a === b ? 0n : smallest!,
    high: high!,
  };
}
