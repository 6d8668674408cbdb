import type { Db } from './db.ts';
import { prepared } from './prepared.ts';

/**
 * Which released answers are given again: the name of a question and the job that was answered first. No copy of the
 * answer is made, so that the bound is one of rows.
 */

/** An answer that nobody has asked for during so many entries of the log is forgotten: at two entries a job, at most half as many rows. */
const ENTRIES_REMEMBERED = 200_000;

export interface KeptAnswer {
  readonly job: string;
  /** Where the log tells of it. */
  readonly outcomeIndex: number;
  readonly resultSha256: string;
  /** Over all of the above and the name, by whoever kept it. */
  readonly mac: Buffer;
}

export interface NewKeptAnswer extends KeptAnswer {
  readonly name: string;
  /** It cost privacy: kept for good, since the budgets bound how many there are. */
  readonly paid: boolean;
}

const selectKept = prepared(({ client }) =>
  client.prepare<[string], KeptAnswer>(
    `SELECT kept_answers.job, outcome_index AS outcomeIndex, result_sha256 AS resultSha256, mac
     FROM kept_answers JOIN jobs ON jobs.id = kept_answers.job WHERE name = ? AND state = 'finished'`,
  ),
);
const insertKept = prepared(({ client }) =>
  client.prepare<[string, string, number, number, Buffer]>(
    'INSERT INTO kept_answers (name, job, paid, used, mac) VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING',
  ),
);
const updateUsed = prepared(({ client }) =>
  client.prepare<[number, string]>('UPDATE kept_answers SET used = ? WHERE name = ?'),
);
const deleteUnused = prepared(({ client }) =>
  client.prepare<[number]>('DELETE FROM kept_answers WHERE paid = 0 AND used < ?'),
);
const deleteKept = prepared(({ client }) => client.prepare<[string]>('DELETE FROM kept_answers WHERE name = ?'));

export function findKeptAnswer(db: Db, name: string): KeptAnswer | null {
  return selectKept(db).get(name) ?? null;
}

/** In the outcome's transaction. Of two jobs that asked the same at a time, the first to end is kept. */
export function keepAnswer(tx: Db, { name, job, outcomeIndex, paid, mac }: NewKeptAnswer): void {
  insertKept(tx).run(name, job, Number(paid), outcomeIndex, mac);
  deleteUnused(tx).run(outcomeIndex - ENTRIES_REMEMBERED);
}

/** It was given once more, as the entry `index` tells. */
export function touchKeptAnswer(tx: Db, name: string, index: number): void {
  updateUsed(tx).run(index, name);
}

export function forgetKeptAnswer(tx: Db, name: string): void {
  deleteKept(tx).run(name);
}
