import { assert } from '../errors.ts';
import { type Exact, plus, times, ZERO } from '../mechanisms/suppression/exact.ts';
import { exactOfFraction } from '../sql/rewrite/fraction.ts';
import type { NoisyTerm, PrivateNumber } from '../sql/rewrite/private-layout.ts';
import type { Tail } from '../sql/uncertainty/released-ends.ts';
import type { Cell } from '../table-data.ts';
import { deviationsOf } from './deviations.ts';
import { pairInterval, type Range } from './pair-intervals.ts';
import { ruleValue, toDouble } from './value-rules.ts';

type Noise = Pick<NoisyTerm, 'variance'>;

/** A released number with its 95% interval; null where none is known. */
export interface PrivateCell {
  readonly value: Cell;
  readonly interval: readonly [low: number, high: number] | null;
}

/**
 * A value out of noisy whole numbers: all that is done here is done to what has been released already.
 *
 * The interval holds with 95% over the noise of its terms together (each alone with 1 − 5%/terms, Bonferroni); where it is one of several that
 * something else stands on, with all of their `draws`. It says nothing of rows and groups that the bound on one unit's share left out.
 */
export function privateCell(
  value: PrivateNumber,
  terms: readonly Noise[],
  noisy: readonly bigint[],
  draws = 1,
): PrivateCell {
  const used = [...new Set(value.forms.flat().map(({ term }) => term))];
  const z = deviationsOf(Math.max(1, draws, used.length), 'normal');
  const box = new Map(used.map((term) => [term, spread(noisy[term]!, terms[term]!, z)]));
  const forms = value.forms.map((form) => formInterval(form, box));
  if (value.rule === 'mean') return meanCell(value, noisy, box);
  const exact = noisy.map((top): Exact => ({ top, bottom: 1n }));
  const cell = ruleValue(value, exact);
  if (value.forms.length === PAIR_FORMS && value.rule !== 'regr_count') {
    const interval = cell === null ? null : pairInterval(value, (part) => rangeOf(part, box));
    return { value: cell, interval };
  }
  return { value: cell, interval: intervalOf(value, forms) };
}

/** n, Σy, Σx, Σy², Σx², Σyx. */
const PAIR_FORMS = 6;

function rangeOf({ term, factor }: PrivateNumber['forms'][number][number], box: ReadonlyMap<number, Ends>): Range {
  return doubles(scaled(box.get(term)!, exactOfFraction(factor)));
}

interface Ends {
  readonly low: Exact;
  readonly high: Exact;
}

/** P(|noise| > h) ≤ 2·P(N(0, σ²) ≥ h) for whole h: Canonne, Kamath and Steinke 2020, Proposition 25. */
function spread(released: bigint, term: Noise, z: number): Ends {
  const half = BigInt(Math.ceil(z * Math.sqrt(varianceOf(term))));
  return { low: { top: released - half, bottom: 1n }, high: { top: released + half, bottom: 1n } };
}

function formInterval(form: PrivateNumber['forms'][number], box: ReadonlyMap<number, Ends>): Ends {
  return form.reduce<Ends>(
    (sum, { term, factor }) => {
      const part = scaled(box.get(term)!, exactOfFraction(factor));
      return { low: plus(sum.low, part.low), high: plus(sum.high, part.high) };
    },
    { low: ZERO, high: ZERO },
  );
}

/** The same; with the other tail, which only released sums have, about the sum as far as sums of many such noises need it. */
export function numberCell(
  value: PrivateNumber,
  terms: readonly Noise[],
  noisy: readonly bigint[],
  draws: number,
  tail: Tail,
): PrivateCell {
  const cell = privateCell(value, terms, noisy, draws);
  return tail === 'normal' ? cell : { ...cell, interval: addedInterval(value, terms, noisy, draws) };
}

function addedInterval(
  { rule, forms }: PrivateNumber,
  terms: readonly Noise[],
  noisy: readonly bigint[],
  draws: number,
): readonly [number, number] {
  assert(rule === 'sum', 'sums are added up');
  const parts = forms[0]!.map(({ term, factor }) => ({ term, factor: exactOfFraction(factor) }));
  const middle = toDouble(parts.reduce((sum, { term, factor }) => plus(sum, scaledNumber(noisy[term]!, factor)), ZERO));
  const variance = parts.reduce((sum, { term, factor }) => sum + toDouble(factor) ** 2 * varianceOf(terms[term]!), 0);
  const half = deviationsOf(draws, 'sub-gaussian') * Math.sqrt(variance);
  return [middle - half, middle + half];
}

