import type { CellLayout, CellUnits, PrintedTable } from '../sql/rewrite/cell-layout.ts';
import type { TableData } from '../table-data.ts';
import { lineageOf, readClassText, type SetPrint, setPrint, type TablePrint } from './guard/set-print.ts';

/**
 * The print of a set of rows behind a group's values, as the guard compares them. A table's rows are told by each kind of
 * unit apart. Null where it cannot be told exactly: then its values stay hidden.
 */
export function printOfSet(layout: CellLayout, set: number, raw: TableData, row: number): SetPrint | null {
  const prints = layout.sets[set]!.prints.flatMap(({ classes, tables }) =>
    classes.map((column, position) => {
      const text = raw.values[column]![row];
      const unit = layout.units[position]!;
      const lineages = tables.map((table) => ({ lineage: lineageBy(table, unit.unit), version: table.version }));
      const ofKind = readClassText(typeof text === 'string' ? text : '', lineages);
      if (ofKind === null || !isOneOfSeveral(layout, unit)) return ofKind;
      return ofKind.flatMap((print, table) => [print, ...byColumn(print, tables[table]!, unit)]);
    }),
  );
  return prints.every((print) => print !== null) ? setPrint(prints.flat()) : null;
}

/** Rows that are counted as often as a join repeats them are compared with such only. */
const lineageBy = ({ resource, repeats }: PrintedTable, units: string): string =>
  lineageOf(resource, repeats ? `${units}*` : units);

const isOneOfSeveral = ({ units }: CellLayout, { unit }: CellUnits): boolean =>
  units.filter((other) => other.unit === unit).length > 1;

/**
 * The same print under the name of its column. WHY beside that of the kind: there the columns of one kind are added up, and
 * the visits of one patient to ten doctors would be of eleven people. By the table's own column where it has one, so that
 * what it is joined with makes no difference.
 */
function byColumn(print: TablePrint, table: PrintedTable, { names, text }: CellUnits): readonly TablePrint[] {
  const own = names.filter((name) => name.startsWith(`${table.resource}.`));
  const known = own.length > 0 ? own : names.length > 0 ? names : [text];
  return known.map((name) => ({ ...print, lineage: lineageBy(table, name) }));
}
