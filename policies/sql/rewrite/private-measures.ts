import { AppError, type SourcePlace } from '../../errors.ts';
import type { AggregateCall, Expr } from '../plan.ts';
import { decimal, INTEGER, type SqlType } from '../sql-type.ts';
import { productType, sumType } from '../type-rules.ts';
import {
  type BoundedAmount,
  boundOf,
  DECIMAL_DIGITS,
  FACTOR,
  fixedPoint,
  LINEAR,
  type Limits,
  type RowFacts,
} from './bounded-amount.ts';
import { call, isNotNull } from './build.ts';
import { type Fraction, fractionOfExact } from './fraction.ts';
import { MOMENT_RULES, type ValueRule } from './measures.ts';
import { type PrivateChoice, privateChoice } from './private-choices.ts';
import { type PrivateQuantile, privateQuantile } from './private-quantiles.ts';
import { floorOf } from './range-arithmetic.ts';

/** What is summed over which rows of a group. */
export interface PrivateSum extends BoundedAmount {
  readonly where: readonly Expr[];
  /** Position of the unit column whose distinct units are counted; null for sums over rows. */
  readonly countsUnit: number | null;
  /** Of which the distinct values are counted; null for everything else. */
  readonly distinct: DistinctValues | null;
  /** Whether a unit with more rows than count is taken by its mean: a sum beside the number of its summands. */
  readonly averaged: boolean;
}

export interface DistinctValues {
  readonly of: Expr;
  /** How many there can be, as declarations say; null where they do not. */
  readonly most: number | null;
}

/** An aggregate of the user as linear forms over private sums, and the rule that makes them one number. */
export type PrivateMeasure = PrivateSums | PrivateQuantile | PrivateChoice;
export interface PrivateSums {
  readonly kind: 'sums';
  readonly rule: ValueRule;
  readonly forms: readonly (readonly WeightedSum[])[];
  readonly type: SqlType;
  readonly range: readonly [Fraction, Fraction] | null;
}
export interface WeightedSum {
  readonly sum: PrivateSum;
  readonly factor: Fraction;
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
    kind: 'sums',
    rule: 'sum',
    forms: [[weighted(sum, sum.scale)]],
    type,
    range: null,
  });
  if (fn === 'count_star' || (fn === 'count' && x === undefined)) return single(rows(where));
  if ((fn === 'count' && distinct) || fn === 'approx_count_distinct') {
    const counted = rows([...where, isNotNull(x!)]);
    const unit = facts.unitOf(x!);
    if (unit !== null) return single({ ...counted, countsUnit: unit });
    const listed = facts.listOf(x!).length;
    return single({ ...counted, distinct: { of: x!, most: listed === 0 ? null : listed } });
  }
  if (distinct) throw refused(`${fn}(DISTINCT …)`, `${fn}(…), or count(distinct …)`, place);
  if (fn === 'count') return single(rows([...where, ...present(x!, facts)]));
  if (fn === 'count_if') return single(rows([...where, x!]));
  if (fn === 'sum') return single({ ...rows(where), ...fixedPoint(x!, LINEAR, facts, fn, place) });
  const context = { facts, fn, place, where };
  if (fn === 'avg') return mean(x!, type, context);
  const quantile = privateQuantile(made, facts, place);
  if (quantile !== null) return quantile;
  if (fn === 'mode') return privateChoice(made, facts, place);
  if (!isMoment(fn)) throw refused(fn, ACCEPTED, place);
  return {
    kind: 'sums',
    rule: fn,
    forms: y === undefined ? moments(x!, context) : pairMoments(x!, y, context),
    type,
    range: null,
  };
}

const ACCEPTED =
  'count, count(DISTINCT x), sum, avg, min, max, median, quantile_*, mode, var_*, stddev_*, covar_*, corr, regr_*';

function refused(fn: string, accepted: string, place: SourcePlace | null): AppError {
  return new AppError('POLICY_AGGREGATE_REFUSED', { function: fn, mode: 'dp', accepted }, place);
}

function rows(where: readonly Expr[]): PrivateSum {
  return { amount: null, scale: 0, low: 1n, high: 1n, where, countsUnit: null, distinct: null, averaged: false };
}

const present = (expr: Expr, facts: RowFacts): readonly Expr[] =>
  expr.kind === 'literal' || facts.isFilled(expr) ? [] : [isNotNull(expr)];

const weighted = (sum: PrivateSum, scale: number, times_: bigint = 1n): WeightedSum => ({
  sum,
  factor: fractionOfExact({ top: times_, bottom: 10n ** BigInt(scale) }),
});

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
  const type = amount.type.kind === 'decimal' ? decimal(DECIMAL_DIGITS, scale) : INTEGER;
  const difference = call('subtract', [amount, boundOf(middle, scale, type)], sumType(type, type));
  const unit = 10n ** BigInt(scale);
  const bounds = [fractionOfExact({ top: low, bottom: unit }), fractionOfExact({ top: high, bottom: unit })] as const;
  return { amount: difference, scale, low: low - middle, high: high - middle, middle, bounds };
}

/** Around the middle of the bounds: mean = middle + Σ(x − middle) / n. */
function mean(x: Expr, type: SqlType, context: Context): PrivateSums {
  const value = centred(x, LINEAR, context);
  const [n, sum] = sumsOver([value], present(x, context.facts), context);
  return {
    kind: 'sums',
    rule: 'mean',
    forms: [[weighted(sum!, value.scale), shift(n!, value.middle, value.scale)], [weighted(n!, 0)]],
    type,
    range: value.bounds,
  };
}

/** n, Σx, Σx² of what is left after subtracting the middle, which changes no spread. */
function moments(x: Expr, context: Context): PrivateSums['forms'] {
  const value = centred(x, FACTOR, context);
  const squared = productOf(value, value);
  const [n, s, q] = sumsOver([value, squared], present(x, context.facts), context);
  return [[weighted(n!, 0)], [weighted(s!, value.scale)], [weighted(q!, squared.scale)]];
}

/** n, Σy, Σx, Σy², Σx², Σyx as they are: the middles are put back, since an intercept depends on them. */
function pairMoments(y: Expr, x: Expr, context: Context): PrivateSums['forms'] {
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
