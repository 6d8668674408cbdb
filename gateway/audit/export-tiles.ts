import { mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { type Db, listCheckpoints, openStoreReader, readEntryBytes } from '#catalog';
import { AppError } from '#policies';
import { nodeSource } from './stored-tree.ts';
import { entriesBundle, hashTile, type TileAddress, tilePath, tileWidth } from './tiles.ts';
import { TILE_WIDTH } from './tree.ts';

/**
 * Writes the log of a home as static files, up to its newest signed head: what a mirror serves and an office keeps.
 * Full tiles never change, so that a second export into the same folder only adds. The checkpoint comes last.
 *
 * @throws AppError `STORE_FAILED`, `HOME_NEWER`; `LOG_CORRUPT` when nothing is signed.
 */
export function exportTiles(storePath: string, dir: string): { readonly size: number; readonly files: number } {
  const store = openStoreReader(storePath);
  try {
    return store.read((db) => writeTiles(db, dir));
  } finally {
    store.close();
  }
}

function writeTiles(db: Db, dir: string): { readonly size: number; readonly files: number } {
  const head = newestSigned(db);
  let files = 0;
  for (const address of tilesOf(head.size)) {
    writeWhole(dir, tilePath(address), tileBytes(db, address));
    // What a partial tile held is in the full one now.
    if (address.width === TILE_WIDTH) rmSync(join(dir, `${tilePath(address)}.p`), { recursive: true, force: true });
    files += 1;
  }
  writeWhole(dir, 'checkpoint', Buffer.from(head.note));
  return { size: head.size, files: files + 1 };
}

function newestSigned(db: Db): { readonly size: number; readonly note: string } {
  let newest: { readonly size: number; readonly note: string } | null = null;
  let after = -1;
  for (;;) {
    const page = listCheckpoints(db, after, 1_000);
    for (const { size, note } of page) if (note !== null) newest = { size, note };
    const last = page.at(-1);
    if (last === undefined) break;
    after = last.size;
  }
  if (newest === null) throw new AppError('LOG_CORRUPT', { index: 0, problem: 'no signed tree head' });
  return newest;
}

/** Every tile of a tree, partial ones included. */
function* tilesOf(size: number): Generator<TileAddress> {
  const levels: (number | 'entries')[] = ['entries'];
  for (let level = 0; tileWidth(level, 0, size) > 0; level += 1) levels.push(level);
  for (const level of levels) {
    for (let n = 0; ; n += 1) {
      const width = tileWidth(level, n, size);
      if (width === 0) break;
      yield { level, n, width };
    }
  }
}

function tileBytes(db: Db, { level, n, width }: TileAddress): Buffer {
  const from = n * TILE_WIDTH;
  if (level === 'entries') return entriesBundle(readEntryBytes(db, from, from + width));
  return hashTile(nodeSource(db), level, n, width);
}

/** A reader never sees half a file. */
function writeWhole(dir: string, path: string, bytes: Uint8Array): void {
  const target = join(dir, path);
  mkdirSync(dirname(target), { recursive: true });
  writeFileSync(`${target}.new`, bytes);
  renameSync(`${target}.new`, target);
}
