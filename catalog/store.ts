import { closeSync, openSync } from 'node:fs';
import Database from 'better-sqlite3';
import { assert } from '#policies';
import { entryCount } from './audit-entries.ts';
import { watchCatalogue } from './catalogue-watch.ts';
import type { Db } from './db.ts';
import { createDb } from './db.ts';
import { createCommitQueue } from './group-commit.ts';
import { lockHome } from './home-lock.ts';
import { type Indexer, inlineIndexer, threadedIndexer } from './indexer.ts';
import { migrate } from './migrate.ts';
import { opening } from './opening.ts';
import { purgesDue, rewriteStore, settlePurge } from './purge.ts';
import { NO_SEALS, openRowSeals, type RowSeals, type RowSealsOptions } from './row-seals.ts';
import { sealedTables } from './sealed-tables.ts';
import { attachSearchIndex, prepareSearchIndex, searchIndexPath } from './search-index.ts';
import { openWalSync } from './wal-sync.ts';

/** One home's state. Everything that must be true together is written in one `commit`. */
export interface Store {
  /** Runs `work` on the durable state. Synchronous; not inside `commit`: there, read from `tx`. */
  read<T>(work: (db: Db) => T): T;
  /**
   * Grows whenever plans, resources, their versions or organisations change: while it is the same, so is what `read` finds
   * of them.
   */
  catalogueVersion(): number;
  /**
   * Runs the synchronous `work` in a transaction that it may share with others queued in the same tick. If it throws,
   * its own writes vanish and the promise rejects with what it threw. Resolves once the writes are on the disk.
   *
   * @throws AppError `STORE_FAILED` when the disk refuses; then nothing of the batch has happened, or, where it was the
   *   sync that failed, nobody knows and `onFailure` was told.
   */
  commit<T>(work: (tx: Db) => T): Promise<T>;
  /**
   * Has `derive` run in every transaction from now on, after its works, and what it returns once that is durable: for
   * what must be as durable as the works that it follows from. One at a time; null ends it.
   */
  derive(derive: Derivation | null): void;
  /**
   * Resolves once a search (audit-search.ts) sees every entry that is durable now.
   *
   * @throws AppError `STORE_FAILED`.
   */
  indexed(): Promise<void>;
  /**
   * After an erasure: of what was deleted nothing is left in the home's files: neither in the store, nor in the log beside it or the search index.
   * Writes the whole store anew, in a thread of its own; commits wait for so long, reads go on.
   * WHY: `secure_delete` overwrites what is deleted, not the copies that balancing a tree left in its pages when rows moved.
   *
   * @throws AppError `STORE_FAILED` where that could not be had; to be tried again.
   */
  purge(): Promise<void>;
  /** Commits what is queued, then closes and gives up the home. */
  close(): void;
}

/** Must not throw but for a bug or a damaged store: the whole transaction fails with it. */
export type Derivation = (tx: Db) => () => void;

export interface StoreOptions {
  /** The SQLite file, created with mode 0600 if absent; `:memory:` for a store that dies with the process. */
  readonly path: string;
  readonly now: () => Date;
  /** Told of each transaction how many works share it. */
  readonly onBatch?: (works: number) => void;
  /** Called once when the disk failed in a way that leaves durability unknown: the process should stop. */
  readonly onFailure?: (cause: unknown) => void;
  /** With it, rows that decide who may ask what are sealed and checked (row-seals.ts). Without: tests only. */
  readonly integrity?: Omit<RowSealsOptions, 'writer'>;
}

const NOTHING = () => undefined;
const IN_MEMORY = ':memory:';
/** Only offline readers ever hold a lock on the file; they are short. */
const BUSY_TIMEOUT_MS = 5_000;
const CACHE_KIB = 64 * 1024;

/**
 * Opens a home's store, bringing it to the newest layout.
 *
 * @throws AppError `HOME_IN_USE`, `HOME_NEWER`, `HOME_DAMAGED`, `STORE_FAILED`.
 */
export function openStore(options: StoreOptions): Store {
  const unlock = options.path === IN_MEMORY ? () => undefined : lockHome(options.path);
  try {
    return openLocked(options, unlock);
  } catch (error) {
    unlock();
    throw error;
  }
}

