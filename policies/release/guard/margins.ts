import type { Cell } from '../../table-data.ts';
import { identityOf, type SetPrint, unionOfDisjoint } from './set-print.ts';

/** The sums that a reader can form over a grouping's cells: for keys (a, b) those per a, per b, and in total. */

/** Groupings of more keys have more margins than the guard looks at; none of their cells is shown (verdict.ts). */
export const MARGIN_KEYS_MAX = 6;

export interface Margin {
  /** Positions in the list of cells that it is the union of, two at least. */
  readonly cells: readonly number[];
  /** Null where it cannot be computed exactly. */
  readonly print: SetPrint | null;
  readonly identity: string | null;
}

export interface MarginCell {
  readonly key: readonly Cell[];
  readonly print: SetPrint;
}

/** The union of all cells that agree in some of their keys. */
interface Union extends Pick<Margin, 'cells' | 'print'> {
  readonly key: readonly string[];
}

/** Those of the cells in `shown`, coarsest first. A margin of one cell is that cell and is left out. */
export function marginsOf(cells: readonly (MarginCell | null)[], shown: readonly number[]): readonly Margin[] {
  const keys = cells[shown[0] ?? 0]?.key.length ?? 0;
  const single = shown.map((position): Union => {
    const { key, print } = cells[position]!;
    return { key: key.map(textOf), cells: [position], print };
  });
  const coarsestFirst = subsetsOf(keys);
  const unions = new Map<number, readonly Union[]>([[2 ** keys - 1, single]]);
  for (const kept of coarsestFirst.toReversed()) unions.set(kept, coarser(leastAbove(unions, kept), kept));
  return coarsestFirst.flatMap((kept) => unions.get(kept)!.flatMap(marginOf));
}

/** Of the unions by one key more, the fewest. WHY from those: sums of sums, where the cells would be added up anew for each subset. */
function leastAbove(unions: ReadonlyMap<number, readonly Union[]>, kept: number): readonly Union[] {
  const above = [...unions].filter(([mask]) => (mask & kept) === kept && keysIn(mask) === keysIn(kept) + 1);
  return above.map(([, list]) => list).reduce((least, list) => (list.length < least.length ? list : least));
}

function coarser(finer: readonly Union[], kept: number): readonly Union[] {
  const groups = Map.groupBy(finer, ({ key }) => JSON.stringify(key.filter((_, at) => ((kept >> at) & 1) === 1)));
  return [...groups.values()].map((group) => (group.length === 1 ? group[0]! : united(group)));
}

function united(group: readonly Union[]): Union {
  const prints = group.flatMap(({ print }) => (print === null ? [] : [print]));
  const print = prints.length === group.length ? unionOfDisjoint(prints) : null;
  return { key: group[0]!.key, cells: group.flatMap(({ cells }) => cells), print };
}

function marginOf({ cells, print }: Union): readonly Margin[] {
  return cells.length > 1 ? [{ cells, print, identity: print === null ? null : identityOf(print) }] : [];
}

/** All proper subsets of the keys as bits, those of few keys first. */
function subsetsOf(keys: number): readonly number[] {
  return Array.from({ length: 2 ** keys - 1 }, (_, mask) => mask).sort((a, b) => keysIn(a) - keysIn(b));
}

function keysIn(mask: number): number {
  return mask === 0 ? 0 : (mask & 1) + keysIn(mask >> 1);
}

/** WHY the type in front: a text is never the number that it reads like. */
function textOf(cell: Cell): string {
  return `${typeof cell}:${String(cell)}`;
}
