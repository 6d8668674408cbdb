import { createDecipheriv, randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { fileKey } from '../../../sandbox/vault/data-key.ts';
import {
  chunkPlace,
  HEADER_BYTES,
  newSealedFormat,
  plainBytesOf,
  readSealedFormat,
  TAG_BYTES,
} from '../../../sandbox/vault/sealed-format.ts';

/**
 * Goal: nobody who can write to the disk changes what a vault file says without it being noticed.
 * Method: every single-byte change, every cut, every swap of a small file; and the same without the tag as control.
 */
const CHUNK = 16;
const CONTEXT = 'elec@3/000000.seg';
const dataKey = randomBytes(32);

function sealAll(plain: Buffer, context = CONTEXT, key = dataKey): Buffer {
  const format = newSealedFormat(key, context, CHUNK);
  const parts: Buffer[] = [format.header];
  const chunks = Math.max(1, Math.ceil(plain.length / CHUNK));
  for (let index = 0; index < chunks; index += 1) {
    const part = plain.subarray(index * CHUNK, (index + 1) * CHUNK);
    const { cipherText, tag } = format.seal(index, index === chunks - 1, part);
    parts.push(cipherText, tag);
  }
  return Buffer.concat(parts);
}

function openAll(sealed: Buffer, context = CONTEXT): Buffer {
  const format = readSealedFormat(dataKey, context, sealed.subarray(0, HEADER_BYTES));
  const parts: Buffer[] = [];
  for (let index = 0; ; index += 1) {
    const place = chunkPlace(sealed.length, format.chunkPlainBytes, index);
    if (place === null) throw new Error('no last chunk');
    parts.push(format.open(index, place.last, sealed.subarray(place.offset, place.offset + place.length)));
    if (place.last) return Buffer.concat(parts);
  }
}

/** The control: the same reader, but it never looks at a tag. */
function openWithoutTags(sealed: Buffer): Buffer {
  const key = fileKey(dataKey, sealed.subarray(16, HEADER_BYTES), CONTEXT);
  const parts: Buffer[] = [];
  for (let index = 0, last = false; !last; index += 1) {
    const place = chunkPlace(sealed.length, CHUNK, index);
    if (place === null) break;
    last = place.last;
    const nonce = Buffer.alloc(12);
    nonce[0] = last ? 1 : 0;
    nonce.writeBigUInt64BE(BigInt(index), 4);
    const body = sealed.subarray(place.offset, place.offset + place.length - TAG_BYTES);
    parts.push(createDecipheriv('aes-256-gcm', key, nonce).update(body));
  }
  return Buffer.concat(parts);
}

const plain = Buffer.from('the quick brown fox jumps over the lazy dog, twice');

describe('the sealed format', () => {
  it.each([0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 4 * CHUNK])('gives back %i bytes', (length) => {
    const bytes = randomBytes(length);
    const sealed = sealAll(bytes);
    expect(openAll(sealed).equals(bytes)).toBe(true);
    expect(plainBytesOf(sealed.length, CHUNK)).toBe(length);
  });

  it('notices a change of any one byte', () => {
    const sealed = sealAll(plain);
    for (let at = 0; at < sealed.length; at += 1) {
      const changed = Buffer.from(sealed);
      changed[at] = (changed[at] as number) ^ (1 << (at % 8));
      expect(() => openAll(changed), `byte ${String(at)}`).toThrow();
    }
  });

  it('control: without the tag a changed byte goes unnoticed', () => {
    const sealed = sealAll(plain);
    expect(openWithoutTags(sealed).equals(plain)).toBe(true);
    const changed = Buffer.from(sealed);
    changed[HEADER_BYTES] = (changed[HEADER_BYTES] as number) ^ 1;
    const read = openWithoutTags(changed);
    expect(read.toString('latin1', 1)).toBe(plain.toString('latin1', 1));
    expect(read[0]).toBe((plain[0] as number) ^ 1);
  });

  it('notices a cut at any place, and anything appended', () => {
    const sealed = sealAll(plain);
    for (let length = 0; length < sealed.length; length += 1) {
      expect(() => openAll(sealed.subarray(0, length)), `cut to ${String(length)}`).toThrow();
    }
    expect(() => openAll(Buffer.concat([sealed, Buffer.alloc(1)]))).toThrow();
    expect(() => openAll(Buffer.concat([sealed, sealed.subarray(HEADER_BYTES)]))).toThrow();
  });

  it('notices chunks that changed places', () => {
    const sealed = sealAll(plain);
    const stride = CHUNK + TAG_BYTES;
    const first = sealed.subarray(HEADER_BYTES, HEADER_BYTES + stride);
    const second = sealed.subarray(HEADER_BYTES + stride, HEADER_BYTES + 2 * stride);
    const swapped = Buffer.concat([
      sealed.subarray(0, HEADER_BYTES),
      second,
      first,
      sealed.subarray(HEADER_BYTES + 2 * stride),
    ]);
    expect(swapped.length).toBe(sealed.length);
    expect(() => openAll(swapped)).toThrow();
  });

  it.each(['elec@4/000000.seg', 'elec@3/000001.seg', 'gas@3/000000.seg'])('refuses a file written as %s', (context) => {
    expect(() => openAll(sealAll(plain, context))).toThrow();
  });

  it('never seals twice to the same bytes', () => {
    expect(sealAll(plain).equals(sealAll(plain))).toBe(false);
  });
});