function openLocked(options: StoreOptions, unlock: () => void): Store {
  const client = opening(options.path, () => openWriter(options.path));
  const seals = opening(options.path, () => openSeals(client, options.integrity));
  const watch = watchCatalogue(client, sealedTables(options.integrity?.of ?? 'catalogue'));
  const writer = createDb(client, options.now, seals, watch.isChanged);
  const reader = options.path === IN_MEMORY ? writer : createDb(openReader(options.path), options.now, seals);
  const indexer = openIndexer(options.path, reader);
  const readOneState = oneStateReads(reader);
  let derivation: Derivation | null = null;
  let catalogueVersion = 0;
  const beforeCommit: Derivation = (tx) => {
    const derived = derivation?.(tx) ?? NOTHING;
    const isChanged = watch.take();
    if (isChanged) seals.sealAll();
    const entries = entryCount(tx);
    return () => {
      if (isChanged) catalogueVersion += 1;
      derived();
      indexer.noteCount(entries);
    };
  };
  const beforeBatch = () => {
    if (seals.lookAround()) catalogueVersion += 1;
  };
  const walSync = reader === writer ? null : openWalSync(options.path, writer.client, reader.client);
  const { onBatch, onFailure } = options;
  const queue = createCommitQueue(writer, { beforeBatch, beforeCommit, walSync, onBatch, onFailure });
  return {
    read(work) {
      assert(!queue.working(), 'inside commit, read from tx');
      return readOneState(work);
    },
    catalogueVersion: () => catalogueVersion,
    commit: queue.commit,
    derive(derive) {
      assert(derive === null || derivation === null, 'one derivation at a time');
      derivation = derive;
    },
    indexed: () => indexer.reach(entryCount(reader)),
    async purge() {
      const due = purgesDue(reader);
      await indexer.remake();
      if (options.path === IN_MEMORY) writer.client.exec('VACUUM main');
      else await queue.alone(() => rewriteStore({ path: options.path, busyMsMax: BUSY_TIMEOUT_MS }));
      await queue.commit((tx) => settlePurge(tx, due));
    },
    close() {
      queue.close();
      indexer.close();
      walSync?.close();
      if (reader !== writer) reader.client.close();
      writer.client.close();
      unlock();
    },
  };
}

/** In one transaction. WHY: all that is found is of one state, and without one SQLite locks the log and lets go of it for every statement. */
function oneStateReads(reader: Db): <T>(work: (db: Db) => T) => T {
  const begin = reader.client.prepare('BEGIN');
  const end = reader.client.prepare('COMMIT');
  return (work) => {
    if (reader.client.inTransaction) return work(reader);
    begin.run();
    try {
      return work(reader);
    } finally {
      end.run();
    }
  };
}

function openSeals(writer: Database.Database, integrity: StoreOptions['integrity']): RowSeals {
  if (integrity === undefined) return NO_SEALS;
  return writer.transaction(() => openRowSeals({ writer, ...integrity }))();
}

function openWriter(path: string): Database.Database {
  if (path !== IN_MEMORY) closeSync(openSync(path, 'a', 0o600));
  const client = new Database(path, { timeout: BUSY_TIMEOUT_MS });
  try {
    client.pragma('journal_mode = WAL');
    client.pragma('synchronous = FULL');
    client.pragma('foreign_keys = ON');
    client.pragma(`cache_size = -${CACHE_KIB}`);
    migrate(client);
    return client;
  } catch (error) {
    client.close();
    throw error;
  }
}

function openIndexer(path: string, reader: Db): Indexer {
  const indexPath = searchIndexPath(path);
  opening(indexPath, () => {
    if (path !== IN_MEMORY) prepareSearchIndex(indexPath, reader);
    attachSearchIndex(reader.client, indexPath);
  });
  return path === IN_MEMORY ? inlineIndexer(reader) : threadedIndexer(reader, path, indexPath);
}

/** WHY a second connection: it cannot write, and sees only what is durable. */
function openReader(path: string): Database.Database {
  const client = new Database(path, { readonly: true, timeout: BUSY_TIMEOUT_MS });
  client.pragma(`cache_size = -${CACHE_KIB}`);
  return client;
}
