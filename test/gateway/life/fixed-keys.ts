import { createCipheriv } from 'node:crypto';
import { mkdir, mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { deriveKey } from '../../../gateway/identity/derive-key.ts';

/**
 * An empty home whose secrets are fixed, so that tokens, row keys and noise are the same in every run of a seed. WHY sealed
 * here: the gateway makes this file with a root of its own where there is none (gateway/identity/identifier-keys.ts).
 */
export async function homeWithFixedKeys(): Promise<string> {
  const home = await mkdtemp(join(tmpdir(), 'sluice-life-'));
  const keys = join(home, 'keys');
  await mkdir(keys, { mode: 0o700 });
  const [master, root, nonce] = [Buffer.alloc(32, 7), Buffer.alloc(32, 9), Buffer.alloc(12)];
  const cipher = createCipheriv('aes-256-gcm', deriveKey(master, 'sluice identifier root', 32), nonce);
  const sealed = Buffer.concat([nonce, cipher.update(root), cipher.final(), cipher.getAuthTag()]);
  await writeFile(join(keys, 'master.key'), `${master.toString('hex')}\n`, { mode: 0o600 });
  await writeFile(join(keys, 'identifiers.sealed'), sealed, { mode: 0o600 });
  return home;
}
