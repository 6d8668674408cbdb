import type Database from 'better-sqlite3';
import { type BetterSQLite3Database, drizzle } from './orm.ts';
import { NO_SEALS, type RowSeals, type SealedValue } from './row-seals.ts';
import * as schema from './schema.ts';
import type { SealedTable } from './sealed-tables.ts';

/**
 * A connection to the store, as `read` and `commit` lend it. Opaque to other folders: they pass it on to the functions
 * of this one and keep it no longer than the call.
 */
export interface Db {
  readonly orm: BetterSQLite3Database<typeof schema>;
  readonly client: Database.Database;
  /** The store's clock as ISO 8601 UTC text with milliseconds. */
  readonly now: () => string;
  /** Whether the transaction has changed the catalogue so far: what is remembered of it says nothing then. */
  readonly isCatalogueChanged: () => boolean;
  /** Passes on what is as the gateway wrote it (row-seals.ts). Every row that decides who may ask what goes through it. */
  sealed<T extends object | undefined>(table: SealedTable, row: T): T;
  /** Holds values against the seal that was read with them (sealed-rows.ts). */
  checkSealed(table: SealedTable, values: readonly SealedValue[], seal: Buffer | null): void;
  /** The same of rows that were chosen by what they hold, and whose absence would permit something. */
  sealedChosen<T extends object>(table: SealedTable, rows: readonly T[]): readonly T[];
}

export function createDb(
  client: Database.Database,
  clock: () => Date,
  seals: RowSeals = NO_SEALS,
  isCatalogueChanged: () => boolean = () => false,
): Db {
  return {
    orm: drizzle(client, { schema }),
    client,
    now: () => clock().toISOString(),
    isCatalogueChanged,
    sealed: (table, row) => seals.check(client, table, row),
    checkSealed: seals.checkValues,
    sealedChosen: (table, rows) => seals.checkChosen(client, table, rows),
  };
}
