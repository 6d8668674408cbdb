/**
 * Goal: the tree, its stored form and its proofs are those of RFC 6962, for every shape that a few hundred leaves have.
 * Method: the published vectors; then every size up to 300 against a naive reference, proofs of random places.
 * Invariants: equal roots, equal proofs, every proof accepted, every altered proof refused.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isConsistent, isIncluded } from '../../../gateway/audit/check-proof.ts';
import {
  consistencyProof,
  EMPTY_FRONTIER,
  type Frontier,
  growTree,
  inclusionProof,
  loadFrontier,
  type NodeSource,
  rootOf,
} from '../../../gateway/audit/tree.ts';
import { rfc6962Vectors } from '../../log/vectors.ts';
import { leafOf, naiveConsistency, naivePath, naiveRoot } from './naive-tree.ts';

const SEED = 6962;
console.log(`tree property seed ${SEED}`);
const SIZE_MAX = 300;
const leaves = Array.from({ length: 600 }, (_, i) => leafOf(Buffer.from(`entry ${i}`)));

/** Grows a tree and keeps what the store would keep. */
function storeTree(count: number): { readonly source: NodeSource; readonly frontiers: readonly Frontier[] } {
  const nodes = new Map<number, Uint8Array[]>([[0, []]]);
  const builder = growTree(EMPTY_FRONTIER, (level, n, hash) => {
    const row = nodes.get(level) ?? [];
    expect(row).toHaveLength(n);
    nodes.set(level, [...row, hash]);
  });
  const frontiers = [builder.frontier()];
  for (const leaf of leaves.slice(0, count)) {
    nodes.get(0)?.push(leaf);
    builder.push(leaf);
    frontiers.push(builder.frontier());
  }
  return { source: { nodes: (level, from, to) => (nodes.get(level) ?? []).slice(from, to) }, frontiers };
}

const { source, frontiers } = storeTree(leaves.length);
const hex = (hashes: readonly Uint8Array[]) => hashes.map((hash) => Buffer.from(hash).toString('hex'));
const rootAt = (size: number) => naiveRoot(leaves.slice(0, size));

describe('vectors', () => {
  it.each(rfc6962Vectors())('$name', ({ passes }) => expect(passes).toBe(true));
});

describe('against the reference', () => {
  it('grows to the same roots, and loads to the same frontier', () => {
    for (let size = 0; size <= SIZE_MAX; size += 1) {
      const grown = frontiers[size] as Frontier;
      expect(rootOf(grown)).toEqual(rootAt(size));
      expect(hex(loadFrontier(source, size).roots)).toEqual(hex(grown.roots));
    }
  });

  it('goes on from any frontier', () => {
    for (const size of [0, 1, 7, 255, 256, 257, 511, 512, 600]) {
      const builder = growTree(frontiers[size] as Frontier);
      for (const leaf of leaves.slice(size)) builder.push(leaf);
      expect(rootOf(builder.frontier())).toEqual(rootOf(frontiers[600] as Frontier));
    }
  });

  it('proves inclusion as the reference does, at every size', () => {
    for (let size = 1; size <= SIZE_MAX; size += 1) {
      const root = rootAt(size);
      for (const index of new Set([0, size - 1, size >> 1, (size * 7919) % size, (size * 31) % size])) {
        const proof = inclusionProof(source, index, size);
        expect(hex(proof)).toEqual(hex(naivePath(index, leaves.slice(0, size))));
        expect(isIncluded(leaves[index] as Buffer, index, { size, root }, proof)).toBe(true);
      }
    }
  });

  it('proves consistency as the reference does, at every size', () => {
    for (let size = 1; size <= SIZE_MAX; size += 1) {
      const newer = { size, root: rootAt(size) };
      for (const oldSize of new Set([0, 1, size - 1, size, size >> 1, (size * 13) % size, 256])) {
        if (oldSize > size) continue;
        const proof = consistencyProof(source, oldSize, size);
        expect(hex(proof)).toEqual(hex(naiveConsistency(oldSize, leaves.slice(0, size))));
        expect(isConsistent({ size: oldSize, root: rootAt(oldSize) }, newer, proof)).toBe(true);
      }
    }
  });
});

describe('false claims', () => {
  const at = fc.record({ size: fc.integer({ min: 2, max: 600 }), a: fc.nat(), b: fc.nat(), bit: fc.nat(255) });
  const flip = (hash: Uint8Array, bit: number): Buffer => {
    const copy = Buffer.from(hash);
    copy[bit >> 3] = (copy[bit >> 3] as number) ^ (1 << (bit & 7));
    return copy;
  };

  it('an altered inclusion proof, leaf, root, index or size is refused', () => {
    fc.assert(
      fc.property(at, ({ size, a, b, bit }) => {
        const index = a % size;
        const leaf = leaves[index] as Buffer;
        const tree = { size, root: rootOf(frontiers[size] as Frontier) };
        const proof = inclusionProof(source, index, size);
        const k = b % proof.length;
        const changed = proof.map((hash, i) => (i === k ? flip(hash, bit) : hash));
        expect(isIncluded(leaf, index, tree, proof)).toBe(true);
        expect(isIncluded(leaf, index, tree, changed)).toBe(false);
        expect(isIncluded(flip(leaf, bit), index, tree, proof)).toBe(false);
        expect(isIncluded(leaf, index, { ...tree, root: flip(tree.root, bit) }, proof)).toBe(false);
        expect(isIncluded(leaf, (index + 1) % size, tree, proof)).toBe(false);
        expect(isIncluded(leaf, index, tree, proof.slice(1))).toBe(false);
        expect(isIncluded(leaf, index, tree, [...proof, leaf])).toBe(false);
        expect(isIncluded(leaf, -1, tree, proof)).toBe(false);
        expect(isIncluded(leaf, size, tree, proof)).toBe(false);
      }),
      { seed: SEED, numRuns: 300 },
    );
  });

  it('an altered consistency proof or root is refused', () => {
    fc.assert(
      fc.property(at, ({ size, a, b, bit }) => {
        const oldSize = 1 + (a % (size - 1));
        const older = { size: oldSize, root: rootOf(frontiers[oldSize] as Frontier) };
        const newer = { size, root: rootOf(frontiers[size] as Frontier) };
        const proof = consistencyProof(source, oldSize, size);
        const k = b % proof.length;
        const changed = proof.map((hash, i) => (i === k ? flip(hash, bit) : hash));
        expect(isConsistent(older, newer, proof)).toBe(true);
        expect(isConsistent(older, newer, changed)).toBe(false);
        expect(isConsistent({ ...older, root: flip(older.root, bit) }, newer, proof)).toBe(false);
        expect(isConsistent(older, { ...newer, root: flip(newer.root, bit) }, proof)).toBe(false);
        expect(isConsistent(older, newer, proof.slice(1))).toBe(false);
        expect(isConsistent(older, newer, [...proof, older.root])).toBe(false);
        expect(isConsistent(newer, older, proof)).toBe(false);
      }),
      { seed: SEED, numRuns: 300 },
    );
  });
});
