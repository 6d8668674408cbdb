import { leafHash } from '#catalog';
import { AppError } from '#policies';
import type { LogPlace } from './check-tile.ts';
import { openCheckpoint, type ParsedCheckpoint } from './checkpoint.ts';
import { openHomeSource } from './home-source.ts';
import { type NoteVerifier, parseVkey } from './log-key.ts';
import { Found, type LogProblem } from './log-problem.ts';
import type { LogSource } from './log-source.ts';
import { type HeadToMeet, headsToMeet } from './recorded-heads.ts';
import { openTileChecker, type TileChecker } from './tile-checker.ts';
import { openTilesSource } from './tiles-source.ts';
import { EMPTY_FRONTIER, type Frontier, growTree, rootOf, TILE_WIDTH, type TreeBuilder } from './tree.ts';

/**
 * The offline check of a whole log: every entry against its leaf, every leaf against the tree, the tree against every
 * head that the log's key has signed. In memory of a few tiles, however long the log; it blocks, so it is a command's.
 */

/** Where a check can go on another day: the checked tree. Whoever keeps it must keep it safe. */
export interface VerifyState {
  readonly size: number;
  /** Hex, widest subtree first. */
  readonly roots: readonly string[];
}

export interface VerifyReport {
  readonly isIntact: boolean;
  readonly problem: LogProblem | null;
  readonly origin: string | null;
  /** Entries that the newest signed head covers, and its root in hex. */
  readonly size: number;
  readonly root: string | null;
  /** Entries read in this run. */
  readonly checked: number;
  /** Entries behind the signed head: a crash or a running gateway. Held against their leaves only. */
  readonly unsigned: number;
  /** As far as the signed head when all is well; the beginning otherwise. */
  readonly state: VerifyState;
}

export interface VerifyOptions {
  /** Goes on from an earlier run's `state`. */
  readonly resume?: VerifyState | undefined;
  /** A checkpoint kept from earlier: the log must have grown from it. */
  readonly known?: string | undefined;
  readonly onProgress?: ((checked: number, count: number) => void) | undefined;
}

/**
 * Checks the log in a home's SQLite file; a gateway may be running on it.
 *
 * @throws AppError `CONFIG_INVALID` for a vkey that is none; `STORE_FAILED`, `HOME_NEWER`.
 */
export function verifyHome(storePath: string, vkey: string, options: VerifyOptions = {}): VerifyReport {
  const verifier = readVkey(vkey);
  return verifyPlace({ home: storePath }, verifier, options);
}

/**
 * Checks the log in a folder of tiles, such as `exportTiles` writes or a mirror holds.
 *
 * @throws AppError `CONFIG_INVALID` for a vkey that is none.
 */
export function verifyTiles(dir: string, vkey: string, options: VerifyOptions = {}): VerifyReport {
  const verifier = readVkey(vkey);
  return verifyPlace({ tiles: dir }, verifier, options);
}

function readVkey(vkey: string): NoteVerifier {
  const verifier = parseVkey(vkey);
  if (verifier === null) throw new AppError('CONFIG_INVALID', { variable: 'vkey', problem: 'not a verifier key' });
  return verifier;
}

function verifyPlace(place: LogPlace, verifier: NoteVerifier, options: VerifyOptions): VerifyReport {
  const source = 'home' in place ? openHomeSource(place.home) : openTilesSource(place.tiles);
  try {
    return verifyLog({ source, place, verifier }, options);
  } finally {
    source.close();
  }
}

/** Tiles between two tellings of progress. */
const TILES_A_STEP = 16;

interface Log {
  readonly source: LogSource;
  readonly place: LogPlace;
  readonly verifier: NoteVerifier;
}

interface Run extends Log {
  readonly signed: ParsedCheckpoint;
  readonly builder: TreeBuilder;
  /** The tree at the last multiple of a tile's width. */
  tileStart: Frontier;
  /** Set by the builder when a completed tile is not the recorded one. */
  wrongNode: { readonly level: number; readonly n: number } | null;
  headGood: number;
  checked: number;
}

