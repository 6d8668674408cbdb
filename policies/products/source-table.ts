import type { Suppressed } from '../release/released-result.ts';
import { invalidProduct, needInProduct } from './product-problem.ts';

/** A cell of something released. Whole and decimal numbers are exact text. */
export type SourceCell = null | boolean | number | string;

/** Rows that were released: an answer, or a delivered product that is a table. */
export interface SourceTable {
  readonly columns: readonly { readonly name: string; readonly isNumber: boolean }[];
  readonly rows: readonly (readonly SourceCell[])[];
  /** What its protection withheld. */
  readonly suppressed: Suppressed;
}

const ROWS_MAX = 10_000;
const KEYS_MAX = 4;

/** @throws AppError `PRODUCT_INVALID` where there is no such column. */
export function placeOf({ columns }: SourceTable, name: string, path: string): number {
  const found = columns.flatMap((column, place) => (column.name === name ? [place] : []));
  needInProduct(found.length > 0, path, `the source has no column \`${name}\``);
  needInProduct(found.length === 1, path, `the source has two columns \`${name}\``);
  return found[0] as number;
}

/** The same of a column of numbers. */
export function numberPlaceOf(table: SourceTable, name: string, path: string): number {
  const place = placeOf(table, name, path);
  needInProduct(table.columns[place]?.isNumber === true, path, `\`${name}\` holds no numbers`);
  return place;
}

/** Null of a hidden cell. */
export function numberOf(cell: SourceCell | undefined): number | null {
  if (cell === null || cell === undefined || typeof cell === 'boolean') return null;
  const value = Number(cell);
  return Number.isFinite(value) ? value : null;
}

/**
 * Rows by the text of their keys.
 *
 * @throws AppError `PRODUCT_INVALID` where a key is hidden, two rows have the same, or there are none or too many.
 */
export function rowsByKey(
  table: SourceTable,
  keys: readonly string[],
  path: string,
): ReadonlyMap<string, readonly SourceCell[]> {
  needInProduct(keys.length > 0 && keys.length <= KEYS_MAX, path, `1 to ${KEYS_MAX} of them`);
  needInProduct(table.rows.length > 0 && table.rows.length <= ROWS_MAX, path, `1 to ${ROWS_MAX} rows`);
  const places = keys.map((name) => placeOf(table, name, path));
  const rows = new Map<string, readonly SourceCell[]>();
  for (const row of table.rows) {
    const key = places.map((place) => row[place] ?? null);
    if (key.includes(null)) throw invalidProduct(path, 'a row has no key');
    const text = JSON.stringify(key.map(String));
    if (rows.has(text)) throw invalidProduct(path, 'two rows have one key');
    rows.set(text, row);
  }
  return rows;
}
