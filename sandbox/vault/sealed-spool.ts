import { randomBytes } from 'node:crypto';
import { open } from 'node:fs/promises';
import { AppError, assert } from '#policies/stored-tables';
import { KEY_BYTES } from './key-wrapper.ts';
import { readFully, writeFully } from './sealed-file.ts';
import { chunkPlace, newSealedFormat } from './sealed-format.ts';

/**
 * Bytes that must be read again, in any order, and are too many for memory: on disk, sealed under a key that only this
 * object ever had. When it is gone, so is what it wrote.
 */
export interface SealedSpool {
  /** Every block but the last has `blockBytes`; a shorter one ends the spool. The block is copied. */
  append(block: Buffer): Promise<void>;
  /** After this the spool can be read. */
  finish(): Promise<void>;
  bytes(): number;
  /** @throws AppError VAULT_CORRUPT when the file was changed on disk */
  read(offset: number, length: number): AsyncIterable<Buffer>;
  close(): Promise<void>;
}

export async function openSealedSpool(path: string, blockBytes: number): Promise<SealedSpool> {
  const format = newSealedFormat(randomBytes(KEY_BYTES), 'spool', blockBytes);
  const file = await open(path, 'wx+', 0o600);
  await writeFully(file, [format.header]);
  const buffer = Buffer.alloc(blockBytes);
  let held = buffer.subarray(0, 0);
  let chunks = 0;
  let bytes = 0;
  let finished = false;
  const write = async (last: boolean): Promise<void> => {
    const { cipherText, tag } = format.seal(chunks, last, held);
    await writeFully(file, [cipherText, tag]);
    chunks += 1;
  };
  const readChunk = async (index: number): Promise<Buffer> => {
    const place = chunkPlace((await file.stat()).size, blockBytes, index);
    const sealed = Buffer.alloc(place?.length ?? 0);
    if (place === null || (await readFully(file, sealed, place.offset)) < place.length)
      throw new AppError('VAULT_CORRUPT');
    return format.open(index, place.last, sealed);
  };
  return {
    async append(block) {
      assert(!finished && (bytes === 0 || held.length === blockBytes), 'only the last block of a spool is short');
      if (bytes > 0) await write(false);
      held = buffer.subarray(0, block.copy(buffer));
      bytes += block.length;
    },
    async finish() {
      await write(true);
      finished = true;
    },
    bytes: () => bytes,
    async *read(offset, length) {
      assert(finished && offset >= 0 && offset + length <= bytes, 'a spool is read within what was written');
      for (let at = offset; at < offset + length; ) {
        const index = Math.floor(at / blockBytes);
        const chunk = await readChunk(index);
        const start = at - index * blockBytes;
        const part = chunk.subarray(start, Math.min(chunk.length, start + offset + length - at));
        if (part.length === 0) throw new AppError('VAULT_CORRUPT');
        yield part;
        at += part.length;
      }
    },
    close: () => file.close(),
  };
}
