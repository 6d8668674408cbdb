import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Order } from './steps.ts';

/** A gateway in a process of its own, started as an operator starts it; where faults are put in, with `inject.ts` loaded first. */
export interface FaultyGateway {
  readonly child: ChildProcess;
  readonly url: string;
  order(order: Order): void;
  /** Resolves once what was ordered has happened; false where it has not after so long. */
  fired(withinMs: number): Promise<boolean>;
  isAlive(): boolean;
  /** Sends the signal and resolves with the exit code, null where a signal ended it. */
  end(signal: 'SIGKILL' | 'SIGTERM'): Promise<number | null>;
}

/** It ended, or it did not listen in time. What it wrote is the only thing that an operator has. */
export class StartFailed extends Error {
  override readonly name = 'StartFailed';
}

const MAIN = join(import.meta.dirname, '../../gateway/main.ts');
export const INJECT = join(import.meta.dirname, 'inject.ts');
/** Only for a gateway that hangs. WHY so generous: a machine that does other things as well is no failure of the gateway. */
const START_MS_MAX = 900_000;
const END_MS_MAX = 300_000;
/** WHY: a third of a start is the compiling of its modules. Written by processes that end in order; each entry bears its checksum. */
export const COMPILED = mkdtempSync(join(tmpdir(), 'sluice-fault-compiled-'));
process.once('exit', () => rmSync(COMPILED, { recursive: true, force: true }));

export interface Places {
  readonly home: string;
  readonly runDir: string;
  readonly tmpDir: string;
}

/** @param killed ends it during its start, as a crash would. @param order given before anything else; `withFaults` alone. */
export async function startFaulty(
  { home, runDir, tmpDir }: Places,
  withFaults: boolean,
  killed?: AbortSignal,
  order?: Order,
): Promise<FaultyGateway> {
  const { PATH = '' } = process.env;
  const ordered = order === undefined ? {} : { FAULT_ORDER: JSON.stringify(order) };
  const own = { SLUICE_HOME: home, SLUICE_RUN_DIR: runDir, SLUICE_PORT: '0' };
  const env = { PATH, TMPDIR: tmpDir, NODE_COMPILE_CACHE: COMPILED, ...own, ...SMALL, ...ordered };
  const args = [...(withFaults ? ['--import', INJECT] : []), '--max-semi-space-size=8', MAIN];
  const child = spawn(process.execPath, args, {
    env,
    stdio: ['ignore', 'pipe', 'pipe', ...(withFaults ? (['ipc'] as const) : [])],
  });
  living.add(child);
  child.once('exit', () => living.delete(child));
  killed?.addEventListener('abort', () => child.kill('SIGKILL'), { once: true });
  const url = await listening(child);
  let happened = false;
  child.on('message', (message) => {
    happened ||= message === 'fired';
  });
  return {
    child,
    url,
    order(order) {
      happened = false;
      child.send(order, () => undefined);
    },
    async fired(withinMs) {
      for (const until = performance.now() + withinMs; !happened && performance.now() < until; ) await sleep(5);
      return happened;
    },
    isAlive: () => isAlive(child),
    end: (signal) => end(child, signal),
  };
}

const SMALL = { SLUICE_SCALE: '0', SLUICE_WORKERS: '2', SLUICE_MEMORY_MB: '512' };
const living = new Set<ChildProcess>();

/** Whatever a failed run has left. */
export function killAll(): void {
  for (const child of living) child.kill('SIGKILL');
}

const isAlive = (child: ChildProcess): boolean => child.exitCode === null && child.signalCode === null;

async function listening(child: ChildProcess): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  let said = '';
  const fail = (how: string) => reject(new StartFailed(`${how}: ${said.slice(-1_200)}`));
  child.stdout?.setEncoding('utf8').on('data', (text: string) => {
    said += text;
    const url = /http:\/\/127\.0\.0\.1:\d+/.exec(said)?.[0];
    if (url !== undefined) resolve(url);
  });
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    said = (said + text).slice(-4_000);
  });
  child.once('exit', (code, signal) => fail(`ended with ${code ?? signal}`));
  const timer = setTimeout(() => fail('did not listen in time'), START_MS_MAX);
  try {
    return await promise;
  } catch (error) {
    child.kill('SIGKILL');
    throw error;
  } finally {
    clearTimeout(timer);
  }
}

async function end(child: ChildProcess, signal: 'SIGKILL' | 'SIGTERM'): Promise<number | null> {
  if (isAlive(child)) {
    const gone = once(child, 'exit');
    child.kill(signal);
    const timer = setTimeout(() => child.kill('SIGKILL'), END_MS_MAX);
    await gone;
    clearTimeout(timer);
  }
  return child.exitCode;
}
