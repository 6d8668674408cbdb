import type { Db } from './db.ts';
import { prepared } from './prepared.ts';

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

/** A head for each so many entries is kept for good: what tells between which of them a rewritten log departs. */
export const HEAD_INTERVAL = 256;

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
const selectNodeCount = prepared((db) => db.client.prepare<[], number>('SELECT count(*) FROM audit_nodes').pluck());
const insertNode = prepared((db) =>
  db.client.prepare<[number, number, Uint8Array]>('INSERT INTO audit_nodes (level, n, hash) VALUES (?, ?, ?)'),
);
const selectLatest = prepared((db) =>
  db.client.prepare<[], StoredCheckpoint>('SELECT size, root, note FROM audit_checkpoints ORDER BY size DESC LIMIT 1'),
);
const selectLatestSigned = prepared((db) =>
  db.client.prepare<[], StoredCheckpoint>(
    'SELECT size, root, note FROM audit_checkpoints WHERE note IS NOT NULL ORDER BY size DESC LIMIT 1',
  ),
);
const selectCheckpoints = prepared((db) =>
  db.client.prepare<[number, number], StoredCheckpoint>(
    'SELECT size, root, note FROM audit_checkpoints WHERE size > ? ORDER BY size LIMIT ?',
  ),
);
const deletePassing = prepared((db) =>
  db.client.prepare<[number, number, number]>(
    `DELETE FROM audit_checkpoints WHERE size >= ? AND size < ? AND size % ${HEAD_INTERVAL} <> 0 AND size <> ?`,
  ),
);
const insertCheckpoint = prepared((db) =>
  db.client.prepare<[number, Uint8Array, string | null]>(
    'INSERT INTO audit_checkpoints (size, root, note) VALUES (?, ?, ?)',
  ),
);
const replaceCheckpoint = prepared((db) =>
  db.client.prepare<[number, Uint8Array, string | null]>(
    'INSERT OR REPLACE INTO audit_checkpoints (size, root, note) VALUES (?, ?, ?)',
  ),
);
const countKept = prepared((db) =>
  db.client
    .prepare<[], number>(
      `SELECT count(*) FROM audit_checkpoints WHERE size > 0 AND size % ${HEAD_INTERVAL} = 0 AND note IS NOT NULL`,
    )
    .pluck(),
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

export function countNodes(db: Db): number {
  return selectNodeCount(db).get() ?? 0;
}

export function saveNodes(tx: Db, nodes: readonly TreeNode[]): void {
  for (const { level, n, hash } of nodes) insertNode(tx).run(level, n, hash);
}

/** Persists a tree head, to be signed once it is durable. Larger than all before, but for one that was left out. */
export function saveCheckpoint(tx: Db, { size, root, note }: StoredCheckpoint): void {
  insertCheckpoint(tx).run(size, root, note);
}

/**
 * Of the heads `from` ≤ size < `to` keeps those at multiples of HEAD_INTERVAL and the one of size `kept`, the newest that is
 * signed: so there is always one that an outsider can check, and the list stays at one for each 256 entries.
 */
export function dropPassingCheckpoints(tx: Db, from: number, to: number, kept: number): void {
  deletePassing(tx).run(from, to, kept);
}

/** Keeps the signature of a persisted tree head. */
export function saveCheckpointNote(tx: Db, size: number, note: string): void {
  updateNote(tx).run(note, size);
}

/** How many heads at multiples of HEAD_INTERVAL there are with their signature, the empty tree aside. */
export function countKeptCheckpoints(db: Db): number {
  return countKept(db).get() ?? 0;
}

/** A head of an earlier size, as the tree of today proves it. */
export function putCheckpoint(tx: Db, { size, root, note }: StoredCheckpoint): void {
  replaceCheckpoint(tx).run(size, root, note);
}

export function latestCheckpoint(db: Db): StoredCheckpoint | null {
  return selectLatest(db).get() ?? null;
}

/** The newest tree head whose signature is kept. */
export function latestSignedCheckpoint(db: Db): StoredCheckpoint | null {
  return selectLatestSigned(db).get() ?? null;
}

/** Tree heads of more than `after` entries, smallest first. */
export function listCheckpoints(db: Db, after: number, limit: number): readonly StoredCheckpoint[] {
  return selectCheckpoints(db).all(after, limit);
}
