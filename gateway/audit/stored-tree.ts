import {
  type Db,
  entryCount,
  HEAD_INTERVAL,
  latestCheckpoint,
  latestSignedCheckpoint,
  leafHash,
  readLeaves,
  readNodes,
  type StoredCheckpoint,
  scanEntries,
  scanLeaves,
  type TreeNode,
} from '#catalog';
import { AppError, AssertionFailed } from '#policies';
import { isConsistent } from './check-proof.ts';
import { openCheckpoint, type TreeHead } from './checkpoint.ts';
import type { NoteVerifier } from './log-key.ts';
import {
  consistencyProof,
  EMPTY_FRONTIER,
  type Frontier,
  growTree,
  loadFrontier,
  type NodeSource,
  rootOf,
} from './tree.ts';

/** The tree as the store holds it. */

/** Rows read at once: bounds memory while the tree catches up. */
const STRETCH = 4_096;

export function nodeSource(db: Db): NodeSource {
  return { nodes: (level, from, to) => (level === 0 ? readLeaves(db, from, to) : readNodes(db, level, from, to)) };
}

export interface GrownTree {
  readonly frontier: Frontier;
  /** The full tiles that the growth completed. */
  readonly nodes: readonly TreeNode[];
  /** The trees at the multiples of HEAD_INTERVAL that it came by, and the grown one last; none where nothing grew. */
  readonly heads: readonly TreeHead[];
}

/** The tree with every leaf that the store holds now. */
export function growStored(db: Db, from: Frontier): GrownTree {
  const nodes: TreeNode[] = [];
  const heads: TreeHead[] = [];
  const builder = growTree(from, (level, n, hash) => nodes.push({ level, n, hash }));
  let { size } = from;
  for (;;) {
    const leaves = readLeaves(db, size, size + STRETCH);
    for (const leaf of leaves) {
      builder.push(leaf);
      size += 1;
      if (size % HEAD_INTERVAL === 0) heads.push(headOf(builder.frontier()));
    }
    if (leaves.length < STRETCH) break;
  }
  const frontier = builder.frontier();
  if (size > from.size && size % HEAD_INTERVAL !== 0) heads.push(headOf(frontier));
  return { frontier, nodes, heads };
}

export function headOf(frontier: Frontier): TreeHead {
  return { size: frontier.size, root: rootOf(frontier) };
}

/**
 * The frontier of the latest persisted tree head, once everything agrees: the stored hashes with its root, the newest
 * signature with the key, that head's growth from the signed one, and the entries behind it with their leaves.
 *
 * @throws AppError `LOG_CORRUPT` (index, problem).
 */
export function checkedFrontier(db: Db, verifiers: readonly NoteVerifier[]): Frontier {
  const head = latestCheckpoint(db);
  if (head === null && readNodes(db, 1, 0, 1).length > 0) throw corrupt(0, 'the tree heads are gone');
  const size = head?.size ?? 0;
  const count = entryCount(db);
  if (count < size) throw corrupt(count, 'entries that were signed are gone');
  const frontier = head === null ? EMPTY_FRONTIER : frontierOf(db, head);
  if (head !== null && head.size > 0) checkSigned(db, head, verifiers);
  checkTail(db, size);
  return frontier;
}

/** WHY: a crash may have left the newest head unsigned, and so may someone who put a tree of his own in its place. */
function checkSigned(db: Db, head: StoredCheckpoint, verifiers: readonly NoteVerifier[]): void {
  const signed = latestSignedCheckpoint(db);
  if (signed === null || signed.note === null) throw corrupt(head.size, 'no tree head is signed');
  checkNote(signed, signed.note, verifiers);
  if (!growsFrom(db, signed, head)) throw corrupt(signed.size, 'the stored tree is not the one that was signed');
}

/** Whether the stored hashes prove that the newer tree begins with the older one. */
export function growsFrom(db: Db, older: TreeHead, newer: TreeHead): boolean {
  try {
    return isConsistent(older, newer, consistencyProof(nodeSource(db), older.size, newer.size));
  } catch (error) {
    if (error instanceof AssertionFailed) return false; // a hash that the proof needs is gone
    throw error;
  }
}

function frontierOf(db: Db, head: StoredCheckpoint): Frontier {
  const frontier = storedFrontier(db, head.size);
  if (frontier === null || Buffer.compare(rootOf(frontier), head.root) !== 0) {
    throw corrupt(head.size, 'the stored tree is not the one that was signed');
  }
  return frontier;
}

/** The frontier of the first `size` leaves; null when a hash that it needs is gone. */
export function storedFrontier(db: Db, size: number): Frontier | null {
  try {
    return loadFrontier(nodeSource(db), size);
  } catch (error) {
    if (error instanceof AssertionFailed) return null;
    throw error;
  }
}

function checkNote(head: StoredCheckpoint, note: string, verifiers: readonly NoteVerifier[]): void {
  const isOurs = verifiers.some((verifier) => {
    const opened = openCheckpoint(note, verifier);
    return (
      opened?.origin === verifier.name && opened.size === head.size && Buffer.compare(opened.root, head.root) === 0
    );
  });
  if (!isOurs) throw corrupt(head.size, 'the last checkpoint is not signed by this key for this log');
}

/** Entries that no tree covers yet: a crash came between their commit and the tree. They go in only as they were written. */
function checkTail(db: Db, size: number): void {
  for (let next = size; ; next += STRETCH) {
    const entries = scanEntries(db, next, STRETCH);
    const leaves = scanLeaves(db, next, STRETCH);
    for (let i = 0; i < Math.max(entries.length, leaves.length); i += 1) {
      const [entry, leaf] = [entries[i], leaves[i]];
      const agree =
        entry !== undefined &&
        leaf !== undefined &&
        entry[0] === next + i &&
        leaf[0] === next + i &&
        leafHash(entry[1]).equals(leaf[1]);
      if (!agree) throw corrupt(next + i, 'an entry does not agree with its leaf');
    }
    if (entries.length < STRETCH) return;
  }
}

export function corrupt(index: number, problem: string): AppError {
  return new AppError('LOG_CORRUPT', { index, problem });
}
