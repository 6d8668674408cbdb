import { randomBytes } from 'node:crypto';
import type { Config } from '../config.ts';
import { invalid } from '../config.ts';
import { decodeMasterKey, MASTER_KEY_BYTES } from '../config-variables.ts';
import { readOrCreatePrivate, readPrivate } from './private-file.ts';

export interface MasterKey {
  /** 32 bytes. */
  readonly key: Uint8Array;
  /** The file that the key was just created in, for the warning that production wants it elsewhere; else null. */
  readonly createdAt: string | null;
}

/**
 * The key that wraps every data key of the vault, from where the configuration says.
 * Errors: CONFIG_INVALID where the file is absent, readable by others, or does not hold 32 bytes of hex or base64.
 */
export async function loadMasterKey(config: Pick<Config, 'masterKey'>): Promise<MasterKey> {
  const source = config.masterKey;
  if (source.from === 'variable') return { key: source.key, createdAt: null };
  if (source.from === 'file') {
    const bytes = await readPrivate(source.path, 'SLUICE_MASTER_KEY_FILE');
    return { key: decode(bytes, source.path, 'SLUICE_MASTER_KEY_FILE'), createdAt: null };
  }
  const made = async () => Buffer.from(`${randomBytes(MASTER_KEY_BYTES).toString('hex')}\n`);
  const { bytes, created } = await readOrCreatePrivate(source.path, 'SLUICE_HOME', made);
  return { key: decode(bytes, source.path, 'SLUICE_HOME'), createdAt: created ? source.path : null };
}

function decode(bytes: Uint8Array | null, path: string, variable: string): Uint8Array {
  const key = bytes === null ? null : decodeMasterKey(Buffer.from(bytes).toString('latin1').trim());
  if (key !== null) return key;
  throw invalid(variable, {
    en: `points to \`${path}\`, which does not hold 32 bytes as 64 hexadecimal digits or base64`,
    zh: `指向的 \`${path}\` 不是 32 字节密钥的 64 位十六进制或 base64`,
  });
}
