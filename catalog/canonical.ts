import { createHash, hash } from 'node:crypto';
import canonicalize from 'canonicalize';
import { assert } from '#policies';

/** Canonical JSON text (RFC 8785): equal values have equal bytes. Members that are `undefined` are left out. */
export function canonicalJson(value: object): string {
  const text = canonicalize(value);
  assert(text !== undefined, 'an object has a canonical form');
  return text;
}

export function sha256Hex(content: string | Uint8Array): string {
  return createHash('sha256').update(content).digest('hex');
}

/** SHA-256 of the canonical JSON, as lower-case hex. */
export function contentHash(value: object): string {
  return sha256Hex(canonicalJson(value));
}

/**
 * SHA-256 in one call. WHY by way of a string: measured on Node 24, the digest as a string and back is more than twice as
 * fast as the digest as a Buffer, and a tree is made of little else.
 */
export function sha256(bytes: Uint8Array): Buffer {
  return Buffer.from(hash('sha256', bytes, 'binary'), 'binary');
}
