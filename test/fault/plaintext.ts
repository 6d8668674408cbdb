import { type Dirent, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { PLAIN_MARKS } from './setting.ts';

/** Files below a folder in which a table lies open: by what stands in every row, or as a file of the engine's own. */
export function plaintextBelow(dir: string): readonly string[] {
  return filesBelow(dir).filter((path) => {
    const bytes = bytesOf(path);
    return isEngineFile(bytes) || PLAIN_MARKS.some((mark) => bytes.includes(mark));
  });
}

const ENGINE_MAGIC = 'DUCK';
const MAGIC_OFFSET = 8;

function isEngineFile(bytes: Buffer): boolean {
  return bytes.toString('latin1', MAGIC_OFFSET, MAGIC_OFFSET + ENGINE_MAGIC.length) === ENGINE_MAGIC;
}

function filesBelow(dir: string): readonly string[] {
  return entriesOf(dir).flatMap((entry) => {
    const path = join(dir, entry.name);
    if (entry.isDirectory()) return filesBelow(path);
    return entry.isFile() ? [path] : [];
  });
}

/** WHY nothing where it is gone: a gateway that runs makes and removes files. */
function entriesOf(dir: string): readonly Dirent[] {
  return orWhenGone(() => readdirSync(dir, { withFileTypes: true }), []);
}

function bytesOf(path: string): Buffer {
  return orWhenGone(() => readFileSync(path), Buffer.alloc(0));
}

function orWhenGone<T>(read: () => T, gone: T): T {
  try {
    return read();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return gone;
    throw error;
  }
}
