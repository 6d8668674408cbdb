import type { CellLayout } from '../sql/rewrite/cell-layout.ts';
import type { TableData } from '../table-data.ts';
import { PRINT_SLOTS, type SetPrint, setPrint, type TablePrint, tablePrint } from './guard/set-print.ts';

/**
 * The prints of the sets of rows behind a boundary's values, as the guard compares them. A table's rows are told by each
 * kind of unit apart: `resource/unit` is a lineage of its own.
 */
export function printOfSet(layout: CellLayout, set: number, raw: TableData, row: number): SetPrint | null {
  const { classes, tables } = layout.sets[set]!;
  return setPrint(
    classes.flatMap((column, unit) => {
      const text = raw.values[column]![row];
      return tablesOfText(typeof text === 'string' ? text : '', tables, layout.units[unit]!.unit);
    }),
  );
}

/** `class:rows:key sum[:key sum…];…`, one key sum a table. */
export function tablesOfText(
  text: string,
  tables: CellLayout['sets'][number]['tables'],
  unit: string,
): readonly (TablePrint | null)[] {
  const rows = new Float64Array(PRINT_SLOTS);
  const sums = tables.map(() => new Float64Array(PRINT_SLOTS));
  for (const part of text === '' ? [] : text.split(';')) {
    const [slot, count, ...keys] = part.split(':').map(Number);
    rows[slot!] = count!;
    for (const [table, sum] of keys.entries()) sums[table]![slot!] = sum;
  }
  return tables.map(({ resource, version }, table) => tablePrint(`${resource}/${unit}`, version, sums[table]!, rows));
}

/** The lineages that a layout's sets belong to. */
export function lineagesOf({ sets, units }: CellLayout): readonly string[] {
  const { tables } = sets[0]!;
  return [...new Set(units.flatMap(({ unit }) => tables.map(({ resource }) => `${resource}/${unit}`)))];
}
