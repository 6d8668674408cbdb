import type { Entry, SetIndex } from './set-index.ts';

/** The released sets of one lineage by their number of rows: which may lie within a distance of others. */
export interface CountedSets {
  /** Looked at one by one. */
  readonly few: ByRows;
  /** Of groupings too large for that. */
  readonly large: readonly LargeGrouping[];
}

/** Either what it shows or what noise hid of it. */
interface LargeGrouping {
  readonly family: number;
  readonly version: number;
  readonly isShown: boolean;
  readonly cells: ByRows;
}

/** Ascending in `rows`. */
export interface ByRows {
  readonly entries: Int32Array;
  readonly rows: Float64Array;
}

/** Cells of a grouping from which on they are not looked at one by one. */
const LARGE = 256;

export function countedSets(index: SetIndex): CountedSets {
  // WHY apart: what a grouping shows is looked at one by one, however much of it is hidden.
  const families = new Map<number, Entry[]>();
  for (let entry = 0; entry < index.size; entry += 1) {
    if (!index.isCounted(entry)) continue;
    const name = 2 * index.familyOf(entry) + (index.isCompared(entry) ? 0 : 1);
    const family = families.get(name);
    if (family === undefined) families.set(name, [entry]);
    else family.push(entry);
  }
  const isLarge = (entries: readonly Entry[]) => entries.length > LARGE;
  const few = [...families.values()].filter((entries) => !isLarge(entries)).flat();
  const large = [...families.values()].filter(isLarge);
  return {
    few: byRows(index, few),
    large: large.map((entries) => {
      const first = entries[0]!;
      const about = { family: index.familyOf(first), version: index.versionOf(first) };
      return { ...about, isShown: index.isCompared(first), cells: byRows(index, entries) };
    }),
  };
}

function byRows(index: SetIndex, list: readonly Entry[]): ByRows {
  const entries = Int32Array.from(list).sort((a, b) => index.rowsOf(a) - index.rowsOf(b));
  return { entries, rows: Float64Array.from(entries, (entry) => index.rowsOf(entry)) };
}

/** Ranges of places in a sorted list, none within another. */
export type Band = readonly (readonly [from: number, to: number])[];

/** What has a number of rows within the distance of any centre's; there are two at most. */
export function bandOf({ rows }: ByRows, [first, second]: readonly number[], distance: number): Band {
  const around = (centre: number) =>
    [lowerBound(rows, centre - distance), lowerBound(rows, centre + distance + 1)] as const;
  if (first === undefined) return [];
  if (second === undefined) return [around(first)];
  const [low, high] = [around(Math.min(first, second)), around(Math.max(first, second))];
  return high[0] < low[1] ? [[low[0], high[1]]] : [low, high];
}

export function countIn(band: Band): number {
  let count = 0;
  for (const [from, to] of band) count += to - from;
  return count;
}

function lowerBound(sorted: Float64Array, value: number): number {
  let from = 0;
  let to = sorted.length;
  while (from < to) {
    const middle = (from + to) >> 1;
    if (sorted[middle]! < value) from = middle + 1;
    else to = middle;
  }
  return from;
}
