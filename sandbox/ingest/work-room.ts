import { lstat, readdir, statfs } from 'node:fs/promises';
import { join } from 'node:path';

/**
 * Bounds what a worker writes into its folder. WHY at all: the folder lies in the memory that all share, and a worker that was taken
 * over could fill it. WHY by looking: the gateway has to read the folder, so it cannot be a file system of the worker's own.
 */
export interface RoomLimits {
  /** Of all files in the folder. */
  readonly bytesMax: number;
  /** Of the file system that it lies on; what a worker has unlinked and still holds counts here only. */
  readonly freeBytesMin: number;
  readonly lookEveryMs: number;
}

/** Two chunks, two segments and the engine's spill are 1.4 GiB at most. */
export const ROOM_LIMITS: RoomLimits = Object.freeze({
  bytesMax: 1.5 * 2 ** 30,
  freeBytesMin: 32 * 2 ** 20,
  lookEveryMs: 100,
});

/** Calls `exceeded` once when the folder has outgrown its room. Returns the end of looking. */
export function watchRoom(dir: string, limits: RoomLimits, exceeded: () => void): () => void {
  let ended = false;
  const look = async (): Promise<void> => {
    const isOver = (await bytesBelow(dir)) > limits.bytesMax || (await freeBytes(dir)) < limits.freeBytesMin;
    if (ended) return;
    if (isOver) exceeded();
    else timer = setTimeout(() => void look(), limits.lookEveryMs);
  };
  let timer = setTimeout(() => void look(), limits.lookEveryMs);
  return () => {
    ended = true;
    clearTimeout(timer);
  };
}

/** Room that is really taken: a file may say that it is longer. Links are not followed. */
async function bytesBelow(dir: string): Promise<number> {
  let bytes = 0;
  for (const entry of await readdir(dir, { withFileTypes: true }).catch(() => [])) {
    const path = join(dir, entry.name);
    if (entry.isDirectory()) bytes += await bytesBelow(path);
    else bytes += (await lstat(path).catch(() => ({ blocks: 0 }))).blocks * BLOCK_BYTES; // it may be gone meanwhile
  }
  return bytes;
}

const BLOCK_BYTES = 512;

async function freeBytes(dir: string): Promise<number> {
  const found = await statfs(dir).catch(() => null);
  return found === null ? Number.POSITIVE_INFINITY : found.bavail * found.bsize;
}
