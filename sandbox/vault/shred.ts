import { randomBytes } from 'node:crypto';
import { open, rm } from 'node:fs/promises';
import { writeFully } from './sealed-file.ts';

/**
 * Overwrites a file that holds a key, and removes it (NIST SP 800-88r1 §2.5). Harmless where there is none.
 *
 * SAD PATH: a journalling disk or an SSD may keep the old block for a while.
 */
export async function shredFile(path: string): Promise<void> {
  const file = await open(path, 'r+').catch(absent);
  if (file === null) return;
  try {
    await writeFully(file, [randomBytes((await file.stat()).size)]);
    await file.sync();
  } finally {
    await file.close();
  }
  await rm(path, { force: true });
}

/** Null for what is not there. */
export function absent(error: NodeJS.ErrnoException): null {
  if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return null;
  throw error;
}
