import { AppError, type SourcePlace } from '../../errors.ts';
import type { AggregateCall, Expr } from '../plan.ts';
import { DOUBLE, INTEGER, type SqlType } from '../sql-type.ts';
import { isNumeric } from '../type-rules.ts';
import { and, isNotNull } from './build.ts';
import { isCalendarPart } from './calendar.ts';
import { type Condition, conditionsOf, type KnownConditions } from './conditions.ts';
import { isJoinedValues } from './joined-values.ts';
import {
  checkUnitSummand,
  neededFor,
  presenceTerms,
  productTerms,
  type RowTerm,
  summedRows,
  sumTerms,
  under,
  whereNeeded,
} from './polynomial.ts';

/** How the protector makes a value of linear forms: the forms are named in the order in which they stand. */
export const MOMENT_RULES = [
  ...(['var_samp', 'var_pop', 'stddev_samp', 'stddev_pop', 'sem'] as const), // n, Σx, Σx²
  ...(['covar_samp', 'covar_pop', 'corr'] as const), // n, Σy, Σx, Σy², Σx², Σyx
  ...(['slope', 'intercept', 'r2', 'avgx', 'avgy', 'sxx', 'syy', 'sxy', 'count'] as const).map(
    (name) => `regr_${name}` as const, // the same six
  ),
] as const;
export type ValueRule = 'sum' | 'mean' | 'distinct' | (typeof MOMENT_RULES)[number];

/** An aggregate of the user as linear forms over terms, and the rule that makes them one number. */
export interface Measure {
  readonly rule: ValueRule;
  readonly forms: readonly (readonly RowTerm[])[];
  /** Rule `distinct`: what is counted, and where. */
  readonly distinct: { readonly arg: Expr; readonly where: readonly Expr[] } | null;
  /** Added to the usual threshold: a fitted quantity needs its degrees of freedom as well. */
  readonly unitsExtra: number;
  readonly type: SqlType;
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
  arg_max: 'the column as a group key, ordered by the aggregate',
  arg_min: 'the column as a group key, ordered by the aggregate',
  bool_and: 'count_if(…) beside count(*)',
  bool_or: 'count_if(…) beside count(*)',
};

/** Texts, dates and truths have no mean. */
function insteadOf(fn: string, of: Expr | undefined): string {
  const isExtreme = fn === 'min' || fn === 'max';
  if (isExtreme && of !== undefined && !isNumeric(of.type)) return 'the column as a group key: GROUP BY …, column';
  return INSTEAD[fn] ?? ACCEPTED;
}

const isMoment = (fn: string): fn is (typeof MOMENT_RULES)[number] => (MOMENT_RULES as readonly string[]).includes(fn);

/** Model outputs need this many more units than the threshold, for at least as many degrees of freedom. */
const UNITS_OF_A_MEAN = 1;
const UNITS_OF_A_LINE = 2;

/**
 * Takes an aggregate apart into what can be judged and released term by term. Its arguments are over visible columns.
 * @throws AppError POLICY_AGGREGATE_REFUSED for what would show single values, POLICY_CONSTRUCT_REFUSED
 */
export function measureOf(call: AggregateCall, place: SourcePlace | null): Measure {
  const { fn, filter, type } = call;
  const [x, y] = call.args;
  const filtered = (terms: readonly RowTerm[]) => (filter === null ? terms : under(filter, terms));
  const rows = presenceTerms(ONE);
  const simple = { rule: 'sum', distinct: null, unitsExtra: 0, type } as const;
  if (fn === 'count_star' || (fn === 'count' && x === undefined)) return { ...simple, forms: [filtered(rows)] };
  if ((fn === 'count' && call.distinct) || fn === 'approx_count_distinct') {
    const where = filter === null ? [] : [filter];
    return { ...simple, rule: 'distinct', forms: [], distinct: { arg: countable(x!, place), where } };
  }
  if (call.distinct) throw refused(`${fn}(DISTINCT …)`, `${fn}(…), or count(distinct …)`, place);
  if (fn === 'count') return { ...simple, forms: [filtered(presenceTerms(x!))] };
  if (fn === 'count_if') return { ...simple, forms: [filtered(under(x!, rows))] };
  if (fn === 'sum') {
    const terms = sumTerms(x!, fn, place);
    // Nothing to add up is NULL, as the mean of nothing is.
    return terms.length === 0 ? { ...simple, rule: 'mean', forms: [[], []] } : { ...simple, forms: [filtered(terms)] };
  }
  if (fn === 'avg') {
    return { ...simple, rule: 'mean', forms: [sumTerms(x!, fn, place), summedRows(x!, fn, place)].map(filtered) };
  }
  if (!isMoment(fn)) throw refused(fn, insteadOf(fn, x), place);
  const forms = y === undefined ? momentForms(x!, fn, place) : pairForms(x!, y, fn, place);
  const unitsExtra = y === undefined ? UNITS_OF_A_MEAN : UNITS_OF_A_LINE;
  return { rule: fn, forms: forms.map(filtered), distinct: null, unitsExtra, type };
}

