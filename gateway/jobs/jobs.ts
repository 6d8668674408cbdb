import { randomUUID } from 'node:crypto';
import { findJob, findPlan, type Job, listJobs, readResult } from '#catalog';
import { AppError, type FreezeSubject } from '#policies';
import { readStoredResult, type StoredResult } from '../formats/stored-result.ts';
import type { Caller } from '../identity/index.ts';
import { admit } from '../pipeline/admit.ts';
import { compileStages } from '../pipeline/compile-query.ts';
import type { PipelineDeps } from '../pipeline/deps.ts';
import { explanationOf } from '../pipeline/explain.ts';
import { subjectOf } from '../pipeline/freeze-subject.ts';
import { runJob } from '../pipeline/run-job.ts';
import type { JobEvent, JobRequest, JobService } from './job-service.ts';
import { type RunningJob, RunningJobs } from './running-jobs.ts';

/** The service and what the process needs of it at its end. */
export interface Jobs extends JobService {
  /** Ends the running jobs that are meant, for that reason; resolves, with their number, when all are recorded. */
  stop(isMeant: (job: FreezeSubject) => boolean, reason: AppError): Promise<number>;
  /** Ends the running jobs whose standing has ended; resolves, with their number, when all are recorded. */
  stopFallen(): Promise<number>;
  /** Stops what runs (recorded as cancelled) and resolves when it is recorded. */
  close(): Promise<void>;
}

export interface JobLimits {
  readonly runningMax: number;
  readonly runningPerAnalystMax: number;
}
export const DEFAULT_JOB_LIMITS: JobLimits = Object.freeze({ runningMax: 512, runningPerAnalystMax: 128 });

const ENDED: readonly Job['state'][] = ['finished', 'refused', 'failed', 'cancelled'];

