import { AppError, assert, type EmittedSql, type TableData } from '#policies/stored-tables';
import type { EngineProcess, JobTable } from './engine-process.ts';
import type { ScratchTable } from './engines/engine.ts';

export interface SandboxJob {
  readonly id: string;
  readonly analyst: string;
  readonly tables: readonly JobTable[];
  /** Counted from the moment that the job has a worker. */
  readonly deadlineMs: number;
  readonly signal?: AbortSignal | undefined;
}

/** A worker for the length of one job. Calls are served one after the other. */
export interface EngineSession {
  /** Runs over the job's tables, with `tables` of at least one column beside them: raw cells. */
  query(sql: EmittedSql, tables?: readonly ScratchTable[]): Promise<TableData>;
  /** Runs over these tables alone, in a database that no stored table was ever attached to. */
  finish(tables: readonly ScratchTable[], sql: EmittedSql): Promise<TableData>;
}

export interface Lease {
  readonly session: EngineSession;
  /** Settles with the work, or rejects at the deadline or the abort, whichever is first. */
  race<T>(work: Promise<T>): Promise<T>;
  /** Closes the session; resolves when its last call is over (at the latest a second after it was stopped). */
  end(): Promise<void>;
}

/** One job's hold on a process: orders the calls, and stops them at the deadline or the abort. */
export function leaseSession(process: EngineProcess, job: SandboxJob): Lease {
  const expiry = Promise.withResolvers<never>();
  expiry.promise.catch(() => undefined);
  let state: 'open' | 'expired' | 'ended' = 'open';
  let running = 0;
  let last: Promise<unknown> = Promise.resolve();

  const expire = (reason: unknown) => {
    if (state !== 'open') return;
    state = 'expired';
    if (running > 0) process.stop();
    expiry.reject(reason);
  };
  const timer = setTimeout(
    () => expire(new AppError('SANDBOX_TIMEOUT', { deadlineMs: job.deadlineMs })),
    job.deadlineMs,
  );
  const abort = () => expire(job.signal?.reason);
  job.signal?.addEventListener('abort', abort, { once: true });
  if (job.signal?.aborted === true) abort();

  function inOrder(call: () => Promise<TableData>): Promise<TableData> {
    assert(state !== 'ended', 'a session is used during its job only');
    const result = last.then(async () => {
      if (state === 'expired') return expiry.promise;
      if (state === 'ended') throw new AppError('SANDBOX_FAILED'); // queued behind a call when the work ended
      running += 1;
      return call().finally(() => {
        running -= 1;
      });
    });
    last = result.catch(() => undefined);
    return Promise.race([result, expiry.promise]);
  }

  return {
    session: {
      query: (sql, tables = []) => inOrder(() => process.query(job.tables, tables, sql)),
      finish: (tables, sql) => inOrder(() => process.finish(tables, sql)),
    },
    race: (work) => {
      work.catch(() => undefined); // after the deadline nobody else listens
      return Promise.race([work, expiry.promise]);
    },
    async end() {
      clearTimeout(timer);
      job.signal?.removeEventListener('abort', abort);
      // WHY stop: work that ended while a call still runs (it threw beside it) must not keep the worker.
      if (state === 'open' && running > 0) process.stop();
      state = 'ended';
      await last;
    },
  };
}