const ONE: Expr = { kind: 'literal', type: INTEGER, value: '1', at: null };

function momentForms(x: Expr, fn: string, place: SourcePlace | null) {
  return [summedRows(x, fn, place), sumTerms(x, fn, place), productTerms(x, x, fn, place)];
}

function pairForms(y: Expr, x: Expr, fn: string, place: SourcePlace | null) {
  const needed = [y, x].flatMap((one) => neededFor(one, fn, place));
  const both = (terms: readonly RowTerm[]) => whereNeeded(terms, needed);
  const sums = [sumTerms(y, fn, place), sumTerms(x, fn, place)];
  const squares = [productTerms(y, y, fn, place), productTerms(x, x, fn, place), productTerms(y, x, fn, place)];
  return [presenceTerms(ONE), ...sums, ...squares].map(both);
}

/**
 * WHY a stored column: `count(DISTINCT CASE WHEN …one person… THEN 1000 ELSE least(age, 49) END)` collapses everybody
 * else's values and counts that one person's.
 */
function countable(expr: Expr, place: SourcePlace | null): Expr {
  if (expr.kind === 'column' || (expr.kind === 'cast' && expr.arg.kind === 'column')) return expr;
  if (isCalendarPart(expr, ({ kind }) => kind === 'column') || isJoinedValues(expr)) return expr;
  throw refused(
    'count(DISTINCT expression)',
    'count(DISTINCT column), of columns put together (a, b), or of a date truncated or a part of one',
    place,
  );
}

function refused(fn: string, accepted: string, place: SourcePlace | null): AppError {
  return new AppError('POLICY_AGGREGATE_REFUSED', { function: fn, mode: 'aggregate', accepted }, place);
}

const COUNTED: ReadonlySet<string> = new Set(['count', 'count_star', 'count_if', 'approx_count_distinct', 'grouping']);
/** Of conditions, which are judged by themselves (`conditionsOfCall`). */
const LOGICAL: ReadonlySet<string> = new Set(['bool_and', 'bool_or']);

/** An aggregate, or an aggregate over a window, whose value is one unit's own. @throws AppError POLICY_CONSTRUCT_REFUSED */
export function checkUnitValue(call: Pick<AggregateCall, 'fn' | 'args'>, place: SourcePlace | null): void {
  if (COUNTED.has(call.fn) || LOGICAL.has(call.fn)) return;
  for (const arg of call.args) checkUnitSummand(arg, call.fn, place);
}

/** The conditions in one aggregate as the user wrote it: what a per-unit value depends on. */
export function conditionsOfCall(
  call: Pick<AggregateCall, 'fn' | 'args' | 'distinct' | 'filter'>,
  known: KnownConditions,
): readonly Condition[] {
  const { fn, args, filter } = call;
  if (fn === 'count_if') return conditionsOf([], filter === null ? args[0]! : and([filter, args[0]!]), known);
  const [arg] = args;
  // What is counted is whether the value is there: for anything but a bare column the user decides that.
  const decides =
    fn === 'count' && !call.distinct && arg !== undefined && arg.kind !== 'column' && arg.kind !== 'literal';
  return conditionsOf(decides ? [...args, isNotNull(arg)] : args, filter, known);
}

export const valueType = (rule: ValueRule, type: SqlType): SqlType =>
  rule === 'sum' || rule === 'distinct' || rule === 'regr_count' ? type : DOUBLE;
