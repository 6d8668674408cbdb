import { createHash } from 'node:crypto';
import { assert } from '#policies';

/**
 * Identifiers are stored as keyed tokens: the first 64 bits of SHA-256(key ‖ canonical value), where the key fills
 * exactly the first block of the hash (64 bytes), one key per domain.
 *
 * Guarantee: without the key a token says nothing of its value but equality within the domain. The first block makes
 * the chaining value a secret key of the compression function; the output is cut to a quarter of the state, so that
 * the cascade cannot be extended: this is AMAC, a secure PRF (Bellare, Bernstein, Tessaro, EUROCRYPT 2016, §4).
 * Limits: two of n values collide with probability n²/2⁶⁵ (10⁷ values: 3·10⁻⁶); whoever holds the key can try values.
 */
export const UNIT_KEY_BYTES = 64;
export const IDENTIFIER_CHARACTERS_MAX = 256;

/**
 * The form that is hashed: outer spaces removed, upper case by simple case mapping (one character to one, as the
 * engine's `upper` does). Null when nothing is left.
 */
export function canonicalIdentifier(value: string): string | null {
  const trimmed = value.replace(/^ +| +$/g, '');
  if (trimmed === '') return null;
  return [...trimmed].map(upperOfOne).join('');
}

function upperOfOne(character: string): string {
  const upper = character.toUpperCase();
  return [...upper].length === 1 ? upper : character;
}

/** The token of an identifier as the ingest worker's SQL computes it; null for an empty value. */
export function tokenOf(key: Uint8Array, value: string): bigint | null {
  assert(key.byteLength === UNIT_KEY_BYTES, 'a unit key fills one block of the hash');
  const canonical = canonicalIdentifier(value);
  if (canonical === null) return null;
  return createHash('sha256').update(key).update(canonical, 'utf8').digest().readBigUInt64BE(0);
}

/** The same in SQL; `text` is an expression of type VARCHAR that is already canonical. */
export function tokenSql(key: Uint8Array, text: string): string {
  assert(key.byteLength === UNIT_KEY_BYTES, 'a unit key fills one block of the hash');
  const hex = Buffer.from(key).toString('hex');
  return `CAST('0x' || left(sha256(from_hex('${hex}') || encode(${text})), 16) AS UBIGINT)`;
}

/** True of text that `canonicalSql` would leave as `upper` makes it: cheaper than `trim`. */
export function untrimmedSql(text: string): string {
  return `NOT starts_with(${text}, ' ') AND NOT ends_with(${text}, ' ')`;
}

export function canonicalSql(text: string): string {
  return `nullif(upper(trim(${text})), '')`;
}
