import { NoisyTree, type TreeAnswer } from '../mechanisms/noisy-tree/noisy-tree.ts';
import { type TreeShape, treeNoise, treeShape } from '../mechanisms/noisy-tree/tree-shape.ts';
import type { Exact } from '../mechanisms/suppression/exact.ts';
import { exactOfFraction } from '../sql/rewrite/fraction.ts';
import { TREE_FAN_OUT } from '../sql/rewrite/leaf-counts.ts';
import type { PrivateQuantileValue, PrivateTree } from '../sql/rewrite/private-layout.ts';
import type { Cell } from '../table-data.ts';
import { deviationsOf } from './deviations.ts';
import type { PrivateCell } from './private-values.ts';
import { asCell, toDouble } from './value-rules.ts';

/** How many values of noise the tree of one group takes: known before a row is looked at. */
export function noiseOfTree(tree: PrivateTree): number {
  return treeNoise(shapeOf(tree), tree.questions);
}

/** The tree of one group, out of its engine's text and noise of `noiseOfTree` values. */
export function noisyTree(tree: PrivateTree, list: Cell, noise: readonly bigint[]): NoisyTree {
  return new NoisyTree({
    shape: shapeOf(tree),
    leaves: readCounts(list),
    variance: exactOfFraction(tree.variance),
    noise,
  });
}

/** A quantile as it leaves, between its declared bounds whatever the noise. `draws`: of all that its interval is to hold with. */
export function quantileCell(
  { at, type }: PrivateQuantileValue,
  { scale }: PrivateTree,
  tree: NoisyTree,
  draws = 1,
): PrivateCell {
  const wide = Math.max(2, deviationsOf(draws, 'normal'));
  const { value, low, high }: TreeAnswer =
    at === 'least' || at === 'greatest' ? tree.extreme(at, wide) : tree.quantile(exactOfFraction(at), wide);
  const exact = (units: bigint): Exact => ({ top: units, bottom: 10n ** BigInt(scale) });
  return { value: asCell(exact(value), type), interval: [toDouble(exact(low)), toDouble(exact(high))] };
}

function shapeOf({ low, high, leavesMax }: PrivateTree): TreeShape {
  return treeShape(BigInt(low), BigInt(high), { fanOut: TREE_FAN_OUT, leavesMax });
}

/** `place:rows;place:rows`, of leaves or of values in a list; NULL where a group has no row with a value. */
export function readCounts(list: Cell): ReadonlyMap<number, bigint> {
  if (typeof list !== 'string' || list === '') return new Map();
  return new Map(
    list.split(';').map((entry) => {
      const [place = '0', rows = '0'] = entry.split(':');
      return [Number(place), BigInt(rows)] as const;
    }),
  );
}
