import type { Job } from '#catalog';
import { AppError, type FreezeSubject } from '#policies';
import type { JobEvent } from './job-service.ts';

/** One job between its arrival and its release. */
export interface RunningJob {
  readonly id: string;
  readonly analyst: string;
  /** What a freeze looks at; null until the request is admitted, which asks for freezes itself. */
  readonly subject: () => FreezeSubject | null;
  /** Why what it was admitted for no longer stands; null where it does. */
  readonly fallen: () => AppError | null;
  readonly controller: AbortController;
  readonly events: JobEvent[];
  /** The job as released: never earlier than its tick. Rejects when no job came to be. */
  readonly released: Promise<Job>;
  /** Resolves at the next event or when the job has been released. */
  changed(): Promise<void>;
}

/**
 * The jobs in flight: bounded in all and per analyst, so that memory does not grow with demand and one analyst cannot
 * fill the gateway. What has been released lives in the store alone.
 */
export class RunningJobs {
  readonly #jobs = new Map<string, RunningJob>();
  readonly #perAnalyst = new Map<string, number>();
  readonly #limits: { readonly all: number; readonly perAnalyst: number };

  constructor(limits: { readonly all: number; readonly perAnalyst: number }) {
    this.#limits = limits;
  }

  get size(): number {
    return this.#jobs.size;
  }

  find(id: string): RunningJob | undefined {
    return this.#jobs.get(id);
  }

  /** Starts `work` as job `id`. Errors: RATE_LIMITED at the analyst's own bound, SANDBOX_BUSY at the whole one. */
  start(id: string, analyst: string, work: (job: JobHandle) => Promise<Job>): RunningJob {
    const mine = this.#perAnalyst.get(analyst) ?? 0;
    if (mine >= this.#limits.perAnalyst) throw new AppError('RATE_LIMITED', { retryAfterSeconds: 1 });
    if (this.#jobs.size >= this.#limits.all) throw new AppError('SANDBOX_BUSY', { retryAfterSeconds: 1 });
    const controller = new AbortController();
    const events: JobEvent[] = [];
    let wake = Promise.withResolvers<void>();
    const rouse = () => {
      wake.resolve();
      wake = Promise.withResolvers();
    };
    let subject: FreezeSubject | null = null;
    let stands: () => void = () => undefined;
    const handle: JobHandle = {
      stands(check) {
        stands = check;
      },
      subject(known) {
        subject = known;
      },
      signal: controller.signal,
      state(state, at) {
        events.push({ id: events.length + 1, event: 'state', data: { state, at } });
        rouse();
      },
    };
    this.#perAnalyst.set(analyst, mine + 1);
    const released = work(handle).finally(() => {
      this.#jobs.delete(id);
      const left = (this.#perAnalyst.get(analyst) ?? 1) - 1;
      if (left === 0) this.#perAnalyst.delete(analyst);
      else this.#perAnalyst.set(analyst, left);
      rouse();
    });
    const job: RunningJob = {
      id,
      analyst,
      subject: () => subject,
      fallen: () => thrownBy(stands),
      controller,
      events,
      released,
      changed: () => wake.promise,
    };
    this.#jobs.set(id, job);
    return job;
  }

  /** Asks the jobs that are meant to stop, for that reason; resolves, with their number, when all have been recorded. */
  async stop(reason: AppError, isMeant: (job: RunningJob) => boolean = () => true): Promise<number> {
    const meant = [...this.#jobs.values()].filter(isMeant);
    for (const job of meant) job.controller.abort(reason);
    await Promise.allSettled(meant.map((job) => job.released));
    return meant.length;
  }

  /** Asks the jobs whose standing has ended to stop, each for its own reason; resolves when all have been recorded. */
  async stopFallen(): Promise<number> {
    const meant = [...this.#jobs.values()].flatMap((job) => {
      const reason = job.fallen();
      if (reason !== null) job.controller.abort(reason);
      return reason === null ? [] : [job.released];
    });
    await Promise.allSettled(meant);
    return meant.length;
  }

  /** Resolves when no job is left. */
  async idle(): Promise<void> {
    while (this.#jobs.size > 0) await Promise.allSettled([...this.#jobs.values()].map((job) => job.released));
  }
}

function thrownBy(check: () => void): AppError | null {
  try {
    check();
    return null;
  } catch (error) {
    if (error instanceof AppError) return error;
    throw error;
  }
}

/** What a running job may tell about itself. */
export interface JobHandle {
  readonly signal: AbortSignal;
  /** Tells what the job is about, as far as it is known: again when more is. */
  subject(known: FreezeSubject): void;
  /** Tells how to ask whether what it was admitted for still stands; again when more is known of it. */
  stands(check: () => void): void;
  state(state: Job['state'], at: string): void;
}
