import { ZERO } from '../mechanisms/suppression/exact.ts';
import type { Grouping, MarginCell } from '../mechanisms/suppression/linked-groupings.ts';
import type { CellLayout } from '../sql/rewrite/cell-layout.ts';
import type { TableData } from '../table-data.ts';
import type { JudgedGroups, ShownGroup } from './cells.ts';
import { countAt, numberAt } from './contributions.ts';
import type { LinkedTerms } from './linked-statistics.ts';

/** A boundary's groups with those that its first statement only counted. */
export interface WholeBoundary {
  readonly groups: JudgedGroups;
  readonly raw: TableData;
  /** Rows of the statement of small groups; null where it was not asked. */
  readonly small: TableData | null;
}

/** How many groups the first statement gathered into one row, without their keys. */
export function gatheredGroups(layout: CellLayout, raw: TableData): number {
  const row = gatheredRow(layout, raw);
  return row === -1 ? 0 : countAt(raw, layout.groups!, row);
}

/** The one row without a number of rows; −1 where nothing was gathered. */
function gatheredRow(layout: CellLayout, raw: TableData): number {
  return layout.groups === null ? -1 : raw.values[rowsOf(layout)]!.indexOf(null);
}

/** The first check counts the rows of a group. */
const rowsOf = ({ checks }: CellLayout): number => checks[0]!.bounds[0]!.total;

/**
 * All cells of one statistic in one boundary, as secondary suppression takes them: the groups in `shown` first, by their
 * positions, then those that are left out. null where some are not known one by one.
 */
export function groupingOf(
  { groups: { protection, left }, raw, small }: WholeBoundary,
  shown: readonly ShownGroup[],
  { terms }: LinkedTerms,
): Grouping | null {
  const { layout } = protection;
  const gathered = gatheredRow(layout, raw);
  if (gathered !== -1 && small === null) return null;
  const term = terms[0]!;
  const distinctKeys = [...layout.keyTexts.keys()].filter((at) => layout.keyTexts.indexOf(layout.keyTexts[at]!) === at);
  const masks = layout.units.map(({ mask }) => mask);
  const first = { keys: layout.keys, value: layout.terms[term]!.value, rows: rowsOf(layout), masks };
  const isHidden = (group: ShownGroup) => terms.every((one) => group.terms[one] === null);
  const cells = [
    ...shown.map((group) => cellAt(raw, group.row, { ...first, distinctKeys }, isHidden(group))),
    ...left.filter((row) => row !== gathered).map((row) => cellAt(raw, row, { ...first, distinctKeys }, true)),
    ...smallCells(layout, small, term, distinctKeys),
  ];
  return { columns: distinctKeys.map((at) => layout.keyTexts[at]!), published: true, cells };
}

function smallCells(
  layout: CellLayout,
  small: TableData | null,
  term: number,
  distinctKeys: readonly number[],
): readonly MarginCell[] {
  if (small === null) return [];
  const { keys, terms, rows, masks } = layout.small!;
  const columns = { keys, value: terms[term]!, rows, masks, distinctKeys };
  return Array.from({ length: small.rowCount }, (_, row) => cellAt(small, row, columns, true));
}

interface CellColumns {
  readonly keys: readonly number[];
  readonly value: number;
  readonly rows: number;
  readonly masks: readonly number[];
  /** Which of the keys say something new. */
  readonly distinctKeys: readonly number[];
}

/** WHY weighed by rows: what is hidden in addition is then the same group for every statistic, as far as it serves. */
function cellAt(table: TableData, row: number, columns: CellColumns, hidden: boolean): MarginCell {
  const weight = countAt(table, columns.rows, row);
  return {
    keys: columns.distinctKeys.map((key) => table.values[columns.keys[key]!]![row]!),
    value: numberAt(table, columns.value, row) ?? ZERO,
    hidden,
    contributors: weight === 0 ? 0 : columns.masks.some((mask) => isOneClass(table, mask, row)) ? 1 : 2,
    weight,
  };
}

/** Whether a mask has one bit: units of one class may be one unit. */
function isOneClass(table: TableData, mask: number, row: number): boolean {
  const bits = BigInt(table.values[mask]![row] ?? 0);
  return bits !== 0n && (bits & (bits - 1n)) === 0n;
}
