import { AppError, assert } from '../errors.ts';
import type { PolicyProfile } from '../levels.ts';
import { isDominated } from '../mechanisms/suppression/dominance.ts';
import { compare, type Exact, exactOf, magnitude, ZERO } from '../mechanisms/suppression/exact.ts';
import { areIndependent, closeUnderSpan } from '../mechanisms/suppression/span.ts';
import type { CellLayout, CellsBoundary, CellUnits, Contribution } from '../sql/rewrite.ts';
import type { Cell, TableData } from '../table-data.ts';
import { compareKeys } from './key-order.ts';
import { type ProtectedTable, releasedTable } from './protected-table.ts';
import type { Suppressed } from './released-result.ts';

/** A group that is shown: its row in the raw cells and the values (by position) that stay hidden. */
interface ShownGroup {
  readonly row: number;
  readonly hidden: ReadonlySet<number>;
}

const ONE: Exact = { top: 1n, bottom: 1n };

/** Applies threshold, dominance and the span check to one boundary's cells; groups leave in the order of their keys. */
export function protectCells(boundary: CellsBoundary, raw: TableData, profile: PolicyProfile): ProtectedTable {
  const { layout, released } = boundary;
  const reader = readerOf(raw);
  const independent = areIndependent(layout.values.map(({ terms }) => terms));
  const all = new Set(layout.values.keys());
  const shown: ShownGroup[] = [];
  const left: number[] = [];
  for (let row = 0; row < raw.rowCount; row += 1) {
    const enough = layout.units.every(({ count }) => reader.count(count, row) >= layout.unitsMin);
    if (enough) shown.push({ row, hidden: hiddenValues(layout, row, reader, profile, independent) });
    else if (isPublicGroup(layout, row, reader)) shown.push({ row, hidden: all });
    else left.push(row);
  }
  if (shown.length > profile.cellsMax)
    throw new AppError('SQL_TOO_COMPLEX', { what: 'groups', limit: profile.cellsMax });
  shown.sort((a, b) => compareKeys(layout.keys, raw, a.row, b.row));
  return {
    table: releasedTable(released, columnsShown(layout, raw, shown), shown.length),
    suppressed: suppressedOf(layout, shown, left, reader),
  };
}

interface Reader {
  readonly cell: (column: number, row: number) => Cell;
  readonly count: (column: number, row: number) => number;
  /** Absent groups of a public list have NULL everywhere: that is zero. null for what is no number. */
  readonly number: (column: number, row: number) => Exact | null;
}

function readerOf(raw: TableData): Reader {
  const cell = (column: number, row: number): Cell => {
    const value = raw.values[column]?.[row];
    assert(value !== undefined, 'a cell for every column of the layout');
    return value;
  };
  return {
    cell,
    count: (column, row) => Number(cell(column, row) ?? 0),
    number: (column, row) => {
      const value = cell(column, row);
      return value === null ? ZERO : exactOf(value);
    },
  };
}

/** A group on the public list is no secret; a group with a NULL key is on no list. A grand total is always there. */
function isPublicGroup(layout: CellLayout, row: number, reader: Reader): boolean {
  return layout.keys.length === 0 || (layout.listed !== null && reader.cell(layout.listed, row) === true);
}

function hiddenValues(
  layout: CellLayout,
  row: number,
  reader: Reader,
  profile: PolicyProfile,
  independent: boolean,
): ReadonlySet<number> {
  const hidden = new Set<number>();
  for (const [position, value] of layout.values.entries()) {
    const safe = value.checks.every((check) =>
      layout.checks[check]!.contributions.every((contribution, unit) =>
        isSafe(contribution, layout.units[unit]!, value.unitsMin, row, reader, profile),
      ),
    );
    if (!safe) hidden.add(position);
  }
  if (hidden.size === 0 || independent) return hidden;
  return closeUnderSpan(
    layout.values.map(({ terms }) => terms),
    hidden,
  );
}

function isSafe(
  contribution: Contribution,
  { unit }: CellUnits,
  unitsMin: number,
  row: number,
  reader: Reader,
  profile: PolicyProfile,
): boolean {
  if (reader.count(contribution.units, row) < unitsMin) return false;
  for (const { holds, fails } of contribution.conditions) {
    if (reader.count(holds, row) < unitsMin || reader.count(fails, row) < unitsMin) return false;
  }
  const { units, top1, top2, total, unowned } = contribution;
  // Without columns of their own, no unit contributes more than 1: the total is the number of units.
  const read = [
    top1 === null ? ONE : reader.number(top1, row),
    top2 === null ? ONE : reader.number(top2, row),
    unowned === null ? ZERO : reader.number(unowned, row),
    reader.number(total ?? units, row),
  ];
  if (read.some((number) => number === null)) return false;
  const [first, second, nobody, sum] = read as Exact[];
  // Rows without a unit count as one contributor but never towards the total: padding cannot dilute a cell.
  const [largest, next] = [first!, second!, magnitude(nobody!)].sort((a, b) => compare(b, a));
  return !isDominated({ unit, largest: largest!, second: next!, total: sum! }, profile);
}

function columnsShown(layout: CellLayout, raw: TableData, shown: readonly ShownGroup[]): readonly (readonly Cell[])[] {
  const keys = layout.keys.map((key) => Object.freeze(shown.map(({ row }) => raw.values[key]![row]!)));
  const values = layout.values.map(({ value }, position) =>
    Object.freeze(shown.map(({ row, hidden }) => (hidden.has(position) ? null : raw.values[value]![row]!))),
  );
  return Object.freeze([...keys, ...values]);
}

/** Counts what was withheld, by aggregates as the user wrote them. Reasons are the same for every grouped answer. */
function suppressedOf(
  layout: CellLayout,
  shown: readonly ShownGroup[],
  left: readonly number[],
  reader: Reader,
): Suppressed {
  let cells = 0;
  for (const { hidden } of shown) {
    if (hidden.size > 0) cells += layout.measures.filter((parts) => parts.some((part) => hidden.has(part))).length;
  }
  const groupsAt = (row: number) => (layout.groups === null ? 1 : reader.count(layout.groups, row));
  const groups = mayTellGroups(layout, left, reader) ? left.reduce((sum, row) => sum + groupsAt(row), 0) : 0;
  return { cells, groups, reasons: cells + groups > 0 ? ['threshold', 'dominance'] : [] };
}

/**
 * The number of groups left out is itself a number about the units in them. WHY: with one person's rows as the only
 * small group, 1 against 0 would tell whether a condition holds for that person. So it is told only when it provably
 * stands for as many units as any other value; the masks give a lower bound on how many.
 */
function mayTellGroups(layout: CellLayout, left: readonly number[], reader: Reader): boolean {
  return layout.units.every(({ mask }) => {
    if (mask === null) return false;
    let classes = 0n;
    for (const row of left) classes |= BigInt(reader.cell(mask, row) ?? 0);
    return bitsOf(classes) >= layout.unitsMin;
  });
}

function bitsOf(mask: bigint): number {
  let bits = 0;
  for (let rest = mask; rest > 0n; rest >>= 1n) bits += Number(rest & 1n);
  return bits;
}
