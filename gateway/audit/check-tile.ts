import { leafHash } from '#catalog';
import { openHomeSource } from './home-source.ts';
import type { LogSource } from './log-source.ts';
import { openTilesSource } from './tiles-source.ts';
import { TILE_WIDTH, tileRoot } from './tree.ts';

/** Where a log lies, as another thread can be told. */
export type LogPlace = { readonly home: string } | { readonly tiles: string };

/** @throws AppError `STORE_FAILED`, `HOME_NEWER`. */
export function openLogSource(place: LogPlace): LogSource {
  return 'home' in place ? openHomeSource(place.home) : openTilesSource(place.tiles);
}

/**
 * The root over tile n of the leaves, hashed from its entries: null unless all 256 are there and each is as its leaf was recorded. What
 * is wrong with a tile that has none is for a look at its entries one by one.
 */
export function checkTile(source: LogSource, n: number): Uint8Array | null {
  try {
    const { entries, leaves } = source.stretch(n * TILE_WIDTH, (n + 1) * TILE_WIDTH);
    const hashes: Uint8Array[] = [];
    for (const [position, entry] of entries.entries()) {
      const leaf = leaves[position];
      if (entry === undefined || leaf === undefined) return null;
      const hash = leafHash(entry);
      if (!hash.equals(leaf)) return null;
      hashes.push(hash);
    }
    return hashes.length === TILE_WIDTH ? tileRoot(hashes) : null;
  } catch {
    // SAD PATH: not readable; the second look says so.
    return null;
  }
}
