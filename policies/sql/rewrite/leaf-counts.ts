import { type TreeShape, treeShape } from '../../mechanisms/noisy-tree/tree-shape.ts';
import type { ColumnRef, Expr, Rel } from '../plan.ts';
import { decimal, INTEGER, TEXT } from '../sql-type.ts';
import { firstOfGroups, firstRows, ownedRows, rowsOf } from './bounded-rows.ts';
import type { InGroups } from './bounded-sums.ts';
import {
  aggregateCall,
  and,
  call,
  cast,
  choose,
  equals,
  group,
  type IdSource,
  isNotNull,
  literal,
  ref,
} from './build.ts';
import { codedKeys, decoded } from './coded-keys.ts';
import { Collected, keyOf, refsOf } from './collected.ts';
import { countStar, regrouped } from './exact-cells.ts';
import type { PrivateSpec } from './private-cells.ts';
import type { PrivateChoice } from './private-choices.ts';
import type { Bounding } from './private-layout.ts';
import type { DistinctValues, PrivateSum } from './private-measures.ts';
import type { PrivateQuantile } from './private-quantiles.ts';
import type { UnitColumn } from './raw.ts';

/** Groups, and one number or text each, over rows of which each unit has a bounded share. */
export interface Beside {
  readonly rel: Rel;
  readonly keys: readonly ColumnRef[];
  readonly value: ColumnRef;
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

/** Counts of leaves: text `leaf:rows;…`. */
export function leafCounts(
  spec: PrivateSpec,
  quantile: PrivateQuantile,
  shape: TreeShape,
  bounding: Bounding,
  ids: IdSource,
): Beside {
  const of = { where: quantile.where, by: leafExpr(quantile, shape), place: (leaf: Expr) => leaf };
  return placeCounts(spec, of, bounding, ids);
}

/** Counts of the values of a public list: text `place in the list:rows;…`. */
export function listCounts(
  spec: PrivateSpec,
  { of, list, where }: PrivateChoice,
  bounding: Bounding,
  ids: IdSource,
): Beside {
  const place = (value: Expr): Expr => ({
    kind: 'case',
    whens: list.map((one, position) => ({ when: equals(value, one), then: literal(String(position), INTEGER) })),
    otherwise: literal(null, INTEGER),
    type: INTEGER,
    at: null,
  });
  return placeCounts(spec, { where, by: of, place }, bounding, ids);
}

interface Placing {
  readonly where: readonly Expr[];
  /** Rows are counted by its values; */
  readonly by: Expr;
  /** each of which has a whole number for its place. NULL: it counts nowhere. */
  readonly place: (value: Expr) => Expr;
}

/** Whole rows are left out, since a list of counts has no sum that could be clamped. */
function placeCounts(spec: PrivateSpec, { where, by, place }: Placing, bounding: Bounding, ids: IdSource): Beside {
  const rows: Rel = { kind: 'filter', input: ownedRows(spec.raw), predicate: and(where) };
  const { rel, keys } = codedKeys(rows, spec.keys, ids);
  const innerKeys = keys.map(({ key }) => key);
  const own = innerKeys.map(({ expr }) => expr);
  const kept = boundedRows(rel, own, spec, bounding, ids);
  const value = keyOf(ids, by, 'value');
  const inner = new Collected(ids);
  const count = inner.add(countStar([]));
  const below = group(kept, [...innerKeys, value], inner.measures);
  const outer = new Collected(ids);
  const placed = place(ref(value.id, by.type));
  // What is not in the list has no place, and counts for none.
  const rowsThere = choose(isNotNull(placed), count, literal('0', INTEGER));
  const list = outer.add(aggregateCall('class_list', { args: [placed, rowsThere], type: TEXT }));
  const outerKeys = regrouped(innerKeys, ids);
  const cells = { rel: group(below, outerKeys, outer.measures), keys: refsOf(outerKeys) };
  return { ...decoded(cells, keys, ids), value: list };
}

/** How many values a group has: of each unit at most `rowsMax` of them in each of at most `groupsMax` groups, by keyed hashes. */
export function distinctCounts(
  spec: PrivateSpec,
  { distinct, where }: PrivateSum & { readonly distinct: DistinctValues },
  bounding: InGroups,
  ids: IdSource,
): Beside {
  const rows: Rel = { kind: 'filter', input: ownedRows(spec.raw), predicate: and(where) };
  const { rel, keys } = codedKeys(rows, spec.keys, ids);
  const innerKeys = keys.map(({ key }) => key);
  const [unit] = spec.raw.units as readonly [UnitColumn];
  const owner = keyOf(ids, ref(unit.id, unit.type), 'unit');
  const value = keyOf(ids, distinct.of, 'value');
  const each = group(rel, [...innerKeys, owner, value], []);
  const named = { owner: refsOf([owner])[0]!, keys: refsOf(innerKeys), order: refsOf([value]) };
  const kept = firstOfGroups(each, named, bounding, ids);
  const outer = new Collected(ids);
  const of = refsOf([value]);
  const count = outer.add(aggregateCall('count', { args: of, type: INTEGER, distinct: true }));
  const outerKeys = regrouped(innerKeys, ids);
  const cells = { rel: group(kept, outerKeys, outer.measures), keys: refsOf(outerKeys) };
  return { ...decoded(cells, keys, ids), value: count };
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
    case 'nested':
      return rel;
    case 'rows':
      return firstRows(rel, raw, bounding, ids);
    case 'groups':
      return firstOfGroups(rel, rowsOf(raw, keys), bounding, ids);
  }
}
