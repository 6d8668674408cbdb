import { type ColumnRef, columnsOf, type Expr, type Rel } from '../plan.ts';
import { BOOLEAN, HUGEINT, INTEGER } from '../sql-type.ts';
import {
  aggregateCall,
  and,
  call,
  choose,
  equals,
  group,
  type IdSource,
  isNotNull,
  isNotTrue,
  isNotZero,
  literal,
  named,
  ref,
  refTo,
} from './build.ts';
import { NOBODY } from './cell-layout.ts';
import type { CellsSpec } from './cells.ts';
import { cheapKeys } from './class-cells.ts';
import { decoded } from './coded-keys.ts';
import { Collected, keyOf, refsOf } from './collected.ts';
import { countStar, regrouped } from './exact-cells.ts';
import { withFlags } from './flags.ts';

/** Numbers of different values of one expression, each among the rows that meet its condition. */
export interface CountedValues {
  readonly arg: Expr;
  readonly terms: readonly { readonly term: number; readonly filter: Expr | null }[];
}

/**
 * How many different values a group has, such that no few units decide it: the values that `unitsMin` units have, and all rarer ones where
 * `unitsMin` units have one of these.
 *
 * WHY rare values together, as categories of a published table are: hidden beside a few rare values and shown beside none, a number would say
 * whether there are any. So the values that fewer than `unitsMin` units have between them are left out; numbers of orders, of which each is of one
 * person, are counted whole.
 * WHY by classes of units: one pass over the rows, and classes met ≤ units. What few more than `unitsMin` units have may count as rare.
 * Where no value is common, all count: that enough units have one is checked besides.
 */
export function commonValues(spec: CellsSpec, { arg, terms }: CountedValues, ids: IdSource) {
  const { rel, keys, classes } = cheapKeys({ ...spec, keys: [...spec.keys, keyOf(ids, arg, 'value')] }, ids);
  const [groupKeys, value] = [keys.slice(0, -1), keys.at(-1)!.key];
  const perValue = new Collected(ids);
  const counted = terms.map(({ term, filter }) => {
    const where = filter === null ? [] : [filter];
    const masks = classes.map(({ expr }) => {
      const owned = call('lt', [expr, literal(String(NOBODY), INTEGER)], BOOLEAN);
      return perValue.add(aggregateCall('class_mask', { args: [expr], type: HUGEINT, filter: [owned, ...where] }));
    });
    return { term, rows: perValue.add(countStar(where)), masks };
  });
  const conditions = terms.flatMap(({ filter }) => filter ?? []);
  const flagged = withFlags(rel, conditions, perValue.measures, ids);
  const below = group(flagged.rel, [...groupKeys.map(({ key }) => key), value], flagged.measures);

  const hasEnough = (masks: readonly ColumnRef[]) =>
    and(masks.map((mask) => call('gte', [classCount(mask), literal(String(spec.unitsMin), INTEGER)], BOOLEAN)));
  const perGroup = new Collected(ids);
  const isThere = isNotNull(ref(value.id, value.expr.type));
  const parts = counted.map(({ term, rows, masks }) => {
    const isRare = [isThere, isNotZero(rows), isNotTrue(hasEnough(masks))];
    const among = (mask: ColumnRef) => aggregateCall('mask_union', { args: [mask], type: HUGEINT, filter: isRare });
    return {
      term,
      common: perGroup.add(countStar([isThere, hasEnough(masks)])),
      rare: perGroup.add(countStar(isRare)),
      masks: masks.map((mask) => perGroup.add(among(mask))),
    };
  });
  const outer = regrouped(
    groupKeys.map(({ key }) => key),
    ids,
  );
  const read = decoded({ rel: group(below, outer, perGroup.measures), keys: refsOf(outer) }, groupKeys, ids);
  const numbers = parts.map(({ term, common, rare, masks }) => {
    const counts = call('or', [equals(common, ZERO), hasEnough(masks)], BOOLEAN);
    const number = call('add', [common, choose(counts, rare, ZERO)], INTEGER);
    return { term, column: named(ids.next(), 'values', number) };
  });
  const passed = columnsOf(read.rel).map((column) => named(column.id, column.name, refTo(column)));
  const made: Rel = { kind: 'project', input: read.rel, columns: [...passed, ...numbers.map(({ column }) => column)] };
  const values = new Map(numbers.map(({ term, column: { id } }) => [term, ref(id, INTEGER)]));
  return { rel: made, keys: read.keys, values };
}

const ZERO = literal('0', INTEGER);
/** Of classes in a mask; 0 of none. */
const classCount = (mask: ColumnRef): Expr => call('class_count', [mask], INTEGER);
