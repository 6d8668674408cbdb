import { assert } from '../errors.ts';
import { type Exact, minus, plus, times, ZERO } from '../mechanisms/suppression/exact.ts';
import type { CellValue } from '../sql/rewrite/cell-layout.ts';
import type { ValueRule } from '../sql/rewrite/measures.ts';
import type { SqlType } from '../sql/sql-type.ts';
import type { Cell } from '../table-data.ts';

/** A value out of released terms: linear forms in exact arithmetic, then the rule. NULL where it is not defined. */
export function ruleValue(
  { rule, forms, type }: Pick<CellValue, 'rule' | 'forms' | 'type'>,
  terms: readonly Exact[],
): Cell {
  const sums = forms.map((form) =>
    form.reduce((sum, { term, factor }) => {
      const weight: Exact = { top: BigInt(factor.top), bottom: BigInt(factor.bottom) };
      return plus(sum, times(weight, terms[term]!));
    }, ZERO),
  );
  const [a, b] = sums;
  assert(a !== undefined, 'a value has a form');
  if (rule === 'sum' || rule === 'distinct') return asCell(a, type);
  if (rule === 'mean') return ratio(a, b!);
  return forms.length === 3 ? ofMoments(rule, sums) : ofPairs(rule, sums, type);
}

/** n, Σx, Σx². Var = (n·Σx² − (Σx)²) / (n·(n−1)), exactly until the last division. */
function ofMoments(rule: ValueRule, [n, s, q]: readonly Exact[]): Cell {
  const spread = minus(times(n!, q!), times(s!, s!));
  const lessOne = minus(n!, ONE);
  const sample = ratio(spread, times(n!, lessOne));
  switch (rule) {
    case 'var_samp':
      return sample;
    case 'var_pop':
      return ratio(spread, times(n!, n!));
    case 'stddev_samp':
      return root(sample);
    case 'stddev_pop':
      return root(ratio(spread, times(n!, n!)));
    default: {
      const mean = ratio(spread, times(times(n!, n!), times(n!, lessOne)));
      return rule === 'sem'
        ? root(mean === null || lessOne.top === 0n ? null : ratio(spread, times(times(n!, n!), n!)))
        : null;
    }
  }
}

/** n, Σy, Σx, Σy², Σx², Σyx; names as in SQL: y depends on x. */
function ofPairs(rule: ValueRule, [n, sy, sx, qy, qx, p]: readonly Exact[], type: SqlType): Cell {
  const yy = minus(times(n!, qy!), times(sy!, sy!));
  const xx = minus(times(n!, qx!), times(sx!, sx!));
  const xy = minus(times(n!, p!), times(sx!, sy!));
  switch (rule) {
    case 'covar_samp':
      return ratio(xy, times(n!, minus(n!, ONE)));
    case 'covar_pop':
      return ratio(xy, times(n!, n!));
    case 'corr':
      return correlation(xy, xx, yy);
    case 'regr_slope':
      return ratio(xy, xx);
    case 'regr_intercept':
      return ratio(minus(times(sy!, xx), times(xy, sx!)), times(n!, xx));
    case 'regr_r2':
      return xx.top === 0n ? null : yy.top === 0n ? 1 : ratio(times(xy, xy), times(xx, yy));
    case 'regr_avgx':
      return ratio(sx!, n!);
    case 'regr_avgy':
      return ratio(sy!, n!);
    case 'regr_sxx':
      return ratio(xx, n!);
    case 'regr_syy':
      return ratio(yy, n!);
    case 'regr_sxy':
      return ratio(xy, n!);
    case 'regr_count':
      return asCell(n!, type);
    default:
      return null;
  }
}

function correlation(xy: Exact, xx: Exact, yy: Exact): Cell {
  const squared = ratio(times(xy, xy), times(xx, yy));
  if (squared === null) return null;
  return (xy.top < 0n ? -1 : 1) * Math.sqrt(Math.min(1, Math.max(0, squared)));
}

const ONE: Exact = { top: 1n, bottom: 1n };
const root = (value: number | null): Cell => (value === null ? null : Math.sqrt(Math.max(0, value)));

function ratio(a: Exact, b: Exact): number | null {
  return b.top === 0n ? null : toDouble({ top: a.top * b.bottom, bottom: a.bottom * b.top });
}

/** The nearest double, up to two units in the last place: 64 significant bits are kept on either side. */
export function toDouble({ top, bottom }: Exact): number {
  const [a, b] = bottom < 0n ? [-top, -bottom] : [top, bottom];
  const [x, up] = leading(a);
  const [y, down] = leading(b);
  return (x / y) * 2 ** (up - down);
}

function leading(value: bigint): readonly [mantissa: number, exponent: number] {
  const bits = (value < 0n ? -value : value).toString(2).length;
  const shift = Math.max(0, bits - 64);
  return [Number(value >> BigInt(shift)), shift];
}

/** Integers and decimals are cut to their type towards zero by nothing: terms have no more digits than the type. */
export function asCell(value: Exact, type: SqlType): Cell {
  switch (type.kind) {
    case 'double':
      return toDouble(value);
    case 'decimal':
      return decimalText(value, type.scale);
    default:
      return roundedQuotient(value.top, value.bottom);
  }
}

function decimalText({ top, bottom }: Exact, scale: number): string {
  const units = roundedQuotient(top * 10n ** BigInt(scale), bottom);
  if (scale === 0) return String(units);
  const digits = String(units < 0n ? -units : units).padStart(scale + 1, '0');
  return `${units < 0n ? '-' : ''}${digits.slice(0, -scale)}.${digits.slice(-scale)}`;
}

/** Half away from zero, as the engine rounds decimals. */
function roundedQuotient(top: bigint, bottom: bigint): bigint {
  const [a, b] = bottom < 0n ? [-top, -bottom] : [top, bottom];
  const half = a < 0n ? -b : b;
  return (2n * a + half) / (2n * b);
}
