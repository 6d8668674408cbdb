import { hkdfSync } from 'node:crypto';
import { assert } from '#policies/stored-tables';

/** Of the provider's data key, and of every key derived from it. */
export const ASHE_KEY_BYTES = 32;

/** What one key encrypts: once derived for another name, it is another key. */
export interface AsheColumn {
  readonly dataset: string;
  /** Fresh for each encryption of a table, so that no second content ever meets the same pads. */
  readonly version: string;
  readonly column: string;
  readonly of: 'value' | 'square';
}

/**
 * The key of one column of one version, by HKDF-SHA-256 (RFC 5869) from the data key that provider and custodian share.
 * JSON of an array keeps the parts apart: no two columns have one text.
 */
export function asheColumnKey(dataKey: Uint8Array, { dataset, version, column, of }: AsheColumn): Uint8Array {
  assert(dataKey.byteLength === ASHE_KEY_BYTES, 'a data key has 32 bytes');
  const info = JSON.stringify(['sluice ashe-v1', dataset, version, column, of]);
  return new Uint8Array(hkdfSync('sha256', dataKey, new Uint8Array(0), info, ASHE_KEY_BYTES));
}
