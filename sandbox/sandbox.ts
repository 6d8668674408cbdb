import { chmod, mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { AppError, type UntrustedSql } from '#policies/stored-tables';
import { detectTier } from './isolation/detect.ts';
import type { SelfTestReport } from './isolation/self-test.ts';
import type { IsolationTier } from './isolation/spawn.ts';
import { openParser } from './parser.ts';
import { defaultLimits, openPool, type Pool, type PoolLimits } from './pool.ts';
import type { SandboxEvent } from './sandbox-event.ts';
import type { Vault } from './vault/index.ts';

export interface SandboxOptions {
  /** `auto` takes the strictest that holds on this machine; `none` only by name and never in production. */
  readonly tier: IsolationTier | 'auto';
  readonly production: boolean;
  /** Jobs that run at once. */
  readonly workers: number;
  /** DuckDB threads of each worker. */
  readonly engineThreads: number;
  /** What a job may take beyond an idle worker, in MiB. */
  readonly memoryMbMax: number;
  /** The vault's own `runDir`: private, on tmpfs. Used below `workers/` only. */
  readonly runDir: string;
  readonly vault: Pick<Vault, 'attach'>;
  readonly log: (event: SandboxEvent) => void;
  /** Tests and large hosts: other than `defaultLimits(workers)`. */
  readonly limits?: Partial<PoolLimits>;
}

/** Where queries run. See the parts for their errors: `parser.ts`, `pool.ts`. */
export interface Sandbox extends Pick<Pool, 'run' | 'stats' | 'forget' | 'expel' | 'pids' | 'close'> {
  readonly tier: IsolationTier;
  readonly selfTest: SelfTestReport;
  parse(text: UntrustedSql, signal?: AbortSignal): Promise<string>;
}

/**
 * Proves the tier, then starts the parser and the first workers, and resolves when the parser is ready.
 * @throws AppError SANDBOX_UNAVAILABLE (tier, failures, remedy)
 */
export async function openSandbox(options: SandboxOptions): Promise<Sandbox> {
  const workersDir = join(options.runDir, 'workers');
  await rm(workersDir, { recursive: true, force: true }); // what a killed gateway left
  await mkdir(workersDir, { recursive: true, mode: 0o700 });
  await chmod(options.runDir, 0o700);
  const selfTest = await detectTier(options.tier, options.production, workersDir);
  const { tier } = selfTest;
  const parser = openParser(tier, options.log);
  const limits = { ...defaultLimits(options.workers), ...options.limits };
  const pool = openPool({ ...options, tier, workersDir, limits });
  pool.warm();
  await parser.ready.catch(async (cause: unknown) => {
    await Promise.all([parser.close(), pool.close()]);
    const remedy = 'the isolated process starts, but DuckDB does not load in it: run `npm ci` again on this machine';
    throw new AppError('SANDBOX_UNAVAILABLE', { tier, failures: [], remedy }, null, cause);
  });
  return {
    tier,
    selfTest,
    parse: (text, signal) => parser.parse(text, signal),
    run: pool.run,
    stats: pool.stats,
    forget: pool.forget,
    expel: pool.expel,
    pids: () => [...pool.pids(), ...[parser.pid()].filter((pid) => pid !== null)],
    async close() {
      await Promise.all([parser.close(), pool.close()]);
      await rm(workersDir, { recursive: true, force: true });
    },
  };
}
