import * as z from 'zod';
import type { ErrorFacts, Mode, SourcePlace } from '#policies';
import { AppError, assert } from '#policies';
import { parseClosedEntry } from './audit-entries.ts';
import { sha256Hex } from './canonical.ts';
import type { Db } from './db.ts';
import { readJson } from './json-column.ts';
import { and, asc, desc, eq, lt, sql } from './orm.ts';
import type { Page } from './page.ts';
import { boundedLimit } from './page.ts';
import { prepared } from './prepared.ts';
import { jobs } from './schema.ts';

export type JobState = 'queued' | 'running' | 'finished' | 'refused' | 'failed' | 'cancelled';

/** Why a job gave no result: an AppError as data. The code is a string: an older home may hold one that is gone. */
export interface JobProblem {
  readonly code: string;
  readonly facts: ErrorFacts;
  readonly place: SourcePlace | null;
}

export interface Job {
  readonly id: string;
  readonly idempotencyKey: string | null;
  readonly requestSha256: string;
  readonly sub: string;
  readonly org: string;
  readonly plan: string;
  readonly sql: string;
  readonly state: JobState;
  readonly createdAt: string;
  readonly startedAt: string | null;
  readonly finishedAt: string | null;
  readonly mode: Mode | null;
  readonly problem: JobProblem | null;
  readonly resultSha256: string | null;
  /** Where the log holds its intent and its outcome. */
  readonly intentIndex: number | null;
  readonly outcomeIndex: number | null;
}

export type NewJob = Pick<Job, 'id' | 'idempotencyKey' | 'requestSha256' | 'sub' | 'org' | 'plan' | 'sql'>;

/** A released result as it will be served: JSON text, and the SHA-256 of its UTF-8 bytes, which the log holds too. */
export interface StoredResult {
  readonly json: string;
  readonly sha256: string;
}

export type JobOutcome =
  | { readonly state: 'finished'; readonly mode: Mode; readonly result: StoredResult; readonly outcomeIndex: number }
  | {
      readonly state: 'refused' | 'failed' | 'cancelled';
      readonly mode?: Mode | null | undefined;
      readonly problem: JobProblem;
      readonly outcomeIndex: number;
    };

type Row = typeof jobs.$inferSelect;

const problemSchema: z.ZodType<JobProblem> = z.object({
  code: z.string(),
  facts: z.record(z.string(), z.union([z.string(), z.number(), z.array(z.string())])),
  place: z.object({ offset: z.number(), line: z.number(), column: z.number() }).nullable(),
});

function fromRow({ seq: _seq, ...row }: Row): Job {
  return { ...row, problem: row.problem === null ? null : readJson(problemSchema, row.problem) };
}

const jobById = prepared((db) =>
  db.orm
    .select()
    .from(jobs)
    .where(eq(jobs.id, sql.placeholder('id')))
    .prepare(),
);
const jobByKey = prepared((db) =>
  db.orm
    .select()
    .from(jobs)
    .where(
      and(
        eq(jobs.org, sql.placeholder('org')),
        eq(jobs.sub, sql.placeholder('sub')),
        eq(jobs.idempotencyKey, sql.placeholder('key')),
      ),
    )
    .prepare(),
);
const insertJob = prepared((db) =>
  db.client.prepare<NewJob & { createdAt: string }>(
    `INSERT INTO jobs (id, idempotency_key, request_sha256, sub, org, plan, sql, state, created_at)
     VALUES (:id, :idempotencyKey, :requestSha256, :sub, :org, :plan, :sql, 'queued', :createdAt)`,
  ),
);
const updateStarted = prepared((db) =>
  db.client.prepare<[string, number, string]>(
    `UPDATE jobs SET state = 'running', started_at = ?, intent_index = ? WHERE id = ? AND state = 'queued'`,
  ),
);
const updateFinished = prepared((db) =>
  db.client.prepare(
    `UPDATE jobs SET state = :state, finished_at = :finishedAt, mode = :mode, problem = :problem,
       result_sha256 = :resultSha256, outcome_index = :outcomeIndex WHERE id = :id`,
  ),
);
const selectResult = prepared((db) =>
  db.client.prepare<[string], { json: Buffer; sha256: string; entry: Buffer | null }>(
    `SELECT json, sha256, bytes AS entry FROM job_results JOIN jobs ON jobs.id = job
     LEFT JOIN audit_entries ON idx = outcome_index WHERE job = ?`,
  ),
);
const insertResult = prepared((db) =>
  db.client.prepare<[string, Buffer, string]>('INSERT INTO job_results (job, json, sha256) VALUES (?, ?, ?)'),
);

/**
 * Adds a queued job, or finds the one that the same person has asked for under the same key. `created` tells which.
 *
 * @throws AppError `IDEMPOTENCY_CONFLICT` (key) when the key stood for another request.
 */
