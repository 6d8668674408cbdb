import { assert, HALF_RING, SUM_SETS_MAX } from '#policies/stored-tables';
import type { AggregateCipher, CipherDescription } from '../aggregate-cipher.ts';
import { isDecryptable } from './bgv-noise.ts';
import { BLOCK_ROWS } from './bgv-parameters.ts';
import type { BgvProcesses } from './bgv-process.ts';
import type { BlockRun } from './bgv-protocol.ts';
import type { BgvSum } from './bgv-sums.ts';
import { blockSha256, type SignedBlock } from './block-check.ts';
import type { BgvEncryptionKeys } from './seal-bgv.ts';

/**
 * `bgv-v1`: the levelled scheme of Brakerski, Gentry and Vaikuntanathan, by Microsoft SEAL. Row i of a block is coefficient i of a
 * polynomial; a set of rows is a plaintext mask (masks.ts), so that an encrypted sum costs a product per block and no key beside the
 * public one.
 *
 * Guarantee: who has the public key only learns nothing of the values (ring-LWE, 128 bits). The opened constant coefficient is the
 * sum, exactly, while `sumIsExact` and `isDecryptable` hold: both are proved before anything runs (PROOF.md).
 * Limits: a sum over other rows opens to their sum. So who opens computes it again, from blocks that it holds, and opens nothing else.
 */
export type BgvStored = readonly SignedBlock[];

export interface BgvOptions {
  readonly processes: BgvProcesses;
  readonly keys: BgvEncryptionKeys;
  /** What the secret key of who opens is made of; null elsewhere. */
  readonly openingSeed: Uint8Array | null;
}

export function openBgv({ processes, keys, openingSeed }: BgvOptions): AggregateCipher<BgvStored, BgvSum> {
  const kind = keys.secretKey === null ? 'public' : 'secret';
  let next = 0;
  return {
    describe: describeBgv(kind),
    async encrypt(firstIndex, values) {
      assert(firstIndex === next && firstIndex % BLOCK_ROWS === 0, 'stretches follow each other in whole blocks');
      next += values.length;
      return (await encryptedBlocks(processes, keys, values)).map((bytes) => ({ bytes, sha256: blockSha256(bytes) }));
    },
    async evaluate(stored, rows) {
      assert(isDecryptable(BigInt(rows.size), kind), 'noise is proved before a sum is computed');
      const work = { sets: [rows], parts: 1, key: kind, isBlinded: openingSeed !== null } as const;
      const [[sum] = []] = await processes.sums(work, runsOf(stored));
      assert(sum !== undefined, 'a set has a sum');
      return sum;
    },
    async open(sums) {
      assert(openingSeed !== null, 'who opens has the key');
      return await processes.open(
        openingSeed,
        sums.map(({ sum }) => sum.blinded),
      );
    },
  };
}

/** The values in blocks, one ciphertext each. */
export async function encryptedBlocks(
  processes: BgvProcesses,
  keys: BgvEncryptionKeys,
  values: BigInt64Array,
): Promise<readonly Uint8Array[]> {
  const count = Math.ceil(values.length / BLOCK_ROWS);
  const blocks = Array.from({ length: count }, (_, at) => values.slice(at * BLOCK_ROWS, (at + 1) * BLOCK_ROWS));
  return count === 0 ? [] : await processes.encrypt(keys, blocks);
}

async function* runsOf(stored: readonly BgvStored[]): AsyncGenerator<BlockRun> {
  let first = 0;
  for (const blocks of stored) {
    yield { first, parts: [blocks] };
    first += blocks.length;
  }
}

export function describeBgv(key: 'public' | 'secret'): CipherDescription {
  return {
    scheme: 'bgv-v1',
    halfRing: HALF_RING['bgv-v1'].value,
    bytesPerValue: key === 'secret' ? 16 : 32,
    bindsRows: false,
    groupsMax: SUM_SETS_MAX['bgv-v1'],
    securityBits: 128,
  };
}
