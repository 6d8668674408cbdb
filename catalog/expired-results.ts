import type { Db } from './db.ts';
import { prepared } from './prepared.ts';
import { notePurgeDue } from './purge.ts';

/** WHY few: the transaction overwrites what it removes, and everybody's jobs wait behind it. */
const RESULTS_A_STEP = 200;

const selectExpired = prepared(({ client }) =>
  client
    .prepare<[string, number], string>(
      'SELECT job FROM job_results JOIN jobs ON jobs.id = job WHERE finished_at < ? ORDER BY seq LIMIT ?',
    )
    .pluck(),
);
const deleteKept = prepared(({ client }) => client.prepare<[string]>('DELETE FROM kept_answers WHERE job = ?'));
const deleteResult = prepared(({ client }) => client.prepare<[string]>('DELETE FROM job_results WHERE job = ?'));

/**
 * Removes some of the results of jobs that ended before `before`, and what would give them again to another job; their pages are overwritten.
 * The jobs, their receipts, what they cost and what the guard knows of them stay. Copies outside their rows: see `Store.purge`.
 *
 * @returns how many; fewer than a step takes: none is left.
 */
export function destroyExpiredResults(
  tx: Db,
  before: string,
): { readonly destroyed: number; readonly isDone: boolean } {
  const expired = selectExpired(tx).all(before, RESULTS_A_STEP);
  if (expired.length > 0) notePurgeDue(tx);
  tx.client.pragma('secure_delete = ON');
  try {
    for (const job of expired) {
      deleteKept(tx).run(job);
      deleteResult(tx).run(job);
    }
  } finally {
    tx.client.pragma('secure_delete = OFF');
  }
  return { destroyed: expired.length, isDone: expired.length < RESULTS_A_STEP };
}
