import { readdir, readFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { CANARIES } from './attacked-table.ts';

/** Where a canary was seen: in which of the places that were watched, and which one. */
export interface Sighting {
  readonly where: string;
  readonly canary: string;
}

/** Canaries in a text or in bytes: UTF-8, and UTF-16 as Arrow or a spreadsheet might have it. */
export function sightings(where: string, content: string | Uint8Array): readonly Sighting[] {
  const bytes = Buffer.from(content as Uint8Array);
  return Object.entries(CANARIES)
    .filter(([, value]) => bytes.includes(value) || bytes.includes(Buffer.from(value, 'utf16le')))
    .map(([canary]) => ({ where, canary }));
}

/** Canaries in the files of a folder, of which a running gateway may replace some meanwhile. */
export async function sightingsIn(folder: string): Promise<readonly Sighting[]> {
  for (;;) {
    try {
      return await sightingsInAll(folder);
    } catch (error) {
      // One has another name by now: all are looked at again.
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    }
  }
}

/** @throws ENOENT when a file is gone before it is read. */
async function sightingsInAll(folder: string): Promise<readonly Sighting[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const found = entries
    .filter((entry) => entry.isFile())
    .map(async ({ parentPath, name }) => {
      const path = join(parentPath, name);
      return sightings(relative(folder, path), await readFile(path));
    });
  return (await Promise.all(found)).flat();
}

/** What the process writes to its own output while `work` runs. */
export async function outputOf(work: () => Promise<void>): Promise<string> {
  const written: string[] = [];
  const streams = [process.stdout, process.stderr];
  const originals = streams.map((stream) => stream.write.bind(stream));
  streams.forEach((stream, index) => {
    stream.write = (chunk: string | Uint8Array, ...rest: never[]) => {
      written.push(Buffer.from(chunk as Uint8Array).toString('utf8'));
      return originals[index]!(chunk, ...rest);
    };
  });
  try {
    await work();
  } finally {
    streams.forEach((stream, index) => {
      stream.write = originals[index] as typeof stream.write;
    });
  }
  return written.join('');
}