function verifyLog(log: Log, options: VerifyOptions): VerifyReport {
  const { source, verifier } = log;
  const start = toFrontier(options.resume);
  const signed = source.note === null ? null : openCheckpoint(source.note, verifier);
  const report = {
    origin: signed?.origin ?? null,
    size: signed?.size ?? 0,
    root: signed === null ? null : Buffer.from(signed.root).toString('hex'),
    unsigned: Math.max(0, source.count - (signed?.size ?? 0)),
  };
  let run: Run | null = null;
  try {
    if (signed === null) throw new Found(source.note === null ? 'checkpoint-missing' : 'checkpoint-changed', 0);
    if (start.size > signed.size) throw new Found('checkpoint-older', signed.size);
    run = startRun(log, signed, start);
    const state = checkAll(run, options);
    return { ...report, isIntact: true, problem: null, checked: run.checked, state: toState(state) };
  } catch (error) {
    const problem = problemOf(error, start.size + (run?.checked ?? 0));
    return { ...report, isIntact: false, problem, checked: run?.checked ?? 0, state: toState(start) };
  }
}

function problemOf(error: unknown, reached: number): LogProblem {
  if (error instanceof Found) return error.problem;
  // The file system or SQLite cannot even read it: damage as well, and where is as far as the check had come.
  if (error instanceof Error && 'code' in error) return { what: 'unreadable', index: reached, indexMax: reached };
  throw error;
}

function startRun(log: Log, signed: ParsedCheckpoint, start: Frontier): Run {
  const { source } = log;
  const builder = growTree(start, (level, n, hash) => {
    const recorded = source.node(level, n);
    const isWithinTree = (n + 1) * TILE_WIDTH ** level <= signed.size;
    const differs = recorded === null ? isWithinTree : Buffer.compare(recorded, hash) !== 0;
    if (differs) run.wrongNode ??= { level, n };
  });
  const run: Run = { ...log, signed, builder, tileStart: start, wrongNode: null, headGood: start.size, checked: 0 };
  return run;
}

/** @returns the tree at the signed head. */
function checkAll(run: Run, options: VerifyOptions): Frontier {
  const { source, signed, place } = run;
  const start = run.headGood;
  const end = Math.max(source.count, signed.size);
  const tiles = openTileChecker(source, place, {
    first: Math.ceil(start / TILE_WIDTH),
    end: Math.floor(source.count / TILE_WIDTH),
  });
  try {
    return checkTiles(run, { start, end, tiles }, options);
  } finally {
    tiles.close();
  }
}

interface Stretch {
  readonly start: number;
  readonly end: number;
  readonly tiles: TileChecker;
}

function checkTiles(run: Run, { start, end, tiles }: Stretch, options: VerifyOptions): Frontier {
  const { source, signed } = run;
  const heads = headsToMeet(run, start, options.known);
  let next = heads.next();
  const meet = (size: number): void => {
    for (; !next.done && next.value.size === size; next = heads.next()) checkHead(run, next.value);
  };
  meet(start);
  let atSigned = start === signed.size ? run.builder.frontier() : null;
  /** As a whole where nothing of it has to be looked at by itself. */
  const passesWhole = (n: number): boolean => {
    const tileEnd = (n + 1) * TILE_WIDTH;
    const root = tileEnd <= source.count ? tiles.root(n) : null;
    const isHeadWithin = (!next.done && next.value.size < tileEnd) || (signed.size < tileEnd && atSigned === null);
    if (root === null || isHeadWithin) return false;
    checkTileRoot(run, root);
    return true;
  };
  for (let from = start; from < end; ) {
    const n = Math.floor(from / TILE_WIDTH);
    const to = Math.min(end, (n + 1) * TILE_WIDTH);
    if (from % TILE_WIDTH !== 0 || !passesWhole(n)) {
      const stretch = source.stretch(from, to);
      for (let i = 0; i < to - from; i += 1) {
        checkEntry(run, from + i, stretch.entries[i], stretch.leaves[i]);
        if (from + i + 1 < to) meet(from + i + 1);
        if (from + i + 1 === signed.size) atSigned = run.builder.frontier();
      }
    }
    meet(to);
    if (to === signed.size) atSigned = run.builder.frontier();
    if (n % TILES_A_STEP === TILES_A_STEP - 1 || to === end) options.onProgress?.(run.checked, end - start);
    from = to;
  }
  if (!next.done) throw new Found('entry-dropped', end, next.value.size - 1);
  if (run.headGood !== end) throw new Found('checkpoint-missing', end);
  const stray = source.stray();
  if (stray !== null) throw new Found(stray, 0, end - 1);
  if (atSigned === null) throw new Found('entry-dropped', end, signed.size - 1);
  return atSigned;
}

