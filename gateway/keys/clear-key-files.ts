import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { clearReplacement, shredCopy } from '#sandbox';

/** Files that are replaced as a whole, and their drafts (identity/private-file.ts). */
const REPLACED = ['master.key', 'secrets.sealed'] as const;
const DRAFT = /^(master\.key(?:\.next)?|secrets\.sealed)\.[0-9a-f]{16}$/;

/**
 * Overwrites what a change of keys that was cut off has left beside a home's own. To be called once every secret of the home is known to
 * open: then nothing is wrapped by a key that is not in force.
 */
export async function clearKeyFiles(home: string): Promise<void> {
  const dir = join(home, 'keys');
  for (const name of await readdir(dir)) {
    const of = DRAFT.exec(name)?.[1];
    if (of !== undefined) await shredCopy(join(dir, name), join(dir, of));
  }
  for (const name of REPLACED) await clearReplacement(join(dir, name));
}
