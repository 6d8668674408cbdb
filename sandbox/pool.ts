import { join } from 'node:path';
import { AppError } from '#policies/stored-tables';
import {
  type EngineProcess,
  type EngineProcessOptions,
  grantKeyOf,
  mergeTables,
  startEngineProcess,
} from './engine-process.ts';
import { createFairQueue } from './fair-queue.ts';
import { type EngineSession, leaseSession, type SandboxJob } from './job-session.ts';
import type { SandboxEvent } from './sandbox-event.ts';

export interface PoolLimits {
  /** Jobs that run at once. */
  readonly workers: number;
  /** Processes alive: busy ones, ready spares, and idle ones that wait for their analyst. */
  readonly processesMax: number;
  /** Ready processes that have served nobody. */
  readonly sparesMin: number;
  readonly queueMax: number;
  readonly queuePerAnalystMax: number;
  /** A process is replaced after so many jobs of its analyst. */
  readonly jobsPerProcessMax: number;
  /** An idle process keeps its analyst's data so long. */
  readonly idleMsMax: number;
}

export function defaultLimits(workers: number): PoolLimits {
  return {
    workers,
    processesMax: workers * 4 + 4,
    sparesMin: workers,
    queueMax: 512,
    queuePerAnalystMax: 128,
    jobsPerProcessMax: 5_000,
    idleMsMax: 60_000,
  };
}

/**
 * Isolated workers, shared out fairly.
 *
 * INVARIANT: a process serves one job at a time, and one analyst ever. An analyst's process is kept for the next job;
 * another analyst gets a fresh one, and ready spares are kept so that nobody waits for a start.
 */
export interface Pool {
  /**
   * @throws AppError SANDBOX_BUSY (queue full), SANDBOX_TIMEOUT, SANDBOX_MEMORY, SANDBOX_FAILED, VAULT_CORRUPT; the
   *   signal's own reason when it is aborted; whatever `work` throws.
   */
  run<T>(job: SandboxJob, work: (session: EngineSession) => Promise<T>): Promise<T>;
  /** Starts as many processes as may run at once. */
  warm(): void;
  stats(): PoolStats;
  /** Lets go of a version in every idle worker now, and in a busy one when its job ends. Before it is destroyed. */
  forget(resource: string, version: number): Promise<void>;
  /**
   * Kills the workers that are meant, busy ones too: their jobs are to be aborted first, so that they learn why.
   *
   * @returns how many, once every one of them is gone.
   */
  expel(isMeant: (worker: HeldWorker) => boolean): Promise<number>;
  /** Process ids, for operators and fault tests. */
  pids(): readonly number[];
  close(): Promise<void>;
}

export interface PoolStats {
  /** Processes alive: busy, idle, starting or leaving. */
  readonly workers: number;
  readonly busy: number;
  readonly idle: number;
  /** Jobs that wait for a worker. */
  readonly queued: number;
}

/** A worker that may hold someone's data. */
export interface HeldWorker {
  /** `org/sub`. */
  readonly analyst: string;
  /** Whether it holds any version of the resource. */
  holds(resource: string): boolean;
}

interface Member {
  readonly process: EngineProcess;
  state: 'starting' | 'idle' | 'busy' | 'leaving';
  analyst: string | null;
  jobs: number;
  idleSince: number;
}

interface Waiting {
  readonly job: SandboxJob;
  readonly grantKey: string;
  readonly start: (member: Member) => void;
  readonly refuse: (reason: unknown) => void;
}

export type PoolDependencies = Omit<EngineProcessOptions, 'dir'> & {
  readonly workersDir: string;
  readonly limits: PoolLimits;
};

/** Failed starts in a row after which waiting jobs are refused instead of kept waiting. */
const START_FAILURES_MAX = 3;
const STARTS_AT_ONCE_MAX = 2;

