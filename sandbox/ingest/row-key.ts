import { assert, ROW_KEY_COLUMN } from '#policies/stored-tables';

/**
 * The key of a stored row: 32 signed bits of a keyed hash over all its declared columns as stored, tokens included. The
 * differencing guard knows sets of rows by sums of these keys (policies/release/guard).
 *
 * Guarantee: one resource, one content, one key: in every later version, from CSV as from Parquet. Two rows that differ
 * share a key with probability 2⁻³², and two sums of keys are equal for different multisets with the same.
 * Source: `hash` of DuckDB, which mixes its arguments in order and knows NULL as an argument of its own, between two
 * secret words: the first enters before the values, so that no values collide by construction; the second is folded in
 * before a last mixing, without which two rows would differ by a known pattern in the bits of their last columns.
 * Limits: no cryptographic hash. It stands against an asker who never sees a key, only answers that were withheld; a
 * provider who knows the salt could make rows that collide, and is trusted with its own rows.
 */
export const ROW_SALT_BYTES = 64;

/** `values` are expressions of the stored types, in declared order. */
export function rowKeySql(salt: Uint8Array, values: readonly string[]): string {
  assert(salt.byteLength === ROW_SALT_BYTES, 'a row salt has 64 bytes');
  const words = Buffer.from(salt);
  const [first, last] = [words.readBigUInt64BE(0), words.readBigUInt64BE(8)].map((word) => `${String(word)}::UBIGINT`);
  const mixed = `hash(xor(hash(${[first, ...values].join(', ')}), ${last}))`;
  return `CAST(CAST(${mixed} >> 32 AS BIGINT) - 2147483648 AS INTEGER)`;
}

export const ROW_KEY_DEFINITION = `${ROW_KEY_COLUMN} INTEGER`;

/**
 * One value that tells one behaviour of the engine's `hash` from another: over every stored type, NULL, texts of 0 to 299
 * bytes. Recorded with a table version: keys under different values say nothing about each other, and the guard then
 * takes the sets for too near. WHY not the engine's version: most of its releases leave `hash` as it is.
 */
export const ROW_KEY_SCHEME_SQL =
  "SELECT substr(sha256(string_agg(h, ',' ORDER BY i)), 1, 16) FROM (SELECT i, hash(i::UBIGINT * 97, -i::BIGINT, " +
  "(i * 1.25)::DECIMAL(18,2), i % 2 = 0, DATE '1970-01-01' + i::INTEGER, TIMESTAMP '1970-01-01' + to_microseconds(i * 997), " +
  "repeat('x', i::INTEGER), repeat('数', (i / 3)::INTEGER), CASE WHEN i % 3 = 0 THEN i END)::VARCHAR AS h FROM range(300) t(i))";
