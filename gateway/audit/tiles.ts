import { assert } from '#policies/vocabulary';
import type { NodeSource } from './tree.ts';
import { TILE_WIDTH } from './tree.ts';

/**
 * Tiles (c2sp.org/tlog-tiles): the tree as static files of up to 256 hashes, and the entries in bundles of as many.
 * Derived from what the store holds, byte for byte the same however often.
 */

/** Levels of tiles that 2^53 leaves can fill. */
export const TILE_LEVEL_MAX = 6;

export interface TileAddress {
  /** 0–6, or `entries` for a bundle of entries. */
  readonly level: number | 'entries';
  readonly n: number;
  /** 1–256; 256 is a full tile. */
  readonly width: number;
}

/** `tile/<level>/<n>[.p/<width>]`, n in groups of three digits: 1234067 is `x001/x234/067`. */
export function tilePath({ level, n, width }: TileAddress): string {
  const suffix = width === TILE_WIDTH ? '' : `.p/${width}`;
  return `tile/${level}/${tileNumber(n)}${suffix}`;
}

function tileNumber(n: number): string {
  const groups: string[] = [];
  for (let rest = n; groups.length === 0 || rest > 0; rest = Math.floor(rest / 1_000)) {
    const digits = String(rest % 1_000).padStart(3, '0');
    groups.unshift(groups.length === 0 ? digits : `x${digits}`);
  }
  return groups.join('/');
}

const TILE_PATH = /^tile\/(entries|[0-9]|[1-5][0-9]|6[0-3])\/((?:x\d{3}\/)*\d{3})(?:\.p\/([1-9]\d{0,2}))?$/;

/** Reads a path as `tilePath` writes it; null for anything else. */
export function parseTilePath(path: string): TileAddress | null {
  const [, level, number, width] = TILE_PATH.exec(path) ?? [];
  if (level === undefined || number === undefined) return null;
  const address: TileAddress = {
    level: level === 'entries' ? 'entries' : Number(level),
    n: Number(number.replaceAll(/[x/]/g, '')),
    width: width === undefined ? TILE_WIDTH : Number(width),
  };
  const isOneWayToSay = Number.isSafeInteger(address.n) && tilePath(address) === path;
  return isOneWayToSay ? address : null;
}

/** How many hashes tile n of a level has in a tree of `size` leaves; 0 when it is beyond. Entries are as wide as level 0. */
export function tileWidth(level: number | 'entries', n: number, size: number): number {
  const nodes = Math.floor(size / TILE_WIDTH ** (level === 'entries' ? 0 : level));
  return n < 0 ? 0 : Math.max(0, Math.min(TILE_WIDTH, nodes - n * TILE_WIDTH));
}

/** The first `width` hashes of a tile, side by side. */
export function hashTile(source: NodeSource, level: number, n: number, width: number): Buffer {
  const hashes = source.nodes(level, n * TILE_WIDTH, n * TILE_WIDTH + width);
  assert(hashes.length === width, 'a tile inside the tree is stored whole');
  return Buffer.concat(hashes);
}

/** Entries one after the other, each behind its length as two bytes, big-endian. */
export function entriesBundle(entries: readonly Uint8Array[]): Buffer {
  const parts = entries.flatMap((entry) => {
    const length = Buffer.alloc(2);
    length.writeUInt16BE(entry.length);
    return [length, entry];
  });
  return Buffer.concat(parts);
}

/** The entries of a bundle, as far as its lengths make sense; a remainder that does not is one last entry. */
export function readEntriesBundle(bundle: Buffer): readonly Buffer[] {
  const entries: Buffer[] = [];
  let offset = 0;
  while (offset < bundle.length) {
    const end = offset + 2 <= bundle.length ? offset + 2 + bundle.readUInt16BE(offset) : bundle.length + 1;
    entries.push(end <= bundle.length ? bundle.subarray(offset + 2, end) : bundle.subarray(offset));
    offset = end;
  }
  return entries;
}
