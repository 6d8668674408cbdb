import { createCipheriv, createDecipheriv, createHash, hkdfSync, randomBytes } from 'node:crypto';
import { AppError, assert } from '#policies/stored-tables';

/**
 * What keeps secrets at rest: data keys and the secrets of a home are wrapped by one key from outside of the home, which is held in
 * memory (`masterKeyWrapper`) or never seen (`serviceKeyWrapper`: a key management service).
 *
 * A wrapped secret: magic "SLUICEK2" (8) · id of the wrapper (8) · what only that wrapper can open. Header and context (what the secret
 * is of) are associated data, so that nothing can be put in another's place.
 *
 * Source: NIST SP 800-38D (AES-GCM), RFC 5869 (HKDF), NIST SP 800-57 Part 1 §5.3.5 (key wrapping keys).
 */
export interface KeyWrapper {
  /** Names the key that wraps, and tells nothing of it: 16 hexadecimal digits. */
  readonly id: string;
  wrap(secret: Uint8Array, context: string): Promise<Buffer>;
  /** @throws AppError MASTER_KEY_WRONG (needed, given) when another key wrapped it; VAULT_CORRUPT; KEY_SERVICE_FAILED (problem) */
  unwrap(wrapped: Uint8Array, context: string): Promise<Buffer>;
}

const MAGIC = Buffer.from('SLUICEK2', 'latin1');
/** Wrapped data keys of homes before rotation was possible: magic · nonce · 32 bytes · tag, and no id. */
const FORMER_MAGIC = Buffer.from('SLUICEK1', 'latin1');
const ID_BYTES = 8;
const HEADER_BYTES = MAGIC.length + ID_BYTES;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
export const KEY_BYTES = 32;

/** Which wrapper a wrapped secret needs; null where it does not say (FORMER_MAGIC) or is none. */
export function wrapperIdOf(wrapped: Uint8Array): string | null {
  const bytes = Buffer.from(wrapped.buffer, wrapped.byteOffset, wrapped.byteLength);
  if (bytes.length < HEADER_BYTES || !bytes.subarray(0, MAGIC.length).equals(MAGIC)) return null;
  return bytes.subarray(MAGIC.length, HEADER_BYTES).toString('hex');
}

/** @param masterKey 32 bytes; it never meets a cipher itself. */
export function masterKeyWrapper(masterKey: Uint8Array): KeyWrapper {
  assert(masterKey.byteLength === KEY_BYTES, 'the master key has 32 bytes');
  const key = derive(masterKey, 'sluice vault wrap v1', KEY_BYTES);
  const id = derive(masterKey, 'sluice vault wrap id', ID_BYTES).toString('hex');
  const header = headerOf(id);
  return {
    id,
    wrap: async (secret, context) => Buffer.concat([header, seal(key, secret, header, context)]),
    async unwrap(wrapped, context) {
      const bytes = Buffer.from(wrapped);
      if (bytes.subarray(0, FORMER_MAGIC.length).equals(FORMER_MAGIC))
        return open(key, bytes.subarray(FORMER_MAGIC.length), FORMER_MAGIC, context);
      return open(key, payloadOf(bytes, id), header, context);
    },
  };
}

/** What a key management service does: it makes 32 bytes unreadable for everybody but itself. */
export interface KeyService {
  /** The name of its key. Changing it needs a rotation. */
  readonly keyName: string;
  wrap(key: Uint8Array): Promise<Uint8Array>;
  unwrap(wrapped: Uint8Array): Promise<Uint8Array>;
}

const WRAPPED_BYTES_MAX = 65_535;

/**
 * Wraps each secret under a fresh key, and has the service wrap that one: it never sees a secret, and what secrets are of is bound here,
 * whatever the service makes of contexts.
 */
export function serviceKeyWrapper(service: KeyService): KeyWrapper {
  const id = createHash('sha256')
    .update(`key service\0${service.keyName}`)
    .digest('hex')
    .slice(0, 2 * ID_BYTES);
  const header = headerOf(id);
  return {
    id,
    async wrap(secret, context) {
      const key = randomBytes(KEY_BYTES);
      const wrappedKey = await service.wrap(key);
      if (wrappedKey.length === 0 || wrappedKey.length > WRAPPED_BYTES_MAX)
        throw new AppError('KEY_SERVICE_FAILED', { problem: 'answer' });
      const length = Buffer.alloc(2);
      length.writeUInt16BE(wrappedKey.length);
      return Buffer.concat([header, length, wrappedKey, seal(key, secret, header, context)]);
    },
    async unwrap(wrapped, context) {
      const payload = payloadOf(Buffer.from(wrapped), id);
      if (payload.length < 2) throw new AppError('VAULT_CORRUPT');
      const end = 2 + payload.readUInt16BE(0);
      const key = Buffer.from(await service.unwrap(payload.subarray(2, end)));
      if (key.length !== KEY_BYTES) throw new AppError('KEY_SERVICE_FAILED', { problem: 'answer' });
      return open(key, payload.subarray(end), header, context);
    },
  };
}

function headerOf(id: string): Buffer {
  return Buffer.concat([MAGIC, Buffer.from(id, 'hex')]);
}

function payloadOf(bytes: Buffer, given: string): Buffer {
  const needed = wrapperIdOf(bytes);
  if (needed === null) throw new AppError('VAULT_CORRUPT');
  if (needed !== given) throw new AppError('MASTER_KEY_WRONG', { needed, given });
  return bytes.subarray(HEADER_BYTES);
}

function derive(key: Uint8Array, info: string, bytes: number): Buffer {
  return Buffer.from(hkdfSync('sha256', key, Buffer.alloc(0), Buffer.from(info, 'utf8'), bytes));
}

function seal(key: Uint8Array, secret: Uint8Array, header: Uint8Array, context: string): Buffer {
  const nonce = randomBytes(NONCE_BYTES);
  const cipher = createCipheriv('aes-256-gcm', key, nonce);
  cipher.setAAD(Buffer.concat([header, Buffer.from(context, 'utf8')]));
  return Buffer.concat([nonce, cipher.update(secret), cipher.final(), cipher.getAuthTag()]);
}

function open(key: Uint8Array, sealed: Buffer, header: Uint8Array, context: string): Buffer {
  if (sealed.length < NONCE_BYTES + TAG_BYTES) throw new AppError('VAULT_CORRUPT');
  const decipher = createDecipheriv('aes-256-gcm', key, sealed.subarray(0, NONCE_BYTES), { authTagLength: TAG_BYTES });
  decipher.setAAD(Buffer.concat([header, Buffer.from(context, 'utf8')]));
  decipher.setAuthTag(sealed.subarray(sealed.length - TAG_BYTES));
  try {
    const plain = decipher.update(sealed.subarray(NONCE_BYTES, sealed.length - TAG_BYTES));
    return Buffer.concat([plain, decipher.final()]);
  } catch {
    throw new AppError('VAULT_CORRUPT');
  }
}
