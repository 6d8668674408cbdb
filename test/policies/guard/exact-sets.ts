import { ReleaseHistory } from '../../../policies/release/guard/history.ts';
import type { CandidatePartition } from '../../../policies/release/guard/judge.ts';
import { PRINT_SLOTS, type SetPrint, setPrint, tablePrint } from '../../../policies/release/guard/set-print.ts';

import { UNIT_CLASSES } from '../../../policies/sql/rewrite/cell-layout.ts';

/** Exact sets of (unit, row) pairs, and the prints that a worker would make of them. */
export interface Row {
  readonly id: number;
  /** Null: a row that names nobody. */
  readonly unit: number | null;
  readonly key: number;
  /** Of the unit, as the hash of its token would give it. */
  readonly slot: number;
}

/** mulberry32: tests repeat themselves by their seed. */
export function randomOf(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** `rowsPerUnit` rows of each of `units` units, and some of nobody. */
export function tableOf(seed: number, units: number, rowsPerUnit = 1, nobodys = 0): readonly Row[] {
  const random = randomOf(seed);
  const key = () => Math.floor(random() * 2 ** 32) - 2 ** 31;
  const rows: Row[] = [];
  for (let unit = 0; unit < units; unit += 1) {
    const slot = Math.floor(random() * UNIT_CLASSES);
    for (let n = 0; n < rowsPerUnit; n += 1) rows.push({ id: rows.length, unit, key: key(), slot });
  }
  for (let n = 0; n < nobodys; n += 1) rows.push({ id: rows.length, unit: null, key: key(), slot: UNIT_CLASSES });
  return rows;
}

/** `times`: how often a row stands in the set. */
export function printOf(
  rows: readonly Row[],
  table: { readonly lineage?: string; readonly version?: number; readonly times?: (row: Row) => number } = {},
): SetPrint {
  const sums = new Float64Array(PRINT_SLOTS);
  const counts = new Float64Array(PRINT_SLOTS);
  for (const row of rows) {
    const times = table.times?.(row) ?? 1;
    sums[row.slot]! += row.key * times;
    counts[row.slot]! += times;
  }
  const print = setPrint([tablePrint(table.lineage ?? 'people', table.version ?? 1, sums, counts)]);
  if (print === null) throw new Error('a test set fits');
  return print;
}

/** Units of which some row is in one set only. */
export function unitsApart(a: readonly Row[], b: readonly Row[]): number {
  const [left, right] = [new Set(a.map(({ id }) => id)), new Set(b.map(({ id }) => id))];
  const apart = [...a.filter(({ id }) => !right.has(id)), ...b.filter(({ id }) => !left.has(id))];
  return new Set(apart.map(({ unit }) => unit)).size;
}

export const without = (rows: readonly Row[], part: readonly Row[]): readonly Row[] => {
  const gone = new Set(part.map(({ id }) => id));
  return rows.filter(({ id }) => !gone.has(id));
};

export const NO_LIMIT = { least: Number.POSITIVE_INFINITY, rowsPerSet: 1 };

/** A value without GROUP BY. */
export function single(
  rows: readonly Row[],
  whole: readonly Row[] | null,
  more: Partial<CandidatePartition> = {},
): CandidatePartition {
  const universe = whole === null ? null : printOf(whole);
  return { cells: [{ key: [], print: printOf(rows) }], universe, unitsMin: 10, limit: NO_LIMIT, ...more };
}

export const emptyHistory = (): ReleaseHistory => new ReleaseHistory();
