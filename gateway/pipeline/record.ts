import { createHash } from 'node:crypto';
import {
  type AuditEntry,
  appendEntry,
  createJob,
  type Db,
  findJob,
  findVersion,
  finishJob,
  getJob,
  type Job,
  type JobProblem,
  keepQueryPlan,
  privacyRemaining,
  registerReleases,
  reserve,
  reservePrivacy,
  settle,
  startJob,
} from '#catalog';
import {
  AppError,
  type CompiledQuery,
  type FreezeSubject,
  type GuardEntry,
  type PolicyProfile,
  type PrivacyCharge,
  type PrivacyCost,
  privacyCostOf,
  STANDING_ERROR_CODES,
  type TableUse,
} from '#policies';
import type { SealingKey } from '../custodian/sealing-key.ts';
import type { ResultVersions, StoredResult } from '../formats/stored-result.ts';
import { listedTables } from '../log-change.ts';
import type { Admission } from './admit.ts';
import type { PipelineDeps } from './deps.ts';
import type { GivenAnswer, NewAnswer } from './kept-answers.ts';
import { grantsUsed } from './plan-standing.ts';
import { requireStanding } from './require-standing.ts';
import type { JobArrival } from './run-job.ts';

/**
 * The log's side of a job: each function is one transaction that holds the job's state, its budget and its log entry
 * together, so that after a crash there is never a result without its record, nor a record without its charge.
 */

/** A job whose intent is durable. From here on it is charged, whatever becomes of it. */
export interface OpenedJob {
  readonly kind: 'opened';
  readonly job: Job;
  /** The same request under the same Idempotency-Key came earlier: `job` is that one and nothing runs again. */
  readonly replayed: boolean;
  readonly entry: AuditEntry;
  readonly versions: ResultVersions;
  readonly mode: CompiledQuery['decision']['mode'];
  /** Under which its answer is kept. */
  readonly answerName: string;
  /** What was released for the same question before: nothing runs. */
  readonly given: GivenAnswer | null;
  /** What it takes from the asker's privacy budgets, and what is left after it. */
  readonly cost: PrivacyCost;
  /** For the register of releases. */
  readonly mechanisms: CompiledQuery['mechanisms'];
  /** What it uses: asked again before anything leaves. */
  readonly uses: CompiledQuery['uses'];
}

/** What a job gives out, and what the guard has to remember of it: nothing where it was given before. */
export interface Answer {
  readonly result: StoredResult;
  readonly guard: GuardEntry | null;
}

/** [job + budget + intent]. Errors: IDEMPOTENCY_CONFLICT, BUDGET_EXHAUSTED, POLICY_FROZEN, VERSION_DESTROYED, what admission throws; then nothing has happened. */
export async function recordIntent(
  arrival: JobArrival,
  admission: Admission,
  compiled: CompiledQuery,
  subject: FreezeSubject,
  planText: () => string,
  deps: PipelineDeps,
): Promise<OpenedJob> {
  const { mode } = compiled.decision;
  const base = entryOf(arrival, admission, deps);
  const entry: AuditEntry = {
    ...base,
    tables: tablesOf(compiled.uses, admission),
    grants: grantsUsed(admission.standing, compiled.uses),
    mode,
    decision: 'permit',
    queryHash: compiled.planHash,
    ...sealing(arrival.request.sealFor),
  };
  const versions = versionsOf(admission, compiled, deps.profile);
  const answerName = deps.answers.nameOf(compiled, arrival.request.sealFor);
  const { mechanisms, uses } = compiled;
  const opening = { kind: 'opened', versions, mode, answerName, mechanisms, uses } as const;
  const { privacyBudgets } = deps.profile;
  const asker = { ...arrival.caller, plan: admission.plan };
  return deps.store.commit((tx): OpenedJob => {
    deps.freezes.require(subject);
    requireStanding(tx, admission, compiled.uses, deps);
    requireData(tx, compiled.uses);
    const { job, created } = createJob(tx, newJob(arrival));
    if (!created) return { ...opening, job, replayed: true, entry, given: null, cost: NO_COST };
    const given = deps.answers.find(tx, answerName);
    const { plan } = admission;
    reserve(tx, { account: jobsAccount(plan.id), kind: 'jobs', job: job.id, amount: 1, limit: plan.jobsMax });
    const charges = given === null ? compiled.charges : [];
    reservePrivacy(tx, job.id, charges, asker, privacyBudgets);
    const remaining = privacyRemaining(tx, compiled.charges, asker, privacyBudgets);
    const told: AuditEntry = { ...entry, ...repeating(given), budget: budgetOf(charges) };
    keepQueryPlan(tx, compiled.planHash, planText);
    const { index } = appendEntry(tx, { ...told, kind: 'intent', at: tx.now() });
    startJob(tx, job.id, index);
    const cost = privacyCostOf(charges, remaining, privacyBudgets);
    return { ...opening, job: getJob(tx, job.id), replayed: false, entry: told, given, cost };
  });
}

