import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto';
import { AppError, assert } from '#policies/stored-tables';

/**
 * Keys of the vault. The master key wraps one random data key per table version; every sealed file of the version has
 * a key of its own, derived from the data key. The wrapped key lies in exactly one place (`key` in the version's
 * folder), so that overwriting those 84 bytes is the erasure of the version (crypto-shredding).
 *
 * Source: NIST SP 800-38D (AES-GCM), RFC 5869 (HKDF), NIST SP 800-88r1 §2.5 (cryptographic erase).
 */

export const KEY_BYTES = 32;
const WRAP_MAGIC = Buffer.from('SLUICEK1', 'latin1');
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
export const WRAPPED_KEY_BYTES = WRAP_MAGIC.length + NONCE_BYTES + KEY_BYTES + TAG_BYTES;

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

function derive(key: Uint8Array, salt: Uint8Array, info: string): Buffer {
  return Buffer.from(hkdfSync('sha256', key, salt, Buffer.from(info, 'utf8'), KEY_BYTES));
}

/** The key that wraps: derived, so that the master key itself never meets a cipher. */
function wrappingKey(masterKey: Uint8Array): Buffer {
  return derive(masterKey, Buffer.alloc(0), 'sluice vault wrap v1');
}

function wrapContext(name: VersionName): Buffer {
  return Buffer.concat([WRAP_MAGIC, Buffer.from(versionLabel(name), 'utf8')]);
}

export function wrapDataKey(masterKey: Uint8Array, name: VersionName, dataKey: Uint8Array): Buffer {
  const nonce = randomBytes(NONCE_BYTES);
  const cipher = createCipheriv('aes-256-gcm', wrappingKey(masterKey), nonce);
  cipher.setAAD(wrapContext(name));
  return Buffer.concat([WRAP_MAGIC, nonce, cipher.update(dataKey), cipher.final(), cipher.getAuthTag()]);
}

/** @throws AppError VAULT_CORRUPT when the bytes were changed, belong to another version, or the master key is another. */
export function unwrapDataKey(masterKey: Uint8Array, name: VersionName, wrapped: Uint8Array): Buffer {
  const bytes = Buffer.from(wrapped.buffer, wrapped.byteOffset, wrapped.byteLength);
  if (bytes.length !== WRAPPED_KEY_BYTES || !bytes.subarray(0, 8).equals(WRAP_MAGIC))
    throw new AppError('VAULT_CORRUPT');
  const nonce = bytes.subarray(8, 8 + NONCE_BYTES);
  const decipher = createDecipheriv('aes-256-gcm', wrappingKey(masterKey), nonce, { authTagLength: TAG_BYTES });
  decipher.setAAD(wrapContext(name));
  decipher.setAuthTag(bytes.subarray(bytes.length - TAG_BYTES));
  try {
    const key = decipher.update(bytes.subarray(8 + NONCE_BYTES, bytes.length - TAG_BYTES));
    decipher.final();
    return key;
  } catch {
    throw new AppError('VAULT_CORRUPT');
  }
}

/** The key of one sealed file; the salt is random per file, so that a nonce never meets the same key twice. */
export function fileKey(dataKey: Uint8Array, salt: Uint8Array, context: string): Buffer {
  return derive(dataKey, salt, `sluice vault file v1\0${context}`);
}