export function createJob(tx: Db, job: NewJob): { readonly job: Job; readonly created: boolean } {
  const earlier = job.idempotencyKey === null ? null : findJobByKey(tx, job.org, job.sub, job.idempotencyKey);
  if (earlier !== null) {
    if (earlier.requestSha256 !== job.requestSha256) {
      throw new AppError('IDEMPOTENCY_CONFLICT', { key: job.idempotencyKey ?? '' });
    }
    return { job: earlier, created: false };
  }
  const { id, idempotencyKey, requestSha256, sub, org, plan } = job;
  insertJob(tx).run({ id, idempotencyKey, requestSha256, sub, org, plan, sql: job.sql, createdAt: tx.now() });
  return { job: getJob(tx, id), created: true };
}

function findJobByKey(db: Db, org: string, sub: string, key: string): Job | null {
  const row = jobByKey(db).get({ org, sub, key });
  return row === undefined ? null : fromRow(row);
}

export function findJob(db: Db, id: string): Job | null {
  const row = jobById(db).get({ id });
  return row === undefined ? null : fromRow(row);
}

/** @throws AppError `JOB_NOT_FOUND`. */
export function getJob(db: Db, id: string): Job {
  const job = findJob(db, id);
  if (job === null) throw new AppError('JOB_NOT_FOUND', { id });
  return job;
}

export interface JobFilters extends Page {
  readonly sub?: string | undefined;
  readonly org?: string | undefined;
  readonly plan?: string | undefined;
  readonly state?: JobState | undefined;
}

/** Newest first; `after` is the id of the last job already seen. An unknown one begins at the top. */
export function listJobs(db: Db, filters: JobFilters = {}): readonly Job[] {
  const seen = filters.after === undefined ? undefined : jobById(db).get({ id: filters.after });
  const where = and(
    seen === undefined ? undefined : lt(jobs.seq, seen.seq),
    filters.sub === undefined ? undefined : eq(jobs.sub, filters.sub),
    filters.org === undefined ? undefined : eq(jobs.org, filters.org),
    filters.plan === undefined ? undefined : eq(jobs.plan, filters.plan),
    filters.state === undefined ? undefined : eq(jobs.state, filters.state),
  );
  const query = db.orm.select().from(jobs).where(where).orderBy(desc(jobs.seq));
  return query.limit(boundedLimit(filters.limit)).all().map(fromRow);
}

/**
 * queued → running, in the transaction that reserves its budget and records its intent.
 *
 * @throws AppError `JOB_NOT_FOUND`; `JOB_STATE` when it is not queued any more (cancelled meanwhile).
 */
export function startJob(tx: Db, id: string, intentIndex: number): void {
  if (updateStarted(tx).run(tx.now(), intentIndex, id).changes === 1) return;
  throw new AppError('JOB_STATE', { id, state: getJob(tx, id).state, accepted: ['queued'] });
}

/**
 * Ends a job and stores its result, in the transaction that settles its budget and records its outcome. Only a running
 * job finishes; a queued one may be refused, fail or be cancelled.
 *
 * @throws AppError `JOB_NOT_FOUND`; `JOB_STATE` when it has ended already.
 */
export function finishJob(tx: Db, id: string, outcome: JobOutcome): Job {
  const { state } = getJob(tx, id);
  const accepted: readonly JobState[] = outcome.state === 'finished' ? ['running'] : ['queued', 'running'];
  if (!accepted.includes(state)) throw new AppError('JOB_STATE', { id, state, accepted });
  const result = outcome.state === 'finished' ? outcome.result : null;
  if (result !== null) storeResult(tx, id, result);
  updateFinished(tx).run({
    id,
    state: outcome.state,
    finishedAt: tx.now(),
    mode: outcome.mode ?? null,
    problem: outcome.state === 'finished' ? null : JSON.stringify(outcome.problem),
    resultSha256: result?.sha256 ?? null,
    outcomeIndex: outcome.outcomeIndex,
  });
  return getJob(tx, id);
}

function storeResult(tx: Db, job: string, { json, sha256 }: StoredResult): void {
  const bytes = Buffer.from(json);
  assert(sha256Hex(bytes) === sha256, 'a result has the digest that the log will show');
  insertResult(tx).run(job, bytes, sha256);
}

/**
 * The released result of a finished job.
 *
 * @throws AppError `CATALOGUE_CORRUPT` (table, key) where it is not what the log tells was released.
 */
export function readResult(db: Db, job: string): StoredResult | null {
  const row = selectResult(db).get(job);
  if (row === undefined) return null;
  const logged = row.entry === null ? undefined : parseClosedEntry(row.entry).resultSha256;
  if (logged !== row.sha256 || sha256Hex(row.json) !== logged) {
    throw new AppError('CATALOGUE_CORRUPT', { table: 'job_results', key: job });
  }
  return { json: row.json.toString('utf8'), sha256: row.sha256 };
}

/** On start: jobs that a crash cut off, oldest first. The caller ends each one and records the outcome. */
export function unfinishedJobs(db: Db): readonly Job[] {
  // WHY literal: only then does SQLite use the partial index.
  const unfinished = sql`${jobs.state} IN ('queued', 'running')`;
  return db.orm.select().from(jobs).where(unfinished).orderBy(asc(jobs.seq)).all().map(fromRow);
}
