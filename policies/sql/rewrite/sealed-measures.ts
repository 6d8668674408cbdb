import { type Functional, functionalRange, ROWS } from '../../custody/functional.ts';
import { sumIsExact } from '../../encrypted-columns.ts';
import { AppError, placeOf } from '../../errors.ts';
import type { Exact } from '../../mechanisms/suppression/exact.ts';
import { isLinear, type LinearForm, linearForm } from '../linear-form.ts';
import type { AggregateCall, ColumnId, Expr, SealedColumn } from '../plan.ts';
import { columnsIn } from '../plan-walk.ts';
import type { SqlType } from '../sql-type.ts';
import type { RowFacts } from './bounded-amount.ts';
import { type Fraction, fractionOfExact } from './fraction.ts';
import type { ValueRule } from './measures.ts';
import { type PrivateSum, type PrivateSums, privateMeasure } from './private-measures.ts';
import { floorOf } from './range-arithmetic.ts';
import { constructRefused } from './refusals.ts';

/** One number a group: a sum that the custodian opens, or (`functional` null) one over plain columns. */
export interface SealedStatistic {
  readonly sum: PrivateSum;
  readonly functional: Functional | null;
}
/** An aggregate of the user as linear forms over such numbers, and the rule that makes them one value. */
export interface SealedMeasure {
  readonly rule: ValueRule;
  readonly forms: readonly (readonly { readonly statistic: SealedStatistic; readonly factor: Fraction }[])[];
  readonly type: SqlType;
  readonly range: readonly [Fraction, Fraction] | null;
}

/** What the rows of a boundary tell of encrypted columns. */
export interface SealedFacts extends RowFacts {
  /** The stored column that an id stands for; null for whatever is not encrypted. */
  readonly sealedOf: (id: ColumnId) => { readonly name: string; readonly sealed: SealedColumn } | null;
  readonly sealedNamed: (name: string) => SealedColumn;
  /** Of the encrypted table. */
  readonly sealedRows: number;
  /** The user's text, for places in messages. */
  readonly text: string;
}

/** Takes an aggregate apart. @throws AppError POLICY_AGGREGATE_REFUSED, POLICY_CONSTRUCT_REFUSED */
export function sealedMeasure(call: AggregateCall, facts: SealedFacts): SealedMeasure {
  const place = placeOf(facts.text, call.at);
  const [x] = call.args;
  if (x === undefined || call.fn === 'count' || !columnsIn(x).some((id) => facts.sealedOf(id) !== null))
    return plainMeasure(call, facts);
  const where = call.filter === null ? [] : [call.filter];
  const { whole, scale } = wholeForm(x, call, facts);
  const of = (functional: Functional) => {
    checkExact(functional, facts, place);
    return { functional, sum: sumOf(functional, where, facts) };
  };
  const unit = 10n ** BigInt(scale);
  const part = (functional: Functional, times: bigint, over: bigint) => ({
    statistic: of(functional),
    factor: fractionOfExact({ top: times, bottom: over }),
  });
  if (call.fn === 'sum') {
    return { rule: 'sum', forms: [[part(whole, 1n, unit)]], type: call.type, range: null };
  }
  const { min, max } = rangeIn(whole, facts);
  const middle = floorOf(min + max, 2n);
  const centred = { ...whole, constant: String(BigInt(whole.constant) - middle) };
  if (call.fn === 'avg') {
    const ends = [fractionOfExact({ top: min, bottom: unit }), fractionOfExact({ top: max, bottom: unit })] as const;
    const forms = [[part(centred, 1n, unit), part(ROWS, middle, unit)], [part(ROWS, 1n, 1n)]];
    return { rule: 'mean', forms, type: call.type, range: ends };
  }
  if (!isSpread(call.fn))
    throw new AppError(
      'POLICY_AGGREGATE_REFUSED',
      { function: call.fn, mode: 'homomorphic', accepted: ACCEPTED },
      place,
    );
  const square = squareOf(whole, middle, facts, place);
  return {
    rule: call.fn,
    forms: [[part(ROWS, 1n, 1n)], [part(centred, 1n, unit)], [part(square, 1n, unit * unit)]],
    type: call.type,
    range: null,
  };
}

const SPREADS = ['var_samp', 'var_pop', 'stddev_samp', 'stddev_pop', 'sem'] as const;
const isSpread = (fn: string): fn is (typeof SPREADS)[number] => (SPREADS as readonly string[]).includes(fn);
const ACCEPTED = 'count, sum, avg, var_*, stddev_* of encrypted columns';

const APART = {
  quantile: 'a quantile beside encrypted columns',
  choice: 'mode() beside encrypted columns',
  sums: 'a number of distinct values beside encrypted columns',
} as const;

/** Numbers of rows are the custodian's to tell; sums over plain columns are not. */
function plainMeasure(call: AggregateCall, facts: SealedFacts): SealedMeasure {
  const measure = privateMeasure(call, facts, placeOf(facts.text, call.at));
  const isOfRows = (forms: PrivateSums['forms']) => forms.flat().every(({ sum }) => sum.distinct === null);
  if (measure.kind !== 'sums' || !isOfRows(measure.forms)) {
    const place = placeOf(facts.text, call.at);
    throw constructRefused(APART[measure.kind], 'that aggregate in a query of its own', place, 'homomorphic');
  }
  const { rule, forms, type, range } = measure;
  const statisticOf = (sum: PrivateSum): SealedStatistic => {
    return { sum, functional: sum.amount === null && sum.countsUnit === null ? ROWS : null };
  };
  return {
    rule,
    type,
    range,
    forms: forms.map((form) => form.map(({ sum, factor }) => ({ statistic: statisticOf(sum), factor }))),
  };
}

