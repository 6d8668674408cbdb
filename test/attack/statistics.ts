/** The few statistics that the attacks are judged by. Sources: Wilson 1927; Hanley & McNeil 1982; Numerical Recipes 6.2, 14.3. */

const Z_95 = 1.959963984540054;

export interface Interval {
  readonly lower: number;
  readonly upper: number;
}

/** Wilson score interval of a proportion, 95 %. Without trials nothing is known: [0, 1]. */
export function wilson(successes: number, trials: number): Interval {
  if (trials === 0) return { lower: 0, upper: 1 };
  const share = successes / trials;
  const square = Z_95 ** 2 / trials;
  const centre = (share + square / 2) / (1 + square);
  const half = (Z_95 * Math.sqrt((share * (1 - share)) / trials + square / (4 * trials))) / (1 + square);
  return { lower: Math.max(0, centre - half), upper: Math.min(1, centre + half) };
}

/** P(χ² with `degrees` degrees of freedom ≥ x). */
export function chiSquareTail(x: number, degrees: number): number {
  return degrees === 0 ? 1 : 1 - lowerGamma(degrees / 2, x / 2);
}

/** Regularised lower incomplete gamma function, by its series or, beyond, by its continued fraction. */
function lowerGamma(a: number, x: number): number {
  if (x <= 0) return 0;
  const front = Math.exp(-x + a * Math.log(x) - logGamma(a));
  return x < a + 1 ? front * gammaSeries(a, x) : 1 - front * gammaFraction(a, x);
}

const STEPS_MAX = 1_000;
const PRECISION = 1e-14;

function gammaSeries(a: number, x: number): number {
  let term = 1 / a;
  let sum = term;
  for (let n = 1; n < STEPS_MAX && term > sum * PRECISION; n += 1) {
    term *= x / (a + n);
    sum += term;
  }
  return sum;
}

function gammaFraction(a: number, x: number): number {
  let b = x + 1 - a;
  let c = 1e300;
  let d = 1 / b;
  let product = d;
  for (let i = 1; i < STEPS_MAX; i += 1) {
    const an = -i * (i - a);
    b += 2;
    d = 1 / (an * d + b);
    c = b + an / c;
    product *= d * c;
    if (Math.abs(d * c - 1) < PRECISION) break;
  }
  return product;
}

const LANCZOS = [
  76.180091729471, -86.505320329417, 24.014098240831, -1.23173957245, 0.0012086509738662, -5.395239384953e-6,
];
function logGamma(x: number): number {
  const shifted = x + 5.5 - (x + 0.5) * Math.log(x + 5.5);
  const series = LANCZOS.reduce((sum, coefficient, index) => sum + coefficient / (x + 1 + index), 1.00000000019);
  return -shifted + Math.log((2.50662827463 * series) / x);
}

/**
 * Independence of the rows and columns of a table of counts: p of Pearson's χ², and the mutual information in bits.
 * Rows and columns in which less than 5 a cell is expected are put together with their neighbours.
 */
export function independence(table: readonly (readonly number[])[]): { readonly p: number; readonly bits: number } {
  const merged = transpose(mergeSparse(transpose(mergeSparse(table))));
  const rows = merged.map(sum);
  const columns = transpose(merged).map(sum);
  const total = sum(rows);
  let statistic = 0;
  let bits = 0;
  for (const [i, row] of merged.entries()) {
    for (const [j, count] of row.entries()) {
      const expected = (rows[i]! * columns[j]!) / total;
      statistic += (count - expected) ** 2 / expected;
      if (count > 0) bits += (count / total) * Math.log2(count / expected);
    }
  }
  return { p: chiSquareTail(statistic, (rows.length - 1) * (columns.length - 1)), bits };
}

const EXPECTED_MIN = 5;

function mergeSparse(table: readonly (readonly number[])[]): readonly (readonly number[])[] {
  const needed = EXPECTED_MIN * (table[0]?.length ?? 0);
  const merged: number[][] = [];
  for (const row of table) {
    const last = merged.at(-1);
    if (last !== undefined && sum(last) < needed) merged[merged.length - 1] = last.map((n, j) => n + row[j]!);
    else merged.push([...row]);
  }
  if (merged.length > 1 && sum(merged.at(-1)!) < needed) {
    const last = merged.pop()!;
    merged[merged.length - 1] = merged.at(-1)!.map((n, j) => n + last[j]!);
  }
  return merged;
}

/** Area under the ROC curve by ranks, ties counted half, with the 95 % interval of Hanley and McNeil. */
export function auc(positive: readonly number[], negative: readonly number[]): Interval & { readonly value: number } {
  const ranked = [...positive.map((score) => ({ score, is: 1 })), ...negative.map((score) => ({ score, is: 0 }))];
  ranked.sort((a, b) => a.score - b.score);
  let rankSum = 0;
  for (let from = 0; from < ranked.length; ) {
    let to = from;
    while (to < ranked.length && ranked[to]!.score === ranked[from]!.score) to += 1;
    for (let i = from; i < to; i += 1) rankSum += ranked[i]!.is * ((from + to + 1) / 2);
    from = to;
  }
  const [m, n] = [positive.length, negative.length];
  const value = (rankSum - (m * (m + 1)) / 2) / (m * n);
  const [q1, q2] = [value / (2 - value), (2 * value ** 2) / (1 + value)];
  const variance = (value * (1 - value) + (m - 1) * (q1 - value ** 2) + (n - 1) * (q2 - value ** 2)) / (m * n);
  const half = Z_95 * Math.sqrt(Math.max(0, variance));
  return { value, lower: Math.max(0, value - half), upper: Math.min(1, value + half) };
}

/** Mean and the half width of its 95 % interval, over independent repetitions. */
export function meanWithMargin(values: readonly number[]): { readonly mean: number; readonly margin: number } {
  const mean = sum(values) / values.length;
  const variance = sum(values.map((value) => (value - mean) ** 2)) / Math.max(1, values.length - 1);
  return { mean, margin: Z_95 * Math.sqrt(variance / values.length) };
}

/** p of the two-sample Kolmogorov–Smirnov test; conservative where values tie. */
export function kolmogorovSmirnov(a: readonly number[], b: readonly number[]): number {
  const [x, y] = [a.toSorted((p, q) => p - q), b.toSorted((p, q) => p - q)];
  let distance = 0;
  for (const value of new Set([...x, ...y])) {
    const below = (sorted: readonly number[]) => sorted.filter((one) => one <= value).length / sorted.length;
    distance = Math.max(distance, Math.abs(below(x) - below(y)));
  }
  const root = Math.sqrt((x.length * y.length) / (x.length + y.length));
  const lambda = (root + 0.12 + 0.11 / root) * distance;
  if (lambda < 0.2) return 1;
  let p = 0;
  for (let k = 1; k <= 100; k += 1) p += 2 * (-1) ** (k - 1) * Math.exp(-2 * k * k * lambda * lambda);
  return Math.min(1, Math.max(0, p));
}

export function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return (sorted[(sorted.length - 1) >> 1]! + sorted[sorted.length >> 1]!) / 2;
}

const transpose = (table: readonly (readonly number[])[]): readonly (readonly number[])[] =>
  (table[0] ?? []).map((_, column) => table.map((row) => row[column]!));
