import { createHash } from 'node:crypto';
import { assert } from '#policies/stored-tables';

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
 * The form that is hashed: outer spaces removed, a–z in upper case. Null when nothing is left.
 * WHY ASCII alone: the case of every other letter depends on a version of Unicode, and tokens outlive those.
 */
export function canonicalIdentifier(value: string): string | null {
  const trimmed = value.replace(/^ +| +$/g, '');
  return trimmed === '' ? null : trimmed.replace(/[a-z]/g, (letter) => letter.toUpperCase());
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
  return `CAST('0x' || substr(sha256(from_hex('${hex}') || encode(${text})), 1, 16) AS UBIGINT)`;
}

/** Canonical when `untrimmedSql` holds; cheaper than `canonicalSql`. */
export function upperSql(text: string): string {
  const ascii = `strlen(${text}) = length(${text})`; // as many bytes as characters
  return `CASE WHEN ${ascii} THEN upper(${text}) ELSE translate(${text}, '${LOWER}', '${LOWER.toUpperCase()}') END`;
}

const LOWER = 'abcdefghijklmnopqrstuvwxyz';

export function untrimmedSql(text: string): string {
  return `NOT starts_with(${text}, ' ') AND NOT ends_with(${text}, ' ')`;
}

export function canonicalSql(text: string): string {
  return `nullif(${upperSql(`trim(${text}, ' ')`)}, '')`;
}
