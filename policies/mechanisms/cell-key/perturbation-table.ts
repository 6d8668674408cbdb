import { assert } from '../../errors.ts';
import { maximumEntropyNoise, type NoiseDistribution } from './maximum-entropy.ts';
import { assertCountParameters, type CountParameters } from './perturbation-parameters.ts';

/** One possible noise: drawn by `weight` of the 2^64 values that u can have; `below` is the end of its interval. */
export interface NoiseStep {
  readonly noise: bigint;
  readonly weight: bigint;
  readonly below: bigint;
}

/**
 * Noise for every true count, in integers: nothing is rounded when an answer is made.
 *
 * Guarantee: for u uniform on 64 bits the noise of each count has mean exactly 0, variance ≤ V + 2^-30, lies in [−D, D],
 * and never makes a count of 1..js; 0 stays 0. Limits: not differential privacy (PROOF.md, Limits).
 */
export interface PerturbationTable {
  readonly parameters: CountParameters;
  /** The steps for a true count, noise ascending. Counts from D + js + 1 on share one symmetric row. */
  readonly row: (count: bigint) => readonly NoiseStep[];
  /** `count` ≥ 0 and 64-bit `u` → the noise. The same arguments give the same noise. */
  readonly noise: (count: bigint, u: bigint) => bigint;
}

export const RANGE_BITS = 64;
export const RANGE = 1n << BigInt(RANGE_BITS);
/** WHY so coarse: beyond the solver's tolerance a probability is rounding, which another engine may do otherwise. */
const PROBABILITY_BITS = 40;
const TABLES_MAX = 16;
const tables = new Map<string, PerturbationTable>();

/** The table of these parameters: rows are made when first asked for, and a handful of tables is kept. */
export function perturbationTable(parameters: CountParameters): PerturbationTable {
  const { D, V, js } = parameters;
  const name = `${D}/${V}/${js}`;
  const known = tables.get(name);
  if (known !== undefined) return known;
  assertCountParameters(parameters);
  const table = makeTable({ D, V, js });
  if (tables.size >= TABLES_MAX) tables.clear();
  tables.set(name, table);
  return table;
}

function makeTable(parameters: CountParameters): PerturbationTable {
  const stationary = BigInt(parameters.D + parameters.js + 1);
  const rows = new Map<bigint, readonly NoiseStep[]>();
  const row = (count: bigint): readonly NoiseStep[] => {
    assert(count >= 0n, 'a count is not negative');
    const place = count < stationary ? count : stationary;
    const known = rows.get(place) ?? quantised(maximumEntropyNoise(Number(place), parameters));
    rows.set(place, known);
    return known;
  };
  const noise = (count: bigint, u: bigint): bigint => {
    const place = placeOf(count, u);
    return row(count).find(({ below }) => place < below)!.noise;
  };
  return Object.freeze({ parameters: Object.freeze(parameters), row, noise });
}

/** Weights of total 2^64 and mean 0, exactly. */
function quantised({ support, probabilities }: NoiseDistribution): readonly NoiseStep[] {
  const weights = centred(support, largestRemainder(probabilities));
  let below = 0n;
  return Object.freeze(
    support.map((v, k) => {
      const weight = weights[k]!;
      assert(weight >= 0n, 'no noise has a negative weight');
      below += weight;
      return Object.freeze({ noise: BigInt(v), weight, below });
    }),
  );
}

/** Whole shares of 2^64 in proportion to the probabilities: rounded down, what is left to the largest remainders. */
function largestRemainder(probabilities: readonly number[]): bigint[] {
  const parts = probabilities.map((p) => BigInt(Math.round(p * 2 ** PROBABILITY_BITS)));
  const total = parts.reduce((sum, part) => sum + part, 0n);
  const weights = parts.map((part) => (part * RANGE) / total);
  const left = Number(RANGE - weights.reduce((sum, weight) => sum + weight, 0n));
  const remainder = (k: number): bigint => (parts[k]! * RANGE) % total;
  const order = [...parts.keys()].sort((a, b) => Number(remainder(b) - remainder(a)) || a - b);
  for (const k of order.slice(0, left)) weights[k]! += 1n;
  return weights;
}

/** Moves weight between two neighbouring values until the mean is 0: one unit of weight moves the sum by one. */
function centred(support: readonly number[], weights: readonly bigint[]): readonly bigint[] {
  const excess = support.reduce((sum, v, k) => sum + BigInt(v) * weights[k]!, 0n);
  if (excess === 0n) return weights;
  const lower = support.findIndex((v) => v >= 0);
  return weights.map((weight, k) => (k === lower ? weight + excess : k === lower + 1 ? weight - excess : weight));
}

/**
 * Where u falls for this count: another permutation of the 64-bit numbers for every count. Without it the interval of each
 * noise would lie at nearly, or exactly, the same place for neighbouring counts (PROOF.md, Shuffled intervals).
 */
export function placeOf(count: bigint, u: bigint): bigint {
  return mixed(u + mixed(count));
}

/**
 * SplitMix64's output for a state (Steele, Lea, Flood, OOPSLA 2014): public, only to scatter.
 * INVARIANT: one to one on 64 bits: a sum, products with odd numbers, and z ^ (z >> k) can all be undone.
 */
function mixed(state: bigint): bigint {
  let z = BigInt.asUintN(RANGE_BITS, (state + 1n) * 0x9e3779b97f4a7c15n);
  z = BigInt.asUintN(RANGE_BITS, (z ^ (z >> 30n)) * 0xbf58476d1ce4e5b9n);
  z = BigInt.asUintN(RANGE_BITS, (z ^ (z >> 27n)) * 0x94d049bb133111ebn);
  return z ^ (z >> 31n);
}
