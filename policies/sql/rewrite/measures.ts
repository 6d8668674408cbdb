import { AppError, type SourcePlace } from '../../errors.ts';
import type { AggregateCall, ColumnId, Expr, NamedAggregate } from '../plan.ts';
import { DOUBLE, INTEGER, type SqlType } from '../sql-type.ts';
import { sameType } from '../type-rules.ts';
import { absolute, asDouble, cast, divide, double, isNotNull, least, multiply, ref, sumType } from './build.ts';
import { type Condition, conditionsOf, type KnownConditions } from './conditions.ts';

/** A magnitude that is built up from rows and whose safety can be judged by what each unit contributes. */
export type Magnitude =
  | { readonly kind: 'rows' }
  | { readonly kind: 'present'; readonly arg: Expr }
  | { readonly kind: 'sum'; readonly arg: Expr }
  | { readonly kind: 'distinct'; readonly arg: Expr };

export interface Check {
  readonly magnitude: Magnitude;
  readonly filter: Expr | null;
  readonly conditions: readonly Condition[];
}

/** One number per group that leaves, and the checks that must hold before it does. */
export interface Part {
  readonly call: AggregateCall;
  readonly checks: readonly Check[];
  /** Added to the usual threshold: a fitted quantity needs its degrees of freedom as well. */
  readonly unitsExtra: number;
  /** It adds up over units, so that it can be computed from what each unit contributes. */
  readonly additive: boolean;
}

/** An aggregate of the user as parts and the arithmetic that puts them together again. */
export interface Measure {
  readonly parts: readonly Part[];
  readonly combine: (parts: readonly Expr[]) => Expr;
}

const ACCEPTED = 'count, count(distinct …), sum, avg, var_*, stddev_*, covar_*, corr, regr_*';

/** Nearest admissible form of what would show one unit's value. */
const INSTEAD: Readonly<Record<string, string>> = {
  min: 'avg and stddev, or counts by CASE classes',
  max: 'avg and stddev, or counts by CASE classes',
  median: 'avg, or counts by CASE classes',
  quantile_cont: 'avg and stddev, or counts by CASE classes',
  quantile_disc: 'avg and stddev, or counts by CASE classes',
  mode: 'count(*) grouped by the column',
  any_value: 'the column as a group key',
  bool_and: 'count_if(…) beside count(*)',
  bool_or: 'count_if(…) beside count(*)',
};

const MOMENTS: ReadonlySet<string> = new Set([
  ...['var_samp', 'var_pop', 'stddev_samp', 'stddev_pop', 'sem', 'covar_samp', 'covar_pop', 'corr'],
  ...['slope', 'intercept', 'r2', 'avgx', 'avgy', 'sxx', 'syy', 'sxy', 'count'].map((name) => `regr_${name}`),
]);

/** Model outputs need this many more units than the threshold, for at least as many degrees of freedom. */
const UNITS_OF_A_MEAN = 1;
const UNITS_OF_A_LINE = 2;

/** Squares of larger numbers would leave the range in which the engine sums exactly. */
const SQUARED_MAX = 3e9;

/**
 * Takes an aggregate apart into what mode `aggregate` can judge and release.
 * @throws AppError POLICY_AGGREGATE_REFUSED for what would show single values
 */
export function measureOf(call: AggregateCall, known: KnownConditions, place: SourcePlace | null): Measure {
  const { fn, filter } = call;
  const conditions = conditionsOfCall(call, known);
  const arg = call.args[0];
  if (fn === 'count_star' || (fn === 'count' && arg === undefined)) return alone(countPart(null, filter, conditions));
  if ((fn === 'count' && call.distinct) || fn === 'approx_count_distinct') {
    return alone(distinctPart(arg!, filter, conditions));
  }
  if (call.distinct) throw refused(`${fn}(DISTINCT …)`, `${fn}(…), or count(distinct …)`, place);
  if (fn === 'count') return alone(countPart(arg!, filter, conditions));
  if (fn === 'count_if') return alone(countPart(null, bothOf(filter, arg!), conditions));
  if (fn === 'sum') return alone(sumPart(arg!, filter, call.type, conditions));
  if (fn === 'avg') return meanOf(arg!, filter, conditions);
  if (MOMENTS.has(fn)) return alone(momentPart(call, conditions));
  throw refused(fn, INSTEAD[fn] ?? ACCEPTED, place);
}

