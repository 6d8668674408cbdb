import { type RowSet, rowIndices, rowSetOf } from '#sandbox';

/** Whose a row is, in one column that names units: a number for each row index, from 0 to `count` − 1. */
export interface UnitNumbers {
  readonly column: string;
  readonly count: number;
  readonly numbers: Uint32Array;
}
/** Of rows that name nobody in the column. */
export const NOBODY = 0xffff_ffff;

/** How many different units have rows in the set. */
export function distinctUnits(rows: RowSet, units: UnitNumbers): number {
  return unitsUpTo(rows, units, Number.POSITIVE_INFINITY);
}

/** The same, but no further than `enough`: what is compared with a threshold. */
export function unitsUpTo(rows: RowSet, { numbers, count }: UnitNumbers, enough: number): number {
  const seen = new Uint8Array(count);
  let distinct = 0;
  for (const row of rowIndices(rows)) {
    const unit = numbers[row]!;
    if (unit === NOBODY || seen[unit] === 1) continue;
    seen[unit] = 1;
    distinct += 1;
    if (distinct >= enough) break;
  }
  return distinct;
}

/** Most rows of any one unit in the set; rows of nobody are nobody's. */
export function rowsOfLargestUnit(rows: RowSet, { numbers, count }: UnitNumbers): number {
  const rowsOf = new Uint32Array(count);
  let most = 0;
  for (const row of rowIndices(rows)) {
    const unit = numbers[row]!;
    if (unit === NOBODY) continue;
    rowsOf[unit]! += 1;
    if (rowsOf[unit]! > most) most = rowsOf[unit]!;
  }
  return most;
}

/** Most of the sets that any one unit has rows in. */
export function setsOfWidestUnit(sets: readonly RowSet[], { numbers, count }: UnitNumbers): number {
  const setsOf = new Uint32Array(count);
  const last = new Int32Array(count).fill(-1);
  let most = 0;
  for (const [position, rows] of sets.entries()) {
    for (const row of rowIndices(rows)) {
      const unit = numbers[row]!;
      if (unit === NOBODY || last[unit] === position) continue;
      last[unit] = position;
      setsOf[unit]! += 1;
      if (setsOf[unit]! > most) most = setsOf[unit]!;
    }
  }
  return most;
}

/** The rows that are in one of two sets and not in the other. */
export function differenceOf(a: RowSet, b: RowSet): RowSet {
  const [longer, shorter] = a.bytes.length >= b.bytes.length ? [a, b] : [b, a];
  const bytes = Uint8Array.from(longer.bytes);
  for (let at = 0; at < shorter.bytes.length; at += 1) bytes[at]! ^= shorter.bytes[at]!;
  return rowSetOf(bytes);
}

/** The rows of all of them, and whether no row is in two. */
export function unionOf(sets: readonly RowSet[]): { readonly rows: RowSet; readonly isDisjoint: boolean } {
  const bytes = new Uint8Array(Math.max(0, ...sets.map((set) => set.bytes.length)));
  for (const set of sets) for (let at = 0; at < set.bytes.length; at += 1) bytes[at]! |= set.bytes[at]!;
  const rows = rowSetOf(bytes);
  return { rows, isDisjoint: rows.size === sets.reduce((sum, { size }) => sum + size, 0) };
}