/** [settlement + result + what the guard remembers + outcome]. Errors: POLICY_FROZEN, what admission throws; then nothing is released. */
export async function recordOutcome(
  opened: OpenedJob,
  { result, guard }: Answer,
  subject: FreezeSubject,
  admission: Admission,
  deps: PipelineDeps,
): Promise<Job> {
  const { job, entry, mode, uses } = opened;
  const json = JSON.stringify(result);
  const sha256 = createHash('sha256').update(json).digest('hex');
  const outcome = deps.store.commit((tx) => {
    deps.freezes.require(subject);
    requireStanding(tx, admission, uses, deps);
    settle(tx, job.id);
    if (guard !== null) deps.guard.keep(tx, mode, guard);
    const told: AuditEntry = {
      ...entry,
      kind: 'outcome',
      at: tx.now(),
      resultSha256: sha256,
      timingClass: timingClass(tx, job),
    };
    const { index } = appendEntry(tx, told);
    const finished = finishJob(tx, job.id, { state: 'finished', mode, result: { json, sha256 }, outcomeIndex: index });
    if (opened.given === null) registerReleases(tx, job.id, opened.mechanisms);
    const paid = opened.mechanisms.length > 0;
    rememberAnswer(tx, opened, { job: job.id, outcomeIndex: index, resultSha256: sha256, paid }, deps);
    return finished;
  });
  const finished = await outcome.catch((error: unknown) => {
    if (guard !== null) deps.guard.forget(guard); // nothing of it left
    throw error;
  });
  if (guard !== null) deps.guard.kept(guard);
  return finished;
}

const NO_COST: PrivacyCost = { rho: 0, epsilonAtDelta: 0, remaining: null };

/** For the log: enough to make the books again from it. */
function budgetOf(charges: readonly PrivacyCharge[]): NonNullable<AuditEntry['budget']> {
  const rho = Math.max(0, ...charges.map((charge) => charge.rho));
  return { jobs: 1, rho, ...(charges.length === 0 ? {} : { charges }) };
}

const sealing = (key: SealingKey | null): Pick<AuditEntry, 'note'> =>
  key === null ? {} : { note: `sealed for X25519 ${key.x}` };

const repeating = (given: GivenAnswer | null): Pick<AuditEntry, 'repeats'> =>
  given === null ? {} : { repeats: given.outcomeIndex };

function rememberAnswer(tx: Db, { answerName, given }: OpenedJob, answer: NewAnswer, deps: PipelineDeps): void {
  if (given === null) deps.answers.keep(tx, answerName, answer);
  else deps.answers.givenAgain(tx, answerName, answer.outcomeIndex);
}

/** [settlement + outcome] of a job that began and gave nothing. */
export function recordFailure(opened: OpenedJob, error: unknown, deps: PipelineDeps): Promise<Job> {
  const problem = problemOf(error);
  const state = error instanceof AppError && error.code === 'JOB_CANCELLED' ? 'cancelled' : 'failed';
  const { job, entry, mode } = opened;
  return deps.store.commit((tx) => {
    settle(tx, job.id);
    const failure: AuditEntry = {
      ...entry,
      kind: 'outcome',
      at: tx.now(),
      decision: 'deny',
      code: problem.code,
      ...refusedBecause(problem),
      timingClass: timingClass(tx, job),
    };
    const { index } = appendEntry(tx, failure);
    return finishJob(tx, job.id, { state, mode, problem, outcomeIndex: index });
  });
}

/** Which of its rules a custodian named: its own log has the same word. */
function refusedBecause({ code, facts }: JobProblem): Pick<AuditEntry, 'note'> {
  return code === 'CUSTODIAN_REFUSED' ? { note: `custodian: ${String(facts['why'])}` } : {};
}

/**
 * [job + refusal] of a query that the compiler or a policy refused: nothing ran, nothing is charged.
 *
 * @param uses what it would have used, as far as it got.
 */
