import { type EncryptedColumn, wordColumns } from '#policies/stored-tables';
import { BLOCK_ROWS, CIPHERTEXT_BYTES } from './bgv/bgv-parameters.ts';
import type { BlockRun } from './bgv/bgv-protocol.ts';
import { blockSha256, type SignedBlock } from './bgv/block-check.ts';
import { rootOf } from './block-digests.ts';
import type { BlockManifest } from './block-manifest.ts';

/** Ciphertext blocks of `bgv-v1` in a file or in memory: each of one length, block by block, in each the parts in their order. */
export interface BlockSource {
  readonly bytes: number;
  /** @throws Error where there are not as many */
  read(offset: number, length: number): Promise<Uint8Array>;
}

/** The blocks of one encryption, as its provider signed them. */
export interface HeldBlocks {
  /** Of the named columns, run by run, from the disk: each as its digest says, or the run fails. */
  runs(columns: readonly string[]): AsyncIterable<BlockRun>;
}

/** Blocks that are read at once. */
const RUN_BLOCKS = 32;

/** Blocks that have the digests of the manifest, all of them and nothing beside; else null. */
export async function openHeldBlocks(
  source: BlockSource,
  { rows, blocksSha256 }: BlockManifest,
  columns: readonly EncryptedColumn[],
): Promise<HeldBlocks | null> {
  const names = wordColumns({ columns });
  const blocks = Math.ceil(rows / BLOCK_ROWS);
  if (source.bytes !== blocks * names.length * CIPHERTEXT_BYTES) return null;
  const blockAt = (at: number): Promise<Uint8Array> => source.read(at * CIPHERTEXT_BYTES, CIPHERTEXT_BYTES);
  const digests: Buffer[] = [];
  for (let at = 0; at < blocks * names.length; at += 1) {
    digests.push(Buffer.from(blockSha256(await blockAt(at)), 'hex'));
  }
  if (rootOf(digests) !== blocksSha256) return null;
  const signed = async (at: number): Promise<SignedBlock> => ({
    bytes: await blockAt(at),
    sha256: digests[at]!.toString('hex'),
  });
  return {
    async *runs(wanted) {
      const parts = wanted.map((name) => names.indexOf(name));
      for (let first = 0; first < blocks; first += RUN_BLOCKS) {
        const run = Array.from({ length: Math.min(RUN_BLOCKS, blocks - first) }, (_, at) => first + at);
        const read = (part: number) => Promise.all(run.map((block) => signed(block * names.length + part)));
        yield { first, parts: await Promise.all(parts.map(read)) };
      }
    },
  };
}

export function blocksInMemory(bytes: Uint8Array): BlockSource {
  return { bytes: bytes.length, read: (offset, length) => Promise.resolve(bytes.subarray(offset, offset + length)) };
}
