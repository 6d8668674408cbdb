import { assert } from '#policies/vocabulary';
import type { Db } from './db.ts';
import { getTableColumns } from './orm.ts';
import { prepared } from './prepared.ts';
import type { SealedValue } from './row-seals.ts';
import { LAYOUT, SEALED_TABLES } from './sealed-tables.ts';

type Table = keyof typeof SEALED_TABLES;
type Row<K extends Table> = (typeof SEALED_TABLES)[K]['$inferSelect'];

/** Types of columns whose values Drizzle hands on as they are stored. */
const UNMAPPED: ReadonlySet<string> = new Set(['SQLiteText', 'SQLiteInteger', 'SQLiteReal']);

/**
 * Rows of a sealed table as Drizzle has them, each read together with its seal and held against it. WHY beside `db.sealed`: what every
 * first question on a plan reads takes a statement, a key and a dozen of short-lived lists less for each row.
 *
 * INVARIANT: such a table has no column that Drizzle maps.
 *
 * @param tail what follows the table: WHERE and ORDER BY over its own columns.
 * @param isChosen as `db.sealedChosen`: rows whose absence would permit something.
 * @returns a reader, which throws AppError `CATALOGUE_CORRUPT`.
 */
export function sealedRows<K extends Table>(
  table: K,
  tail: string,
  { isChosen = false }: { readonly isChosen?: boolean } = {},
): (db: Db, ...given: string[]) => Row<K>[] {
  const types = Object.values(getTableColumns(SEALED_TABLES[table])).map(({ columnType }) => columnType);
  assert(
    types.every((one) => UNMAPPED.has(one)),
    'columns of sealed tables are read as they are stored',
  );
  const { columns, keys } = LAYOUT[table];
  const properties = columns.map(({ property }) => property);
  const selected = columns.map(({ name }) => `t."${name}"`).join(', ');
  const rowKey = `json_array(${keys.map((key) => `t."${key}"`).join(', ')})`;
  const seal = `LEFT JOIN row_seals s ON s.table_name = '${table}' AND s.row_key = ${rowKey}`;
  const statement = prepared((db) =>
    db.client.prepare<string[], SealedValue[]>(`SELECT ${selected}, s.mac FROM ${table} t ${seal} ${tail}`).raw(),
  );
  const toRow = (db: Db, values: SealedValue[]): Row<K> => {
    const seal = values.pop() as Buffer | null;
    db.checkSealed(table, values, seal);
    const row: Record<string, SealedValue> = {};
    for (let place = 0; place < properties.length; place += 1) row[properties[place]!] = values[place]!;
    return row as Row<K>;
  };
  return (db, ...given) => {
    if (isChosen) db.sealedChosen(table, []);
    const rows = statement(db).all(...given);
    return rows.map((values) => toRow(db, values));
  };
}