const scaledNumber = (top: bigint, factor: Exact): Exact => times({ top, bottom: 1n }, factor);
const varianceOf = ({ variance }: Noise): number => Number(variance.top) / Number(variance.bottom);

function scaled({ low, high }: Ends, factor: Exact): Ends {
  const [a, b] = [times(low, factor), times(high, factor)];
  return factor.top < 0n ? { low: b, high: a } : { low: a, high: b };
}

// ── Means ────────────────────────────────────────────────────────────────────────────────────────────────────────

/**
 * middle + Σ(x − middle) / n, kept within the declared bounds. With a noisy number of rows below one there is nothing to divide by: the
 * middle of the bounds, which no one can improve on.
 */
function meanCell(
  { forms, range }: PrivateNumber,
  noisy: readonly bigint[],
  box: ReadonlyMap<number, Ends>,
): PrivateCell {
  const [top, bottom] = forms as [PrivateNumber['forms'][number], PrivateNumber['forms'][number]];
  const [low, high] = range!.map((end) => toDouble(exactOfFraction(end))) as [number, number];
  const counted = bottom[0]!.term;
  const sum = top.find(({ term }) => term !== counted)!;
  const middle = toDouble(exactOfFraction(top.find(({ term }) => term === counted)!.factor));
  const unit = toDouble(exactOfFraction(sum.factor));
  const within = (value: number) => Math.min(high, Math.max(low, value));
  const n = noisy[counted]!;
  const value = n < 1n ? (low + high) / 2 : within(middle + (unit * Number(noisy[sum.term]!)) / Number(n));
  const [few, many] = [box.get(counted)!.low, box.get(counted)!.high].map(({ top: rows }) => Number(rows)) as [
    number,
    number,
  ];
  if (few < 1) return { value, interval: [low, high] };
  const { low: least, high: most } = box.get(sum.term)!;
  const [a, b] = [unit * Number(least.top), unit * Number(most.top)];
  return {
    value,
    interval: [within(middle + Math.min(a / few, a / many)), within(middle + Math.max(b / few, b / many))],
  };
}

// ── Sums, counts and spreads ─────────────────────────────────────────────────────────────────────────────────────

function intervalOf({ rule }: PrivateNumber, forms: readonly Ends[]): PrivateCell['interval'] {
  const [n, s, q] = forms;
  if (rule === 'sum' || rule === 'regr_count') return doubles(n!);
  if (forms.length !== 3) return null;
  const variance = populationVariance(n!, s!, q!);
  if (variance === null) return null;
  const [few, many] = doubles(n!);
  const sample = (ends: readonly [number, number]) =>
    [(ends[0] * many) / (many - 1), (ends[1] * few) / (few - 1)] as const;
  switch (rule) {
    case 'var_pop':
      return variance;
    case 'var_samp':
      return sample(variance);
    case 'stddev_pop':
      return roots(variance);
    case 'stddev_samp':
      return roots(sample(variance));
    case 'sem': {
      const [a, b] = roots(sample(variance));
      return [a / Math.sqrt(many), b / Math.sqrt(few)];
    }
    default:
      return null;
  }
}

const doubles = ({ low, high }: Ends): readonly [number, number] => [toDouble(low), toDouble(high)];
const roots = ([low, high]: readonly [number, number]) => [Math.sqrt(low), Math.sqrt(high)] as const;

/** Σx²/n − (Σx/n)² over all that the intervals admit; null where there may be fewer than two rows. */
function populationVariance(n: Ends, s: Ends, q: Ends): readonly [number, number] | null {
  const [few, many] = doubles(n);
  if (few < 2) return null;
  const [sumLow, sumHigh] = doubles(s);
  const [squaresLow, squaresHigh] = doubles(q);
  const means = [sumLow / few, sumLow / many, sumHigh / few, sumHigh / many];
  const largest = Math.max(...means.map((mean) => mean * mean));
  const smallest = sumLow <= 0 && sumHigh >= 0 ? 0 : Math.min(...means.map((mean) => mean * mean));
  const low = Math.min(squaresLow / few, squaresLow / many) - largest;
  const high = Math.max(squaresHigh / few, squaresHigh / many) - smallest;
  return [Math.max(0, low), Math.max(0, high)];
}
