import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { CliFailure } from './failure.ts';
import { readTextFile } from './http-client.ts';

/** A person's own private keys, each a PEM file: what signs, and what opens. */
export type KeyType = 'ed25519' | 'x25519';
const NAMES: Readonly<Record<KeyType, string>> = { ed25519: 'Ed25519', x25519: 'X25519' };

/** A key where there is none: readable by its owner alone, and never over another file. */
export async function createKeyFile(path: string, type: KeyType): Promise<void> {
  if (existsSync(path)) return;
  const { privateKey } = type === 'ed25519' ? generateKeyPairSync('ed25519') : generateKeyPairSync('x25519');
  await writeFile(path, privateKey.export({ format: 'pem', type: 'pkcs8' }), { flag: 'wx', mode: 0o600 });
}

/** @throws CliFailure KEY_INVALID, FILE */
export async function readKeyFile(
  path: string,
  type: KeyType,
): Promise<{ readonly privateKey: KeyObject; readonly publicKey: KeyObject }> {
  const pem = await readTextFile(path);
  try {
    const privateKey = createPrivateKey(pem);
    if (privateKey.asymmetricKeyType === type) return { privateKey, publicKey: createPublicKey(privateKey) };
  } catch {
    // Falls through: what is wrong with the text of a private key is nothing to repeat.
  }
  throw new CliFailure('KEY_INVALID', {
    en: `\`${path}\` is no ${NAMES[type]} private key`,
    zh: `\`${path}\` 不是 ${NAMES[type]} 私钥`,
  });
}
