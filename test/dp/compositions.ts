import type { NoiseKind } from '../../policies/mechanisms/noise-pool/noise-pool.ts';
import { NoisyTree } from '../../policies/mechanisms/noisy-tree/noisy-tree.ts';
import { leafOf, treeNoise, treeShape } from '../../policies/mechanisms/noisy-tree/tree-shape.ts';
import type { Exact } from '../../policies/mechanisms/suppression/exact.ts';
import type { DpCase, QuantileParameters } from './cases.ts';
import type { Design } from './design.ts';

/** One statistic of a case, ready to be drawn many times. */
export interface Composition {
  /** Noise of one outcome: so many values of each kind. */
  readonly streams: readonly Stream[];
  /** The outcomes of one release, one per question, each as the number of its bucket. */
  readonly release: (entries: readonly number[]) => (noise: readonly (readonly bigint[])[]) => readonly number[];
}

export interface Stream {
  readonly kind: NoiseKind;
  readonly count: number;
}

/** Reference composition in memory: bounds, fixed point, the project's mechanism, post-processing. */
export function compose(one: DpCase, design: Design): Composition {
  switch (one.aggregate) {
    case 'count':
      return countOf(one, design);
    case 'sum':
    case 'long sum':
      return sumOf(one, design);
    case 'mean':
      return meanOf(one, design);
    case 'stdev':
      return deviationOf(one, design);
    case 'quantiles':
      return quantilesOf(one, one.quantiles!, design);
  }
}

/** A value of the data is so many units: sums are sums of whole numbers. */
const UNITS = 2 ** 16;
/** Fewer for squares, which must not pass 2^53. */
const UNITS_SQUARED = 2 ** 10;

const single = (noise: readonly (readonly bigint[])[], stream: number): number => Number(noise[stream]![0]);
const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);

function countOf(one: DpCase, design: Design): Composition {
  const kind = design.noiseFor(one, { groups: BigInt(one.groupsMax), each: 1n }, 1);
  return {
    streams: [{ kind, count: 1 }],
    release: (entries) => {
      const truth = sum(entries);
      return (noise) => [design.add(truth, single(noise, 0))];
    },
  };
}

/** Bounded values in whole units. */
function unitsOf(one: DpCase, units: number, design: Design) {
  const [lower, upper] = [Math.round(one.lower * units), Math.round(one.upper * units)];
  const values = (entries: readonly number[]) =>
    entries.map((entry) => design.clamp(Math.round(entry * units), lower, upper));
  return { lower, upper, values };
}

function sumOf(one: DpCase, design: Design): Composition {
  const { lower, upper, values } = unitsOf(one, UNITS, design);
  const each = BigInt(Math.max(Math.abs(lower), Math.abs(upper)));
  const kind = design.noiseFor(one, { groups: BigInt(one.groupsMax), each }, 1);
  return {
    streams: [{ kind, count: 1 }],
    release: (entries) => {
      const truth = sum(values(entries));
      return (noise) => [bucket(design.add(truth, single(noise, 0)) / UNITS, one)];
    },
  };
}

/** Around the midpoint, in half units: a contribution is `upper − lower` half units at most, either way. */
function centredOf(one: DpCase, units: number, design: Design) {
  const { lower, upper, values } = unitsOf(one, units, design);
  return {
    reach: upper - lower,
    middle: (lower + upper) / (2 * units),
    centred: (entries: readonly number[]) => values(entries).map((value) => 2 * value - (lower + upper)),
  };
}

function meanOf(one: DpCase, design: Design): Composition {
  const { reach, middle, centred } = centredOf(one, UNITS, design);
  const [groups, rows] = [BigInt(one.groupsMax), BigInt(one.contributionsMax)];
  const kinds = [BigInt(reach) * rows, rows].map((each) => design.noiseFor(one, { groups, each }, 2));
  return {
    streams: kinds.map((kind) => ({ kind, count: 1 })),
    release: (entries) => {
      const [total, count] = [sum(centred(entries)), entries.length];
      return (noise) => {
        const rows = Math.max(1, design.add(count, single(noise, 1)));
        const mean = middle + design.add(total, single(noise, 0)) / rows / (2 * UNITS);
        return [bucket(Math.min(one.upper, Math.max(one.lower, mean)), one)];
      };
    },
  };
}

function deviationOf(one: DpCase, design: Design): Composition {
  const { reach, centred } = centredOf(one, UNITS_SQUARED, design);
  const [groups, rows] = [BigInt(one.groupsMax), BigInt(one.contributionsMax)];
  const bounds = [BigInt(reach) ** 2n * rows, BigInt(reach) * rows, rows];
  const kinds = bounds.map((each) => design.noiseFor(one, { groups, each }, 3));
  return {
    streams: kinds.map((kind) => ({ kind, count: 1 })),
    release: (entries) => {
      const values = centred(entries);
      const [squares, total] = [sum(values.map((value) => value * value)), sum(values)];
      return (noise) => {
        const rows = Math.max(1, design.add(values.length, single(noise, 2)));
        const mean = design.add(total, single(noise, 1)) / rows;
        const variance = design.add(squares, single(noise, 0)) / rows - mean * mean;
        const deviation = Math.sqrt(Math.min(reach * reach, Math.max(0, variance))) / (2 * UNITS_SQUARED);
        return [bucket(deviation, one)];
      };
    },
  };
}

/** Values per leaf: enough that places within a leaf differ. */
const LEAF_VALUES = 64;

function quantilesOf(one: DpCase, { ranks, height, fanOut, buckets }: QuantileParameters, design: Design): Composition {
  const leavesMax = fanOut ** height;
  const shape = treeShape(0n, BigInt(leavesMax * LEAF_VALUES - 1), { fanOut, leavesMax });
  const levels = design.levels(height);
  const kind = design.noiseFor(one, treeSensitivity(one, levels), 1);
  const exactRanks: readonly Exact[] = ranks.map((rank) => ({ top: BigInt(Math.round(rank * 100)), bottom: 100n }));
  const place = (entry: number) => ((entry - one.lower) / (one.upper - one.lower)) * leavesMax * LEAF_VALUES;
  return {
    streams: [{ kind, count: treeNoise(shape, ranks.length) }],
    release: (entries) => {
      const leaves = new Map<number, bigint>();
      for (const entry of entries) {
        const leaf = leafOf(shape, BigInt(Math.floor(place(entry))));
        leaves.set(leaf, (leaves.get(leaf) ?? 0n) + 1n);
      }
      return ([noise]) => {
        const tree = new NoisyTree({ shape, leaves, variance: kind.parameter, noise: noise! });
        return exactRanks.map((rank) => Math.floor((Number(tree.value(rank)) * buckets) / (leavesMax * LEAF_VALUES)));
      };
    },
  };
}

/** Counts of all levels: absolute changes add up for Laplace noise, squares for Gaussian. */
function treeSensitivity({ groupsMax, contributionsMax }: DpCase, levels: number) {
  return { groups: BigInt(levels * groupsMax), each: BigInt(contributionsMax) };
}

function bucket(value: number, { granularity }: DpCase): number {
  return Math.round(value / granularity);
}
