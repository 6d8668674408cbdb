import type { ColumnEncryption } from './encrypted-columns.ts';
import type { Level } from './levels.ts';

/**
 * What a provider declares of a table: its columns, their levels and roles, and whom a row is about. The compiler,
 * the disclosure control and the upload check all work from this one declaration.
 */

/** Whom a threshold counts. */
export const UNIT_KINDS = ['person', 'enterprise', 'household', 'institution'] as const;
export type UnitKind = (typeof UNIT_KINDS)[number];

/** identifier: never output, never compared with a literal. dimension: a declared public list, always publishable. */
export const COLUMN_ROLES = [
  'identifier',
  'quasi-identifier',
  'sensitive',
  'measure',
  'dimension',
  'attribute',
] as const;
export type ColumnRole = (typeof COLUMN_ROLES)[number];

export const COLUMN_TYPES = ['boolean', 'integer', 'decimal', 'text', 'date', 'timestamp'] as const;
export type ColumnType = (typeof COLUMN_TYPES)[number];

export interface ColumnSchema {
  /** Lower-case identifier: `^[a-z][a-z0-9_]{0,62}$`. */
  readonly name: string;
  readonly title: { readonly zh: string; readonly en: string };
  readonly type: ColumnType;
  readonly level: Level;
  readonly role: ColumnRole;
  /** Identifier of a privacy unit: a row belongs to the unit that this column names. */
  readonly unit?: UnitKind;
  /**
   * Unit columns: most rows that one unit may have in a version of the table, as the provider promises; a version with a unit of more is
   * rejected. In mode `dp` a promise costs less noise than leaving rows out. 1 to 1,000,000.
   */
  readonly rowsPerUnitMax?: number;
  /**
   * Identifiers only: columns of one domain are the same kind of key and may be joined. Default: the unit's kind, or
   * else `<table>.<column>`, which joins with nothing but itself.
   */
  readonly domain?: string;
  /** decimal only: digits after the point, 0–9. Default 2. */
  readonly scale?: number;
  /** Numbers only, inclusive, in the column's own measure. A row outside is rejected. */
  readonly bounds?: { readonly min: number; readonly max: number };
  /**
   * Dimensions: the complete public list. A row outside is rejected. A quasi-identifier that has one is compared with what
   * stands in it only.
   */
  readonly values?: readonly string[];
  /**
   * Quasi-identifiers that are numbers or dates: ascending cut points between classes, numbers or ISO dates. The column is
   * compared at them only (`<`, `>=`), never by equality.
   */
  readonly bins?: readonly (number | string)[];
  /** Default true. */
  readonly nullable?: boolean;
  /** text only: most characters. Default 4,000. */
  readonly lengthMax?: number;
  /** The unit of measure, such as `CNY` or `kWh`. */
  readonly measure?: string;
  /** A health column raises the threshold (release.md). */
  readonly health?: boolean;
  /** Level `important`, where it must be, and only there: the values are encrypted before they are sent here. */
  readonly encryption?: ColumnEncryption;
}

export interface TableSchema {
  /** The name that SQL uses, unique in the catalogue: `^[a-z][a-z0-9_]{0,62}$`. */
  readonly table: string;
  /**
   * The level of a row's mere existence; a floor under every use of the table, `count(*)` too. Default: general-2 where
   * a column names a privacy unit, else general-1.
   */
  readonly level: Level;
  readonly columns: readonly ColumnSchema[];
}

/** A hidden column of every stored table: the row's key (sandbox/ingest/row-key.ts). No declared name begins with `_`. */
export const ROW_KEY_COLUMN = '_row_key';

/** The key space of an identifier: two identifiers compare only when their domains are equal. */
export function domainOf(schema: TableSchema, column: ColumnSchema): string {
  return column.domain ?? column.unit ?? `${schema.table}.${column.name}`;
}
