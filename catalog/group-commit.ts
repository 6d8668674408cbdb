import Database from 'better-sqlite3';
import { AppError, AssertionFailed, assert } from '#policies';
import type { Db } from './db.ts';
import type { WalSync } from './wal-sync.ts';

/** Most works that share one transaction: bounds how long the event loop is held. */
const BATCH_MAX = 256;
/** From how many works in one batch on more are taken to be on their way. */
const CROWD = 3;
/** How long works wait for company under load, unless they fill a batch before. */
const GATHER_MS = 4;

export interface CommitQueue {
  commit<T>(work: (tx: Db) => T): Promise<T>;
  /** Runs `work` when the batch under way is durable; what is queued meanwhile is committed after it. One at a time. */
  alone<T>(work: () => Promise<T>): Promise<T>;
  /** True while a work runs. */
  working(): boolean;
  /** Commits what is queued. */
  close(): void;
}

/** What a queue works on. */
export interface CommitQueueOptions {
  /** Runs at the beginning of each transaction, which fails with it. */
  readonly beforeBatch: () => void;
  /**
   * Runs once in each transaction after its works: derived state that is cheaper in bulk. What it returns is called once
   * the transaction is durable, before anyone is answered.
   */
  readonly beforeCommit: (tx: Db) => () => void;
  /** Null where a COMMIT is as durable as it will ever be. */
  readonly walSync: WalSync | null;
  /** Told of each transaction how many works share it. */
  readonly onBatch?: ((works: number) => void) | undefined;
  /** Called once, when a disk error left durability unknown. */
  readonly onFailure?: ((cause: unknown) => void) | undefined;
}

interface Entry {
  /** Runs the work; afterwards exactly one of the two is called, once the batch's fate is known. */
  readonly run: () => void;
  readonly settle: () => void;
  readonly reject: (error: unknown) => void;
}

/** A batch between its COMMIT and the end of its sync. */
interface Written {
  readonly batch: readonly Entry[];
  readonly durable: () => void;
}

/**
 * Group commit: works queued within a tick run one after the other in one transaction, each in its own savepoint, and
 * are answered together after the one durable COMMIT. One sync serves the whole batch, and those that come meanwhile wait
 * for it.
 */
