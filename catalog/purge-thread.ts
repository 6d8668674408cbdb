import { workerData } from 'node:worker_threads';
import Database from 'better-sqlite3';
import type { RewriteTask } from './purge.ts';

/** The thread that writes a store anew (sqlite.org/lang_vacuum.html): pages hold rows and nothing that was there before. */

const { path, busyMsMax } = workerData as RewriteTask;
const client = new Database(path, { timeout: busyMsMax, fileMustExist: true });
client.pragma('synchronous = FULL');
client.exec('VACUUM');
// SAD PATH: a reader of this moment holds the log up; SQLite waits for it, `busyMsMax` at most.
const [state] = client.pragma('wal_checkpoint(TRUNCATE)') as { readonly busy: number }[];
client.close();
if (state?.busy !== 0) throw new Error('the log is held by a reader');
