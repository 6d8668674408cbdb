import { mkdir, mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { masterKeyWrapper } from '../../../sandbox/index.ts';

/**
 * An empty home whose secrets are fixed, so that tokens, row keys and noise are the same in every run of a seed. WHY wrapped
 * here: the gateway makes this file with secrets of its own where there is none (gateway/keys/home-secrets.ts).
 */
export async function homeWithFixedKeys(): Promise<string> {
  const home = await mkdtemp(join(tmpdir(), 'sluice-life-'));
  const keys = join(home, 'keys');
  await mkdir(keys, { mode: 0o700 });
  const master = Buffer.alloc(32, 7);
  const fixed = (byte: number) => Buffer.alloc(32, byte).toString('hex');
  const secrets = { identifiers: fixed(9), catalogue: fixed(10), canaries: fixed(11), keptAnswers: fixed(12) };
  const wrapped = await masterKeyWrapper(master).wrap(Buffer.from(JSON.stringify(secrets)), 'home secrets v1');
  await writeFile(join(keys, 'master.key'), `${master.toString('hex')}\n`, { mode: 0o600 });
  await writeFile(join(keys, 'secrets.sealed'), wrapped, { mode: 0o600 });
  return home;
}