export function createCommitQueue(
  db: Db,
  { beforeBatch, beforeCommit, walSync, onBatch, onFailure }: CommitQueueOptions,
): CommitQueue {
  const savepoint = savepoints(db);
  let queue: Entry[] = [];
  let isStarting = false;
  let gathering: NodeJS.Timeout | undefined;
  let lastBatch = 0;
  let working = false;
  let closed = false;
  let syncing: Written | null = null;
  let underWay: Promise<void> = Promise.resolve();
  let held = false;
  let lastAlone: Promise<unknown> = Promise.resolve();
  let failure: { readonly cause: unknown } | null = null;

  function schedule(): void {
    // What comes while a batch is at work waits for its end, as the batch does for its sync.
    if (isStarting || working || held || syncing !== null || queue.length === 0) return;
    // A lone work commits at once. Where several come together more are on their way: one sync may serve them too.
    if (lastBatch < CROWD || queue.length >= BATCH_MAX) {
      clearTimeout(gathering);
      isStarting = true;
      setImmediate(start);
    } else gathering ??= setTimeout(start, GATHER_MS);
  }

  function start(): void {
    gathering = undefined;
    isStarting = false;
    flush();
  }

  function flush(): void {
    if (closed || held) return;
    const written = write();
    if (written !== null && walSync !== null) {
      underWay = makeDurable(written, walSync);
      return;
    }
    if (written !== null) finish(written);
    schedule();
  }

  async function makeDurable(written: Written, { sync }: WalSync): Promise<void> {
    syncing = written;
    try {
      await sync();
      if (syncing === written) settle(written);
    } catch (cause) {
      if (syncing === written) fail(written.batch, cause, true);
    }
    syncing = null;
    schedule();
  }

  async function runAlone<T>(before: Promise<unknown>, work: () => Promise<T>): Promise<T> {
    await before;
    held = true;
    try {
      await underWay;
      return await work();
    } finally {
      held = false;
      schedule();
    }
  }

  /** The same at once: where there is nothing to wait for, and at the end. */
  function finish(written: Written): void {
    try {
      walSync?.syncNow();
      settle(written);
    } catch (cause) {
      fail(written.batch, cause, true);
    }
  }

  /** The next batch up to its COMMIT; null when that failed. */
  function write(): Written | null {
    const batch = queue.slice(0, BATCH_MAX);
    queue = queue.slice(BATCH_MAX);
    lastBatch = batch.length;
    onBatch?.(batch.length);
    try {
      if (failure !== null) throw failure.cause;
      return { batch, durable: runBatch(batch) };
    } catch (cause) {
      walSync?.release();
      fail(batch, cause, leavesDurabilityUnknown(cause));
      return null;
    }
  }

  function runBatch(batch: readonly Entry[]): () => void {
    working = true;
    try {
      savepoint.begin.run();
      beforeBatch();
      for (const entry of batch) entry.run();
      const durable = beforeCommit(db);
      walSync?.hold();
      savepoint.commit.run();
      return durable;
    } finally {
      working = false;
      if (db.client.inTransaction) savepoint.rollbackAll.run();
    }
  }

  function settle({ batch, durable }: Written): void {
    durable();
    for (const entry of batch) entry.settle();
  }

  function fail(batch: readonly Entry[], cause: unknown, isFatal: boolean): void {
    if (failure === null && isFatal) {
      failure = { cause };
      onFailure?.(cause);
    }
    const error = cause instanceof AssertionFailed ? cause : new AppError('STORE_FAILED', {}, null, cause);
    for (const entry of batch) entry.reject(error);
  }

  return {
    alone(work) {
      const done = runAlone(lastAlone, work);
      lastAlone = done.catch(() => undefined);
      return done;
    },
    working: () => working,
    commit<T>(work: (tx: Db) => T): Promise<T> {
      if (closed) return Promise.reject(new AppError('STORE_FAILED'));
      return new Promise<T>((resolve, reject) => {
        let settle: () => void = () => undefined;
        const run = () => {
          settle = savepoint.attempt(() => work(db), resolve, reject);
        };
        queue.push({ run, settle: () => settle(), reject });
        schedule();
      });
    },
    close() {
      closed = true;
      if (syncing !== null) finish(syncing);
      syncing = null;
      while (queue.length > 0) {
        const written = write();
        if (written !== null) finish(written);
      }
    },
  };
}

/** After a failed write or sync the kernel may have dropped dirty pages: no later COMMIT on this file can be believed. */
function leavesDurabilityUnknown(cause: unknown): boolean {
  return cause instanceof Database.SqliteError && /^SQLITE_(IOERR|CORRUPT|NOTADB)/.test(cause.code);
}

function savepoints(db: Db) {
  const mark = db.client.prepare('SAVEPOINT work');
  const release = db.client.prepare('RELEASE work');
  const rollback = db.client.prepare('ROLLBACK TO work');
  return {
    begin: db.client.prepare('BEGIN IMMEDIATE'),
    commit: db.client.prepare('COMMIT'),
    rollbackAll: db.client.prepare('ROLLBACK'),
    /** Returns what to tell the caller once the batch is durable. Rethrows when the whole transaction is gone. */
    attempt<T>(work: () => T, resolve: (value: T) => void, reject: (error: unknown) => void): () => void {
      mark.run();
      try {
        const value = work();
        assert(!(value instanceof Promise), 'a commit is synchronous');
        release.run();
        return () => resolve(value);
      } catch (error) {
        // SQLite itself rolls everything back on a full disk or an I/O error.
        if (!db.client.inTransaction) throw error;
        rollback.run();
        release.run();
        return () => reject(error);
      }
    },
  };
}
