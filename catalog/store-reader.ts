import Database from 'better-sqlite3';
import { AppError } from '#policies';
import type { Db } from './db.ts';
import { createDb } from './db.ts';
import { knownVersion } from './migrate.ts';
import { type TamperedRow, tamperedRows } from './row-seals.ts';

/** A home read from outside: it takes no lock and writes nothing, so a gateway may be running on it. */
export interface StoreReader {
  read<T>(work: (db: Db) => T): T;
  /** From here on everything is read as it is now, however the gateway goes on. Ends with `close`. */
  hold(): void;
  /**
   * Rows that decide who may ask what, and that are not as the gateway wrote them. Null where nobody can say: a home that no
   * gateway has sealed, or one of an older layout, which the next start checks.
   *
   * @param key 32 bytes: the gateway's key for them.
   */
  tamperedRows(key: Uint8Array): readonly TamperedRow[] | null;
  close(): void;
}

/**
 * Opens an existing home for reading only: the offline check of the log, exports.
 *
 * @throws AppError `HOME_NEWER`; `STORE_FAILED` when there is no such home or it is none.
 */
export function openStoreReader(path: string): StoreReader {
  const client = openReadOnly(path);
  const db = createDb(client, () => new Date());
  return {
    read: (work) => work(db),
    hold: () => void client.exec('BEGIN; SELECT 1 FROM sqlite_schema LIMIT 1'),
    tamperedRows(key) {
      const isOfToday = client.pragma('user_version', { simple: true }) === knownVersion();
      return isOfToday ? client.transaction(() => tamperedRows(client, key))() : null;
    },
    close: () => client.close(),
  };
}

function openReadOnly(path: string): Database.Database {
  let client: Database.Database | null = null;
  try {
    client = new Database(path, { readonly: true, fileMustExist: true });
    const found = client.pragma('user_version', { simple: true }) as number;
    const known = knownVersion();
    if (found > known) throw new AppError('HOME_NEWER', { found, known });
    return client;
  } catch (error) {
    client?.close();
    throw error instanceof AppError ? error : new AppError('STORE_FAILED', {}, null, error);
  }
}
