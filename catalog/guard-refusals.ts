import type { GuardRefusal } from '#policies';
import type { Db } from './db.ts';
import { prepared } from './prepared.ts';

/** What the differencing guard hid. Insert in the transaction of the outcome; never shown to who asked. */
export interface KnownRefusal {
  readonly at: string;
  readonly job: string;
  readonly why: GuardRefusal['why'];
  /** The job whose answer it came near to; null where it was no single one. */
  readonly near: string | null;
}

/** Of one part of an answer: those who look want to know of it, not of every cell. */
const REFUSALS_MAX = 16;

const insertRefusal = prepared((db) =>
  db.client.prepare<[string, string, string, string | null, string]>(
    'INSERT INTO guard_refusals (lineage, job, why, near, at) VALUES (?, ?, ?, ?, ?)',
  ),
);
const selectRefusals = prepared((db) =>
  db.client.prepare<[string, string, string, string, number], KnownRefusal>(
    `SELECT max(at) AS at, job, why, near FROM guard_refusals
     WHERE lineage >= ? || '/' AND lineage < ? || '0' AND at >= ? AND at < ?
     GROUP BY job, why, near ORDER BY max(id) DESC LIMIT ?`,
  ),
);

/** @param job the job, and the part of its answer behind a `/` */
export function insertGuardRefusals(tx: Db, job: string, refusals: readonly GuardRefusal[]): void {
  const at = tx.now();
  for (const { lineage, why, family } of refusals.slice(0, REFUSALS_MAX)) {
    insertRefusal(tx).run(lineage, jobOf(job), why, family === null ? null : jobOf(family), at);
  }
}

/** Over a resource in a period, newest first; `until` exclusive. */
export function listGuardRefusals(
  db: Db,
  resource: string,
  period: { readonly from: string; readonly until: string },
  limit: number,
): readonly KnownRefusal[] {
  return selectRefusals(db).all(resource, resource, period.from, period.until, limit);
}

/** Parts of answers and families of sets begin with the job's id. */
const jobOf = (name: string): string => name.split('/', 1)[0]!;
