import type { SqlType } from './sql/sql-type.ts';

/**
 * A table in memory, by columns. Cells: null, boolean, number (double), bigint (integer, hugeint), string (text; date
 * and timestamp as ISO text; decimal as exact decimal text).
 */
export type Cell = null | boolean | number | bigint | string;
export interface TableData {
  readonly columns: readonly { readonly name: string; readonly type: SqlType }[];
  /** `values[column][row]`. */
  readonly values: readonly (readonly Cell[])[];
  readonly rowCount: number;
}
