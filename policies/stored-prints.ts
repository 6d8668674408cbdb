import type { Level } from './level.ts';
import { scaleOf } from './scaled-numbers.ts';
import type { ColumnSchema, TableSchema } from './table-schema.ts';

/**
 * Small tables that a version stores beside its rows: per value of one column, and for all rows together, what each class of each unit column has:
 * how many rows, the sum of their keys, the sums of measures. They add up over segments, and to the groups of every function of the column: an
 * aggregation that reads no other column is made of them, to the same numbers as over the rows (sql/rewrite/printed-rows.ts).
 */
export interface StoredPrints {
  /** Columns that name units: each has prints of its own classes. */
  readonly units: readonly string[];
  /** Columns whose values have prints; all rows together have one besides. */
  readonly columns: readonly string[];
  /** Columns whose sums are in them. */
  readonly sums: readonly string[];
}

/** Most values of a column that has prints, in one segment. */
export const PRINTED_VALUES_MAX = 1_000;
/** Rows of a segment that has prints. */
export const PRINTED_ROWS_MAX = 2 ** 23;
const PRINTED_COLUMNS_MAX = 16;
const SUMMED_COLUMNS_MAX = 8;

/**
 * What prints a version of a table can have: of the columns that are declared to have few values, and of dates, where registration finds few.
 * null where no answer is made of them: without units, and where every answer is differentially private.
 */
export function printsOf({ level, columns }: Pick<TableSchema, 'level' | 'columns'>): StoredPrints | null {
  const readable = columns.filter(isReadable);
  const units = columns.filter(({ unit, role }) => unit !== undefined && role === 'identifier');
  if (units.length === 0 || !PRINTED.has(level)) return null;
  return {
    units: units.map(({ name }) => name),
    columns: namesOf(readable.filter(hasFewValues), PRINTED_COLUMNS_MAX),
    sums: namesOf(readable.filter(isSummed), SUMMED_COLUMNS_MAX),
  };
}

/** What two parts of a version both have. */
export function commonPrints(one: StoredPrints | null, other: StoredPrints | null): StoredPrints | null {
  if (one === null || other === null) return null;
  const both = (of: keyof StoredPrints) => one[of].filter((name) => other[of].includes(name));
  return { units: both('units'), columns: both('columns'), sums: both('sums') };
}

/** No declared name begins with `_`. */
export const PRINT = { unit: '_unit', class: '_class', rows: '_rows', keys: '_keys' } as const;
export const printTable = (column: string | null): string => `_print_${column ?? ''}`;
/** What statements call a stored table, or the table of prints beside it. */
export const storedTable = (version: string, print?: string): string =>
  print === undefined ? version : `${version} ${print}`;
export const sumName = (column: string): string => `_sum_${column}`;
/** Rows that have a value. */
export const presentName = (column: string): string => `_present_${column}`;

/** The table of prints of a column, or of all rows: what stands in it. */
export function printColumns({ sums }: StoredPrints, column: string | null): readonly string[] {
  const { unit, class: ofClass, rows, keys } = PRINT;
  const summed = sums.flatMap((name) => [sumName(name), presentName(name)]);
  return [unit, ofClass, ...(column === null ? [] : [column]), rows, keys, ...summed];
}

/** The tables that a version stores, and what a query may read of each. */
export function printViews(prints: StoredPrints | undefined) {
  if (prints === undefined) return [];
  return [null, ...prints.columns].map((column) => ({
    table: printTable(column),
    columns: printColumns(prints, column),
  }));
}

/** What is left where only some columns are granted. Those that name units always protect. */
export function grantedPrints(prints: StoredPrints, granted: readonly string[]): StoredPrints {
  const kept = (names: readonly string[]) => names.filter((name) => granted.includes(name));
  return { units: prints.units, columns: kept(prints.columns), sums: kept(prints.sums) };
}

const namesOf = (columns: readonly ColumnSchema[], most: number) => columns.slice(0, most).map(({ name }) => name);

/** Levels whose answers are made of groups as they are: those about others are differentially private, or there are none. */
const PRINTED: ReadonlySet<Level> = new Set<Level>(['general-1', 'general-2', 'general-3']);

const isReadable = ({ level, role, encryption }: ColumnSchema): boolean =>
  PRINTED.has(level) && role !== 'identifier' && encryption === undefined;

function hasFewValues({ type, values, bounds }: ColumnSchema): boolean {
  if (type === 'boolean' || type === 'date') return true;
  if (type === 'integer') return bounds !== undefined && bounds.max - bounds.min < PRINTED_VALUES_MAX;
  return type === 'text' && values !== undefined && values.length <= PRINTED_VALUES_MAX;
}

/** INVARIANT: sums over a segment have the column's own type. */
function isSummed(column: ColumnSchema): boolean {
  const { role, type, bounds } = column;
  if (role !== 'measure' || bounds === undefined || (type !== 'integer' && type !== 'decimal')) return false;
  const largest = Math.max(Math.abs(bounds.min), Math.abs(bounds.max)) * 10 ** scaleOf(column);
  return largest * PRINTED_ROWS_MAX < 10 ** STORED_DIGITS;
}

/** Of a decimal; whole numbers have more. */
const STORED_DIGITS = 18;
