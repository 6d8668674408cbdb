import { hkdfSync } from 'node:crypto';

/** HKDF-SHA-256 (RFC 5869) without salt: one key for each purpose that `info` names, none of which tells of another. */
export function deriveKey(key: Uint8Array, info: string, bytes: number): Uint8Array {
  return new Uint8Array(hkdfSync('sha256', key, new Uint8Array(), info, bytes));
}
