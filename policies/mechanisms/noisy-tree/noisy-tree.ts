import { assert } from '../../errors.ts';
import { squareRootUp } from '../exact-sampling/square-root.ts';
import { compare, type Exact, ZERO } from '../suppression/exact.ts';
import { neverFalling } from './monotone.ts';
import { leavesBelow, nodesOf, type TreeShape } from './tree-shape.ts';

export interface TreeInput {
  readonly shape: TreeShape;
  /** Rows per leaf; leaves without rows may be absent. INVARIANT of the caller: contributions are bounded. */
  readonly leaves: ReadonlyMap<number, bigint>;
  /** Variance of the noise: `gridVariance(gaussianVariance(treeSensitivitySquared(…), ρ))`. */
  readonly variance: Exact;
  /** Discrete Gaussian of that variance, at least `treeNoise(shape, questions)` values; taken before the counts are known. */
  readonly noise: readonly bigint[];
}

/** A value with its 95% interval; all between the declared bounds. */
export interface TreeAnswer {
  readonly value: bigint;
  readonly low: bigint;
  readonly high: bigint;
}

interface Node {
  readonly level: number;
  readonly index: number;
}

/** What is made of the noisy counts of a node's children: estimates, and running sums of them that never fall. */
interface Family {
  readonly estimates: readonly number[];
  readonly sums: readonly number[];
}

const ROOT: Node = { level: 0, index: 0 };
const ONE: Exact = { top: 1n, bottom: 1n };

/**
 * Quantiles from noisy counts of the nodes of a tree. Any number of questions may be asked of one tree: they cost nothing more.
 *
 * Guarantee: all answers together are a function of the noisy counts, so Δ²/2σ²-zCDP with `treeSensitivitySquared`. Neighbouring: one
 * privacy unit more or less, with all its rows. Sensitivity: rows per unit and group, and groups per unit, are bounded before. Cost:
 * `gaussianRho`. Limits: values beyond the declared bounds count as the bounds; a quantile is as exact as a leaf is wide; values of
 * few rows are mostly noise (the interval says so). Larger ranks never give smaller values. Counts and noise are exact; doubles
 * only work on noisy counts, which is post-processing.
 * Source: Hay, Rastogi, Miklau and Suciu, Boosting the Accuracy of Differentially Private Histograms (VLDB 2010); PROOF.md.
 */
export class NoisyTree {
  readonly #input: TreeInput;
  readonly #counts: readonly Map<number, bigint>[];
  readonly #families: readonly Map<number, Family>[];
  #noiseUsed = 0;

  constructor(input: TreeInput) {
    this.#input = input;
    this.#counts = countsByLevel(input.shape, input.leaves);
    this.#families = this.#counts.map(() => new Map());
  }

  /** The value below which a share `rank` of the rows lies, 0 ≤ rank ≤ 1. `deviations` of the noise either side: 2 for 95%. */
  quantile(rank: Exact, deviations = 2): TreeAnswer {
    assert(compare(rank, ZERO) >= 0 && compare(rank, ONE) <= 0, 'a rank is a share');
    return this.#answer(Number(rank.top) / Number(rank.bottom), this.value(rank), deviations);
  }

  /** The same without an interval. */
  value(rank: Exact): bigint {
    const [top, bottom] = [Number(rank.top), Number(rank.bottom)];
    return this.#walk((total) => (top * total) / bottom); // whole numbers of rows stay whole
  }

  /**
   * About the least or the greatest value: the outermost that stands out from the noise, with as many rows outside as noise
   * may feign. The interval is that of this quantile.
   */
  extreme(end: 'least' | 'greatest', deviations = 2): TreeAnswer {
    const margin = Math.min(0.5, this.#rankError(2));
    const rank = end === 'least' ? margin : 1 - margin;
    return this.#answer(
      rank,
      this.#walk((total) => rank * total),
      deviations,
    );
  }

