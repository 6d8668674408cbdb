import type { ColumnId, Expr } from '../plan.ts';
import { namesOfUnit, type Raw, type RowKeyColumn, rootOf, type UnitColumn } from './raw.ts';
import type { TermSpec } from './term-specs.ts';
import { weightOf } from './weighted-terms.ts';

/** What the guard knows a set by: row keys of tables, and how often each of their rows is counted. */
export interface KeySums {
  readonly rowKeys: readonly RowKeyColumn[];
  /** What counts each row once. None: as often as it stands. */
  readonly weights: readonly Expr[];
  /** Each row once, however often a join repeats it. */
  readonly distinct: boolean;
}

/**
 * Beside a group, a row is counted once for all the group's rows. WHY: the same persons asked for without any group are to have the same print. But
 * not by the units within the group: each of those has its own part in whether the row is there.
 *
 * `once`: tables of which each row is counted once besides (`countedOnce`).
 */
export function keySumsOf(raw: Raw, unit: UnitColumn, once: ReadonlySet<string>): readonly KeySums[] {
  const beside = raw.weights.filter(({ within }) => !within.includes(rootOf(raw.alias, unit.id)));
  const asTheyStand = [...Map.groupBy(raw.rowKeys, ({ weight }) => weight)].map(([own, rowKeys]) => ({
    ...{ rowKeys, distinct: false },
    weights: beside.filter(({ id }) => id !== own).map(weightOf),
  }));
  const each = raw.rowKeys.filter((key) => once.has(key.resource));
  return [...asTheyStand, ...each.map((key) => ({ rowKeys: [key], weights: [], distinct: true }))];
}

/**
 * The tables that name a unit of which different ones are counted, or each is one group, where a join may repeat their rows. WHY: repeating changes no
 * such number, and joined with one table more a set would look far from the same without one person. WHY not other tables: the firms in which any
 * persons work are nearly all.
 */
export function countedOnce(raw: Raw, terms: readonly TermSpec[]): ReadonlySet<string> {
  const mayRepeat = raw.rowKeys.length > 1 || [...raw.open.values()].includes('repeated');
  if (!mayRepeat) return new Set();
  const rootsOf = (ids: readonly ColumnId[]) => ids.map((id) => rootOf(raw.alias, id));
  const counted = terms.flatMap(({ magnitude }) =>
    magnitude.kind === 'distinct' && magnitude.arg.kind === 'column' ? rootsOf([magnitude.arg.id]) : [],
  );
  const isGrouped = ({ id }: UnitColumn) =>
    raw.weights.length > 0 && !raw.weights.some(({ within }) => within.includes(rootOf(raw.alias, id)));
  const units = raw.units.filter((unit) => isGrouped(unit) || rootsOf([unit.id]).some((id) => counted.includes(id)));
  return new Set(units.flatMap(({ id }) => namesOfUnit(raw, id).map((name) => name.slice(0, name.lastIndexOf('.')))));
}
