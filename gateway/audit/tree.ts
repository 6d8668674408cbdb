import { sha256 } from '#catalog/log-rows';
import { assert } from '#policies/vocabulary';

/**
 * The Merkle tree of RFC 6962 §2.1 over the log's leaves: hashing, growing, proving, checking. Sizes and indices are
 * plain numbers up to 2^53; WHY division and no shifts: JavaScript's shifts end at 32 bits.
 */

export const HASH_BYTES = 32;
/** Levels of hashes in one tile, 2^8 wide (C2SP tlog-tiles). */
export const TILE_HEIGHT = 8;
export const TILE_WIDTH = 256;

export const EMPTY_ROOT: Uint8Array = sha256(new Uint8Array());

const pair = Buffer.alloc(1 + 2 * HASH_BYTES);
pair[0] = 1;

/** SHA-256(0x01 ‖ left ‖ right). */
export function nodeHash(left: Uint8Array, right: Uint8Array): Buffer {
  pair.set(left, 1);
  pair.set(right, 1 + HASH_BYTES);
  return sha256(pair);
}

/** Where a tree can go on growing: the roots of the perfect subtrees it consists of, the widest first. */
export interface Frontier {
  readonly size: number;
  readonly roots: readonly Uint8Array[];
}

export const EMPTY_FRONTIER: Frontier = Object.freeze({ size: 0, roots: [] });

/** The root of the whole tree. */
export function rootOf({ roots }: Frontier): Uint8Array {
  const last = roots.at(-1);
  if (last === undefined) return EMPTY_ROOT;
  return roots.slice(0, -1).reduceRight((right, left) => nodeHash(left, right), last);
}

export interface TreeBuilder {
  push(leaf: Uint8Array): void;
  /** The same with the root of the next 256 leaves: only where a tile begins. */
  pushTile(root: Uint8Array): void;
  frontier(): Frontier;
}

/**
 * Grows a tree leaf by leaf in memory of one hash a level.
 *
 * @param onNode told of each completed full tile: node (level, n) is the root over the nodes (level − 1, 256 n …).
 */
export function growTree(
  from: Frontier,
  onNode: (level: number, n: number, hash: Uint8Array) => void = () => undefined,
): TreeBuilder {
  const roots = [...from.roots];
  let { size } = from;
  function add(subtree: Uint8Array, leaves: number, heightOfLeaves: number): void {
    let root = subtree;
    let [width, height] = [leaves, heightOfLeaves];
    size += width;
    for (;;) {
      if (height > 0 && height % TILE_HEIGHT === 0) onNode(height / TILE_HEIGHT, size / width - 1, root);
      if (size % (width * 2) !== 0) break;
      const left = roots.pop();
      assert(left !== undefined, 'a frontier has a root for each one-bit of its size');
      root = nodeHash(left, root);
      width *= 2;
      height += 1;
    }
    roots.push(root);
  }
  return {
    push: (leaf) => add(leaf, 1, 0),
    pushTile(root) {
      assert(size % TILE_WIDTH === 0, 'a tile begins where one ended');
      add(root, TILE_WIDTH, TILE_HEIGHT);
    },
    frontier: () => ({ size, roots: [...roots] }),
  };
}

/** Stored hashes: level 0 are leaves, node (level, n) the root over the nodes (level − 1, 256 n … 256 n + 255). */
export interface NodeSource {
  nodes(level: number, from: number, to: number): readonly Uint8Array[];
}

/** Root of the perfect subtree over leaves [start, start + 2^height). Reads at most 128 stored hashes. */
function perfectRoot(source: NodeSource, start: number, height: number): Uint8Array {
  const level = Math.floor(height / TILE_HEIGHT);
  const leavesPerNode = TILE_WIDTH ** level;
  const from = start / leavesPerNode;
  const count = 2 ** (height % TILE_HEIGHT);
  let hashes = source.nodes(level, from, from + count);
  assert(hashes.length === count, 'a perfect subtree inside the tree is stored whole');
  while (hashes.length > 1) hashes = pairUp(hashes);
  return hashes[0] ?? EMPTY_ROOT;
}

function pairUp(hashes: readonly Uint8Array[]): readonly Uint8Array[] {
  const parents: Uint8Array[] = [];
  for (let i = 0; i + 1 < hashes.length; i += 2) {
    parents.push(nodeHash(hashes[i] ?? EMPTY_ROOT, hashes[i + 1] ?? EMPTY_ROOT));
  }
  return parents;
}

/** The frontier of the first `size` leaves, from stored hashes. */
export function loadFrontier(source: NodeSource, size: number): Frontier {
  const roots: Uint8Array[] = [];
  let start = 0;
  while (start < size) {
    const height = Math.floor(Math.log2(size - start));
    roots.push(perfectRoot(source, start, height));
    start += 2 ** height;
  }
  return { size, roots };
}

/** The largest power of two below n; n > 1. */
function splitPoint(n: number): number {
  const power = 2 ** Math.floor(Math.log2(n));
  return power === n ? n / 2 : power;
}

/** MTH(D[from:to]) of RFC 6962; `from` is a multiple of the largest power of two in the stretch. */
function rangeRoot(source: NodeSource, from: number, to: number): Uint8Array {
  const height = Math.log2(to - from);
  if (Number.isInteger(height)) return perfectRoot(source, from, height);
  const middle = from + splitPoint(to - from);
  return nodeHash(rangeRoot(source, from, middle), rangeRoot(source, middle, to));
}

/** PATH(index, D[0:size]) of RFC 6962 §2.1.1, from the leaf upward. */
export function inclusionProof(source: NodeSource, index: number, size: number): readonly Uint8Array[] {
  assert(index >= 0 && index < size, 'the leaf is in the tree');
  const proof: Uint8Array[] = [];
  let [from, to] = [0, size];
  while (to - from > 1) {
    const middle = from + splitPoint(to - from);
    if (index < middle) {
      proof.push(rangeRoot(source, middle, to));
      to = middle;
    } else {
      proof.push(rangeRoot(source, from, middle));
      from = middle;
    }
  }
  return proof.reverse();
}

/** PROOF(oldSize, D[0:newSize]) of RFC 6962 §2.1.2. Empty when either tree is empty or both are one. */
export function consistencyProof(source: NodeSource, oldSize: number, newSize: number): readonly Uint8Array[] {
  assert(oldSize >= 0 && oldSize <= newSize, 'the older tree is the smaller');
  if (oldSize === 0 || oldSize === newSize) return [];
  const proof: Uint8Array[] = [];
  let [from, to] = [0, newSize];
  while (to > oldSize) {
    const middle = from + splitPoint(to - from);
    if (oldSize <= middle) {
      proof.push(rangeRoot(source, middle, to));
      to = middle;
    } else {
      proof.push(rangeRoot(source, from, middle));
      from = middle;
    }
  }
  if (from > 0) proof.push(rangeRoot(source, from, to));
  return proof.reverse();
}
