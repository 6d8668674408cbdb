import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { LeafStretch } from '#catalog/log-rows';
import { assert } from '#policies/vocabulary';
import type { LogSource, LogStretch } from './log-source.ts';
import { readEntriesBundle, tilePath, tileWidth } from './tiles.ts';
import { HASH_BYTES, TILE_WIDTH } from './tree.ts';

/**
 * The log in a folder of static files, as C2SP tlog-tiles lays it out: `checkpoint`, `tile/…`. One tree head is all
 * that such a folder has.
 */
export function openTilesSource(dir: string): LogSource {
  const note = readIfPresent(join(dir, 'checkpoint'))?.toString('utf8') ?? null;
  const size = claimedSize(note);
  const readHashes = cachedTiles(dir, size);
  return {
    count: size,
    note,
    stray: () => null,
    stretch: (from, to) => readStretch(dir, readHashes, size, from, to),
    leafStretch: (from, to) => readLeafStretch(dir, size, from, to),
    node: (level, n) => readHashes(level, Math.floor(n / TILE_WIDTH))?.[n % TILE_WIDTH] ?? null,
    keepsHeads: false,
    heads: () => [],
    findLeaf: (leaf) => findLeaf(readHashes, size, leaf),
    close: () => undefined,
  };
}

type ReadHashes = (level: number, n: number) => readonly Uint8Array[] | null;

/** WHY one tile a level: the check goes through each level once, from left to right. */
function cachedTiles(dir: string, size: number): ReadHashes {
  const cached = new Map<number, { readonly n: number; readonly hashes: readonly Uint8Array[] | null }>();
  return (level, n) => {
    const held = cached.get(level);
    if (held?.n === n) return held.hashes;
    const hashes = splitHashes(readTile(dir, level, n, size));
    cached.set(level, { n, hashes });
    return hashes;
  };
}

function splitHashes(tile: Buffer | null): readonly Uint8Array[] | null {
  if (tile === null || tile.length % HASH_BYTES !== 0) return null;
  return Array.from({ length: tile.length / HASH_BYTES }, (_, i) =>
    tile.subarray(i * HASH_BYTES, (i + 1) * HASH_BYTES),
  );
}

function readTile(dir: string, level: number | 'entries', n: number, size: number): Buffer | null {
  return readIfPresent(join(dir, tilePath({ level, n, width: tileWidth(level, n, size) })));
}

/** The check asks for stretches that begin anywhere and end anywhere: tiles are put together and cut to measure. */
function readStretch(dir: string, readHashes: ReadHashes, size: number, from: number, to: number): LogStretch {
  const entries: (Uint8Array | undefined)[] = [];
  const leaves: (Uint8Array | undefined)[] = [];
  const first = Math.floor(from / TILE_WIDTH);
  for (let n = first; n * TILE_WIDTH < to; n += 1) {
    const width = tileWidth('entries', n, size);
    const bundle = readTile(dir, 'entries', n, size);
    entries.push(...padded(bundle === null ? [] : readEntriesBundle(bundle), width));
    leaves.push(...padded(readHashes(0, n) ?? [], width));
  }
  const skip = from - first * TILE_WIDTH;
  return { entries: entries.slice(skip, skip + to - from), leaves: leaves.slice(skip, skip + to - from) };
}

/** Of a whole tile: the files are as it is hashed, but for a byte ahead of each entry. */
function readLeafStretch(dir: string, size: number, from: number, to: number): LeafStretch | null {
  assert(from % TILE_WIDTH === 0 && to === from + TILE_WIDTH, 'a folder has its log in tiles');
  const n = from / TILE_WIDTH;
  const [bundle, leaves] = [readTile(dir, 'entries', n, size), readTile(dir, 0, n, size)];
  if (bundle === null || leaves === null) return null;
  const inputs: Buffer[] = [];
  for (let offset = 0; offset < bundle.length; ) {
    const end = offset + 2 + bundle.readUInt16BE(offset);
    if (end > bundle.length) return null;
    bundle[offset + 1] = 0; // its length has been read
    inputs.push(bundle.subarray(offset + 1, end));
    offset = end;
  }
  return { inputs, leaves };
}

/** What a bundle has too many would shift all that follow: it is no log then, and its entries count as absent. */
function padded(found: readonly Uint8Array[], width: number): readonly (Uint8Array | undefined)[] {
  return Array.from({ length: width }, (_, i) => (found.length > width && i === width - 1 ? undefined : found[i]));
}

function findLeaf(readHashes: ReadHashes, size: number, leaf: Uint8Array): number | null {
  for (let n = 0; n * TILE_WIDTH < size; n += 1) {
    const position = readHashes(0, n)?.findIndex((hash) => Buffer.compare(hash, leaf) === 0) ?? -1;
    if (position >= 0) return n * TILE_WIDTH + position;
  }
  return null;
}

/** Only tells how far to look; the signature over it is checked first of all. */
function claimedSize(note: string | null): number {
  const size = Number(note?.split('\n')[1] ?? 0);
  return Number.isSafeInteger(size) && size >= 0 ? size : 0;
}

function readIfPresent(path: string): Buffer | null {
  return existsSync(path) ? readFileSync(path) : null;
}
