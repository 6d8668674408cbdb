import { assert } from '../../errors.ts';
import { squareRootUp } from '../exact-sampling/square-root.ts';
import { compare, type Exact, minus, plus, ZERO } from '../suppression/exact.ts';
import { floorDivide, neverFalling } from './monotone.ts';
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

/** Counts carry so many further bits, so that halves and means of them are whole numbers. */
const SPARE_BITS = 16n;
const ONE: Exact = { top: 1n, bottom: 1n };
const HALF: Exact = { top: 1n, bottom: 2n };

/**
 * Quantiles from noisy counts of the nodes of a tree. Any number of questions may be asked of one tree: they cost nothing more.
 *
 * Guarantee: all answers together are a function of the noisy counts, so Δ²/2σ²-zCDP with `treeSensitivitySquared`. Neighbouring: one
 * privacy unit more or less, with all its rows. Sensitivity: rows per unit and group, and groups per unit, are bounded before. Cost:
 * `gaussianRho`. Limits: values beyond the declared bounds count as the bounds; a quantile is as exact as a leaf is wide; values of
 * few rows are mostly noise (the interval says so). Larger ranks never give smaller values.
 * Source: Hay, Rastogi, Miklau and Suciu, Boosting the Accuracy of Differentially Private Histograms (VLDB 2010); PROOF.md.
 */
export class NoisyTree {
  readonly #input: TreeInput;
  readonly #counts: readonly Map<number, bigint>[];
  readonly #noisy = new Map<string, bigint>();

  constructor(input: TreeInput) {
    this.#input = input;
    this.#counts = countsByLevel(input.shape, input.leaves);
  }

  /** The value below which a share `rank` of the rows lies, 0 ≤ rank ≤ 1. */
  quantile(rank: Exact): TreeAnswer {
    assert(compare(rank, ZERO) >= 0 && compare(rank, ONE) <= 0, 'a rank is a share');
    const { lower, upper } = this.#input.shape;
    const value = this.#walk(rank);
    const error = this.#rankError();
    const [below, above] = error === null ? [ZERO, ONE] : [minus(rank, error), plus(rank, error)];
    const low = compare(below, ZERO) <= 0 ? lower : this.#walk(below);
    const high = compare(above, ONE) >= 0 ? upper : this.#walk(above);
    return { value, low, high };
  }

  /**
   * About the least or the greatest value: the outermost that stands out from the noise, with as many rows outside as noise
   * may feign. The interval is that of this quantile, extended to the bound.
   */
  extreme(end: 'least' | 'greatest'): TreeAnswer {
    const margin = this.#rankError() ?? HALF;
    const inner = compare(margin, HALF) > 0 ? HALF : margin;
    return this.quantile(end === 'least' ? inner : minus(ONE, inner));
  }

  /** How far a rank may be off, as a share of all rows; null where noise may be all there is. */
  #rankError(): Exact | null {
    const total = this.#children({ level: 0, index: 0 }).reduce((sum, count) => sum + count, 0n);
    const error = rankHalfWidth(this.#input.shape, this.#input.variance) << SPARE_BITS;
    return total > error ? { top: error, bottom: total } : null;
  }

  #walk(rank: Exact): bigint {
    let node: Node = { level: 0, index: 0 };
    let [share, estimate]: [Exact, bigint | null] = [rank, null];
    while (node.level < this.#input.shape.height) {
      const counts = agreeing(this.#children(node), estimate);
      const sums = runningSums(counts);
      const total = sums.at(-1)!;
      if (total <= 0n) break; // nothing but noise below
      const target = (share.top * total) / share.bottom;
      const child = sums.findIndex((sum) => sum >= target && sum > 0n);
      const before = child === 0 ? 0n : sums[child - 1]!;
      share = { top: target - before, bottom: sums[child]! - before };
      estimate = counts[child]!;
      node = { level: node.level + 1, index: node.index * this.#input.shape.fanOut + child };
    }
    return this.#valueAt(node, share);
  }

  /** The value at a share of a node's range. */
  #valueAt({ level, index }: Node, share: Exact): bigint {
    const { lower, upper, leafWidth } = this.#input.shape;
    const leaves = BigInt(leavesBelow(this.#input.shape, level));
    const first = lower + BigInt(index) * leaves * leafWidth;
    const width = leaves * leafWidth < upper - first + 1n ? leaves * leafWidth : upper - first + 1n;
    const offset = (share.top * width) / share.bottom;
    return first + (offset < width ? offset : width - 1n);
  }

  /** Noisy counts of a node's children, with spare bits. */
  #children({ level, index }: Node): readonly bigint[] {
    const { shape } = this.#input;
    const first = index * shape.fanOut;
    const count = Math.min(shape.fanOut, nodesOf(shape, level + 1) - first);
    return Array.from({ length: count }, (_, child) => this.#noisyCount(level + 1, first + child) << SPARE_BITS);
  }

  /** WHY noise is given to nodes as they are visited: which ones are is a function of noisy counts, and any order is as good. */
  #noisyCount(level: number, index: number): bigint {
    const name = `${level}/${index}`;
    const known = this.#noisy.get(name);
    if (known !== undefined) return known;
    const noise = this.#input.noise[this.#noisy.size];
    assert(noise !== undefined, 'there is noise for every count that is looked at');
    const noisy = (this.#counts[level - 1]!.get(index) ?? 0n) + noise;
    this.#noisy.set(name, noisy);
    return noisy;
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
 * sum, each weighted by the inverse of its variance (1 and `fanOut` counts).
 */
function agreeing(counts: readonly bigint[], estimate: bigint | null): readonly bigint[] {
  if (estimate === null) return counts;
  const size = BigInt(counts.length);
  const sum = counts.reduce((total, count) => total + count, 0n);
  const best = floorDivide(size * estimate + sum, size + 1n);
  const each = floorDivide(best - sum, size);
  return counts.map((count) => count + each);
}

/** Running sums that never fall, between 0 and their total: what running sums of true counts are. */
function runningSums(counts: readonly bigint[]): readonly bigint[] {
  let sum = 0n;
  const sums = counts.map((count) => {
    sum += count;
    return sum;
  });
  const total = sum > 0n ? sum : 0n;
  return neverFalling(sums).map((value) => (value < 0n ? 0n : value > total ? total : value));
}
