import type { Canary, Store } from '#catalog';
import type { FreezeEffect, FreezeOrder } from '../freezes/freeze-service.ts';
import type { Caller } from '../identity/index.ts';
import { appendChange } from '../log-change.ts';
import type { CanaryRegister } from './canary-register.ts';

/** A canary in the answer of a job, and what became of it. Times are monotonic milliseconds. */
export interface Alarm {
  readonly canary: Canary['id'];
  readonly arrivedMs: number;
  readonly detectedMs: number;
  /** When nobody's release, job or worker of the developer was left; null where the canary only reports. */
  readonly closed: Promise<{ readonly atMs: number; readonly effect: FreezeEffect } | null>;
}

export interface CanaryWatch extends Pick<CanaryRegister, 'find'> {
  /**
   * Freezes the developer at once, in the name of who had the canary watched for, and writes down the hit. Resolves when the hit is
   * durable; the closure goes on, since the job that met the canary is among those that it waits for.
   */
  raise(canary: Canary, job: AlarmedJob): Promise<void>;
  /** Tells of the alarms of one canary, until what is returned is called. */
  listen(canary: Canary['id'], listener: (alarm: Alarm) => void): () => void;
}

export interface AlarmedJob {
  readonly id: string;
  readonly caller: Caller;
  readonly plan: string;
  readonly arrivedMs: number;
}

export function createCanaryWatch(deps: {
  readonly store: Store;
  readonly register: CanaryRegister;
  readonly freeze: (caller: Caller, order: FreezeOrder) => Promise<FreezeEffect>;
  /** Told when a freeze could not be carried out or written: the process must stop. */
  readonly failed: (error: unknown) => void;
}): CanaryWatch {
  const listeners = new Map<string, (alarm: Alarm) => void>();

  async function close(canary: Canary, { id: job, caller: { org, sub } }: AlarmedJob): Alarm['closed'] {
    if (canary.onHit === 'report') return null;
    const reason = `canary ${canary.id} in job ${job}`;
    const order: FreezeOrder = { scope: 'developer', target: `${org}/${sub}`, reason };
    const effect = await deps.freeze(officerOf(canary), order);
    const atMs = performance.now();
    const { jobsStopped, workersStopped, closureMs } = effect;
    const note = `canary ${canary.id}: closed after ${Math.ceil(closureMs)} ms, jobs ${jobsStopped}, workers ${workersStopped}`;
    await deps.store.commit((tx) => appendChange(tx, { kind: 'canary', caller: officerOf(canary), job, note }));
    return { atMs, effect };
  }

  return {
    find: (result) => deps.register.find(result),
    async raise(canary, job) {
      const detectedMs = performance.now();
      const closed = close(canary, job);
      closed.catch(deps.failed);
      listeners.get(canary.id)?.({ canary: canary.id, arrivedMs: job.arrivedMs, detectedMs, closed });
      const { id, caller, plan } = job;
      const note = `canary ${canary.id} (${canary.label}) in the answer; nothing left; ${canary.onHit}`;
      await deps.store.commit((tx) =>
        appendChange(tx, { kind: 'canary', caller, job: id, plan, code: 'POLICY_CANARY', note }),
      );
    },
    listen(canary, listener) {
      listeners.set(canary, listener);
      return () => listeners.delete(canary);
    },
  };
}

/** The freeze is the standing order of the officer who had the value watched for. */
function officerOf({ createdBy }: Canary): Caller {
  const cut = createdBy.indexOf('/');
  return { org: createdBy.slice(0, cut), sub: createdBy.slice(cut + 1), role: 'security' };
}
