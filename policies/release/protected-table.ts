import type { OutputColumn } from '../sql/plan.ts';
import type { Cell, TableData } from '../table-data.ts';
import type { Suppressed } from './released-result.ts';

/** One boundary's protected rows, and what was withheld from them. */
export interface ProtectedTable {
  readonly table: TableData;
  readonly suppressed: Suppressed;
}

/** A table as `finish` knows it. */
export function releasedTable(
  released: readonly OutputColumn[],
  values: readonly (readonly Cell[])[],
  rowCount: number,
): TableData {
  const columns = released.map(({ type }, index) => Object.freeze({ name: `c${index}`, type }));
  return Object.freeze({ columns: Object.freeze(columns), values: Object.freeze(values), rowCount });
}
