import type { Cell, TableData } from '../table-data.ts';

/** Order of two groups by their keys, NULL last: the order in which an engine found them would tell about rows. */
export function compareKeys(keys: readonly number[], table: TableData, a: number, b: number): number {
  for (const key of keys) {
    const order = compareCells(table.values[key]![a]!, table.values[key]![b]!);
    if (order !== 0) return order;
  }
  return 0;
}

function compareCells(a: Cell, b: Cell): number {
  if (a === b) return 0;
  if (a === null) return 1;
  if (b === null) return -1;
  return a < b ? -1 : 1;
}
