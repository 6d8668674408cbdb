import { type CellKey, perturbUnits } from '../policies/mechanisms/cell-key/cell-noise.ts';
import type { PerturbationTable } from '../policies/mechanisms/cell-key/perturbation-table.ts';
import { seededWords, unitInterval } from './seeded-words.ts';

/**
 * What an asker learns of counts that leave through the cell-key mechanism alone: no guard, no cap, no threshold. Every
 * question is about a set that was not asked about before, so every answer has noise of its own.
 */

/** Released counts of sets, each new. */
export type Oracle = (trueCount: number) => number;

export function freshOracle(table: PerturbationTable, seed: bigint): Oracle {
  const next = seededWords(seed);
  const secret = new Uint8Array(32).fill(1);
  return (trueCount) =>
    Number(perturbUnits(BigInt(trueCount), secret, { set: [next(), next()], lineage: 'bench' }, table));
}

/**
 * One person's bit from pairs of sets that differ in that person: accuracy of the likelihood ratio after 1, 2, … pairs, at
 * the places asked for. Counts are far above 0, where the distribution of noise is public and the same for all.
 */
export function guessOneBit(
  table: PerturbationTable,
  pairs: readonly number[],
  trials: number,
  seed: bigint,
): readonly number[] {
  const next = seededWords(seed);
  const ask = freshOracle(table, next());
  const difference = differenceDistribution(table);
  const right = pairs.map(() => 0);
  for (let trial = 0; trial < trials; trial += 1) {
    const bit = Number(next() & 1n);
    let evidence = 0;
    for (let pair = 1; pair <= pairs.at(-1)!; pair += 1) {
      const count = 100 + Number(next() % 1_000n);
      const seen = ask(count + bit) - ask(count);
      evidence += Math.log(difference(seen - 1) / difference(seen));
      const at = pairs.indexOf(pair);
      if (at >= 0) right[at]! += evidence === 0 ? 0.5 : Number(evidence > 0 === (bit === 1));
    }
  }
  return right.map((count) => count / trials);
}

/** Best possible accuracy from one pair: ½ + ½·total variation between the differences for bit 0 and bit 1. */
export function oneBitCeiling(table: PerturbationTable): number {
  const difference = differenceDistribution(table);
  const reach = 2 * table.parameters.D + 1;
  let variation = 0;
  for (let d = -reach; d <= reach; d += 1) variation += Math.abs(difference(d) - difference(d - 1)) / 2;
  return 0.5 + variation / 2;
}

/** P(v − v' = d) of two independent noises. WHY never 0: beyond the range one look decides, with a finite weight. */
function differenceDistribution(table: PerturbationTable): (d: number) => number {
  const row = table.row(1_000_000n).map(({ noise, weight }) => [Number(noise), Number(weight) / 2 ** 64] as const);
  const known = new Map<number, number>();
  for (const [a, p] of row) for (const [b, r] of row) known.set(a - b, (known.get(a - b) ?? 0) + p * r);
  return (d) => known.get(d) ?? 1e-300;
}

/** How often the rounded mean of a count's released values is the count. */
export function averageOut(table: PerturbationTable, sets: number, parts: 1 | 2, trials: number, seed: bigint): number {
  const next = seededWords(seed);
  const ask = freshOracle(table, next());
  const estimates = sets / parts;
  let exact = 0;
  for (let trial = 0; trial < trials; trial += 1) {
    const count = 200 + Number(next() % 200n);
    let sum = 0;
    for (let k = 0; k < estimates; k += 1) {
      const known = 50 + Number(next() % 100n);
      // One part: the set together with `known` units that the asker knows to be there. Two: a partition of the set.
      sum += parts === 1 ? ask(count + known) - known : ask(known) + ask(count - known);
    }
    exact += Number(Math.round(sum / estimates) === count);
  }
  return exact / trials;
}

/** Share of n secret bits recovered from released counts of random subsets, by least squares over [0, 1]^n. */
export function reconstruct(table: PerturbationTable, n: number, questions: number, seed: bigint): number {
  const next = seededWords(seed);
  const ask = freshOracle(table, next());
  const secret = Array.from({ length: n }, () => Number(next() & 1n));
  const subsets = Array.from({ length: questions }, () => Array.from({ length: n }, () => Number(next() & 1n)));
  const answers = subsets.map((subset) => ask(dot(subset, secret)));
  const guess = boundedLeastSquares(subsets, answers, n);
  return guess.filter((x, k) => (x > 0.5 ? 1 : 0) === secret[k]).length / n;
}

const DESCENTS = 400;

/** Projected gradient with Nesterov's momentum; the step is 1 over a bound of the largest eigenvalue of AᵀA. */
function boundedLeastSquares(
  rows: readonly (readonly number[])[],
  answers: readonly number[],
  n: number,
): readonly number[] {
  const step = 1 / largestEigenvalue(rows, n);
  let x = Array.from({ length: n }, () => 0.5);
  let ahead = x;
  for (let k = 1; k <= DESCENTS; k += 1) {
    const gradient = transposed(
      rows,
      rows.map((row, q) => dot(row, ahead) - answers[q]!),
      n,
    );
    const to = ahead.map((value, at) => Math.min(1, Math.max(0, value - step * gradient[at]!)));
    const from = x;
    ahead = to.map((value, at) => value + ((k - 1) / (k + 2)) * (value - from[at]!));
    x = to;
  }
  return x;
}

function largestEigenvalue(rows: readonly (readonly number[])[], n: number): number {
  let v: readonly number[] = Array.from({ length: n }, () => 1 / Math.sqrt(n));
  let size = 1;
  for (let k = 0; k < 30; k += 1) {
    const w = transposed(
      rows,
      rows.map((row) => dot(row, v)),
      n,
    );
    size = Math.hypot(...w);
    v = w.map((value) => value / size);
  }
  return 1.01 * size;
}

function transposed(rows: readonly (readonly number[])[], weights: readonly number[], n: number): number[] {
  const sum = new Array<number>(n).fill(0);
  for (const [q, row] of rows.entries()) for (let k = 0; k < n; k += 1) sum[k]! += weights[q]! * row[k]!;
  return sum;
}

function dot(a: readonly number[], b: readonly number[]): number {
  let sum = 0;
  for (let k = 0; k < a.length; k += 1) sum += a[k]! * b[k]!;
  return sum;
}

export const LOGNORMAL_BOUND = 1_000_000n;

/** Contributions to a sum: lognormal (median 20,000, σ = 1), clamped to the declared bound. */
export function lognormalContributions(n: number, next: () => bigint): readonly bigint[] {
  const normal = (): number =>
    Math.sqrt(-2 * Math.log(1 - unitInterval(next()))) * Math.cos(2 * Math.PI * unitInterval(next()));
  return Array.from({ length: n }, () =>
    BigInt(Math.round(Math.min(Number(LOGNORMAL_BOUND), 20_000 * Math.exp(normal())))),
  );
}

/** A key as good as one that was drawn for a set: four uniform words. */
export function cellKeyOf(next: () => bigint): CellKey {
  return { words: [next(), next(), next(), next()] };
}
