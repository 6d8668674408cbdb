import type { Job } from '../../../catalog/index.ts';
import type { StoredResult } from '../../../gateway/formats/stored-result.ts';
import type { Caller } from '../../../gateway/identity/index.ts';
import type { Explanation, JobEvent, JobRequest, JobService } from '../../../gateway/jobs/job-service.ts';
import { AppError } from '../../../policies/index.ts';

/**
 * A job service that decides by the SQL text: `refuse` is refused, `slow` stays running, anything else finishes at once
 * with the given result. For routing and formats only; the real service has tests of its own.
 */
export class FakeJobs implements JobService {
  readonly jobs = new Map<string, Job>();
  /** Event streams that nobody has ended. */
  listeners = 0;
  readonly #result: StoredResult;

  constructor(result: StoredResult) {
    this.#result = result;
  }

  submit(caller: Caller, request: JobRequest): Promise<Job> {
    if (request.plan !== 'S1') return Promise.reject(new AppError('PLAN_NOT_FOUND', { id: request.plan }));
    const known = [...this.jobs.values()].find(
      ({ idempotencyKey }) => idempotencyKey !== null && idempotencyKey === request.idempotencyKey,
    );
    if (known !== undefined && known.requestSha256 !== request.requestSha256) {
      return Promise.reject(new AppError('IDEMPOTENCY_CONFLICT', { key: request.idempotencyKey ?? '' }));
    }
    const job = known ?? this.#make(caller, request);
    this.jobs.set(job.id, job);
    return Promise.resolve(job);
  }

  #make({ sub, org }: Caller, { plan, sql, idempotencyKey, requestSha256 }: JobRequest): Job {
    const id = `job_${this.jobs.size + 1}`;
    const state = sql.includes('slow') ? 'running' : sql.includes('refuse') ? 'refused' : 'finished';
    const at = '2026-03-01T08:00:00.000Z';
    const isOver = state !== 'running';
    const problem =
      state === 'refused'
        ? {
            code: 'SQL_FUNCTION_REFUSED',
            facts: { function: 'refuse', accepted: 'avg' },
            place: { offset: 7, line: 1, column: 8 },
          }
        : null;
    return {
      id,
      idempotencyKey,
      requestSha256,
      sub,
      org,
      plan,
      sql,
      state,
      problem,
      createdAt: at,
      startedAt: state === 'refused' ? null : at,
      finishedAt: isOver ? at : null,
      mode: state === 'finished' ? 'aggregate' : null,
      resultSha256: null,
      intentIndex: 0,
      outcomeIndex: isOver ? 1 : null,
    };
  }

  find(id: string): Job | null {
    return this.jobs.get(id) ?? null;
  }
  list({ sub, org, after, limit }: Parameters<JobService['list']>[0]): readonly Job[] {
    const own = [...this.jobs.values()].filter((job) => job.sub === sub && job.org === org).reverse();
    const start = after === undefined ? 0 : own.findIndex(({ id }) => id === after) + 1;
    return own.slice(start, start + limit);
  }
  wait(id: string): Promise<Job> {
    return Promise.resolve(this.#get(id));
  }
  async *events(id: string, signal: AbortSignal): AsyncIterable<JobEvent> {
    const { state } = this.#get(id);
    this.listeners++;
    yield { id: 1, event: 'state', data: { state: 'running', at: '2026-03-01T08:00:00.000Z' } };
    if (state === 'running') await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve()));
    else yield { id: 2, event: 'state', data: { state, at: '2026-03-01T08:00:01.000Z' } };
    this.listeners--;
  }
  result(id: string): StoredResult | null {
    return this.#get(id).state === 'finished' ? this.#result : null;
  }
  whyHeld(): null {
    return null;
  }
  cancel(_caller: Caller, id: string): Promise<Job> {
    const job = this.#get(id);
    if (job.state !== 'running') {
      return Promise.reject(new AppError('JOB_STATE', { id, state: job.state, accepted: ['queued', 'running'] }));
    }
    const cancelled: Job = { ...job, state: 'cancelled', finishedAt: job.createdAt };
    this.jobs.set(id, cancelled);
    return Promise.resolve(cancelled);
  }
  explain(_caller: Caller, { plan, sql }: { readonly plan: string; readonly sql: string }): Promise<Explanation> {
    if (plan !== 'S1') return Promise.reject(new AppError('PLAN_NOT_FOUND', { id: plan }));
    if (sql.includes('refuse')) return Promise.reject(new AppError('SQL_FUNCTION_REFUSED', { function: 'refuse' }));
    const { columns, versions, mode } = this.#result;
    return Promise.resolve({
      plan,
      mode,
      columns,
      versions,
      because: [],
      unitsMin: 10,
      rules: [{ rule: 'threshold', limit: 10 }],
      cost: { rho: 0, epsilonAtDelta: 0, remaining: null, jobs: 1 },
      cipher: null,
      privacy: null,
      stages: [{ stage: 'parsed', value: { kind: 'parsed' } }],
    });
  }

  #get(id: string): Job {
    const job = this.jobs.get(id);
    if (job === undefined) throw new AppError('JOB_NOT_FOUND', { id });
    return job;
  }
}
