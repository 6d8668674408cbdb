import { z } from 'zod';
import type { BlockDigestState } from '../block-digests.ts';

/** Digests so far, as the journal of an encryption has them: base64. `tail`: words of a block that is not whole yet. */
export const storedBlocks = z.object({ rows: z.number(), digests: z.string(), tail: z.array(z.string()) });
export type StoredBlocks = z.output<typeof storedBlocks>;

export function blockText({ rows, digests, tail }: BlockDigestState): StoredBlocks {
  return { rows, digests: base64Of(digests), tail: tail.map(base64Of) };
}

export function blockState(text: StoredBlocks | null): BlockDigestState | null {
  if (text === null) return null;
  return {
    rows: text.rows,
    digests: bytesOf(text.digests),
    tail: text.tail.map((one) => new BigInt64Array(bytesOf(one).buffer)),
  };
}

export function base64Of(array: Uint8Array | BigInt64Array | Uint32Array): string {
  return Buffer.from(array.buffer, array.byteOffset, array.byteLength).toString('base64');
}

/** In memory of its own, so that words may begin where it does. */
export function bytesOf(base64: string): Uint8Array<ArrayBuffer> {
  return new Uint8Array(Buffer.from(base64, 'base64'));
}
