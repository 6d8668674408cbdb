import type { ColumnRole, ColumnSchema, ColumnType, Level, TableSchema, UnitKind } from '#policies';
import { assert } from '#policies';

/**
 * The compact form in which the first batch declares its tables: level and role in one word (`4I`), the type from the
 * suffix of the column's name, everything else an option.
 */

type LevelDigit = '1' | '2' | '3' | '4';
type RoleLetter = 'I' | 'Q' | 'S' | 'M' | 'D' | 'A';
/** `4I` = general-4, identifier. Q quasi-identifier, S sensitive, M measure, D dimension, A attribute. */
export type Mark = `${LevelDigit}${RoleLetter}`;

const ROLE_OF: Readonly<Record<RoleLetter, ColumnRole>> = {
  I: 'identifier',
  Q: 'quasi-identifier',
  S: 'sensitive',
  M: 'measure',
  D: 'dimension',
  A: 'attribute',
};

/** First match decides; text where none does. */
const TYPE_OF_SUFFIX: readonly (readonly [RegExp, ColumnType])[] = [
  [/_date$/, 'date'],
  [/_(?:amt|sqm|km|mu|kg|pct|tkm|num)$/, 'decimal'],
  [/^(?:kwh|m3)_/, 'decimal'],
  [/_(?:cnt|days|year|kva)$/, 'integer'],
  [/_flag$/, 'boolean'],
];

interface ColumnOptions {
  readonly type?: ColumnType;
  readonly unit?: UnitKind;
  readonly domain?: string;
  readonly scale?: number;
  /** [min, max], inclusive. */
  readonly bounds?: readonly [number, number];
  readonly values?: readonly string[];
  readonly nullable?: boolean;
  readonly lengthMax?: number;
  readonly measure?: string;
}

/** A column without its name: the name is its key in the table's declaration. */
export type ColumnDeclaration = (name: string) => ColumnSchema;

/** Columns are mandatory unless `nullable` says otherwise: stricter than the contract's default, for cleaner uploads. */
export function column(mark: Mark, zh: string, en: string, options: ColumnOptions = {}): ColumnDeclaration {
  const { bounds, nullable = false, ...rest } = options;
  const level: Level = `general-${mark.charAt(0) as LevelDigit}`;
  return (name) => ({
    name,
    title: { zh, en },
    type: TYPE_OF_SUFFIX.find(([suffix]) => suffix.test(name))?.[1] ?? 'text',
    level,
    role: ROLE_OF[mark.charAt(1) as RoleLetter],
    nullable,
    ...rest,
    ...(bounds === undefined ? {} : { bounds: { min: bounds[0], max: bounds[1] } }),
  });
}

/** A declared table that still knows its column names, so that the compiler checks the rows made for it. */
export interface DeclaredTable<Column extends string = string> {
  readonly title: { readonly zh: string; readonly en: string };
  readonly schema: TableSchema;
  readonly columnNames: readonly Column[];
}

/** One row of a declared table. Dates and months as ISO text; decimals as numbers, rounded when written. */
export type RowOf<Table> =
  Table extends DeclaredTable<infer Column> ? Readonly<Record<Column, string | number | boolean | null>> : never;

interface TableOptions<Column extends string> {
  readonly zh: string;
  readonly en: string;
  /** The level of a row's existence. */
  readonly level: Level;
  /** Every column of a health table is a health column: that a person was treated at all is health information. */
  readonly health?: boolean;
  /** Columns that name units: most rows of one. WHY here: it is the table that promises, a register one row, a monthly table one a month. */
  readonly rowsPerUnitMax?: Readonly<Partial<Record<NoInfer<Column>, number>>>;
  readonly columns: Readonly<Record<Column, ColumnDeclaration>>;
}

export function declareTable<Column extends string>(
  table: string,
  options: TableOptions<Column>,
): DeclaredTable<Column> {
  const { zh, en, level, health = false } = options;
  const promised = new Map(Object.entries<number | undefined>(options.rowsPerUnitMax ?? {}));
  const declared = Object.entries<ColumnDeclaration>(options.columns).map(([name, declare]): ColumnSchema => {
    const rowsPerUnitMax = promised.get(name);
    return { ...declare(name), ...(rowsPerUnitMax === undefined ? {} : { rowsPerUnitMax }) };
  });
  const columns = health ? declared.map((each) => ({ ...each, health })) : declared;
  assert(columns.length > 0, 'a table has columns');
  const columnNames = columns.map((each) => each.name as Column);
  return { title: { zh, en }, schema: { table, level, columns }, columnNames };
}
