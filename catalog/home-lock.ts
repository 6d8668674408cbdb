import { closeSync, openSync } from 'node:fs';
import Database from 'better-sqlite3';
import { AppError } from '#policies';

/**
 * Holds a home, or another directory of state, for this process alone. The lock is the operating system's, taken through SQLite on a file of its own,
 * so that it ends with the process however that dies, and offline readers of the store are not kept out.
 *
 * @returns the release.
 * @throws AppError `HOME_IN_USE` when another gateway holds the home.
 */
export function lockHome(storePath: string): () => void {
  const path = `${storePath}.lock`;
  closeSync(openSync(path, 'a', 0o600));
  const client = new Database(path, { timeout: 0 });
  try {
    client.exec('BEGIN EXCLUSIVE');
  } catch (cause) {
    client.close();
    const busy = cause instanceof Database.SqliteError && cause.code.startsWith('SQLITE_BUSY');
    throw new AppError(busy ? 'HOME_IN_USE' : 'STORE_FAILED', {}, null, cause);
  }
  return () => client.close();
}
