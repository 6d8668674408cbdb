import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type BgvProcesses, bgvKeyId, detectTier, type IsolationTier, openBgvProcesses } from '#sandbox';
import { readOrCreatePrivate } from '../identity/index.ts';
import type { CustodianKey } from './custodian-key.ts';

/** The public key that values are encrypted with under `bgv-v1`. */
export interface BgvPublicKey {
  /** What a column's declaration names. */
  readonly id: string;
  readonly publicKey: Uint8Array;
}

/** The custodian's side of `bgv-v1`: SEAL in processes of one task, one at a time, started when first needed. */
export interface BgvCustody {
  publicKeyOf(key: CustodianKey): Promise<BgvPublicKey>;
  /** @throws AppError SANDBOX_UNAVAILABLE where nothing isolates them on this machine */
  inTurn<T>(work: (processes: BgvProcesses) => Promise<T>): Promise<T>;
}

/** @param tier how SEAL is kept apart: as a gateway's workers are */
export function openBgvCustody(dir: string, tier: IsolationTier | 'auto'): BgvCustody {
  let processes: Promise<BgvProcesses> | null = null;
  let last: Promise<unknown> = Promise.resolve();
  const started = (): Promise<BgvProcesses> => {
    processes ??= isolatedProcesses(tier);
    processes.catch(() => {
      processes = null;
    });
    return processes;
  };
  const inTurn: BgvCustody['inTurn'] = (work) => {
    const result = last.then(async () => work(await started()));
    last = result.catch(() => undefined);
    return result;
  };
  return {
    inTurn,
    async publicKeyOf({ id, bgvSeed }) {
      const make = async () => (await inTurn((seal) => seal.keysOf(bgvSeed))).publicKey;
      // WHY kept: each that is made is another, though the secret key is one, and declarations name it.
      const { bytes } = await readOrCreatePrivate(join(dir, 'keys', `bgv-${id}.public`), '--dir', make);
      return { id: bgvKeyId(id, bytes), publicKey: bytes };
    },
  };
}

async function isolatedProcesses(tier: IsolationTier | 'auto'): Promise<BgvProcesses> {
  const scratch = await mkdtemp(join(tmpdir(), 'sluice-custodian-'));
  try {
    return openBgvProcesses((await detectTier(tier, false, scratch)).tier);
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}
