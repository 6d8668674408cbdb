import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { AppError, assert } from '#policies/stored-tables';
import { fileKey } from './data-key.ts';

/**
 * The sealed file: a 32-byte header, then chunks of AES-256-GCM ciphertext, each followed by its 16-byte tag.
 *
 *   header  magic "SLUICEV1" (8) · format version (u32 LE) · plain bytes per chunk (u32 LE) · salt (16)
 *   chunk i nonce = last flag (1) · 000 · i (u64 BE);  associated data = header · i (u64 BE) · last flag · context
 *
 * The context is `resource@version/file name`. So a flipped bit, a cut or lengthened file, a chunk moved within the
 * file, and a chunk or a whole file taken from another file, version or resource all fail the tag. This is the STREAM
 * construction (Hoang, Reyhanitabar, Rogaway, Vizár, CRYPTO 2015) with the position in the associated data as well.
 */

export const CHUNK_PLAIN_BYTES = 1 << 20;
export const HEADER_BYTES = 32;
export const TAG_BYTES = 16;
const MAGIC = Buffer.from('SLUICEV1', 'latin1');
const FORMAT_VERSION = 1;
const CHUNK_BYTES_MIN = 16;
const CHUNK_BYTES_MAX = 1 << 24;

/** The cipher of one sealed file: its header, and each chunk by position. */
export interface SealedFormat {
  readonly header: Buffer;
  readonly chunkPlainBytes: number;
  /** Ciphertext and tag of chunk `index`. */
  seal(index: number, last: boolean, plain: Uint8Array): { readonly cipherText: Buffer; readonly tag: Buffer };
  /** @throws AppError VAULT_CORRUPT; no byte of an unauthenticated chunk is ever returned. */
  open(index: number, last: boolean, sealed: Buffer): Buffer;
}

function makeFormat(dataKey: Uint8Array, context: string, header: Buffer): SealedFormat {
  const key = fileKey(dataKey, header.subarray(16, HEADER_BYTES), context);
  const contextBytes = Buffer.from(context, 'utf8');
  const position = (index: number, last: boolean): { nonce: Buffer; associated: Buffer } => {
    const nonce = Buffer.alloc(12);
    nonce[0] = last ? 1 : 0;
    nonce.writeBigUInt64BE(BigInt(index), 4);
    return { nonce, associated: Buffer.concat([header, nonce, contextBytes]) };
  };
  return {
    header,
    chunkPlainBytes: header.readUInt32LE(12),
    seal(index, last, plain) {
      const { nonce, associated } = position(index, last);
      const cipher = createCipheriv('aes-256-gcm', key, nonce);
      cipher.setAAD(associated);
      const cipherText = cipher.update(plain);
      cipher.final();
      return { cipherText, tag: cipher.getAuthTag() };
    },
    open(index, last, sealed) {
      if (sealed.length < TAG_BYTES) throw new AppError('VAULT_CORRUPT');
      const { nonce, associated } = position(index, last);
      const decipher = createDecipheriv('aes-256-gcm', key, nonce, { authTagLength: TAG_BYTES });
      decipher.setAAD(associated);
      decipher.setAuthTag(sealed.subarray(sealed.length - TAG_BYTES));
      const plain = decipher.update(sealed.subarray(0, sealed.length - TAG_BYTES));
      try {
        decipher.final();
      } catch {
        throw new AppError('VAULT_CORRUPT');
      }
      return plain;
    },
  };
}

/** A new file's format, with a fresh salt. */
export function newSealedFormat(
  dataKey: Uint8Array,
  context: string,
  chunkPlainBytes = CHUNK_PLAIN_BYTES,
): SealedFormat {
  assert(chunkPlainBytes >= CHUNK_BYTES_MIN && chunkPlainBytes <= CHUNK_BYTES_MAX, 'chunk size in range');
  const header = Buffer.alloc(HEADER_BYTES);
  MAGIC.copy(header, 0);
  header.writeUInt32LE(FORMAT_VERSION, 8);
  header.writeUInt32LE(chunkPlainBytes, 12);
  randomBytes(16).copy(header, 16);
  return makeFormat(dataKey, context, header);
}

/** @throws AppError VAULT_CORRUPT when the header is not one of this format. */
export function readSealedFormat(dataKey: Uint8Array, context: string, header: Buffer): SealedFormat {
  const chunkBytes = header.length === HEADER_BYTES ? header.readUInt32LE(12) : 0;
  const known = header.subarray(0, 8).equals(MAGIC) && header.readUInt32LE(8) === FORMAT_VERSION;
  if (!known || chunkBytes < CHUNK_BYTES_MIN || chunkBytes > CHUNK_BYTES_MAX) throw new AppError('VAULT_CORRUPT');
  return makeFormat(dataKey, context, Buffer.from(header));
}

/** Where chunk `index` lies in a sealed file of `sealedBytes`, and whether it is the last; null when past the end. */
export function chunkPlace(
  sealedBytes: number,
  chunkPlainBytes: number,
  index: number,
): { readonly offset: number; readonly length: number; readonly last: boolean } | null {
  const stride = chunkPlainBytes + TAG_BYTES;
  const offset = HEADER_BYTES + index * stride;
  if (offset >= sealedBytes) return null;
  const length = Math.min(stride, sealedBytes - offset);
  return { offset, length, last: offset + length === sealedBytes };
}

/** Bytes of the plain text of a sealed file, from its size alone. */
export function plainBytesOf(sealedBytes: number, chunkPlainBytes: number = CHUNK_PLAIN_BYTES): number {
  const chunks = Math.max(1, Math.ceil((sealedBytes - HEADER_BYTES) / (chunkPlainBytes + TAG_BYTES)));
  return Math.max(0, sealedBytes - HEADER_BYTES - chunks * TAG_BYTES);
}
