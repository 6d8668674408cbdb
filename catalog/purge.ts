import { Worker } from 'node:worker_threads';
import * as z from 'zod';
import { AppError } from '#policies/vocabulary';
import type { Db } from './db.ts';
import { putSetting, readSetting } from './settings.ts';

/** Deletions of which copies may still lie in the pages of the store's files, or in the log beside it. */
const DUE = 'purge-due';
const Count = z.int().nonnegative();

/** In the transaction that deletes what nobody may find again: `Store.purge` is due, also after a crash. */
export function notePurgeDue(tx: Db): void {
  putSetting(tx, DUE, purgesDue(tx) + 1);
}

/** How many such transactions there were since the last purge. */
export function purgesDue(db: Db): number {
  return readSetting(db, DUE, Count) ?? 0;
}

/** Those before the purge are done with; what was deleted while it ran waits for the next. */
export function settlePurge(tx: Db, purged: number): void {
  if (purged > 0) putSetting(tx, DUE, purgesDue(tx) - purged);
}

/** What the thread is told. */
export interface RewriteTask {
  readonly path: string;
  readonly busyMsMax: number;
}

/**
 * Writes the file of a store anew and empties the log beside it, in a thread of its own with its own connection: nobody may write
 * meanwhile, everybody may read.
 *
 * @throws AppError `STORE_FAILED`: the file is what it was before, or is written anew and its log is not empty yet.
 */
export function rewriteStore(task: RewriteTask): Promise<void> {
  const worker = new Worker(new URL('./purge-thread.ts', import.meta.url), { workerData: task });
  return new Promise((resolve, reject) => {
    worker.once('error', (cause) => reject(new AppError('STORE_FAILED', {}, null, cause)));
    worker.once('exit', (code) => (code === 0 ? resolve() : reject(new AppError('STORE_FAILED'))));
  });
}
