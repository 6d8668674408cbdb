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

/** Those of the cells in `shown`, coarsest first. A margin of one cell is that cell and is left out. */
export function marginsOf(cells: readonly (MarginCell | null)[], shown: readonly number[]): readonly Margin[] {
  const keys = cells[shown[0] ?? 0]?.key.length ?? 0;
  const margins: Margin[] = [];
  for (const kept of subsetsOf(keys)) {
    const groups = new Map<string, number[]>();
    for (const position of shown) {
      const name = JSON.stringify(kept.map((key) => textOf(cells[position]!.key[key]!)));
      const group = groups.get(name);
      if (group === undefined) groups.set(name, [position]);
      else group.push(position);
    }
    for (const group of groups.values()) if (group.length > 1) margins.push(marginOf(cells, group));
  }
  return margins;
}

function marginOf(cells: readonly (MarginCell | null)[], group: readonly number[]): Margin {
  const print = unionOfDisjoint(group.map((position) => cells[position]!.print));
  return { cells: group, print, identity: print === null ? null : identityOf(print) };
}

/** All proper subsets of 0 … keys − 1, smaller ones first. */
function subsetsOf(keys: number): readonly (readonly number[])[] {
  const all = Array.from({ length: 2 ** keys - 1 }, (_, mask) =>
    Array.from({ length: keys }, (_value, key) => key).filter((key) => ((mask >> key) & 1) === 1),
  );
  return all.sort((a, b) => a.length - b.length);
}

/** WHY the type in front: a text is never the number that it reads like. */
function textOf(cell: Cell): string {
  return `${typeof cell}:${String(cell)}`;
}
