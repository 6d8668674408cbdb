import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { type KeyWrapper, masterKeyWrapper, serviceKeyWrapper } from '#sandbox';
import type { Config } from '../config.ts';
import { invalid } from '../config.ts';
import { decodeMasterKey, MASTER_KEY_BYTES } from '../config-variables.ts';
import { readOrCreatePrivate, readPrivate } from '../identity/index.ts';
import { openKeyService } from './key-service.ts';

export interface MasterKey {
  readonly wrapper: KeyWrapper;
  /** 32 bytes; null where a key management service has it. */
  readonly key: Uint8Array | null;
  /** The file that the key was just created in, for the warning that production wants it elsewhere; else null. */
  readonly createdAt: string | null;
}

/**
 * The master key, from where the configuration says.
 * Errors: CONFIG_INVALID where the file is absent, readable by others, or does not hold 32 bytes of hex or base64.
 */
export async function openMasterKey(config: Pick<Config, 'masterKey'>): Promise<MasterKey> {
  const source = config.masterKey;
  switch (source.from) {
    case 'variable':
      return held(source.key);
    case 'file':
      return held(await readMasterKeyFile(source.path, 'SLUICE_MASTER_KEY_FILE'));
    case 'home':
      return await ownKey(source.path);
    case 'command':
    case 'url':
      return { wrapper: serviceKeyWrapper(openKeyService(source)), key: null, createdAt: null };
  }
}

function held(key: Uint8Array, createdAt: string | null = null): MasterKey {
  return { wrapper: masterKeyWrapper(key), key, createdAt };
}

/** WHY never made where there is data: a new key would open none of it, and hide that the old one is missing. */
async function ownKey(path: string): Promise<MasterKey> {
  if (!existsSync(path) && existsSync(join(dirname(path), '..', 'sluice.db'))) {
    throw invalid('SLUICE_HOME', {
      en: `has data, but its master key \`${path}\` is missing; put the file back, or set SLUICE_MASTER_KEY_FILE to where it is now`,
      zh: `中有数据，但缺少其主密钥 \`${path}\`；请放回该文件，或将 SLUICE_MASTER_KEY_FILE 设为其所在位置`,
    });
  }
  const { created } = await createMasterKeyFile(path, 'SLUICE_HOME');
  return held(await readMasterKeyFile(path, 'SLUICE_HOME'), created ? path : null);
}

/** Errors: CONFIG_INVALID naming `variable`. */
export async function readMasterKeyFile(path: string, variable: string): Promise<Uint8Array> {
  const bytes = await readPrivate(path, variable);
  if (bytes === null)
    throw invalid(variable, { en: `points to \`${path}\`, which does not exist`, zh: `指向的 \`${path}\` 不存在` });
  const key = decodeMasterKey(Buffer.from(bytes).toString('latin1').trim());
  if (key !== null) return key;
  throw invalid(variable, {
    en: `points to \`${path}\`, which does not hold 32 bytes as 64 hexadecimal digits or base64`,
    zh: `指向的 \`${path}\` 不是 32 字节密钥的 64 位十六进制或 base64`,
  });
}

/** A file with a fresh key where there is none. */
export function createMasterKeyFile(path: string, variable: string): ReturnType<typeof readOrCreatePrivate> {
  return readOrCreatePrivate(path, variable, async () =>
    Buffer.from(`${randomBytes(MASTER_KEY_BYTES).toString('hex')}\n`),
  );
}