export function openPool(dependencies: PoolDependencies): Pool {
  const { limits, log, workersDir } = dependencies;
  const members = new Set<Member>();
  const queue = createFairQueue<Waiting>();
  const farewells = new Set<Promise<void>>();
  let number = 0;
  let startFailures = 0;
  let retryTimer: NodeJS.Timeout | null = null;
  let closed = false;
  let jobMsMean = 20;

  const inState = (state: Member['state']) => [...members].filter((member) => member.state === state);
  const busyCount = () => inState('busy').length;
  const spareCount = () => [...members].filter((m) => m.analyst === null && m.state !== 'leaving').length;

  // ── Members come and go ──────────────────────────────────────────────────────────────────────────────────────────

  function startMember(): void {
    number += 1;
    const dir = join(workersDir, `worker-${String(number)}`);
    const startedAt = performance.now();
    const process = startEngineProcess({ ...dependencies, dir });
    const member: Member = { process, state: 'starting', analyst: null, jobs: 0, idleSince: startedAt };
    members.add(member);
    process.ready.then(
      () => {
        startFailures = 0;
        if (member.state !== 'starting') return;
        member.state = 'idle';
        member.idleSince = performance.now();
        log({ kind: 'worker-ready', ms: Math.round(performance.now() - startedAt) });
        serve();
      },
      () => startFailed(member),
    );
    void process.ended.then(() => {
      if (member.state === 'idle') dismiss(member, 'crashed'); // a busy one is seen by its job
    });
  }

  function startFailed(member: Member): void {
    if (closed || member.state === 'leaving') return;
    startFailures += 1;
    log({ kind: 'worker-start-failed', inARow: startFailures });
    dismiss(member, 'crashed');
    if (startFailures >= START_FAILURES_MAX && inState('leaving').length === members.size) {
      for (const waiting of queue.drain()) waiting.refuse(new AppError('SANDBOX_FAILED'));
    }
  }

  function dismiss(member: Member, reason: Extract<SandboxEvent, { kind: 'worker-ended' }>['reason']): void {
    if (member.state === 'leaving') return;
    member.state = 'leaving';
    log({ kind: 'worker-ended', reason });
    const farewell = member.process.dispose().finally(() => {
      members.delete(member);
      farewells.delete(farewell);
      serve();
    });
    farewells.add(farewell);
  }

  /** Keeps spares ready; at the limit of processes the longest idle one makes room. */
  function replenish(): void {
    if (closed || retryTimer !== null) return;
    if (startFailures > 0 && inState('starting').length === 0) {
      const delayMs = Math.min(10_000, 100 * 2 ** startFailures);
      retryTimer = setTimeout(() => {
        retryTimer = null;
        startMember();
      }, delayMs);
      return;
    }
    while (spareCount() < limits.sparesMin && inState('starting').length < STARTS_AT_ONCE_MAX) {
      if (members.size < limits.processesMax) {
        startMember();
        continue;
      }
      const [oldest] = inState('idle').sort((a, b) => a.idleSince - b.idleSince);
      if (oldest !== undefined && inState('leaving').length === 0) dismiss(oldest, 'evicted');
      return;
    }
  }

  const sweeper = setInterval(() => {
    const before = performance.now() - limits.idleMsMax;
    for (const member of inState('idle')) {
      if (member.analyst !== null && member.idleSince < before) dismiss(member, 'idle');
    }
  }, limits.idleMsMax / 4);
  sweeper.unref();

  // ── Jobs ─────────────────────────────────────────────────────────────────────────────────────────────────────────

  /** The best idle process for a job: same analyst and data, same analyst, or one that has served nobody. */
  function memberFor({ job, grantKey }: Waiting): Member | null {
    const idle = inState('idle').filter((member) => !member.process.isGone());
    const own = idle.filter((member) => member.analyst === job.analyst);
    return (
      own.find((member) => member.process.holdsGrant(grantKey)) ??
      own[0] ??
      idle.find((member) => member.analyst === null) ??
      null
    );
  }

  function serve(): void {
    if (closed) return;
    while (busyCount() < limits.workers) {
      const waiting = queue.take((candidate) => memberFor(candidate) !== null);
      const member = waiting === null ? null : memberFor(waiting);
      if (waiting === null || member === null) break;
      member.state = 'busy';
      member.analyst = waiting.job.analyst;
      member.jobs += 1;
      waiting.start(member);
    }
    replenish();
  }

  function release(member: Member, ms: number): void {
    jobMsMean += (ms - jobMsMean) / 20;
    if (member.state !== 'busy') return;
    if (member.process.isGone()) dismiss(member, 'crashed');
    else if (member.process.isSpent() || member.jobs >= limits.jobsPerProcessMax) dismiss(member, 'retired');
    else {
      member.state = 'idle';
      member.idleSince = performance.now();
    }
    serve();
  }

  function enqueue(job: SandboxJob): Promise<Member> {
    if (queue.size() >= limits.queueMax || queue.sizeOf(job.analyst) >= limits.queuePerAnalystMax) {
      const waitMs = (jobMsMean * (queue.size() + 1)) / limits.workers;
      throw new AppError('SANDBOX_BUSY', { retryAfterSeconds: Math.min(60, Math.max(1, Math.ceil(waitMs / 1000))) });
    }
    const { promise, resolve, reject } = Promise.withResolvers<Member>();
    const waiting: Waiting = { job, grantKey: grantKeyOf(job.tables), start: resolve, refuse: reject };
    const abort = () => {
      if (queue.remove(job.analyst, waiting)) reject(job.signal?.reason);
    };
    job.signal?.addEventListener('abort', abort, { once: true });
    queue.push(job.analyst, waiting);
    serve();
    return promise.finally(() => job.signal?.removeEventListener('abort', abort));
  }

  return {
    async run(requested, work) {
      const job = { ...requested, tables: mergeTables(requested.tables) };
      job.signal?.throwIfAborted();
      if (closed) throw new AppError('SANDBOX_BUSY', { retryAfterSeconds: 1 });
      const arrivedAt = performance.now();
      const member = await enqueue(job);
      const startedAt = performance.now();
      log({ kind: 'job-started', waitMs: Math.round(startedAt - arrivedAt) });
      const lease = leaseSession(member.process, job);
      try {
        return await lease.race(work(lease.session));
      } finally {
        void lease.end().then(() => release(member, performance.now() - startedAt));
      }
    },
    warm: () => {
      while (members.size < Math.min(limits.workers, limits.processesMax)) startMember();
    },
    stats: () => ({ workers: members.size, busy: busyCount(), idle: inState('idle').length, queued: queue.size() }),
    async forget(resource, version) {
      for (const member of members) {
        if (!member.process.holdsVersion(resource, version)) continue;
        if (member.state === 'idle') dismiss(member, 'retired');
        else if (member.state === 'busy') member.jobs = limits.jobsPerProcessMax;
      }
      await Promise.all(farewells);
    },
    async expel(isMeant) {
      const meant = [...members].filter(
        ({ analyst, process: { holdsResource: holds } }) => analyst !== null && isMeant({ analyst, holds }),
      );
      for (const member of meant) dismiss(member, 'expelled');
      await Promise.all(farewells);
      return meant.length;
    },
    pids: () => [...members].flatMap((member) => member.process.pid ?? []),
    async close() {
      closed = true;
      clearInterval(sweeper);
      if (retryTimer !== null) clearTimeout(retryTimer);
      for (const waiting of queue.drain()) waiting.refuse(new AppError('SANDBOX_BUSY', { retryAfterSeconds: 1 }));
      for (const member of members) dismiss(member, 'closed');
      await Promise.all(farewells);
    },
  };
}
