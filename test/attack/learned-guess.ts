import type { SeededRandom } from './seeded-random.ts';
import { sum } from './statistics.ts';

/**
 * An attacker that knows nothing of the protection and learns from targets whose secret it knows how answers betray the
 * others': logistic regression on what was answered, on its square, and on whether it was hidden.
 */
export interface Guess {
  /** Probability that the secret is true; from a model that never saw this target. */
  readonly score: number;
  readonly guess: boolean;
}

const FOLDS = 5;
const RIDGE = 1;
const NEWTON_STEPS = 12;

/** Cross-validated guesses of every target's secret. `null` is a value that was hidden. */
export function learnedGuesses(
  features: readonly (readonly (number | null)[])[],
  secrets: readonly boolean[],
  random: SeededRandom,
): readonly Guess[] {
  const design = designOf(features);
  const order = random.shuffle([...secrets.keys()]);
  const guesses: Guess[] = Array.from({ length: secrets.length }, () => ({ score: 0.5, guess: false }));
  for (let fold = 0; fold < FOLDS; fold += 1) {
    const isTest = (position: number) => position % FOLDS === fold;
    const train = order.filter((_, position) => !isTest(position));
    const weights = logisticFit(
      train.map((target) => design[target]!),
      train.map((target) => (secrets[target] ? 1 : 0)),
    );
    for (const target of order.filter((_, position) => isTest(position))) {
      const score = logistic(dot(weights, design[target]!));
      guesses[target] = { score, guess: score > 0.5 };
    }
  }
  return guesses;
}

/** Columns of mean 0 and variance 1, constant ones dropped, and a leading 1. */
function designOf(features: readonly (readonly (number | null)[])[]): readonly (readonly number[])[] {
  const width = features[0]?.length ?? 0;
  const columns = Array.from({ length: width }, (_, column) => features.map((row) => row[column] ?? null)).flatMap(
    (column) => {
      const known = column.filter((value) => value !== null);
      const mean = known.length === 0 ? 0 : sum(known) / known.length;
      const centred = column.map((value) => (value === null ? 0 : value - mean));
      return [centred, centred.map((value) => value * value), column.map((value) => (value === null ? 1 : 0))];
    },
  );
  const scaled = columns.map(standardised).filter((column) => column !== null);
  return features.map((_, row) => [1, ...scaled.map((column) => column[row]!)]);
}

function standardised(column: readonly number[]): readonly number[] | null {
  const mean = sum(column) / column.length;
  const deviation = Math.sqrt(sum(column.map((value) => (value - mean) ** 2)) / column.length);
  return deviation < 1e-9 ? null : column.map((value) => (value - mean) / deviation);
}

/** Newton's method for the logistic likelihood with a ridge on all but the intercept. */
function logisticFit(rows: readonly (readonly number[])[], labels: readonly number[]): readonly number[] {
  const width = rows[0]?.length ?? 0;
  let weights: readonly number[] = Array<number>(width).fill(0);
  for (let step = 0; step < NEWTON_STEPS; step += 1) {
    const hessian = Array.from({ length: width }, (_, i) =>
      Array.from({ length: width }, (_, j) => (i === j ? (i === 0 ? 1e-6 : RIDGE) : 0)),
    );
    const gradient = weights.map((weight, i) => (i === 0 ? 0 : -RIDGE * weight));
    for (const [index, row] of rows.entries()) {
      const p = logistic(dot(weights, row));
      const w = Math.max(p * (1 - p), 1e-6);
      for (let i = 0; i < width; i += 1) {
        gradient[i]! += (labels[index]! - p) * row[i]!;
        for (let j = 0; j <= i; j += 1) hessian[i]![j]! += w * row[i]! * row[j]!;
      }
    }
    const change = solveSymmetric(hessian, gradient);
    weights = weights.map((weight, i) => weight + change[i]!);
    if (Math.max(...change.map(Math.abs)) < 1e-6) break;
  }
  return weights;
}

/** Solves M·x = b for a symmetric positive definite M of which the lower half is read (Cholesky). */
export function solveSymmetric(matrix: readonly (readonly number[])[], b: readonly number[]): number[] {
  const n = b.length;
  const lower = matrix.map((row) => [...row]);
  for (let i = 0; i < n; i += 1) {
    for (let j = 0; j <= i; j += 1) {
      let value = lower[i]![j]!;
      for (let k = 0; k < j; k += 1) value -= lower[i]![k]! * lower[j]![k]!;
      lower[i]![j] = i === j ? Math.sqrt(Math.max(value, 1e-12)) : value / lower[j]![j]!;
    }
  }
  const x = [...b];
  for (let i = 0; i < n; i += 1) {
    for (let k = 0; k < i; k += 1) x[i]! -= lower[i]![k]! * x[k]!;
    x[i]! /= lower[i]![i]!;
  }
  for (let i = n - 1; i >= 0; i -= 1) {
    for (let k = i + 1; k < n; k += 1) x[i]! -= lower[k]![i]! * x[k]!;
    x[i]! /= lower[i]![i]!;
  }
  return x;
}

const logistic = (x: number): number => 1 / (1 + Math.exp(-Math.max(-40, Math.min(40, x))));

function dot(a: readonly number[], b: readonly number[]): number {
  let total = 0;
  for (let i = 0; i < a.length; i += 1) total += a[i]! * b[i]!;
  return total;
}
