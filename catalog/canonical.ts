import { createHash, hash } from 'node:crypto';
import { assert } from '#policies/vocabulary';

/**
 * Canonical JSON text (RFC 8785): equal values have equal bytes. Members that are `undefined` are left out. Plain values only.
 *
 * WHY by hand: ECMAScript's own JSON writes numbers and strings as the RFC does (3.2.2), so that only the order of members
 * is left to do; measured, an entry takes little more than half of the time that the package `canonicalize` takes, which the tests hold
 * this against.
 */
export function canonicalJson(value: object): string {
  return Array.isArray(value) ? canonicalArray(value) : canonicalObject(value as Readonly<Record<string, unknown>>);
}

function canonicalArray(items: readonly unknown[]): string {
  let text = '';
  for (const item of items) text += `${text === '' ? '' : ','}${canonicalValue(item) ?? 'null'}`;
  return `[${text}]`;
}

function canonicalObject(members: Readonly<Record<string, unknown>>): string {
  let text = '';
  for (const name of Object.keys(members).sort()) {
    const member = canonicalValue(members[name]);
    if (member !== undefined) text += (text === '' ? '' : ',') + quotedName(name) + member;
  }
  return `{${text}}`;
}

const NAMES_MAX = 1_024;
const quotedNames = new Map<string, string>();

/** A member's name up to its value. Remembered: nearly all are this software's own, and the same again and again. */
function quotedName(name: string): string {
  const known = quotedNames.get(name);
  if (known !== undefined) return known;
  const quoted = `${JSON.stringify(name)}:`;
  if (quotedNames.size < NAMES_MAX) quotedNames.set(name, quoted);
  return quoted;
}

function canonicalValue(value: unknown): string | undefined {
  if (typeof value === 'object' && value !== null) return canonicalJson(value);
  assert(typeof value !== 'number' || Number.isFinite(value), 'JSON has no NaN and no infinity');
  return JSON.stringify(value);
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
