import { fork } from 'node:child_process';
import type { Stats } from 'node:fs';
import { lstat } from 'node:fs/promises';
import { relative } from 'node:path';
import type { CopyScan, CopySearch } from './copies.ts';
import type { Remains, RemainsReport, RemainsSearch, Suspects } from './remains.ts';

/**
 * Searches of the home's folders, each in a process of its own. WHY: they read every file, those of SQLite among them, and a process that
 * closes a file drops all the locks that it holds on it (sqlite.org/howtocorrupt.html, 2.2). The gateway would lose its home to the next
 * who opens the store: another gateway could start on it, and an outside reader would cut the shared memory of the WAL from under it.
 */
export type ScanOrder = ({ readonly kind: 'remains' } & RemainsSearch) | ({ readonly kind: 'copies' } & CopySearch);

/**
 * What looks left over, and nobody has in use.
 *
 * @param isInUse whether somebody works with the file now.
 * @throws Error when the search broke off: then nothing is known.
 */
export async function scanForRemains(
  search: RemainsSearch,
  isInUse: (path: string, file: Stats) => Promise<boolean>,
): Promise<RemainsReport> {
  const { files, bytes, suspects } = (await inProcessOfItsOwn({ kind: 'remains', ...search })) as Suspects;
  const found: Remains[] = [];
  for (const { root, path, kinds } of suspects) {
    const status = await lstat(path).catch(() => null);
    if (status === null || (await isInUse(path, status))) continue; // gone since, or at work
    for (const kind of kinds) found.push({ kind, path: relative(root, path) });
  }
  return { files, bytes, found };
}

/** Files in which a piece lies. @throws Error when the search broke off. */
export const scanForCopies = async (search: CopySearch): Promise<CopyScan> =>
  (await inProcessOfItsOwn({ kind: 'copies', ...search })) as CopyScan;

function inProcessOfItsOwn(order: ScanOrder): Promise<unknown> {
  const child = fork(new URL('./scan-process.ts', import.meta.url), {
    serialization: 'advanced',
    execArgv: [],
    env: {},
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
  });
  return new Promise((resolve, reject) => {
    child.once('message', (found) => resolve(found));
    child.once('error', reject);
    child.once('exit', () => reject(new Error('a search of the folders broke off')));
    child.send(order, (error) => {
      if (error !== null) reject(error);
    });
  });
}
