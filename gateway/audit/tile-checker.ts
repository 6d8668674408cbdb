import { Worker } from 'node:worker_threads';
import { checkTile, type LogPlace } from './check-tile.ts';
import type { LogSource } from './log-source.ts';
import { HASH_BYTES } from './tree.ts';

/**
 * Checks the tiles of a log in order, two threads sharing the work: each takes the next tile that nobody has, some way ahead of the one that
 * is asked for. The thread is there to help only: what it does not do in time is done here.
 */
export interface TileChecker {
  /** Root of tile n, or null where it is not as recorded. Tiles in ascending order. */
  root(n: number): Uint8Array | null;
  close(): void;
}

/** WHY: starting the thread takes as long as checking so many tiles. */
const TILES_WORTH_A_THREAD = 200;
/** How far ahead tiles are checked. */
const WINDOW = 256;
const PATIENCE_MS = 10_000;

/** Of `control`: the next tile that nobody has taken, the one that is asked for, the first that is not to be checked. */
export const [NEXT, ASKED, END] = [0, 1, 2];
/** Of a slot of `states`. */
export const [OPEN, GOOD, BAD] = [0, 1, 2];

/** Shared with the thread. Tile n has slot n modulo the window. */
export interface SharedTiles {
  readonly place: LogPlace;
  readonly control: Int32Array<SharedArrayBuffer>;
  readonly states: Int32Array<SharedArrayBuffer>;
  readonly roots: Uint8Array<SharedArrayBuffer>;
}

/** Takes the next tile for the caller; null where all are taken or too far ahead. */
export function takeTile({ control }: SharedTiles): number | null {
  for (;;) {
    const n = Atomics.load(control, NEXT);
    if (n >= Atomics.load(control, END) || n >= Atomics.load(control, ASKED) + WINDOW) return null;
    if (Atomics.compareExchange(control, NEXT, n, n + 1) === n) return n;
  }
}

export function tellTile({ states, roots }: SharedTiles, n: number, root: Uint8Array | null): void {
  const slot = n % WINDOW;
  if (root !== null) roots.set(root, slot * HASH_BYTES);
  Atomics.store(states, slot, root === null ? BAD : GOOD);
  Atomics.notify(states, slot);
}

/** @param tiles the first tile, and the one after the last */
export function openTileChecker(
  source: LogSource,
  place: LogPlace,
  tiles: { readonly first: number; readonly end: number },
): TileChecker {
  if (tiles.end - tiles.first < TILES_WORTH_A_THREAD) {
    return { root: (n) => checkTile(source, n), close: () => undefined };
  }
  const int32s = (count: number) => new Int32Array(new SharedArrayBuffer(count * Int32Array.BYTES_PER_ELEMENT));
  const roots = new Uint8Array(new SharedArrayBuffer(WINDOW * HASH_BYTES));
  const shared: SharedTiles = { place, control: int32s(3), states: int32s(WINDOW), roots };
  const { control, states } = shared;
  control.set([tiles.first, tiles.first, tiles.end]);
  const thread = new Worker(new URL('./tile-checker-thread.ts', import.meta.url), { workerData: shared });
  thread.on('error', () => undefined); // its tiles are checked here
  thread.unref();

  let isAlone = false;
  /** Waits until tile n is told, and checks others meanwhile. Returns false where the thread that took it does not come back. */
  function isTold(n: number): boolean {
    const slot = n % WINDOW;
    while (Atomics.load(states, slot) === OPEN) {
      const mine = takeTile(shared);
      if (mine !== null) tellTile(shared, mine, checkTile(source, mine));
      else if (Atomics.wait(states, slot, OPEN, PATIENCE_MS) === 'timed-out') return false;
    }
    return true;
  }

  return {
    root(n) {
      // WHY alone for good: what comes back after all would be told in the place of another tile.
      isAlone ||= !isTold(n);
      if (isAlone) return checkTile(source, n);
      const slot = n % WINDOW;
      const root = Atomics.load(states, slot) === GOOD ? roots.slice(slot * HASH_BYTES, (slot + 1) * HASH_BYTES) : null;
      Atomics.store(states, slot, OPEN);
      Atomics.store(control, ASKED, n + 1);
      Atomics.notify(control, ASKED);
      return root;
    },
    close() {
      Atomics.store(control, END, 0);
      Atomics.notify(control, ASKED);
      void thread.terminate();
    },
  };
}
