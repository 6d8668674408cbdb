import type { PrivateNumber } from '../sql/rewrite/private-layout.ts';

/** What a number may be. */
export type Range = readonly [low: number, high: number];

type Weighted = PrivateNumber['forms'][number][number];

/**
 * Covariance, correlation and regression of a group, over everything that the ranges of its six noisy sums admit: n, Σy, Σx, Σy², Σx², Σyx around
 * the middles of the bounds, which change no spread. Where the true sums lie within their ranges, the true value lies within this one.
 * Limits: wider than it need be, since the ranges are combined as if each sum could be anywhere in its own. null where nothing is known: fewer
 * than two rows may be left, or no spread to divide by. Source: interval arithmetic (Moore 1966).
 */
export function pairInterval(
  { rule, forms }: Pick<PrivateNumber, 'rule' | 'forms'>,
  rangeOf: (part: Weighted) => Range,
): Range | null {
  // The first part of a form is the sum around the middles; the rest puts them back.
  const [n, sy, sx, qy, qx, p] = forms.map(([own]) => rangeOf(own!)) as [Range, Range, Range, Range, Range, Range];
  if (n[0] < 2) return null;
  const [y, x] = [divided(sy, n), divided(sx, n)];
  const [yy, xx] = [spread(divided(qy, n), y), spread(divided(qx, n), x)];
  const xy = minus(divided(p, n), product(x, y));
  const means = [shifted(y, forms[1]!), shifted(x, forms[2]!)] as const;
  switch (rule) {
    case 'covar_pop':
      return xy;
    case 'covar_samp':
      return product(xy, [n[1] / (n[1] - 1), n[0] / (n[0] - 1)]);
    case 'corr':
      return correlation(xy, xx, yy);
    case 'regr_r2':
      return squared(correlation(xy, xx, yy));
    case 'regr_slope':
      return slope(xy, xx);
    case 'regr_intercept': {
      const rise = slope(xy, xx);
      return rise === null ? null : minus(means[0], product(rise, means[1]));
    }
    case 'regr_avgy':
      return means[0];
    case 'regr_avgx':
      return means[1];
    case 'regr_syy':
      return product(yy, n);
    case 'regr_sxx':
      return product(xx, n);
    case 'regr_sxy':
      return product(xy, n);
    default:
      return null;
  }
}

/** Mean of squares less square of the mean: never below zero. */
const spread = (squares: Range, mean: Range): Range => {
  const [low, high] = minus(squares, squared(mean));
  return [Math.max(0, low), Math.max(0, high)];
};

function correlation(xy: Range, xx: Range, yy: Range): Range {
  const scale: Range = [Math.sqrt(xx[0] * yy[0]), Math.sqrt(xx[1] * yy[1])];
  if (scale[0] === 0) return [-1, 1];
  const [low, high] = divided(xy, scale);
  return [Math.max(-1, Math.min(1, low)), Math.max(-1, Math.min(1, high))];
}

const slope = (xy: Range, xx: Range): Range | null => (xx[0] === 0 ? null : divided(xy, xx));

/** What was subtracted of each value, put back. */
function shifted([low, high]: Range, [, middle]: PrivateNumber['forms'][number]): Range {
  const by = middle === undefined ? 0 : Number(middle.factor.top) / Number(middle.factor.bottom);
  return [low + by, high + by];
}

const hull = (values: readonly number[]): Range => [Math.min(...values), Math.max(...values)];
const minus = (a: Range, b: Range): Range => [a[0] - b[1], a[1] - b[0]];
const product = (a: Range, b: Range): Range => hull(a.flatMap((one) => b.map((other) => one * other)));
/** `b` is above zero. */
const divided = (a: Range, b: Range): Range => hull(a.flatMap((one) => b.map((other) => one / other)));
const squared = (a: Range): Range => {
  const [low, high] = hull(a.map((end) => end * end));
  return a[0] <= 0 && a[1] >= 0 ? [0, high] : [low, high];
};