export function recordRefusal(
  arrival: JobArrival,
  admission: Admission,
  uses: readonly TableUse[],
  error: unknown,
  deps: PipelineDeps,
): Promise<Job> {
  if (!(error instanceof AppError) || !isRefusal(error)) throw error;
  const problem = problemOf(error);
  return deps.store.commit((tx) => {
    const { job, created } = createJob(tx, newJob(arrival));
    if (!created) return job;
    const refusal: AuditEntry = {
      ...entryOf(arrival, admission, deps),
      ...(uses.length === 0 ? {} : { tables: tablesOf(uses, admission) }),
      kind: 'refusal',
      at: tx.now(),
      decision: 'deny',
      code: error.code,
    };
    const { index } = appendEntry(tx, refusal);
    return finishJob(tx, job.id, { state: 'refused', problem, outcomeIndex: index });
  });
}

/** On start: a job that a crash cut off ends as failed and charged, and the log says so. */
export async function recordAborted(job: Job, deps: Pick<PipelineDeps, 'store'>): Promise<void> {
  await deps.store.commit((tx) => {
    const current = findJob(tx, job.id);
    if (current === null || (current.state !== 'queued' && current.state !== 'running')) return;
    settle(tx, job.id);
    const { sub, org, plan } = current;
    const { index } = appendEntry(tx, {
      v: 1,
      kind: 'outcome',
      at: tx.now(),
      job: job.id,
      who: { sub, org, role: 'developer' },
      plan,
      decision: 'deny',
      code: 'JOB_ABORTED',
    });
    finishJob(tx, job.id, {
      state: 'failed',
      problem: { code: 'JOB_ABORTED', facts: {}, place: null },
      outcomeIndex: index,
    });
  });
}

/** The versions that an answer stands on: tables, policy profile, plan, query. */
export function versionsOf(admission: Admission, compiled: CompiledQuery, profile: PolicyProfile): ResultVersions {
  return {
    tables: compiled.uses.map(({ resource, version }) => ({ resource, version })),
    profile: profile.version,
    plan: admission.plan.hash,
    query: compiled.planHash,
  };
}

export const jobsAccount = (plan: string): string => `plan:${plan}:jobs`;

function newJob({ id, caller, request }: JobArrival) {
  const { idempotencyKey, requestSha256, plan, sql } = request;
  return { id, idempotencyKey, requestSha256, sub: caller.sub, org: caller.org, plan, sql };
}

function entryOf({ id, caller }: JobArrival, { plan, policies }: Admission, deps: PipelineDeps): AuditEntry {
  const { sub, org, role } = caller;
  return {
    v: 1,
    kind: 'intent',
    at: deps.now().toISOString(),
    job: id,
    who: { sub, org, role },
    plan: plan.id,
    planHash: plan.hash,
    purpose: plan.purpose,
    policies: `${deps.profile.version} ${policies}`,
  };
}

function tablesOf(uses: readonly TableUse[], admission: Admission): NonNullable<AuditEntry['tables']> {
  const tables = uses.map(({ resource, version, table, columns }) => {
    const schema = admission.catalog.get(table)!.schema;
    return { resource, version, columns, level: schema.level };
  });
  return listedTables(tables);
}

function problemOf(error: unknown): JobProblem {
  if (error instanceof AppError) return { code: error.code, facts: error.facts, place: error.place };
  return { code: 'INTERNAL', facts: {}, place: null };
}

/** What the asker's own text or grant decides; a busy or broken machine is no refusal and leaves no job. */
function isRefusal({ code }: AppError): boolean {
  return code.startsWith('SQL_') || code.startsWith('POLICY_') || REFUSALS.has(code);
}

/** WHY those of a plan's standing too: what a query goes beyond shows only once it is compiled, and every refusal is in the log. */
const REFUSALS: ReadonlySet<string> = new Set([
  'BUDGET_EXHAUSTED',
  'VERSION_DESTROYED',
  'PLAN_STATE',
  ...STANDING_ERROR_CODES,
]);

/** A job was compiled over the version that was the current one then. @throws AppError VERSION_DESTROYED (id) */
export function requireData(db: Db, uses: readonly Pick<TableUse, 'resource' | 'version'>[]): void {
  for (const { resource, version } of uses) {
    const state = findVersion(db, resource, version)?.state;
    if (state === 'destroyed') throw new AppError('VERSION_DESTROYED', { id: `${resource}@${version}` });
  }
}

/** How long a job took, as a power of two of milliseconds: enough to see trouble, too little to tell rows. */
function timingClass(tx: Db, job: Job): string {
  // A clock that was set back meanwhile tells nothing.
  const tookMs = Math.max(0, Date.parse(tx.now()) - Date.parse(job.startedAt ?? job.createdAt));
  return `<${2 ** Math.ceil(Math.log2(tookMs + 1))}ms`;
}
