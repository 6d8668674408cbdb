import { createDecipheriv, randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { AppError } from '#policies';
import { invalid } from '../config.ts';
import { readOrCreatePrivate, readPrivate } from '../identity/index.ts';
import { deriveKey } from './derive-key.ts';
import type { MasterKey } from './master-key.ts';

/**
 * Secrets that are fixed for the life of a home, each of its own random 32 bytes, in one file that the master key wraps: a rotation of
 * the master key wraps the file anew and changes none of them. A stolen disk has none.
 */
export interface HomeSecrets {
  /** Root of the keys under which registration turns identifiers into tokens, of row keys, and of perturbation noise. */
  readonly identifiers: Uint8Array;
  /** Of the MACs over rows that decide who may ask what (catalog/row-seals.ts). */
  readonly catalogue: Uint8Array;
  readonly canaries: Uint8Array;
  readonly keptAnswers: Uint8Array;
}

const SECRET_BYTES = 32;
const Secret = z.string().regex(/^[0-9a-f]{64}$/);
const Stored = z.strictObject({ identifiers: Secret, catalogue: Secret, canaries: Secret, keptAnswers: Secret });
/** What the file is of, as associated data. */
export const SECRETS_CONTEXT = 'home secrets v1';

export function secretsPath(home: string): string {
  return join(home, 'keys', 'secrets.sealed');
}

/**
 * The secrets of a home, made on its first start.
 * Errors: MASTER_KEY_WRONG, VAULT_CORRUPT, KEY_SERVICE_FAILED; CONFIG_INVALID where the home has data and no secrets.
 */
export async function openHomeSecrets(home: string, master: MasterKey): Promise<HomeSecrets> {
  const path = secretsPath(home);
  const { bytes } = await readOrCreatePrivate(path, 'SLUICE_HOME', async () => {
    const secrets = existsSync(formerPath(home)) ? await formerSecrets(home, master) : freshSecrets(home);
    return await master.wrapper.wrap(encode(secrets), SECRETS_CONTEXT);
  });
  const secrets = decode(await master.wrapper.unwrap(bytes, SECRETS_CONTEXT));
  await rm(formerPath(home), { force: true });
  return secrets;
}

/** For looks from outside, which make nothing; null where the home has none. Errors: as `openHomeSecrets`. */
export async function readHomeSecrets(home: string, master: MasterKey): Promise<HomeSecrets | null> {
  const bytes = await readPrivate(secretsPath(home), 'SLUICE_HOME');
  if (bytes !== null) return decode(await master.wrapper.unwrap(bytes, SECRETS_CONTEXT));
  return existsSync(formerPath(home)) ? await formerSecrets(home, master) : null;
}

/** The keys of identifiers, one a domain, all derived from the one root: the same person has the same token in every table. */
export function identifierKeys({ identifiers }: HomeSecrets): (domain: string) => Uint8Array {
  return (domain) => deriveKey(identifiers, `sluice identifiers ${domain}`, IDENTIFIER_KEY_BYTES);
}

/** Key block of SHA-256: registration hashes `key ‖ identifier` (sandbox/ingest). */
const IDENTIFIER_KEY_BYTES = 64;

function freshSecrets(home: string): HomeSecrets {
  if (existsSync(join(home, 'sluice.db'))) {
    throw invalid('SLUICE_HOME', {
      en: `has data, but \`${secretsPath(home)}\` is missing: restore it from a backup of the home`,
      zh: `中有数据，但缺少 \`${secretsPath(home)}\`：请从主目录的备份中恢复`,
    });
  }
  const [identifiers, catalogue, canaries, keptAnswers] = [fresh(), fresh(), fresh(), fresh()];
  return { identifiers, catalogue, canaries, keptAnswers };
}

const fresh = (): Uint8Array => randomBytes(SECRET_BYTES);

function encode({ identifiers, catalogue, canaries, keptAnswers }: HomeSecrets): Buffer {
  const hex = (secret: Uint8Array) => Buffer.from(secret).toString('hex');
  const stored: z.output<typeof Stored> = {
    identifiers: hex(identifiers),
    catalogue: hex(catalogue),
    canaries: hex(canaries),
    keptAnswers: hex(keptAnswers),
  };
  return Buffer.from(JSON.stringify(stored));
}

function decode(plain: Buffer): HomeSecrets {
  const stored = Stored.parse(JSON.parse(plain.toString('utf8')));
  const bytes = (hex: string) => Buffer.from(hex, 'hex');
  return {
    identifiers: bytes(stored.identifiers),
    catalogue: bytes(stored.catalogue),
    canaries: bytes(stored.canaries),
    keptAnswers: bytes(stored.keptAnswers),
  };
}

// ── Homes from before: one secret in a file, the others derived from the master key ──────────────────────────────────

function formerPath(home: string): string {
  return join(home, 'keys', 'identifiers.sealed');
}

/** What the master key gave before: kept as they are, so that tokens, seals and digests stay good. */
async function formerSecrets(home: string, { key }: MasterKey): Promise<HomeSecrets> {
  const sealed = await readPrivate(formerPath(home), 'SLUICE_HOME');
  if (key === null || sealed === null) {
    throw invalid('SLUICE_HOME', {
      en: 'is of an older version: start it once with its own master key, then rotate to the key management service',
      zh: '由旧版本写入：请先用其原有主密钥启动一次，再轮换到密钥管理服务',
    });
  }
  return {
    identifiers: unseal(deriveKey(key, 'sluice identifier root', SECRET_BYTES), sealed),
    catalogue: deriveKey(key, 'sluice catalogue integrity', SECRET_BYTES),
    canaries: deriveKey(key, 'sluice canaries', SECRET_BYTES),
    keptAnswers: deriveKey(key, 'sluice kept answers', SECRET_BYTES),
  };
}

const NONCE_BYTES = 12;
const TAG_BYTES = 16;

function unseal(key: Uint8Array, sealed: Uint8Array): Uint8Array {
  if (sealed.byteLength !== NONCE_BYTES + SECRET_BYTES + TAG_BYTES) throw new AppError('VAULT_CORRUPT');
  const decipher = createDecipheriv('aes-256-gcm', key, sealed.subarray(0, NONCE_BYTES));
  decipher.setAuthTag(sealed.subarray(NONCE_BYTES + SECRET_BYTES));
  try {
    const plain = decipher.update(sealed.subarray(NONCE_BYTES, NONCE_BYTES + SECRET_BYTES));
    return Buffer.concat([plain, decipher.final()]);
  } catch (cause) {
    throw new AppError('VAULT_CORRUPT', {}, null, cause);
  }
}
