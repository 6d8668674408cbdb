import { hkdfSync } from 'node:crypto';

/** HKDF-SHA-256 (RFC 5869) without salt: one key for each purpose that `info` names, none of which tells of another. */
export function deriveKey(key: Uint8Array, info: string, bytes: number): Uint8Array {
  return new Uint8Array(hkdfSync('sha256', key, new Uint8Array(), info, bytes));
}

/** Of the MACs over rows that decide who may ask what (catalog/row-seals.ts). */
export function catalogueKey(masterKey: Uint8Array): Uint8Array {
  return deriveKey(masterKey, 'sluice catalogue integrity', 32);
}
