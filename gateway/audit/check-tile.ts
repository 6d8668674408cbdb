import { hash } from 'node:crypto';
import { type LeafReader, type LeafStretch, openLeafReader } from '#catalog/log-rows';
import { openTilesSource } from './tiles-source.ts';
import { HASH_BYTES, TILE_WIDTH } from './tree.ts';

/** Where a log lies, as another thread can be told. */
export type LogPlace = { readonly home: string } | { readonly tiles: string };

/** For a thread that helps: the caller has opened the place before. */
export function openPlace(place: LogPlace): LeafReader {
  return 'home' in place ? openLeafReader(place.home) : openTilesSource(place.tiles);
}

/**
 * The root over tile n of the leaves, hashed from its entries: null unless all 256 are there and each is as its leaf was recorded. What
 * is wrong with a tile that has none is for a look at its entries one by one.
 */
export function checkTile(source: Pick<LeafReader, 'leafStretch'>, n: number): Uint8Array | null {
  try {
    const stretch = source.leafStretch(n * TILE_WIDTH, (n + 1) * TILE_WIDTH);
    return stretch === null ? null : tileRoot(stretch);
  } catch {
    // SAD PATH: not readable; the second look says so.
    return null;
  }
}

/** Pairs of hashes, each where it is hashed itself: 0x01 ‖ left ‖ right. */
const PAIR_BYTES = 1 + 2 * HASH_BYTES;
const pairs = Buffer.alloc((TILE_WIDTH / 2) * PAIR_BYTES, 1);

function putHash(position: number, digest: string): void {
  pairs.write(digest, (position >> 1) * PAIR_BYTES + 1 + (position & 1) * HASH_BYTES, 'binary');
}

/** WHY digests as binary strings: they are compared and put in place without a Buffer for each, in less than half of the time. */
function tileRoot({ inputs, leaves }: LeafStretch): Uint8Array | null {
  if (inputs.length !== TILE_WIDTH || leaves.length !== TILE_WIDTH * HASH_BYTES) return null;
  const recorded = leaves.toString('binary');
  for (let i = 0; i < TILE_WIDTH; i += 1) {
    const digest = hash('sha256', inputs[i]!, 'binary');
    if (!recorded.startsWith(digest, i * HASH_BYTES)) return null;
    putHash(i, digest);
  }
  for (let width = TILE_WIDTH / 2; width > 1; width /= 2) {
    // A parent is put where a pair was that is hashed already.
    for (let i = 0; i < width; i += 1) putHash(i, hashPair(i));
  }
  return Buffer.from(hashPair(0), 'binary');
}

function hashPair(position: number): string {
  return hash('sha256', pairs.subarray(position * PAIR_BYTES, (position + 1) * PAIR_BYTES), 'binary');
}
