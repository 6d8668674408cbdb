import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { NoiseKind } from '../../policies/mechanisms/noise-pool/noise-pool.ts';
import { type FieldValue, type Message, readTextProto } from './textproto.ts';

const FIXTURES = join(import.meta.dirname, '../fixtures/dp-vectors');
export type Aggregate = 'count' | 'sum' | 'long sum' | 'mean' | 'stdev' | 'quantiles';

/** What all vectors have: a mechanism of these parameters, and how it is tested. */
interface Vector {
  readonly name: string;
  readonly votes: number;
  readonly samples: number;
  readonly family: NoiseKind['family'];
  /** What the mechanism is asked for. */
  readonly epsilon: number;
  readonly delta: number;
  readonly groupsMax: number;
  /** Outcomes are told apart in steps of this. */
  readonly granularity: number;
}

/** Two neighbouring data sets, and what a mechanism may let differ. */
export interface DpCase extends Vector {
  readonly aggregate: Aggregate;
  readonly contributionsMax: number;
  readonly lower: number;
  readonly upper: number;
  readonly entries: readonly number[];
  readonly neighbourEntries: readonly number[];
  /** Entries of the vector's neighbour that were left out (`neighbourOf`). */
  readonly shortened: number;
  readonly quantiles: QuantileParameters | null;
  /** What is tested: (testEpsilon, testDelta) up to the tolerance. */
  readonly testEpsilon: number;
  readonly testDelta: number;
  readonly deltaTolerance: number;
}

export interface QuantileParameters {
  readonly ranks: readonly number[];
  readonly height: number;
  readonly fanOut: number;
  readonly buckets: number;
}

/** Noise that must have the shape of a distribution of this mean and variance. */
export interface ClosenessCase extends Vector {
  readonly contributionMax: number;
  readonly input: number;
  readonly mean: number;
  readonly variance: number;
  readonly l2Tolerance: number;
}

const FILES: Readonly<Record<Aggregate, string>> = {
  count: 'count',
  sum: 'bounded_sum',
  'long sum': 'long_bounded_sum',
  mean: 'bounded_mean',
  stdev: 'bounded_stdv',
  quantiles: 'bounded_quantiles',
};

export function readDpCases(): readonly DpCase[] {
  return (Object.keys(FILES) as Aggregate[]).flatMap((aggregate) => {
    const prefix = FILES[aggregate];
    const file = readFixture(`${prefix}_dp_test_cases`);
    return messages(file, `${prefix}_dp_test_case`).map((one) => dpCase(aggregate, prefix, one, votesOf(file)));
  });
}

export function readClosenessCases(): readonly ClosenessCase[] {
  return (['laplace', 'gaussian'] as const).flatMap((shape) => {
    const file = readFixture(`${shape}_closeness_test_cases`);
    return messages(file, 'distribution_closeness_test_case').map((one) => closenessCase(shape, one, votesOf(file)));
  });
}

function dpCase(aggregate: Aggregate, prefix: string, one: Message, votes: number): DpCase {
  const tested = message(one, 'dp_test_parameters');
  const sampling = message(one, `${prefix}_sampling_parameters`);
  const field = aggregate === 'count' ? 'raw_increment_by' : 'raw_entry';
  const family = text(sampling, 'noise_type') === 'LAPLACE' ? 'discrete-laplace' : 'discrete-gaussian';
  const entries = numbers(sampling, field);
  const given = numbers(sampling, `neighbour_${field}`);
  const groupsMax = number(sampling, 'max_partitions_contributed');
  const neighbourEntries = aggregate === 'stdev' ? neighbourOf(family, entries, given, groupsMax) : given;
  return {
    aggregate,
    name: text(one, 'name'),
    votes,
    samples: number(sampling, 'number_of_samples'),
    family,
    epsilon: number(sampling, 'epsilon'),
    delta: number(sampling, 'delta', 0),
    groupsMax,
    contributionsMax: number(sampling, 'max_contributions_per_partition', 1),
    lower: number(sampling, 'lower_bound', 0),
    upper: number(sampling, 'upper_bound', 1),
    entries,
    neighbourEntries,
    shortened: given.length - neighbourEntries.length,
    granularity: number(tested, 'granularity', 1),
    quantiles: aggregate === 'quantiles' ? quantileParameters(sampling, tested) : null,
    testEpsilon: number(tested, 'epsilon'),
    testDelta: number(tested, 'delta', 0),
    deltaTolerance: number(tested, 'delta_tolerance'),
  };
}

/**
 * The vectors put what a unit has in L0 groups into one group: L0 entries for Laplace noise, √L0 for Gaussian, so that the
 * distance stays that of the guarantee. WHY shortened: three cases of stdev have L0 entries for Gaussian noise, five times that distance, which no
 * mechanism owes anything (libraries that split ε and δ among the parts pass by their loose accounting).
 */
function neighbourOf(
  family: NoiseKind['family'],
  entries: readonly number[],
  given: readonly number[],
  groupsMax: number,
): readonly number[] {
  const extra = family === 'discrete-gaussian' && groupsMax > 1 ? Math.floor(Math.sqrt(groupsMax)) : given.length;
  return given.slice(0, entries.length + extra);
}

function quantileParameters(sampling: Message, tested: Message): QuantileParameters {
  return {
    ranks: numbers(sampling, 'rank'),
    height: number(sampling, 'tree_height'),
    fanOut: number(sampling, 'branching_factor'),
    buckets: number(tested, 'num_of_buckets'),
  };
}

function closenessCase(shape: 'laplace' | 'gaussian', one: Message, votes: number): ClosenessCase {
  const tested = message(one, 'closeness_test_parameters');
  const sampling = message(one, 'noise_sampling_parameters');
  return {
    name: text(one, 'name'),
    votes,
    samples: number(sampling, 'number_of_samples'),
    family: `discrete-${shape}`,
    epsilon: number(sampling, 'epsilon'),
    delta: number(sampling, 'delta', 0),
    groupsMax: number(sampling, 'l0_sensitivity'),
    contributionMax: number(sampling, 'linf_sensitivity'),
    input: number(sampling, 'raw_input'),
    mean: number(tested, 'mean'),
    variance: number(tested, 'variance'),
    l2Tolerance: number(tested, 'l2_tolerance'),
    granularity: number(tested, 'granularity'),
  };
}

function readFixture(name: string): Message {
  return readTextProto(readFileSync(join(FIXTURES, `${name}.textproto`), 'utf8'));
}

function votesOf(file: Message): number {
  return number(message(file, 'voting_parameters'), 'number_of_votes');
}

function messages(from: Message, name: string): readonly Message[] {
  return (from.get(name) ?? []).filter((value): value is Message => value instanceof Map);
}

function message(from: Message, name: string): Message {
  const [found] = messages(from, name);
  if (found === undefined) throw new SyntaxError(`${name} is missing`);
  return found;
}

function number(from: Message, name: string, absent?: number): number {
  const value: FieldValue | undefined = from.get(name)?.[0] ?? absent;
  if (typeof value !== 'number') throw new SyntaxError(`${name} is no number`);
  return value;
}

function numbers(from: Message, name: string): readonly number[] {
  return (from.get(name) ?? []).map(Number);
}

function text(from: Message, name: string): string {
  return String(from.get(name)?.[0]);
}
