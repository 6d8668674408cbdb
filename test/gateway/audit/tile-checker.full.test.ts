/**
 * Goal: two threads find of every tile what one finds, and a thread that is not there changes nothing.
 * Method: a folder of 300 tiles of random entries; one byte changed, an entry or a leaf taken away, a bundle cut, at seeded places.
 * Invariants: each root is that of its leaves (by the leaf-by-leaf builder); a tile has none exactly where something was changed.
 */
import { createHash } from 'node:crypto';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { leafHash } from '../../../catalog/index.ts';
import { openTileChecker } from '../../../gateway/audit/tile-checker.ts';
import { tilePath } from '../../../gateway/audit/tiles.ts';
import { openTilesSource } from '../../../gateway/audit/tiles-source.ts';
import { EMPTY_FRONTIER, growTree, rootOf, TILE_WIDTH } from '../../../gateway/audit/tree.ts';

const TILES = 300;
const SEED = 20_261_127;
let dir: string;
let roots: readonly Uint8Array[];

/** The n-th of a stream of bytes that the seed gives. */
const drawn = (n: number): Buffer => createHash('sha256').update(`${SEED}:${n}`).digest();
const pathOf = (root: string, level: number | 'entries', n: number) =>
  join(root, tilePath({ level, n, width: TILE_WIDTH }));

function writeTile(n: number): Uint8Array {
  const tree = growTree(EMPTY_FRONTIER);
  const bundle: Buffer[] = [];
  const leaves: Buffer[] = [];
  for (let i = n * TILE_WIDTH; i < (n + 1) * TILE_WIDTH; i += 1) {
    const entry = drawn(i);
    const length = Buffer.alloc(2);
    length.writeUInt16BE(entry.length);
    bundle.push(length, entry);
    leaves.push(leafHash(entry));
    tree.push(leafHash(entry));
  }
  for (const [level, bytes] of [
    ['entries', bundle],
    [0, leaves],
  ] as const) {
    mkdirSync(dirname(pathOf(dir, level, n)), { recursive: true });
    writeFileSync(pathOf(dir, level, n), Buffer.concat(bytes));
  }
  return rootOf(tree.frontier());
}

beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'sluice-tiles-'));
  roots = Array.from({ length: TILES }, (_, n) => writeTile(n));
  writeFileSync(join(dir, 'checkpoint'), `test.example/log\n${TILES * TILE_WIDTH}\n\n`);
});
afterAll(() => rmSync(dir, { recursive: true, force: true }));

function rootsFound(root: string, threadLooksAt = root, first = 0): readonly (string | null)[] {
  const source = openTilesSource(root);
  const checker = openTileChecker(source, { tiles: threadLooksAt }, { first, end: TILES });
  const found = Array.from({ length: TILES - first }, (_, i) => checker.root(first + i));
  checker.close();
  return found.map((one) => (one === null ? null : Buffer.from(one).toString('hex')));
}

const hexOf = (all: readonly Uint8Array[]) => all.map((one) => Buffer.from(one).toString('hex'));

it('finds the root of every tile, from wherever it begins', () => {
  expect(rootsFound(dir)).toEqual(hexOf(roots));
  expect(rootsFound(dir, dir, 57)).toEqual(hexOf(roots.slice(57)));
  expect(rootsFound(dir, dir, TILES - 5), 'without a thread').toEqual(hexOf(roots.slice(-5)));
});

it('finds none where a tile is not as it was recorded', () => {
  const changed = mkdtempSync(join(tmpdir(), 'sluice-tiles-'));
  cpSync(dir, changed, { recursive: true });
  const spoil = (level: number | 'entries', n: number, how: (bytes: Buffer) => Buffer) =>
    writeFileSync(pathOf(changed, level, n), how(readFileSync(pathOf(changed, level, n))));
  const flip = (bytes: Buffer) => {
    const at = drawn(-1).readUInt32BE() % bytes.length;
    bytes[at] = bytes[at]! ^ 1;
    return bytes;
  };
  console.log(`tile changes seed ${SEED}`);
  spoil('entries', 3, flip);
  spoil(0, 100, flip);
  spoil('entries', 101, (bytes) => bytes.subarray(0, -34));
  spoil(0, 102, (bytes) => bytes.subarray(0, -32));
  rmSync(pathOf(changed, 'entries', 200));
  spoil('entries', 299, (bytes) => Buffer.concat([bytes, bytes.subarray(0, 34)]));
  const expected = hexOf(roots).map((root, n) => ([3, 100, 101, 102, 200, 299].includes(n) ? null : root));
  expect(rootsFound(changed)).toEqual(expected);
  rmSync(changed, { recursive: true, force: true });
});

it('does it all by itself where the thread ends at once', () => {
  const source = openTilesSource(dir);
  const checker = openTileChecker(source, { home: join(dir, 'no home') }, { first: 0, end: TILES });
  const found = Array.from({ length: TILES }, (_, n) => checker.root(n));
  checker.close();
  expect(hexOf(found.map((one) => one ?? new Uint8Array()))).toEqual(hexOf(roots));
});
