/**
 * Moments from released power sums. The sums are taken around a public midpoint of the declared bounds, so that they are
 * small beside the bounds, then protected like any other sum; what follows here is post-processing and tells no more.
 * NULL (null) where the released count is below `countMin` or the question has no answer. Clamps only use what is true of
 * every data set.
 */

/** Released: count, Σ(x − c) and Σ(x − c)² for a public c. */
export interface PowerSums {
  readonly n: number;
  readonly s1: number;
  readonly s2: number;
}

/** Released, over the rows where both are known: count, sums and products around the public midpoints cx and cy. */
export interface PairSums {
  readonly n: number;
  readonly x1: number;
  readonly x2: number;
  readonly y1: number;
  readonly y2: number;
  readonly xy: number;
}

/** Population: divided by n. Sample: by n − 1. */
export type Divisor = 'population' | 'sample';

export interface Regression {
  readonly slope: number;
  readonly intercept: number;
  /** Share of the variance of y that the line explains, 0 to 1. */
  readonly r2: number;
}

/** Σ(x − x̄)², Σ(y − ȳ)² and Σ(x − x̄)(y − ȳ), within what they can be. */
interface Spread {
  readonly xx: number;
  readonly yy: number;
  readonly xy: number;
}

/** Variance, never negative. The midpoint does not matter: variance does not move with the data. */
export function varianceOf(sums: PowerSums, countMin: number, divisor: Divisor): number | null {
  return sums.n < countMin || degrees(sums.n, divisor) <= 0 ? null : squaresOf(sums) / degrees(sums.n, divisor);
}

/** Covariance, no larger than Cauchy and Schwarz allow for the released variances. */
export function covarianceOf(pair: PairSums, countMin: number, divisor: Divisor): number | null {
  return pair.n < countMin || degrees(pair.n, divisor) <= 0 ? null : spreadOf(pair).xy / degrees(pair.n, divisor);
}

/** Pearson's correlation in [−1, 1]; null where a released variance is 0. */
export function correlationOf(pair: PairSums, countMin: number): number | null {
  if (pair.n < countMin || pair.n <= 0) return null;
  const { xx, yy, xy } = spreadOf(pair);
  return xx === 0 || yy === 0 ? null : Math.min(1, Math.max(-1, xy / (Math.sqrt(xx) * Math.sqrt(yy))));
}

/** Least squares line of y on x; null where the released variance of x is 0. */
export function regressionOf(
  pair: PairSums,
  midpoints: { readonly cx: number; readonly cy: number },
  countMin: number,
): Regression | null {
  if (pair.n < countMin || pair.n <= 0) return null;
  const { xx, xy } = spreadOf(pair);
  if (xx === 0) return null;
  const slope = xy / xx;
  const intercept = midpoints.cy + pair.y1 / pair.n - slope * (midpoints.cx + pair.x1 / pair.n);
  return { slope, intercept, r2: (correlationOf(pair, countMin) ?? 0) ** 2 };
}

function spreadOf({ n, x1, x2, y1, y2, xy }: PairSums): Spread {
  const xx = squaresOf({ n, s1: x1, s2: x2 });
  const yy = squaresOf({ n, s1: y1, s2: y2 });
  const limit = Math.sqrt(xx) * Math.sqrt(yy);
  return { xx, yy, xy: Math.min(limit, Math.max(-limit, xy - (x1 * y1) / n)) };
}

function squaresOf({ n, s1, s2 }: PowerSums): number {
  return Math.max(0, s2 - (s1 * s1) / n);
}

function degrees(n: number, divisor: Divisor): number {
  return divisor === 'population' ? n : n - 1;
}
