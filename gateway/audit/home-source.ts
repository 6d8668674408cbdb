import {
  countNodes,
  type Db,
  entryCount,
  findLeaf,
  listCheckpoints,
  openStoreReader,
  readLeafStretch,
  readNodes,
  scanEntries,
  scanLeaves,
} from '#catalog';
import { AppError } from '#policies';
import type { ProblemKind } from './log-problem.ts';
import type { LogSource, RecordedHead } from './log-source.ts';
import { TILE_WIDTH } from './tree.ts';

const HEADS_PAGE = 1_000;

/**
 * The log in a home's store, read from outside.
 *
 * @throws AppError `STORE_FAILED`, `HOME_NEWER`.
 */
export function openHomeSource(storePath: string): LogSource {
  const store = openStoreReader(storePath);
  try {
    store.hold();
    return store.read((db) => describeLog(db, () => store.close()));
  } catch (cause) {
    store.close();
    throw new AppError('STORE_FAILED', {}, null, cause);
  }
}

function describeLog(db: Db, close: () => void): LogSource {
  const count = Math.max(entryCount(db), leafCount(db));
  return {
    count,
    note: newestNote(db),
    stray: () => strayRow(db, count),
    stretch: (from, to) => ({
      entries: inPlace(scanEntries(db, from, to - from), from, to),
      leaves: inPlace(scanLeaves(db, from, to - from), from, to),
    }),
    leafStretch: (from, to) => readLeafStretch(db, from, to),
    node: (level, n) => readNodes(db, level, n, n + 1)[0] ?? null,
    keepsHeads: true,
    heads: (after) => recordedHeads(db, after),
    findLeaf: (leaf) => findLeaf(db, leaf),
    close,
  };
}

function strayRow(db: Db, count: number): ProblemKind | null {
  if ((scanEntries(db, Number.MIN_SAFE_INTEGER, 1)[0]?.[0] ?? 0) < 0) return 'entry-reordered';
  if ((scanLeaves(db, Number.MIN_SAFE_INTEGER, 1)[0]?.[0] ?? 0) < 0) return 'leaf-changed';
  let nodes = 0;
  for (let level = count / TILE_WIDTH; level >= 1; level /= TILE_WIDTH) nodes += Math.floor(level);
  return countNodes(db) === nodes ? null : 'tree-changed';
}

/** Rows in the places that their indices give them; what lies outside the stretch leaves its places empty. */
function inPlace(
  rows: readonly (readonly [number, Buffer])[],
  from: number,
  to: number,
): readonly (Buffer | undefined)[] {
  const last = rows.at(-1);
  if (rows.length === to - from && last?.[0] === to - 1) return rows.map(([, bytes]) => bytes);
  const places = new Array<Buffer | undefined>(to - from).fill(undefined);
  for (const [index, bytes] of rows) if (index < to) places[index - from] = bytes;
  return places;
}

/** Counts from the last leaf: a log whose last entries are cut off still has their leaves. */
function leafCount(db: Db): number {
  let low = entryCount(db);
  for (;;) {
    const rows = scanLeaves(db, low, HEADS_PAGE);
    const last = rows.at(-1);
    if (last === undefined) return low;
    low = last[0] + 1;
  }
}

function newestNote(db: Db): string | null {
  let newest: string | null = null;
  for (const { note } of recordedHeads(db, -1)) newest = note ?? newest;
  return newest;
}

function* recordedHeads(db: Db, after: number): Generator<RecordedHead> {
  let last = after;
  for (;;) {
    const page = listCheckpoints(db, last, HEADS_PAGE);
    yield* page;
    const end = page.at(-1);
    if (end === undefined || page.length < HEADS_PAGE) return;
    last = end.size;
  }
}
