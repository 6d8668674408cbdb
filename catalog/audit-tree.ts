import { assert } from '#policies';
import type { Db } from './db.ts';
import { prepared } from './db.ts';

/** What the tree over the log stands on: leaf hashes, roots of full tiles, tree heads. The arithmetic is the gateway's. */

/** Root of the 256 nodes (level − 1, 256 n …); level 1 is over leaves. */
export interface TreeNode {
  readonly level: number;
  readonly n: number;
  readonly hash: Uint8Array;
}

export interface StoredCheckpoint {
  readonly size: number;
  readonly root: Uint8Array;
  /** The signed note; null between persisting the tree head and keeping its signature. */
  readonly note: string | null;
}

const TILE_WIDTH = 256;

const selectLeaves = prepared((db) =>
  db.client
    .prepare<[number, number], Buffer>('SELECT hash FROM audit_leaves WHERE idx >= ? AND idx < ? ORDER BY idx')
    .pluck(),
);
const scanLeafRows = prepared((db) =>
  db.client
    .prepare<[number, number], [number, Buffer]>(
      'SELECT idx, hash FROM audit_leaves WHERE idx >= ? ORDER BY idx LIMIT ?',
    )
    .raw(),
);
const selectLeafIndex = prepared((db) =>
  db.client.prepare<[Uint8Array], number>('SELECT idx FROM audit_leaves WHERE hash = ? ORDER BY idx LIMIT 1').pluck(),
);
const selectNodes = prepared((db) =>
  db.client
    .prepare<[number, number, number], Buffer>(
      'SELECT hash FROM audit_nodes WHERE level = ? AND n >= ? AND n < ? ORDER BY n',
    )
    .pluck(),
);
const insertNode = prepared((db) =>
  db.client.prepare<[number, number, Uint8Array]>('INSERT INTO audit_nodes (level, n, hash) VALUES (?, ?, ?)'),
);
const selectLatest = prepared((db) =>
  db.client.prepare<[], StoredCheckpoint>('SELECT size, root, note FROM audit_checkpoints ORDER BY size DESC LIMIT 1'),
);
const selectCheckpoints = prepared((db) =>
  db.client.prepare<[number, number], StoredCheckpoint>(
    'SELECT size, root, note FROM audit_checkpoints WHERE size > ? ORDER BY size LIMIT ?',
  ),
);
const deleteCheckpoint = prepared((db) => db.client.prepare<[number]>('DELETE FROM audit_checkpoints WHERE size = ?'));
const insertCheckpoint = prepared((db) =>
  db.client.prepare<[number, Uint8Array, string | null]>(
    'INSERT INTO audit_checkpoints (size, root, note) VALUES (?, ?, ?)',
  ),
);
const updateNote = prepared((db) =>
  db.client.prepare<[string, number]>('UPDATE audit_checkpoints SET note = ? WHERE size = ?'),
);

/** Leaf hashes `from` ≤ i < `to`, in order. Shorter than asked when the log is; the caller bounds the stretch. */
export function readLeaves(db: Db, from: number, to: number): readonly Buffer[] {
  return selectLeaves(db).all(from, to);
}

/** Up to `limit` rows from index `from` on as `[index, hash]`, as they lie in the store: for checks that trust nothing. */
export function scanLeaves(db: Db, from: number, limit: number): readonly (readonly [number, Buffer])[] {
  return scanLeafRows(db).all(from, limit);
}

/** The index of a leaf hash; null when no entry has it. Reads the whole log: for reports only. */
export function findLeaf(db: Db, leaf: Uint8Array): number | null {
  return selectLeafIndex(db).get(leaf) ?? null;
}

/** Nodes `from` ≤ n < `to` of a level ≥ 1, in order. */
export function readNodes(db: Db, level: number, from: number, to: number): readonly Buffer[] {
  return selectNodes(db).all(level, from, to);
}

export function saveNodes(tx: Db, nodes: readonly TreeNode[]): void {
  for (const { level, n, hash } of nodes) insertNode(tx).run(level, n, hash);
}

/**
 * Persists a tree head larger than all before. Of the heads within one tile's width only the newest is kept, so that
 * the list stays at one for each 256 entries: enough to tell between which of them a rewritten log departs.
 *
 * @returns whether the newest head before it is kept.
 */
export function saveCheckpoint(tx: Db, checkpoint: StoredCheckpoint): boolean {
  const latest = latestCheckpoint(tx);
  assert(latest === null || checkpoint.size > latest.size, 'a checkpoint never shrinks or repeats');
  const isKept = latest === null || tileOf(latest.size) !== tileOf(checkpoint.size);
  if (!isKept) deleteCheckpoint(tx).run(latest.size);
  insertCheckpoint(tx).run(checkpoint.size, checkpoint.root, checkpoint.note);
  return isKept;
}

const tileOf = (size: number): number => Math.floor(size / TILE_WIDTH);

/** Keeps the signature of a persisted tree head. */
export function saveCheckpointNote(tx: Db, size: number, note: string): void {
  updateNote(tx).run(note, size);
}

export function latestCheckpoint(db: Db): StoredCheckpoint | null {
  return selectLatest(db).get() ?? null;
}

/** Tree heads of more than `after` entries, smallest first. */
export function listCheckpoints(db: Db, after: number, limit: number): readonly StoredCheckpoint[] {
  return selectCheckpoints(db).all(after, limit);
}