// ── Whole numbers ────────────────────────────────────────────────────────────────────────────────────────────────

/** The argument in units of 10^−scale: every weight and the constant a whole number. */
function wholeForm(x: Expr, { fn, at }: AggregateCall, facts: SealedFacts) {
  const form = linearForm(x, (id) => facts.sealedOf(id) !== null);
  const place = placeOf(facts.text, at);
  if (!isLinear(form))
    throw constructRefused(form.construct, 'a sum of columns with literal weights', place, 'homomorphic');
  const scale = scaleOfForm(form, facts);
  if (scale > SCALE_MAX)
    throw constructRefused(`weights of so many digits in ${fn}()`, 'whole numbers as weights', place, 'homomorphic');
  const weights = [...form.weights].flatMap(([id, weight]) => {
    const { name, sealed } = facts.sealedOf(id)!;
    const units = { top: weight.top * 10n ** BigInt(scale), bottom: weight.bottom * 10n ** BigInt(sealed.scale) };
    return weight.top === 0n ? [] : [{ column: name, of: 'value' as const, weight: wholeOf(units) }];
  });
  const constant = wholeOf({ top: form.constant.top * 10n ** BigInt(scale), bottom: form.constant.bottom });
  const whole: Functional = { constant: String(constant), weights: merged(weights) };
  if (sizeIn(whole, facts) >= SIZE_MAX)
    throw constructRefused(`weights this large in ${fn}()`, 'smaller weights', place, 'homomorphic');
  return { whole, scale };
}

const SCALE_MAX = 18;
/** What one row may add: noise for more is beyond what can be drawn. */
const SIZE_MAX = 1n << 52n;

/** The fewest digits after the point that all weights and the constant have room in. */
function scaleOfForm({ constant, weights }: LinearForm, facts: SealedFacts): number {
  const scales = [...weights].map(([id, weight]) => digitsOf(weight) + facts.sealedOf(id)!.sealed.scale);
  return Math.max(digitsOf(constant), ...scales);
}

function digitsOf({ top, bottom }: Exact): number {
  let digits = 0;
  while (digits <= SCALE_MAX && (top * 10n ** BigInt(digits)) % bottom !== 0n) digits += 1;
  return digits;
}

const wholeOf = ({ top, bottom }: Exact): bigint => top / bottom;

/** A column that stands in the form under two names is one. */
function merged(weights: readonly { readonly column: string; readonly of: 'value'; readonly weight: bigint }[]) {
  const byColumn = Map.groupBy(weights, ({ column }) => column);
  return [...byColumn].map(([column, same]) => ({
    column,
    of: 'value' as const,
    weight: String(same.reduce((sum, { weight }) => sum + weight, 0n)),
  }));
}

/** (w·x + c − middle)²: of one column whose squares are kept. */
function squareOf(
  whole: Functional,
  middle: bigint,
  facts: SealedFacts,
  place: ReturnType<typeof placeOf>,
): Functional {
  const [only, ...others] = whole.weights;
  const isKept = only !== undefined && facts.sealedNamed(only.column).squares;
  if (!isKept || others.length > 0) {
    const construct = 'a variance of encrypted columns without squares';
    throw constructRefused(construct, 'one column whose declaration says `squares`', place, 'homomorphic');
  }
  const [w, c] = [BigInt(only.weight), BigInt(whole.constant) - middle];
  return {
    constant: String(c * c),
    weights: [
      { column: only.column, of: 'value', weight: String(2n * w * c) },
      { column: only.column, of: 'square', weight: String(w * w) },
    ],
  };
}

function sumOf(functional: Functional, where: readonly Expr[], facts: SealedFacts): PrivateSum {
  const { min, max } = rangeIn(functional, facts);
  return { amount: null, scale: 0, low: min, high: max, where, countsUnit: null, distinct: null, averaged: false };
}

/** Every sum that is read comes out of its cipher as it went in, whatever the rows hold: proved by the table's rows and the declared bounds. */
function checkExact({ weights }: Functional, facts: SealedFacts, place: ReturnType<typeof placeOf>): void {
  for (const { column, of } of weights) {
    const { scheme, min, max } = facts.sealedNamed(column);
    if (sumIsExact(scheme, { min: BigInt(min), max: BigInt(max) }, of, BigInt(facts.sealedRows))) continue;
    const construct = `a sum of \`${column}\`, which could be larger than ${scheme} holds`;
    throw constructRefused(construct, 'a table of fewer rows, or narrower bounds', place, 'homomorphic');
  }
}

const rangeIn = (functional: Functional, facts: SealedFacts) =>
  functionalRange(functional, (name) => {
    const { min, max } = facts.sealedNamed(name);
    return { min: BigInt(min), max: BigInt(max) };
  });

const sizeIn = (functional: Functional, facts: SealedFacts): bigint => {
  const { min, max } = rangeIn(functional, facts);
  return max + min > 0n ? max : -min;
};
