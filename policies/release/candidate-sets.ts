import type { CellLayout } from '../sql/rewrite/cell-layout.ts';
import type { TableData } from '../table-data.ts';
import { lineageOf, readClassText, type SetPrint, setPrint } from './guard/set-print.ts';

/**
 * The print of a set of rows behind a group's values, as the guard compares them. A table's rows are told by each kind of
 * unit apart. Null where it cannot be told exactly: then its values stay hidden.
 */
export function printOfSet(layout: CellLayout, set: number, raw: TableData, row: number): SetPrint | null {
  const { classes, tables } = layout.sets[set]!;
  const prints = classes.map((column, position) => {
    const text = raw.values[column]![row];
    const { unit } = layout.units[position]!;
    const lineages = tables.map(({ resource, version }) => ({ lineage: lineageOf(resource, unit), version }));
    return readClassText(typeof text === 'string' ? text : '', lineages);
  });
  return prints.every((print) => print !== null) ? setPrint(prints.flat()) : null;
}
