import { closeSync, openSync, rmSync } from 'node:fs';
import Database from 'better-sqlite3';
import { countErasures } from './logged-people.ts';
import { type Connection, prepared } from './prepared.ts';

/**
 * Where the search index lies: a file of its own beside the home, attached as schema `search`. WHY apart: it is derived from
 * the log, so that nobody has to wait until it is written, and another thread may write it. Whoever loses it loses nothing.
 */

/** Grows whenever tokens or tables below change: an index of another layout is made anew. */
const LAYOUT = 2;
const IN_MEMORY = ':memory:';
const BUSY_TIMEOUT_MS = 5_000;

const TABLES = `
  -- One token for each person, resource, column, word … of an entry.
  CREATE VIRTUAL TABLE search.audit_index USING fts5 (
    tokens, content = '', detail = none, columnsize = 0, tokenize = 'ascii'
  );
  -- Which stretch of the log a day or a minute lies in. Clocks may step back, so stretches may overlap.
  CREATE TABLE search.audit_periods (
    unit TEXT NOT NULL CHECK (unit IN ('day', 'minute')),
    period TEXT NOT NULL,
    idx_min INTEGER NOT NULL,
    idx_max INTEGER NOT NULL,
    PRIMARY KEY (unit, period)
  ) STRICT, WITHOUT ROWID;
  -- One row: the first entry that the index does not hold yet, and the leaf hash of the one before it.
  CREATE TABLE search.audit_indexed (
    id INTEGER PRIMARY KEY NOT NULL CHECK (id = 1),
    next INTEGER NOT NULL,
    leaf BLOB
  ) STRICT;
  INSERT INTO search.audit_indexed (id, next) VALUES (1, 0);
  PRAGMA search.user_version = ${LAYOUT};
`;

export const searchIndexPath = (storePath: string): string =>
  storePath === IN_MEMORY ? IN_MEMORY : `${storePath}-search`;

const selectLeaf = prepared((db: Connection) =>
  db.client.prepare<[number], Buffer>('SELECT hash FROM audit_leaves WHERE idx = ?').pluck(),
);

/**
 * Sees to it that there is an index of this log and layout, empty where there was none: of another home, damaged, or ahead of the log.
 *
 * @throws what the system or SQLite say where none can be made.
 */
export function prepareSearchIndex(path: string, log: Connection): void {
  try {
    if (isOfThisLog(path, log)) return;
  } catch {
    // SAD PATH: whatever it is, it is no index.
  }
  removeSearchIndex(path);
  closeSync(openSync(path, 'wx', 0o600));
  withIndex(path, (client) =>
    client.transaction(() => client.exec(`${TABLES} PRAGMA search.application_id = ${countErasures(log)}`))(),
  );
}

export function removeSearchIndex(path: string): void {
  for (const suffix of ['', '-wal', '-shm']) rmSync(path + suffix, { force: true });
}

function isOfThisLog(path: string, log: Connection): boolean {
  return withIndex(path, (client) => {
    if (client.pragma('search.user_version', { simple: true }) !== LAYOUT) return false;
    if (erasuresKnown(client) !== countErasures(log)) return false;
    const { next, leaf } = indexedUpTo(client);
    return (
      next === 0 ||
      (leaf !== null &&
        selectLeaf(log)
          .get(next - 1)
          ?.equals(leaf) === true)
    );
  });
}

function withIndex<T>(path: string, work: (client: Database.Database) => T): T {
  const client = openForIndexing(path);
  try {
    return work(client);
  } finally {
    client.close();
  }
}

/** A connection that writes the index. A file that does not exist yet is made. */
export function openForIndexing(path: string): Database.Database {
  const client = new Database(IN_MEMORY, { timeout: BUSY_TIMEOUT_MS });
  attachSearchIndex(client, path);
  client.pragma('search.journal_mode = WAL');
  // A loss of power takes the newest entries out of the index; they are read again.
  client.pragma('search.synchronous = NORMAL');
  return client;
}

/** Gives a connection the index to read, or, in memory, an empty one of its own. */
export function attachSearchIndex(client: Database.Database, path: string): void {
  client.prepare('ATTACH ? AS search').run(path);
  if (path === IN_MEMORY) client.exec(TABLES);
}

export interface IndexedUpTo {
  readonly next: number;
  readonly leaf: Buffer | null;
}

/**
 * Empties an index, so that nothing of what it held is left in its file, for names as they are after so many erasures.
 */
export function emptySearchIndex(client: Database.Database, erasures: number): void {
  client.pragma('search.secure_delete = ON');
  client.transaction(() =>
    client.exec(`
      INSERT INTO search.audit_index (audit_index) VALUES ('delete-all');
      DELETE FROM search.audit_periods;
      UPDATE search.audit_indexed SET next = 0, leaf = NULL;
      PRAGMA search.application_id = ${erasures};
    `),
  )();
  client.pragma('search.secure_delete = OFF');
  client.pragma('search.wal_checkpoint(TRUNCATE)');
}

/** After how many erasures of names it was made (logged-people.ts): one that is behind still holds what was erased. */
export function erasuresKnown(client: Database.Database): number {
  return client.pragma('search.application_id', { simple: true }) as number;
}

/** What an index holds: all entries before `next`, the last of which has this leaf hash. */
export function indexedUpTo(client: Database.Database): IndexedUpTo {
  return (
    client.prepare<[], IndexedUpTo>('SELECT next, leaf FROM search.audit_indexed').get() ?? { next: 0, leaf: null }
  );
}
