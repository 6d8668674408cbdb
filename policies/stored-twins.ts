import type { Level } from './levels.ts';
import type { ColumnSchema, TableSchema } from './table-schema.ts';

/**
 * Hidden columns that are stored beside a declared one because grouping by them costs a fraction: DuckDB addresses groups
 * of small whole numbers directly, while texts and 64-bit tokens go through a hash table (2–4 times the time of the
 * plain query on 4 million rows, against 1.1–1.5).
 *
 * - `class`, of a column that names a privacy unit: the unit's class (`unit_class`), 0 to 63, and 64 for nobody.
 * - `code`, of a text column with a declared public list: an enumeration of that list.
 * - `rank`, of a column that names a privacy unit: the row's place among the rows of its unit in a random order of the version, from 0, and
 *   `RANK_LAST` for all that come later; 0 for nobody's. `rank < C` keeps at most C rows of each unit (`C <= RANK_LAST`).
 */
export interface StoredTwin {
  readonly kind: 'class' | 'code' | 'rank';
  /** The declared column. */
  readonly of: string;
  readonly name: string;
}

/** Longer lists are as costly to address as to hash. */
const CODED_VALUES_MAX = 1_000;
/** One byte a row. */
export const RANK_LAST = 255;

/** All that columns can have; a version has them as far as its report says. */
export function twinsOf(columns: readonly ColumnSchema[]): readonly StoredTwin[] {
  return columns.flatMap(({ name, unit, rowsPerUnitMax, role, type, values }): StoredTwin[] => {
    if (unit !== undefined) {
      const kinds = rowsPerUnitMax === 1 ? (['class'] as const) : (['class', 'rank'] as const);
      return kinds.map((kind) => ({ kind, of: name, name: twinName(kind, name) }));
    }
    const isCoded =
      role !== 'identifier' && type === 'text' && values !== undefined && values.length <= CODED_VALUES_MAX;
    return isCoded ? [{ kind: 'code', of: name, name: twinName('code', name) }] : [];
  });
}

/** Levels whose answers are differentially private, or pass through that. */
const RANKED: ReadonlySet<Level> = new Set<Level>(['general-4', 'important']);

/**
 * Those that registration stores. WHY ranks only beside levels of mode `dp`: they cost a sort by unit, and other modes leave no row out; a table
 * that gets to such an answer by a join alone is bounded without them.
 */
export function storedTwins({ level, columns }: Pick<TableSchema, 'level' | 'columns'>): readonly StoredTwin[] {
  const isRanked = [level, ...columns.map((column) => column.level)].some((one) => RANKED.has(one));
  return twinsOf(columns).filter(({ kind }) => kind !== 'rank' || isRanked);
}

/** No declared name begins with `_`. */
export const twinName = (kind: StoredTwin['kind'], column: string): string => `_${kind}_${column}`;
