import { findPackageJSON } from 'node:module';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { AppError, assert } from '#policies/stored-tables';
import { APP_ROOT } from '../../isolation/runtime-files.ts';
import { type IsolationMount, type IsolationTier, spawnIsolated } from '../../isolation/spawn.ts';
import { openChannel, WorkerGone } from '../../worker-channel.ts';
import type { RowSet } from '../row-set.ts';
import type { BgvReply, BgvTask, BlockRun } from './bgv-protocol.ts';
import type { BgvSum } from './bgv-sums.ts';
import type { BgvEncryptionKeys, BgvKeys } from './seal-bgv.ts';

/** SEAL, one process a task: started under the sandbox's tier, without files or network, and killed after its answer. */
export interface BgvProcesses {
  /** @param seed 32 random bytes */
  keysOf(seed: Uint8Array): Promise<BgvKeys>;
  encrypt(keys: BgvEncryptionKeys, blocks: readonly BigInt64Array[]): Promise<readonly Uint8Array[]>;
  /** Per set and part of the table. No more than a run of blocks is in memory at a time. */
  sums(work: SumWork, runs: AsyncIterable<BlockRun>): Promise<readonly (readonly BgvSum[])[]>;
  /** @param seed of the secret key */
  open(seed: Uint8Array, sums: readonly Uint8Array[]): Promise<readonly bigint[]>;
}

export interface SumWork {
  readonly sets: readonly RowSet[];
  readonly parts: number;
  /** How the blocks were encrypted. */
  readonly key: 'public' | 'secret';
  /** Whether the sums are to be opened: else their digests are enough. */
  readonly isBlinded: boolean;
}

const ENTRY = fileURLToPath(new URL('./bgv-worker.ts', import.meta.url));
const DATA_MB_MAX = 2_048;
const DEADLINE_MS = 120_000;

/** @throws AppError SANDBOX_FAILED, SANDBOX_TIMEOUT, from every call */
export function openBgvProcesses(tier: IsolationTier): BgvProcesses {
  return {
    keysOf: (seed) => inProcess(tier, async (ask) => (await ask({ kind: 'keys', seed }, 'keys')).keys),
    encrypt: (keys, blocks) =>
      inProcess(tier, async (ask) => (await ask({ kind: 'encrypt', keys, blocks }, 'ciphertexts')).ciphertexts),
    sums: ({ isBlinded, ...work }, runs) =>
      inProcess(tier, async (ask) => {
        await ask({ kind: 'begin-sums', ...work }, 'done');
        for await (const run of runs) await ask({ kind: 'add-blocks', ...run }, 'done');
        return (await ask({ kind: 'end-sums', isBlinded }, 'sums')).sums;
      }),
    open: (seed, sums) => inProcess(tier, async (ask) => (await ask({ kind: 'open', seed, sums }, 'opened')).values),
  };
}

/** What this worker alone needs of the host beside a worker's usual files. */
function sealPackage(): IsolationMount {
  const description = findPackageJSON('node-seal', import.meta.url);
  assert(description !== undefined, 'node-seal is installed');
  return { source: dirname(description), target: `${APP_ROOT}/node_modules/node-seal`, writable: false };
}

type Reply<K extends BgvReply['kind']> = Extract<BgvReply, { readonly kind: K }>;
type Ask = <K extends BgvReply['kind']>(task: BgvTask, answeredBy: K) => Promise<Reply<K>>;

async function inProcess<T>(tier: IsolationTier, work: (ask: Ask) => Promise<T>): Promise<T> {
  const mounts = [sealPackage()];
  const child = spawnIsolated(tier, { entry: ENTRY, mounts: tier === 'none' ? [] : mounts, dataMbMax: DATA_MB_MAX });
  const channel = openChannel<BgvTask, BgvReply>(child, (message) => message as BgvReply);
  const startedAt = performance.now();
  const timer = setTimeout(() => channel.kill(), DEADLINE_MS);
  let id = 0;
  const ask: Ask = async (task, answeredBy) => {
    id += 1;
    const reply = await channel.request({ ...task, id });
    if (reply.kind === 'failure') throw new AppError('SANDBOX_FAILED');
    assert(reply.kind === answeredBy, 'a task is answered by its kind');
    return reply as Reply<typeof answeredBy>;
  };
  try {
    await channel.ready;
    return await work(ask);
  } catch (error) {
    if (!(error instanceof WorkerGone)) throw error;
    const isLate = performance.now() - startedAt >= DEADLINE_MS;
    throw isLate
      ? new AppError('SANDBOX_TIMEOUT', { deadlineMs: DEADLINE_MS }, null, error)
      : new AppError('SANDBOX_FAILED', {}, null, error);
  } finally {
    clearTimeout(timer);
    channel.kill();
    await channel.ended;
  }
}
