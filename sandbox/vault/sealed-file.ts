import { createHash } from 'node:crypto';
import { constants } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { AppError } from '#policies/stored-tables';
import {
  CHUNK_PLAIN_BYTES,
  chunkPlace,
  HEADER_BYTES,
  newSealedFormat,
  readSealedFormat,
  type SealedFormat,
  TAG_BYTES,
} from './sealed-format.ts';

/** Whole files in and out of the sealed format, one chunk in memory at a time. */

export interface SealedSummary {
  /** Of the plain text. */
  readonly bytes: number;
  /** Of the sealed file as it lies on disk: anybody can check it without a key. */
  readonly sha256: string;
}

/**
 * One buffer to work on and one to read ahead into, in turn.
 * WHY not a new one per chunk: that is garbage faster than it is collected, and pages of memory to fault in.
 */
function twoBuffers(bytes: number): { next: () => Buffer } {
  const pair = [Buffer.allocUnsafe(bytes), Buffer.allocUnsafe(bytes)] as const;
  let turn = 0;
  return {
    next: () => {
      turn = 1 - turn;
      return turn === 0 ? pair[0] : pair[1];
    },
  };
}

/** Reads exactly `buffer.length` bytes, or fewer at the end of the file. */
export async function readFully(file: FileHandle, buffer: Buffer, position: number): Promise<number> {
  let filled = 0;
  while (filled < buffer.length) {
    const { bytesRead } = await file.read(buffer, filled, buffer.length - filled, position + filled);
    if (bytesRead === 0) break;
    filled += bytesRead;
  }
  return filled;
}

export async function writeFully(file: FileHandle, buffers: readonly Uint8Array[]): Promise<void> {
  for (const buffer of buffers) {
    let written = 0;
    while (written < buffer.byteLength) {
      written += (await file.write(buffer, written, buffer.byteLength - written)).bytesWritten;
    }
  }
}

export interface SealOptions {
  readonly chunkPlainBytes?: number;
  /** Default true: on the disk when the promise resolves. False for what does not outlive the process. */
  readonly durable?: boolean;
  /** More is refused: a file may say that it is longer than its folder has room for. */
  readonly plainBytesMax?: number;
}

/**
 * Seals the plain file at `source` (never a symbolic link: a worker wrote it) into the new file `target`. The source
 * stays.
 * @throws AppError SANDBOX_FAILED where it is no plain file, or too long.
 */
export async function sealFile(
  dataKey: Uint8Array,
  context: string,
  source: string,
  target: string,
  { chunkPlainBytes = CHUNK_PLAIN_BYTES, durable = true, plainBytesMax = PLAIN_BYTES_MAX }: SealOptions = {},
): Promise<SealedSummary> {
  // WHY not blocking: a pipe would have nobody at its other end.
  const plain = await open(source, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  try {
    const status = await plain.stat();
    if (!status.isFile()) throw new AppError('SANDBOX_FAILED');
    const buffers = twoBuffers(chunkPlainBytes);
    const read = async function* (): AsyncGenerator<Buffer> {
      for (let at = 0; ; ) {
        const buffer = buffers.next();
        const filled = await readFully(plain, buffer, at);
        if (filled > 0) yield buffer.subarray(0, filled);
        if (filled < chunkPlainBytes) return;
        at += filled;
        if (at > plainBytesMax) throw new AppError('SANDBOX_FAILED');
      }
    };
    return await sealChunks(newSealedFormat(dataKey, context, chunkPlainBytes), read(), target, durable);
  } finally {
    await plain.close();
  }
}

/** No file that a worker writes is as long. */
const PLAIN_BYTES_MAX = 2 * 2 ** 30;

/** Seals a small value held in memory, durable on return. */
export async function sealBytes(
  dataKey: Uint8Array,
  context: string,
  plain: Buffer,
  target: string,
): Promise<SealedSummary> {
  const chunks = async function* (): AsyncGenerator<Buffer> {
    for (let at = 0; at < plain.length; at += CHUNK_PLAIN_BYTES) yield plain.subarray(at, at + CHUNK_PLAIN_BYTES);
  };
  return await sealChunks(newSealedFormat(dataKey, context), chunks(), target, true);
}

/** Every chunk but the last is full; which one is the last is known only when the next is asked for. */
async function sealChunks(
  format: SealedFormat,
  chunks: AsyncIterable<Buffer>,
  target: string,
  durable: boolean,
): Promise<SealedSummary> {
  const digest = createHash('sha256').update(format.header);
  const file = await open(target, 'wx', 0o600);
  try {
    await writeFully(file, [format.header]);
    let index = 0;
    let bytes = 0;
    const write = async (plain: Buffer, last: boolean): Promise<void> => {
      const { cipherText, tag } = format.seal(index, last, plain);
      digest.update(cipherText).update(tag);
      index += 1;
      bytes += plain.length;
      await writeFully(file, [cipherText, tag]);
    };
    let held: Buffer = Buffer.alloc(0);
    for await (const chunk of chunks) {
      if (held.length > 0) await write(held, false);
      held = chunk;
    }
    await write(held, true);
    if (durable) await file.sync();
    return { bytes, sha256: digest.digest('hex') };
  } finally {
    await file.close();
  }
}

/** The authenticated chunks of a sealed file in order. @throws AppError VAULT_CORRUPT */
export async function* openSealedFile(dataKey: Uint8Array, context: string, path: string): AsyncGenerator<Buffer> {
  const file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW).catch((error: unknown) => {
    throw new AppError('VAULT_CORRUPT', {}, null, error);
  });
  try {
    const sealedBytes = (await file.stat()).size;
    const header = Buffer.alloc(HEADER_BYTES);
    if ((await readFully(file, header, 0)) < HEADER_BYTES) throw new AppError('VAULT_CORRUPT');
    const format = readSealedFormat(dataKey, context, header);
    const buffers = twoBuffers(format.chunkPlainBytes + TAG_BYTES);
    const read = async (index: number): Promise<{ sealed: Buffer; last: boolean } | null> => {
      const place = chunkPlace(sealedBytes, format.chunkPlainBytes, index);
      if (place === null) return null;
      const sealed = buffers.next().subarray(0, place.length);
      if ((await readFully(file, sealed, place.offset)) < place.length) throw new AppError('VAULT_CORRUPT');
      return { sealed, last: place.last };
    };
    let next = read(0);
    for (let index = 0; ; index += 1) {
      const chunk = await next;
      if (chunk === null) throw new AppError('VAULT_CORRUPT'); // no chunk carried the last flag
      if (!chunk.last) {
        next = read(index + 1);
        next.catch(() => {}); // WHY: awaited in the next round; a corrupt chunk in between must not leave it unhandled
      }
      yield format.open(index, chunk.last, chunk.sealed);
      if (chunk.last) return;
    }
  } finally {
    await file.close();
  }
}

/** A small sealed value. @throws AppError VAULT_CORRUPT */
export async function openSealedBytes(dataKey: Uint8Array, context: string, path: string): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of openSealedFile(dataKey, context, path)) chunks.push(chunk);
  return Buffer.concat(chunks);
}