export function createJobs(deps: PipelineDeps, limits: JobLimits = DEFAULT_JOB_LIMITS): Jobs {
  const running = new RunningJobs({ all: limits.runningMax, perAnalyst: limits.runningPerAnalystMax });
  let closing = false;

  /** What may be told of a job: until its tick has passed, one that ended is still `running`. */
  const told = (job: Job): Job => {
    if (!running.find(job.id) || !ENDED.includes(job.state)) return job;
    const { startedAt, intentIndex, createdAt } = job;
    const hidden = { finishedAt: null, mode: null, problem: null, resultSha256: null, outcomeIndex: null };
    return { ...job, ...hidden, state: 'running', startedAt: startedAt ?? createdAt, intentIndex };
  };
  const find = (id: string): Job | null => {
    const job = deps.store.read((db) => findJob(db, id));
    return job === null ? null : told(job);
  };

  const storedResult = (id: string): StoredResult | null => {
    const stored = deps.store.read((db) => readResult(db, id));
    return stored === null ? null : readStoredResult(JSON.parse(stored.json));
  };
  const whyHeld = (id: string, result: StoredResult | null): AppError | null => {
    const job = deps.store.read((db) => findJob(db, id));
    if (result === null || job === null) return null;
    const frozen = deps.freezes.find(subjectOf(job, result.versions.tables));
    if (frozen !== null) return new AppError('POLICY_FROZEN', { scope: frozen.scope });
    const operator = deps.store.read((db) => findPlan(db, job.plan))?.operator ?? null;
    // T7: what waited for its release at the exit must not leave afterwards, and nothing else of it does.
    if (operator !== null && deps.exited.has(operator)) return new AppError('OPERATOR_LEFT', { id: operator });
    return deps.witness.isCovered(job.outcomeIndex ?? 0)
      ? null
      : new AppError('WITNESS_AWAY', { retryAfterSeconds: 2 });
  };

  async function submit(caller: Caller, request: JobRequest): Promise<Job> {
    if (closing) throw new AppError('SANDBOX_BUSY', { retryAfterSeconds: 5 });
    const arrivedMs = performance.now();
    const id = randomUUID();
    const opened = Promise.withResolvers<Job>();
    const analyst = `${caller.org}/${caller.sub}`;
    const job = running.start(id, analyst, async ({ signal, state, subject, stands }) => {
      const ended = await runJob({ id, caller, request, arrivedMs, signal }, deps, {
        subject,
        stands,
        opened(first) {
          state(first.state, first.startedAt ?? first.createdAt);
          opened.resolve(first);
        },
      });
      if (ended.state !== 'refused') state(ended.state, ended.finishedAt ?? ended.createdAt);
      return ended;
    });
    job.released.catch(opened.reject);
    const first = await opened.promise;
    // A refusal rests on the query and public metadata: there is nothing to wait for but its tick.
    return told(first.state === 'refused' ? await job.released : first);
  }

  return {
    submit,
    find,
    list: (filter) => deps.store.read((db) => listJobs(db, filter)).map(told),
    async wait(id, timeoutMs, signal) {
      const job = running.find(id);
      if (job !== undefined) await releaseWithin(timeoutMs, job, signal);
      return required(find(id), id);
    },
    events: (id, signal) => {
      const job = running.find(id);
      return job === undefined ? pastEvents(required(find(id), id)) : liveEvents(job, signal);
    },
    result(id): StoredResult | null {
      if (running.find(id) !== undefined) return null;
      const result = storedResult(id);
      return whyHeld(id, result) === null ? result : null;
    },
    whyHeld: (id) => whyHeld(id, storedResult(id)),
    async cancel(_caller, id) {
      const job = required(find(id), id);
      const found = running.find(id);
      if (found === undefined)
        throw new AppError('JOB_STATE', { id, state: job.state, accepted: ['queued', 'running'] });
      found.controller.abort(new AppError('JOB_CANCELLED'));
      await found.released;
      return required(find(id), id);
    },
    stop: (isMeant, reason) =>
      running.stop(reason, (job) => {
        const subject = job.subject();
        return subject !== null && isMeant(subject);
      }),
    stopFallen: () => running.stopFallen(),
    async explain(caller, { plan, sql, privacy }) {
      const admission = await admit({ caller, plan, action: 'explain' }, deps);
      const stages = await compileStages({ sql, privacy }, admission, deps);
      return explanationOf(admission, stages, deps);
    },
    async close() {
      closing = true;
      await running.stop(new AppError('JOB_CANCELLED'));
    },
  };
}

/** Waits for a job's release, `timeoutMs` at most, or until the client has gone. WHY its timer ends with it: it holds the request. */
async function releaseWithin(timeoutMs: number, { released }: RunningJob, signal: AbortSignal): Promise<void> {
  const over = Promise.withResolvers<void>();
  const end = () => over.resolve();
  const timer = setTimeout(end, timeoutMs);
  signal.addEventListener('abort', end, { once: true });
  try {
    await Promise.race([released.catch(() => undefined), over.promise]);
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', end);
  }
}

async function* liveEvents(job: RunningJob, signal: AbortSignal): AsyncIterable<JobEvent> {
  const gone = new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
  for (let next = 0; !signal.aborted; ) {
    const event = job.events[next];
    if (event === undefined) {
      await Promise.race([job.changed(), gone]);
      continue;
    }
    // The last state is told by the job's release, so that a client that reads on finds the result there.
    if (ENDED.includes(event.data.state)) await Promise.race([job.released.catch(() => undefined), gone]);
    yield event;
    if (ENDED.includes(event.data.state)) return;
    next++;
  }
}

async function* pastEvents(job: Job): AsyncIterable<JobEvent> {
  const states: (readonly [Job['state'], string | null])[] = [['running', job.startedAt]];
  if (ENDED.includes(job.state)) states.push([job.state, job.finishedAt]);
  let id = 0;
  for (const [state, at] of states) if (at !== null) yield { id: ++id, event: 'state', data: { state, at } };
}

function required(job: Job | null, id: string): Job {
  if (job === null) throw new AppError('JOB_NOT_FOUND', { id });
  return job;
}
