import { assert } from '../../errors.ts';
import { divideUp } from '../exact-sampling/certified-exp.ts';

/** A tree over the whole numbers lower … upper: `height` levels below the root, each node has up to `fanOut` children. Public. */
export interface TreeShape {
  readonly lower: bigint;
  readonly upper: bigint;
  readonly fanOut: number;
  readonly height: number;
  /** Neighbouring values that share a leaf. */
  readonly leafWidth: bigint;
  /** Leaves that hold a value; the tree has places for `fanOut ** height`. */
  readonly leaves: number;
}

export interface TreeLimits {
  readonly fanOut: number;
  /** Leaves are wider than one value where the bounds hold more values than this. */
  readonly leavesMax: number;
}

/** Least error among 2, 4, 8, 16 and 64, measured (PROOF.md). */
const LIMITS: TreeLimits = { fanOut: 8, leavesMax: 4096 };

/** The lowest tree that tells values of declared bounds apart, or 1/4096 of their range where there are more. */
export function treeShape(lower: bigint, upper: bigint, { fanOut, leavesMax }: TreeLimits = LIMITS): TreeShape {
  assert(lower <= upper, 'bounds are in order');
  assert(Number.isSafeInteger(fanOut) && fanOut >= 2 && leavesMax >= fanOut, 'a tree branches');
  const domain = upper - lower + 1n;
  const wanted = domain < BigInt(leavesMax) ? domain : BigInt(leavesMax);
  let height = 1;
  while (BigInt(fanOut) ** BigInt(height) < wanted) height += 1;
  const leafWidth = divideUp(domain, BigInt(fanOut) ** BigInt(height));
  return { lower, upper, fanOut, height, leafWidth, leaves: Number(divideUp(domain, leafWidth)) };
}

/** The leaf of a value, which is moved to the nearer bound first. What SQL does as `(clamp(x) − lower) // leafWidth`. */
export function leafOf({ lower, upper, leafWidth }: TreeShape, value: bigint): number {
  const clamped = value < lower ? lower : value > upper ? upper : value;
  return Number((clamped - lower) / leafWidth);
}

/**
 * Δ² of all counts of all trees together: a unit with at most `contributionsMax` rows in each of at most `groupsMax` groups
 * changes, on each level, the counts of a group by at most that many in sum, so their squares by its square.
 */
export function treeSensitivitySquared({ height }: TreeShape, groupsMax: number, contributionsMax: number): bigint {
  for (const bound of [groupsMax, contributionsMax])
    assert(Number.isSafeInteger(bound) && bound >= 1, 'a bound counts');
  return BigInt(height) * BigInt(groupsMax) * BigInt(contributionsMax) ** 2n;
}

/** Leaves below a node of a level (1 … height). */
export function leavesBelow({ fanOut, height }: TreeShape, level: number): number {
  return fanOut ** (height - level);
}

/** Nodes of a level that hold a value: only these have a count. */
export function nodesOf(shape: TreeShape, level: number): number {
  return Math.ceil(shape.leaves / leavesBelow(shape, level));
}

/** How many values of noise a tree needs at most to answer so many questions, each a value with its interval. */
export function treeNoise(shape: TreeShape, questions: number): number {
  const nodes = Array.from({ length: shape.height }, (_, level) => nodesOf(shape, level + 1));
  return nodes.reduce((sum, count) => sum + Math.min(count, WALKS * questions * shape.fanOut), 0);
}

/** One question walks down to its value and to both ends of its interval. */
const WALKS = 3;
