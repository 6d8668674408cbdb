import { metrics } from '@opentelemetry/api';
import type { RemainingBudget } from '#catalog';
import type { PoolStats, SandboxEvent } from '#sandbox';
import { admissible, type GatewayMetrics } from './telemetry.ts';

/** What the state of the gateway is at the moment that a metrics SDK asks; without an SDK nobody asks. */
export interface GaugeSources {
  readonly sandbox: () => PoolStats;
  readonly budgets: () => readonly RemainingBudget[];
}

/** @returns what ends it: the sources are not asked after that. */
export function observeGauges(sources: GaugeSources): () => void {
  const meter = metrics.getMeter('sluice');
  const gauge = (name: string, description: string) => meter.createObservableGauge(name, { description });
  const workers = gauge('sluice.sandbox.workers', 'workers, by state');
  const queue = gauge('sluice.sandbox.queue', 'jobs that wait for a worker');
  const share = gauge('sluice.budget.remaining', 'share left of the fullest account, by kind of account, 0 to 1');
  const accounts = gauge('sluice.budget.accounts', 'accounts in use, by kind; low: less than a tenth is left');
  const instruments = [workers, queue, share, accounts];
  const observe: Parameters<typeof meter.addBatchObservableCallback>[0] = (result) => {
    const pool = sources.sandbox();
    const { busy, idle } = pool;
    for (const [state, count] of Object.entries({ busy, idle, changing: pool.workers - busy - idle })) {
      result.observe(workers, count, admissible({ 'sluice.state': state }));
    }
    result.observe(queue, pool.queued);
    for (const { kind, shareMin, low, exhausted, ...all } of sources.budgets()) {
      result.observe(share, shareMin, admissible({ 'sluice.account': kind }));
      for (const [state, count] of Object.entries({ open: all.accounts - low - exhausted, low, exhausted })) {
        result.observe(accounts, count, admissible({ 'sluice.account': kind, 'sluice.state': state }));
      }
    }
  };
  meter.addBatchObservableCallback(observe, instruments);
  return () => meter.removeBatchObservableCallback(observe, instruments);
}

/** What the sandbox tells, as far as it is counted. */
export function measureSandbox(event: SandboxEvent, { jobWaited, workerEnded }: GatewayMetrics): void {
  if (event.kind === 'job-started') jobWaited(event.waitMs);
  if (event.kind === 'worker-ended') workerEnded({ 'sluice.reason': event.reason });
}
