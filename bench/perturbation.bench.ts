import { createHash } from 'node:crypto';
import { flexFor } from '../policies/mechanisms/cell-key/flex.ts';
import { perturbSum } from '../policies/mechanisms/cell-key/magnitude.ts';
import {
  ACCURATE_PERTURBATION,
  DEFAULT_PERTURBATION,
  type PerturbationParameters,
} from '../policies/mechanisms/cell-key/perturbation-parameters.ts';
import { type PerturbationTable, perturbationTable } from '../policies/mechanisms/cell-key/perturbation-table.ts';
import {
  averageOut,
  cellKeyOf,
  freshOracle,
  guessOneBit,
  LOGNORMAL_BOUND,
  lognormalContributions,
  oneBitCeiling,
  reconstruct,
} from './perturbation-attacks.ts';
import { markdownTable, percent, publishedIntervals, publishedTable, share } from './perturbation-page.ts';
import type { Bench } from './run.ts';
import { seededWords } from './seeded-words.ts';

/**
 * Mode `perturbed`: what its noise alone hides, and what it costs in accuracy (policies/PERTURBATION.md).
 * Goals: accuracy of the best guess at one bit, exact counts by averaging, reconstruction from random subsets, relative
 * errors of counts and sums. Not measured: guard, cap and threshold, which are part of the mode; speed.
 */

const SEED = 20_260_301n;
const PAIRS = [1, 10, 32, 65, 173];
const SETS = [4, 12, 32, 100, 200, 400];
const SUBJECTS = 128;
const QUESTIONS = [16, 32, 64, 128, 256, 512];
const SIZES = [20, 100, 1_000];

interface Runs {
  readonly trials: number;
  readonly reconstructions: number;
  readonly draws: number;
}

const bench: Bench = async ({ tiny, log }) => {
  const runs: Runs = tiny
    ? { trials: 20, reconstructions: 1, draws: 200 }
    : { trials: 1_500, reconstructions: 20, draws: 4_000 };
  const sides = [DEFAULT_PERTURBATION, ACCURATE_PERTURBATION].map((parameters) => measure(parameters, runs));
  const [standard, accurate] = sides as [Side, Side];
  const pages = [
    markdownTable(
      ['一位 · one bit, after pairs', ...PAIRS.map(String)],
      sides.map((side) => [side.name, ...side.oneBit.map(share)]),
    ),
    markdownTable(
      ['精确计数 · exact count, after sets', ...SETS.map(String)],
      sides.flatMap((side) => [
        [`${side.name}, padded sets`, ...side.padded.map(share)],
        [`${side.name}, two-part partitions`, ...side.partitioned.map(share)],
      ]),
    ),
    markdownTable(
      ['重构 · bits recovered, after questions', ...QUESTIONS.map((m) => `${m} (${m / SUBJECTS}n)`)],
      sides.map((side) => [side.name, ...side.recovered.map(share)]),
    ),
    markdownTable(
      ['误差 · relative error, median / 95th percentile', ...SIZES.map((n) => `n = ${n}`)],
      sides
        .map((side) => [`count, ${side.name}`, ...side.counts.map(errorText)])
        .concat([['sum, lognormal', ...standard.sums.map(errorText)]]),
    ),
  ];
  const published = [DEFAULT_PERTURBATION, ACCURATE_PERTURBATION].flatMap((one) => [
    publishedTable(one),
    publishedIntervals(one),
  ]);
  for (const page of [...published, ...pages]) log(`${page}\n`);
  return {
    seed: Number(SEED),
    one_bit_ceiling_1_pair: [standard.ceiling, accurate.ceiling],
    one_bit_accuracy: standard.oneBit,
    one_bit_accuracy_accurate: accurate.oneBit,
    exact_count_padded: standard.padded,
    exact_count_partitioned: standard.partitioned,
    reconstruction_accuracy: standard.recovered,
    reconstruction_accuracy_accurate: accurate.recovered,
    count_errors: standard.counts,
    sum_errors: standard.sums,
    result_sha256: createHash('sha256').update(pages.join('\n')).digest('hex'),
  };
};
export default bench;

interface Side {
  readonly name: string;
  readonly ceiling: number;
  readonly oneBit: readonly number[];
  readonly padded: readonly number[];
  readonly partitioned: readonly number[];
  readonly recovered: readonly number[];
  readonly counts: readonly Errors[];
  readonly sums: readonly Errors[];
}

function measure(parameters: PerturbationParameters, { trials, reconstructions, draws }: Runs): Side {
  const table = perturbationTable(parameters);
  const recover = (questions: number): number =>
    mean(Array.from({ length: reconstructions }, (_, k) => reconstruct(table, SUBJECTS, questions, SEED + BigInt(k))));
  return {
    name: `D${parameters.D} V${parameters.V}`,
    ceiling: oneBitCeiling(table),
    oneBit: guessOneBit(table, PAIRS, trials, SEED),
    padded: SETS.map((sets) => averageOut(table, sets, 1, trials, SEED)),
    partitioned: SETS.map((sets) => averageOut(table, sets, 2, trials, SEED)),
    recovered: QUESTIONS.map(recover),
    counts: SIZES.map((n) => countErrors(table, n, draws)),
    sums: SIZES.map((n) => sumErrors(parameters, n, draws)),
  };
}

interface Errors {
  readonly median: number;
  readonly p95: number;
}

function countErrors(table: PerturbationTable, n: number, draws: number): Errors {
  const ask = freshOracle(table, SEED);
  return quantiles(Array.from({ length: draws }, () => Math.abs(ask(n) - n) / n));
}

/** Contributions and keys are drawn anew for every sum. */
function sumErrors({ flex: parameters }: PerturbationParameters, n: number, draws: number): Errors {
  const next = seededWords(SEED);
  const flex = flexFor(parameters, LOGNORMAL_BOUND);
  const errors = Array.from({ length: draws }, () => {
    const contributions = lognormalContributions(n, next).toSorted((a, b) => Number(b - a));
    const total = contributions.reduce((sum, one) => sum + one, 0n);
    const released = perturbSum({ total, largest: contributions.slice(0, 3) }, cellKeyOf(next), flex);
    return Math.abs(Number(released - total)) / Number(total);
  });
  return quantiles(errors);
}

function quantiles(values: readonly number[]): Errors {
  const sorted = values.toSorted((a, b) => a - b);
  const at = (part: number): number => sorted[Math.floor(part * (sorted.length - 1))] ?? 0;
  return { median: at(0.5), p95: at(0.95) };
}

function errorText({ median, p95 }: Errors): string {
  return `${percent(median)} / ${percent(p95)}`;
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, one) => sum + one, 0) / values.length;
}
