import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { AppError } from '#policies';
import { deriveKey } from './derive-key.ts';
import { readOrCreatePrivate } from './private-file.ts';

/** Key block of SHA-256: registration hashes `key ‖ identifier` (sandbox/ingest). */
const IDENTIFIER_KEY_BYTES = 64;
const ROOT_BYTES = 32;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;

/**
 * The keys under which registration turns identifiers into tokens, one a domain, all derived from a root that is fixed
 * for the life of a home: the same person must get the same token in every table. The root lies in a file, sealed under
 * the master key, so that a stolen disk cannot test guesses of identifiers against tokens.
 *
 * Errors: VAULT_CORRUPT where the file was not sealed under this master key.
 */
export async function openIdentifierKeys(path: string, masterKey: Uint8Array): Promise<(domain: string) => Uint8Array> {
  const sealing = deriveKey(masterKey, 'sluice identifier root', 32);
  const { bytes } = await readOrCreatePrivate(path, 'SLUICE_HOME', async () => seal(sealing, randomBytes(ROOT_BYTES)));
  const root = unseal(sealing, bytes);
  return (domain) => deriveKey(root, `sluice identifiers ${domain}`, IDENTIFIER_KEY_BYTES);
}

function seal(key: Uint8Array, plain: Uint8Array): Uint8Array {
  const nonce = randomBytes(NONCE_BYTES);
  const cipher = createCipheriv('aes-256-gcm', key, nonce);
  return Buffer.concat([nonce, cipher.update(plain), cipher.final(), cipher.getAuthTag()]);
}

function unseal(key: Uint8Array, sealed: Uint8Array): Uint8Array {
  if (sealed.byteLength !== NONCE_BYTES + ROOT_BYTES + TAG_BYTES) throw new AppError('VAULT_CORRUPT');
  const decipher = createDecipheriv('aes-256-gcm', key, sealed.subarray(0, NONCE_BYTES));
  decipher.setAuthTag(sealed.subarray(NONCE_BYTES + ROOT_BYTES));
  try {
    const plain = decipher.update(sealed.subarray(NONCE_BYTES, NONCE_BYTES + ROOT_BYTES));
    return Buffer.concat([plain, decipher.final()]);
  } catch (cause) {
    throw new AppError('VAULT_CORRUPT', {}, null, cause);
  }
}
