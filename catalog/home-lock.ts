import { closeSync, openSync } from 'node:fs';
import Database from 'better-sqlite3';
import { AppError } from '#policies';
import { opening } from './opening.ts';

/**
 * Holds a home, or another directory of state, for this process alone. The lock is the operating system's, taken through SQLite on a file of its own,
 * so that it ends with the process however that dies, and offline readers of the store are not kept out.
 *
 * @returns the release.
 * @throws AppError `HOME_IN_USE` when another gateway holds the home; `HOME_DAMAGED`, `STORE_FAILED` as opening.ts.
 */
export function lockHome(storePath: string): () => void {
  const path = `${storePath}.lock`;
  return opening(path, () => {
    closeSync(openSync(path, 'a', 0o600));
    const client = new Database(path, { timeout: 0 });
    try {
      client.exec('BEGIN EXCLUSIVE');
    } catch (cause) {
      client.close();
      const busy = cause instanceof Database.SqliteError && cause.code.startsWith('SQLITE_BUSY');
      throw busy ? new AppError('HOME_IN_USE', {}, null, cause) : cause;
    }
    return () => client.close();
  });
}
