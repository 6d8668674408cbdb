import { hkdfSync } from 'node:crypto';
import { assert } from '#policies/stored-tables';
import { KEY_BYTES } from './key-wrapper.ts';

/**
 * Keys of the vault. One random data key per table version is wrapped from outside (`key-wrapper.ts`); every sealed file of the version
 * has a key of its own, derived from the data key. The wrapped key lies in exactly one place (`key` in the version's
 * folder), so that overwriting it is the erasure of the version (crypto-shredding).
 *
 * Source: RFC 5869 (HKDF), NIST SP 800-88r1 §2.5 (cryptographic erase).
 */

/** What a sealed file belongs to: bound into every key and every chunk, so that nothing can be replayed elsewhere. */
export interface VersionName {
  readonly resource: string;
  readonly version: number;
}

const RESOURCE = /^[a-z][a-z0-9_]{0,62}$/;

/** `resource@version`: the folder's name and the associated data. Both parts come from the catalogue: a bad one is a bug. */
export function versionLabel(name: VersionName): string {
  assert(RESOURCE.test(name.resource), 'a vault resource is a lower-case identifier');
  assert(Number.isSafeInteger(name.version) && name.version >= 0, 'a vault version is a whole number');
  return `${name.resource}@${name.version}`;
}

export function parseVersionLabel(label: string): VersionName | null {
  const match = /^([a-z][a-z0-9_]{0,62})@(\d{1,15})$/.exec(label);
  return match === null ? null : { resource: match[1] as string, version: Number(match[2]) };
}

/** The key of one sealed file; the salt is random per file, so that a nonce never meets the same key twice. */
export function fileKey(dataKey: Uint8Array, salt: Uint8Array, context: string): Buffer {
  return Buffer.from(
    hkdfSync('sha256', dataKey, salt, Buffer.from(`sluice vault file v1\0${context}`, 'utf8'), KEY_BYTES),
  );
}