function checkTileRoot(run: Run, root: Uint8Array): void {
  run.tileStart = run.builder.frontier();
  run.builder.pushTile(root);
  run.checked += TILE_WIDTH;
  refuseWrongNode(run);
}

function checkEntry(run: Run, index: number, entry: Uint8Array | undefined, leaf: Uint8Array | undefined): void {
  if (index % TILE_WIDTH === 0) run.tileStart = run.builder.frontier();
  if (entry === undefined) throw new Found('entry-dropped', index);
  const hash = leafHash(entry);
  if (leaf === undefined || !hash.equals(leaf)) throw tellApart(run, index, hash);
  run.builder.push(hash);
  run.checked += 1;
  refuseWrongNode(run);
}

function refuseWrongNode(run: Run): void {
  if (run.wrongNode !== null) throw differingNode(run, run.wrongNode.level, run.wrongNode.n);
}

/** A recorded tile that the entries do not give: either they were rewritten together with their leaves, or it was. */
function differingNode(run: Run, level: number, n: number): Found {
  const leavesPerNode = TILE_WIDTH ** level;
  const [first, last] = [n * leavesPerNode, (n + 1) * leavesPerNode - 1];
  return new Found('tree-changed', Math.max(first, run.headGood), last);
}

/** An entry that is not its leaf's: which of the two is wrong, and whether the entry belongs elsewhere. */
function tellApart(run: Run, index: number, hash: Uint8Array): Found {
  if (!leavesAreRight(run, index)) return new Found('leaf-changed', index);
  const place = run.source.findLeaf(hash);
  if (place === null || place === index) return new Found('entry-changed', index);
  const following = run.source.stretch(index + 1, index + 2).entries[0];
  const replaced = run.source.stretch(index, index + 1).leaves[0];
  const isSwap = following !== undefined && replaced !== undefined && leafHash(following).equals(replaced);
  return new Found(place === index + 1 && !isSwap ? 'entry-dropped' : 'entry-reordered', index);
}

/** Whether the recorded leaves of the tile give what is recorded above them or, in the last tile, what is signed. */
function leavesAreRight({ source, signed, tileStart }: Run, index: number): boolean {
  // Behind the signed head nothing vouches for a leaf: the entry is what gets the blame.
  if (index >= signed.size) return true;
  const n = Math.floor(index / TILE_WIDTH);
  const end = (n + 1) * TILE_WIDTH;
  if (end > signed.size) return gives(source, tileStart, signed.size, signed.root);
  const tile = source.stretch(n * TILE_WIDTH, end).leaves;
  const tree = growTree(EMPTY_FRONTIER);
  for (const leaf of tile) if (leaf !== undefined) tree.push(leaf);
  const recorded = source.node(1, n);
  return recorded !== null && Buffer.compare(rootOf(tree.frontier()), recorded) === 0;
}

function gives(source: LogSource, from: Frontier, size: number, root: Uint8Array): boolean {
  const tree = growTree(from);
  for (const leaf of source.stretch(from.size, size).leaves) if (leaf !== undefined) tree.push(leaf);
  return Buffer.compare(rootOf(tree.frontier()), root) === 0;
}

function checkHead(run: Run, head: HeadToMeet): void {
  const root = rootOf(run.builder.frontier());
  const isSignedSo = head.signedRoot === null || Buffer.compare(root, head.signedRoot) === 0;
  if (!isSignedSo) throw new Found('tree-changed', run.headGood, head.size - 1);
  if (head.isForged || Buffer.compare(root, head.root) !== 0) throw new Found('checkpoint-changed', head.size);
  run.headGood = head.size;
}

function toFrontier(state: VerifyState | undefined): Frontier {
  if (state === undefined) return EMPTY_FRONTIER;
  return { size: state.size, roots: state.roots.map((root) => Buffer.from(root, 'hex')) };
}

function toState({ size, roots }: Frontier): VerifyState {
  return { size, roots: roots.map((root) => Buffer.from(root).toString('hex')) };
}
