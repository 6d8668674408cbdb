import { findPackageJSON } from 'node:module';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { AppError, assert } from '#policies/stored-tables';
import { APP_ROOT } from '../../isolation/runtime-files.ts';
import { type IsolationMount, type IsolationTier, spawnIsolated } from '../../isolation/spawn.ts';
import { openChannel, WorkerGone } from '../../worker-channel.ts';
import type { BgvReply, BgvTask } from './bgv-protocol.ts';
import type { SignedBlock } from './block-check.ts';
import type { BgvEncryptionKeys, BgvKeys } from './seal-bgv.ts';

/** SEAL, one process a task: started under the sandbox's tier, without files or network, and killed after its answer. */
export interface BgvProcesses {
  generateKeys(): Promise<BgvKeys>;
  encrypt(keys: BgvEncryptionKeys, blocks: readonly BigInt64Array[]): Promise<readonly Uint8Array[]>;
  sum(
    blocks: readonly SignedBlock[],
    sets: readonly { readonly bytes: Uint8Array; readonly size: number }[],
    key: 'public' | 'secret',
  ): Promise<readonly Uint8Array[]>;
  open(secretKey: Uint8Array, sums: readonly Uint8Array[]): Promise<readonly bigint[]>;
}

const ENTRY = fileURLToPath(new URL('./bgv-worker.ts', import.meta.url));
const DATA_MB_MAX = 2_048;
const DEADLINE_MS = 120_000;

/** @throws AppError SANDBOX_FAILED, SANDBOX_TIMEOUT, from every call */
export function openBgvProcesses(tier: IsolationTier): BgvProcesses {
  const run = async (task: BgvTask): Promise<BgvReply> => await runOnce(tier, task);
  const ciphertexts = async (task: BgvTask): Promise<readonly Uint8Array[]> => {
    const reply = await run(task);
    assert(reply.kind === 'ciphertexts', 'the task is answered by its kind');
    return reply.ciphertexts;
  };
  return {
    async generateKeys() {
      const reply = await run({ kind: 'keys' });
      assert(reply.kind === 'keys', 'the task is answered by its kind');
      return reply.keys;
    },
    encrypt: (keys, blocks) => ciphertexts({ kind: 'encrypt', keys, blocks }),
    sum: (blocks, sets, key) => ciphertexts({ kind: 'sum', blocks, sets, key }),
    async open(secretKey, sums) {
      const reply = await run({ kind: 'open', secretKey, sums });
      assert(reply.kind === 'opened', 'the task is answered by its kind');
      return reply.values;
    },
  };
}

/** What this worker alone needs of the host beside a worker's usual files. */
function sealPackage(): IsolationMount {
  const description = findPackageJSON('node-seal', import.meta.url);
  assert(description !== undefined, 'node-seal is installed');
  return { source: dirname(description), target: `${APP_ROOT}/node_modules/node-seal`, writable: false };
}

async function runOnce(tier: IsolationTier, task: BgvTask): Promise<BgvReply> {
  const mounts = [sealPackage()];
  const child = spawnIsolated(tier, { entry: ENTRY, mounts: tier === 'none' ? [] : mounts, dataMbMax: DATA_MB_MAX });
  const channel = openChannel<BgvTask, BgvReply>(child, (message) => message as BgvReply);
  const startedAt = performance.now();
  const timer = setTimeout(() => channel.kill(), DEADLINE_MS);
  try {
    await channel.ready;
    const reply = await channel.request({ ...task, id: 1 });
    if (reply.kind === 'failure') throw new AppError('SANDBOX_FAILED');
    return reply;
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