  #answer(rank: number, value: bigint, deviations: number): TreeAnswer {
    const { lower, upper } = this.#input.shape;
    const error = this.#rankError(deviations);
    const [below, above] = [rank - error, rank + error];
    const low = below <= 0 ? lower : this.#walk((total) => below * total);
    const high = above >= 1 ? upper : this.#walk((total) => above * total);
    return { value, low: low < value ? low : value, high: high > value ? high : value };
  }

  /** How far a rank may be off, as a share of all rows; 1 where noise may be all there is. */
  #rankError(deviations: number): number {
    const total = this.#family(ROOT, null).estimates.reduce((sum, count) => sum + count, 0);
    const error = (Number(rankHalfWidth(this.#input.shape, this.#input.variance)) * deviations) / 2;
    return total > error ? error / total : 1;
  }

  #walk(targetOf: (total: number) => number): bigint {
    let family = this.#family(ROOT, null);
    let target = targetOf(family.sums.at(-1)!);
    for (let node = ROOT; ; ) {
      const { sums, estimates } = family;
      if (sums.at(-1)! <= 0) return this.#valueAt(node, 0.5); // nothing but noise below
      const child = sums.findIndex((sum) => sum >= target && sum > 0);
      const before = child === 0 ? 0 : sums[child - 1]!;
      const share = (target - before) / (sums[child]! - before);
      node = { level: node.level + 1, index: node.index * this.#input.shape.fanOut + child };
      if (node.level === this.#input.shape.height) return this.#valueAt(node, share);
      family = this.#family(node, estimates[child]!);
      target = share * family.sums.at(-1)!;
    }
  }

  /** The value at a share of a node's range. */
  #valueAt({ level, index }: Node, share: number): bigint {
    const { lower, upper, leafWidth } = this.#input.shape;
    const leaves = BigInt(leavesBelow(this.#input.shape, level));
    const first = lower + BigInt(index) * leaves * leafWidth;
    const width = leaves * leafWidth < upper - first + 1n ? leaves * leafWidth : upper - first + 1n;
    const offset = BigInt(Math.floor(share * Number(width)));
    return first + (offset < width ? offset : width - 1n);
  }

  /** A node's children. `estimate`: how many rows the node has, as far as is known above. */
  #family(node: Node, estimate: number | null): Family {
    const known = this.#families[node.level]!.get(node.index);
    if (known !== undefined) return known;
    const estimates = agreeing(this.#noisyChildren(node), estimate);
    const family = { estimates, sums: runningSums(estimates) };
    this.#families[node.level]!.set(node.index, family);
    return family;
  }

  /** WHY noise is given to nodes as they are visited: which ones are is a function of noisy counts, and any order is as good. */
  #noisyChildren({ level, index }: Node): readonly number[] {
    const { shape, noise } = this.#input;
    const first = index * shape.fanOut;
    const count = Math.min(shape.fanOut, nodesOf(shape, level + 1) - first);
    assert(this.#noiseUsed + count <= noise.length, 'there is noise for every count that is looked at');
    const children = Array.from({ length: count }, (_, child) => {
      const rows = this.#counts[level]!.get(first + child) ?? 0n;
      return Number(rows + noise[this.#noiseUsed + child]!);
    });
    this.#noiseUsed += count;
    return children;
  }
}

/**
 * 95% bound of what noise does to a rank, in rows: on each level, sums of noisy counts on one side that are made to agree with the level
 * above deviate as a bridge does, by at most √fanOut/2 deviations of one count; 1.96 rounded up to 2. Measured coverage: PROOF.md.
 */
export function rankHalfWidth({ fanOut, height }: TreeShape, variance: Exact): bigint {
  return squareRootUp({ top: variance.top * BigInt(fanOut * height), bottom: variance.bottom });
}

function countsByLevel(shape: TreeShape, leaves: ReadonlyMap<number, bigint>): readonly Map<number, bigint>[] {
  const counts = Array.from({ length: shape.height }, () => new Map<number, bigint>());
  for (const [leaf, rows] of leaves) {
    assert(Number.isSafeInteger(leaf) && leaf >= 0 && leaf < shape.leaves, 'a leaf lies in the tree');
    for (const [above, level] of counts.entries()) {
      const index = Math.floor(leaf / leavesBelow(shape, above + 1));
      level.set(index, (level.get(index) ?? 0n) + rows);
    }
  }
  return counts;
}

/**
 * Children's counts moved alike, so that they add up to what is best known of their sum: the estimate from above and their own
 * sum, each weighted by the inverse of its variance (of one count, and of as many as there are children).
 */
function agreeing(counts: readonly number[], estimate: number | null): readonly number[] {
  if (estimate === null) return counts;
  const sum = counts.reduce((total, count) => total + count, 0);
  const best = (counts.length * estimate + sum) / (counts.length + 1);
  return counts.map((count) => count + (best - sum) / counts.length);
}

/** Running sums that never fall, between 0 and their total: what running sums of true counts are. */
function runningSums(counts: readonly number[]): readonly number[] {
  let sum = 0;
  const sums = counts.map((count) => {
    sum += count;
    return sum;
  });
  const total = Math.max(0, sum);
  return neverFalling(sums).map((value) => Math.min(total, Math.max(0, value)));
}
