import { type TreeShape, treeShape } from '../../mechanisms/noisy-tree/tree-shape.ts';
import type { ColumnRef, Expr, Rel } from '../plan.ts';
import { decimal, INTEGER, TEXT } from '../sql-type.ts';
import { firstOfGroups, firstRows, ownedRows } from './bounded-rows.ts';
import { aggregateCall, and, call, cast, group, type IdSource, literal, ref } from './build.ts';
import { asTexts, codedKeys } from './coded-keys.ts';
import { Collected, keyOf, refsOf } from './collected.ts';
import { countStar, regrouped } from './exact-cells.ts';
import type { PrivateSpec } from './private-cells.ts';
import type { Bounding } from './private-layout.ts';
import type { PrivateQuantile } from './private-quantiles.ts';

/** Groups with the rows of each leaf of a tree: text `leaf:rows;…`. */
export interface LeafCounts {
  readonly rel: Rel;
  readonly keys: readonly ColumnRef[];
  readonly list: ColumnRef;
}

/** Leaves of all groups together, and of the tree of one group. Fewer, where there are many groups. */
const LEAVES_TOTAL = 1 << 20;
const [LEAVES_LEAST, LEAVES_MOST] = [64, 4_096];
/** Of least error, as measured (noisy-tree/PROOF.md). */
export const TREE_FAN_OUT = 8;
/** Of groups whose number nobody knows. */
const GROUPS_ASSUMED = 2_048;

/** The tree over the bounds of a value. Public: it depends on declared bounds and on the number of groups that are listed. */
export function shapeOf({ low, high }: Pick<PrivateQuantile, 'low' | 'high'>, groups: number | null): TreeShape {
  return treeShape(low, high, { fanOut: TREE_FAN_OUT, leavesMax: leavesMaxOf(groups) });
}

export function leavesMaxOf(groups: number | null): number {
  const share = Math.floor(LEAVES_TOTAL / (groups ?? GROUPS_ASSUMED));
  return Math.max(LEAVES_LEAST, Math.min(LEAVES_MOST, share));
}

/**
 * Counts of leaves over rows of which each unit has a bounded share: whole rows are left out, since a count of leaves has no sum that
 * could be clamped.
 */
export function leafCounts(
  spec: PrivateSpec,
  quantile: PrivateQuantile,
  shape: TreeShape,
  bounding: Bounding,
  ids: IdSource,
): LeafCounts {
  const rows: Rel = { kind: 'filter', input: ownedRows(spec.raw), predicate: and(quantile.where) };
  const { rel, keys } = codedKeys(rows, spec.keys, ids);
  const innerKeys = keys.map(({ key }) => key);
  const kept = boundedRows(
    rel,
    innerKeys.map(({ expr }) => expr),
    spec,
    bounding,
    ids,
  );
  const leaf = keyOf(ids, leafExpr(quantile, shape), 'leaf');
  const inner = new Collected(ids);
  const count = inner.add(countStar([]));
  const below = group(kept, [...innerKeys, leaf], inner.measures);
  const outer = new Collected(ids);
  const list = outer.add(aggregateCall('class_list', { args: [ref(leaf.id, INTEGER), count], type: TEXT }));
  const outerKeys = regrouped(innerKeys, ids);
  const cells = { rel: group(below, outerKeys, outer.measures), keys: refsOf(outerKeys) };
  return { ...asTexts(cells, keys, ids), list };
}

/** `(value − low) // leafWidth`, as `leafOf`: the value is clamped, so that it lies in the tree. */
function leafExpr({ amount, scale, low }: PrivateQuantile, { leafWidth }: TreeShape): Expr {
  const units = scale === 0 ? amount : cast(call('multiply', [amount, power(scale)], decimal(38, scale)), INTEGER);
  const offset = call('subtract', [units, literal(String(low), INTEGER)], INTEGER);
  return call('integer_divide', [offset, literal(String(leafWidth), INTEGER)], INTEGER);
}

const power = (scale: number): Expr => literal(String(10 ** scale), INTEGER);

export function boundedRows(
  rel: Rel,
  keys: readonly Expr[],
  { raw }: Pick<PrivateSpec, 'raw'>,
  bounding: Bounding,
  ids: IdSource,
): Rel {
  switch (bounding.kind) {
    case 'declared':
    case 'ranked':
      return rel;
    case 'rows':
      return firstRows(rel, raw, bounding, ids);
    case 'groups':
      return firstOfGroups(rel, keys, raw, bounding, ids);
  }
}
