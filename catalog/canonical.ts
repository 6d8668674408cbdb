import { createHash } from 'node:crypto';
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
