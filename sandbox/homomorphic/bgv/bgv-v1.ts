import { assert, HALF_RING } from '#policies/stored-tables';
import type { AggregateCipher, CipherDescription } from '../aggregate-cipher.ts';
import { isDecryptable } from './bgv-noise.ts';
import { BLOCK_ROWS, GROUPS_MAX } from './bgv-parameters.ts';
import type { BgvProcesses } from './bgv-process.ts';
import { blockSha256, type SignedBlock } from './block-check.ts';
import type { BgvEncryptionKeys } from './seal-bgv.ts';

/**
 * `bgv-v1`: the levelled scheme of Brakerski, Gentry and Vaikuntanathan, by Microsoft SEAL. Row i of a block is coefficient i of a
 * polynomial; a set of rows is a plaintext mask (masks.ts), so that an encrypted sum costs a product per block and no key beside the
 * public one.
 *
 * Guarantee: who has the public key only learns nothing of the values (ring-LWE, 128 bits). The opened constant coefficient is the
 * sum, exactly, while `sumIsExact` and `isDecryptable` hold: both are proved before anything runs (PROOF.md).
 * Limits: a sum over other rows opens to their sum. Who opens must compute it again from blocks that it holds, or have a second party do so.
 */
export type BgvStored = readonly SignedBlock[];

export interface BgvOptions {
  readonly processes: BgvProcesses;
  readonly keys: BgvEncryptionKeys;
  /** Of who opens; null elsewhere. */
  readonly openingKey: Uint8Array | null;
}

export function openBgv({ processes, keys, openingKey }: BgvOptions): AggregateCipher<BgvStored, Uint8Array> {
  const kind = keys.secretKey === null ? 'public' : 'secret';
  let next = 0;
  return {
    describe: describeBgv(kind),
    async encrypt(firstIndex, values) {
      assert(firstIndex === next && firstIndex % BLOCK_ROWS === 0, 'stretches follow each other in whole blocks');
      next += values.length;
      const count = Math.ceil(values.length / BLOCK_ROWS);
      const blocks = Array.from({ length: count }, (_, at) => values.slice(at * BLOCK_ROWS, (at + 1) * BLOCK_ROWS));
      const ciphertexts = await processes.encrypt(keys, blocks);
      return ciphertexts.map((bytes) => ({ bytes, sha256: blockSha256(bytes) }));
    },
    async evaluate(stored, rows) {
      assert(isDecryptable(BigInt(rows.size), kind), 'noise is proved before a sum is computed');
      const [sum] = await processes.sum(stored.flat(), [rows], kind);
      return sum!;
    },
    async open(sums) {
      assert(openingKey !== null, 'who opens has the key');
      return await processes.open(
        openingKey,
        sums.map(({ sum }) => sum),
      );
    },
  };
}

export function describeBgv(key: 'public' | 'secret'): CipherDescription {
  return {
    scheme: 'bgv-v1',
    halfRing: HALF_RING['bgv-v1'].value,
    bytesPerValue: key === 'secret' ? 16 : 32,
    bindsRows: false,
    groupsMax: GROUPS_MAX,
    securityBits: 128,
  };
}
