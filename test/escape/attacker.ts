import type { ChildProcess } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { APP_ROOT } from '../../sandbox/isolation/runtime-files.ts';
import { type IsolationMount, type IsolationTier, pathInside, spawnIsolated } from '../../sandbox/isolation/spawn.ts';
import type { Ground, PlantedGround } from './ground.ts';
import type { Order } from './taken-over.ts';

const HERE = fileURLToPath(new URL('.', import.meta.url));
const ENTRY = fileURLToPath(new URL('./taken-over.ts', import.meta.url));

/** A process in a tier that does as it is told. */
export interface Attacker {
  readonly child: ChildProcess;
  readonly ground: Ground;
  /** `died`: it gave no answer and is gone. `silent`: no answer in time. */
  ask(order: Order, withinMs: number): Promise<'got' | 'held' | 'died' | 'silent'>;
  /** SIGKILL; resolves with the milliseconds until it is gone. */
  kill(): Promise<number>;
}

const GONE_MS_MAX = 10_000;

function descendantsOf(pid: number): readonly number[] {
  const own = statusOf(pid, `task/${pid}/children`).trim().split(' ').filter(Boolean).map(Number);
  return [...own, ...own.flatMap(descendantsOf)];
}

/** One that has ended and that nobody has asked for yet runs no more. */
function runs(pid: number): boolean {
  return /^State:\t[^ZX]/m.test(statusOf(pid, 'status'));
}

/** Nothing where it has ended. */
function statusOf(pid: number, file: string): string {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'utf8');
  } catch (error) {
    if (['ENOENT', 'ESRCH'].includes((error as NodeJS.ErrnoException).code ?? '')) return '';
    throw error;
  }
}

export function startAttacker(tier: IsolationTier, planted: PlantedGround, dataMbMax: number): Attacker {
  const mount = (source: string, target: string, writable: boolean): IsolationMount => ({ source, target, writable });
  const granted = mount(planted.grantedDir, '/granted', false);
  const writable = mount(planted.writableDir, '/writable', true);
  const own = mount(HERE, `${APP_ROOT}/test/escape`, false);
  const child = spawnIsolated(tier, { entry: ENTRY, mounts: [own, granted, writable], dataMbMax });
  child.on('error', () => undefined);
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  return {
    child,
    ground: { ...planted.ground, granted: pathInside(tier, granted), writable: pathInside(tier, writable) },
    ask(order, withinMs) {
      const { promise, resolve } = Promise.withResolvers<'got' | 'held' | 'died' | 'silent'>();
      const timer = setTimeout(() => resolve('silent'), withinMs);
      const answer = (message: unknown) => resolve((message as { got: boolean }).got ? 'got' : 'held');
      child.once('message', answer);
      child.send(order, () => undefined);
      void ended.then(() => resolve('died'));
      return promise.finally(() => {
        clearTimeout(timer);
        child.off('message', answer);
      });
    },
    async kill() {
      // WHY all of them: what is killed is the outermost process, and the one within must go with it.
      const family = [child.pid ?? 0, ...descendantsOf(child.pid ?? 0)];
      const startedMs = performance.now();
      child.kill('SIGKILL');
      await ended;
      while (family.some(runs) && performance.now() - startedMs < GONE_MS_MAX) await sleep(1);
      return performance.now() - startedMs;
    },
  };
}
