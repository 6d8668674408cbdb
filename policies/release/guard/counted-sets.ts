import type { Entry, SetIndex } from './set-index.ts';

/** The released sets of one lineage by their number of rows: which may lie within a distance of others. */
export interface CountedSets {
  /** Looked at one by one. */
  readonly few: ByRows;
  /** Of groupings too large for that. */
  readonly large: readonly { readonly family: number; readonly version: number; readonly cells: ByRows }[];
}

/** Ascending in `rows`. */
export interface ByRows {
  readonly entries: Int32Array;
  readonly rows: Float64Array;
}

/** Cells of a grouping from which on they are not looked at one by one. */
const LARGE = 256;

export function countedSets(index: SetIndex): CountedSets {
  const families = new Map<number, Entry[]>();
  for (let entry = 0; entry < index.size; entry += 1) {
    if (!index.isCounted(entry)) continue;
    const family = families.get(index.familyOf(entry));
    if (family === undefined) families.set(index.familyOf(entry), [entry]);
    else family.push(entry);
  }
  const isLarge = (entries: readonly Entry[]) => entries.length > LARGE;
  const few = [...families.values()].filter((entries) => !isLarge(entries)).flat();
  const large = [...families].filter(([, entries]) => isLarge(entries));
  return {
    few: byRows(index, few),
    large: large.map(([family, entries]) => {
      return { family, version: index.versionOf(entries[0]!), cells: byRows(index, entries) };
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
