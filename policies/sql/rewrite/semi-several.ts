import type { Aggregate, ColumnRef, Join } from '../plan.ts';
import { conjunctsOf } from '../plan-walk.ts';
import { aggregateCall, group, type IdSource, named, namedAggregate, ref } from './build.ts';
import { equalSides, idsOf } from './join-rules.ts';
import { perUnitRaw } from './over-raw.ts';
import { type Raw, rootOf, type UnitColumn } from './raw.ts';

/**
 * IN and EXISTS over rows of several kinds of units, matched by one of them: `pid IN (SELECT pid FROM job)`, where a job is a firm's, too.
 * The rows are grouped by what they are matched by, and one of the firms of each group is carried along as a unit of the row that is kept.
 *
 * Guarantee: no firm decides about more kept rows than are counted as its own. WHY one of them is enough: a row that two firms would keep is
 * kept without either; a row that one firm alone keeps carries that one. Mode `dp` bounds shares otherwise and does not come here.
 * @returns the join and the grouped rows; null where the rows are matched by more than equal columns, or by no unit.
 */
export function groupedByMatch(
  join: Join,
  right: Raw,
  ids: IdSource,
  text: string,
): { readonly join: Join; readonly right: Raw } | null {
  if (join.join !== 'semi' || join.on === null || right.spread.length > 0 || right.blocked !== null) return null;
  const own = idsOf(right.rel);
  const matched = equalSides(join).flatMap((sides) =>
    sides.flatMap((side) => (side.kind === 'column' && own.has(side.id) ? [side] : [])),
  );
  if (matched.length < conjunctsOf(join.on).length) return null;
  const names = (unit: UnitColumn) => (column: ColumnRef) =>
    rootOf(right.alias, column.id) === rootOf(right.alias, unit.id);
  const others = right.units.filter((unit) => !matched.some(names(unit)));
  if (others.length === right.units.length) return null;
  // Under their own ids: what the join's condition reads stays what it is.
  const keys = [...new Map(matched.map((column) => [column.id, column])).values()].map((column) =>
    named(column.id, 'key', column),
  );
  const carried = others.map((unit): UnitColumn => ({ ...unit, id: ids.next(), rowsMax: null }));
  const measures = carried.map(({ id, type }, position) =>
    namedAggregate(id, 'unit', aggregateCall('min', { args: [ref(others[position]!.id, type)], type })),
  );
  const aggregate: Aggregate = { ...group(right.rel, keys, measures), at: join.at };
  const keyOfUnit = right.units.map((unit) => keys.find(({ expr }) => names(unit)(expr as ColumnRef)));
  const grouped = perUnitRaw(aggregate, right, keyOfUnit, ids, text);
  const units = [...grouped.units, ...carried];
  return { join: { ...join, join: 'inner', right: grouped.rel }, right: { ...grouped, units, spread: right.spread } };
}