function refused(fn: string, accepted: string, place: SourcePlace | null): AppError {
  return new AppError('POLICY_AGGREGATE_REFUSED', { function: fn, mode: 'aggregate', accepted }, place);
}

function alone(part: Part): Measure {
  return { parts: [part], combine: ([only]) => only! };
}

function bothOf(a: Expr | null, b: Expr): Expr {
  return a === null ? b : { kind: 'call', fn: 'and', args: [a, b], type: b.type, at: null };
}

function aggregate(
  fn: string,
  args: readonly Expr[],
  filter: Expr | null,
  type: SqlType,
  distinct = false,
): AggregateCall {
  return { fn, args, distinct, filter, type, at: null };
}

/** The conditions in one aggregate as the user wrote it. */
export function conditionsOfCall(call: AggregateCall, known: KnownConditions): readonly Condition[] {
  const { fn, args, filter } = call;
  if (fn === 'count_if') return conditionsOf([], bothOf(filter, args[0]!), known);
  const [arg] = args;
  // What is counted is whether the value is there: for anything but a bare column the user decides that.
  const decides =
    fn === 'count' && !call.distinct && arg !== undefined && arg.kind !== 'column' && arg.kind !== 'literal';
  return conditionsOf(decides ? [...args, isNotNull(arg)] : args, filter, known);
}

function countPart(arg: Expr | null, filter: Expr | null, conditions: readonly Condition[]): Part {
  const check: Check = { magnitude: arg === null ? { kind: 'rows' } : { kind: 'present', arg }, filter, conditions };
  const call = arg === null ? aggregate('count_star', [], filter, INTEGER) : aggregate('count', [arg], filter, INTEGER);
  return { call, checks: [check], unitsExtra: 0, additive: true };
}

function distinctPart(arg: Expr, filter: Expr | null, conditions: readonly Condition[]): Part {
  const check: Check = { magnitude: { kind: 'distinct', arg }, filter, conditions };
  return { call: aggregate('count', [arg], filter, INTEGER, true), checks: [check], unitsExtra: 0, additive: false };
}

function sumPart(arg: Expr, filter: Expr | null, type: SqlType, conditions: readonly Condition[]): Part {
  const check: Check = { magnitude: { kind: 'sum', arg }, filter, conditions };
  return { call: aggregate('sum', [arg], filter, type), checks: [check], unitsExtra: 0, additive: true };
}

/** A mean leaves as a protected sum over a protected count. */
function meanOf(arg: Expr, filter: Expr | null, conditions: readonly Condition[]): Measure {
  return {
    parts: [sumPart(arg, filter, sumType(arg.type), conditions), countPart(arg, filter, conditions)],
    combine: ([sum, total]) => divide(asDouble(sum!), cast(total!, DOUBLE)),
  };
}

/** Moments are computed by the engine from deviations; judged by the sums and the sums of squares behind them. */
function momentPart(call: AggregateCall, conditions: readonly Condition[]): Part {
  const [x, y] = call.args.map(asDouble);
  const present = y === undefined ? null : bothOf(isNotNull(x!), isNotNull(y));
  const filter = present === null ? call.filter : bothOf(call.filter, present);
  const checks = [x!, ...(y === undefined ? [] : [y])].flatMap((arg): readonly Check[] => [
    { magnitude: { kind: 'sum', arg }, filter, conditions },
    { magnitude: { kind: 'sum', arg: squared(arg) }, filter, conditions },
  ]);
  return { call, checks, unitsExtra: y === undefined ? UNITS_OF_A_MEAN : UNITS_OF_A_LINE, additive: false };
}

function squared(arg: Expr): Expr {
  const bounded = least(absolute(arg), double(SQUARED_MAX));
  return multiply(bounded, bounded);
}

/** The user's aggregates over their parts, as columns over the released ones. */
export function combineMeasure(
  { id, name, call }: NamedAggregate,
  measure: Measure,
  parts: readonly { readonly id: ColumnId; readonly type: SqlType }[],
): { readonly id: ColumnId; readonly name: string; readonly expr: Expr } {
  const combined = measure.combine(parts.map((part) => ref(part.id, part.type)));
  return { id, name, expr: sameType(combined.type, call.type) ? combined : cast(combined, call.type) };
}
