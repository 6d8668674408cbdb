import {
  type Db,
  entryCount,
  latestCheckpoint,
  leafHash,
  readLeaves,
  readNodes,
  type StoredCheckpoint,
  scanEntries,
  scanLeaves,
  type TreeNode,
} from '#catalog';
import { AppError, AssertionFailed } from '#policies';
import { openCheckpoint } from './checkpoint.ts';
import type { NoteVerifier } from './log-key.ts';
import { EMPTY_FRONTIER, type Frontier, growTree, loadFrontier, type NodeSource, rootOf } from './tree.ts';

/** The tree as the store holds it. */

/** Rows read at once: bounds memory while the tree catches up. */
const STRETCH = 4_096;

export function nodeSource(db: Db): NodeSource {
  return { nodes: (level, from, to) => (level === 0 ? readLeaves(db, from, to) : readNodes(db, level, from, to)) };
}

/** The tree with every leaf that is durable now, and the full tiles that completes. */
export function growStored(
  db: Db,
  from: Frontier,
): { readonly frontier: Frontier; readonly nodes: readonly TreeNode[] } {
  const nodes: TreeNode[] = [];
  const builder = growTree(from, (level, n, hash) => nodes.push({ level, n, hash }));
  for (let next = from.size; ; next += STRETCH) {
    const leaves = readLeaves(db, next, next + STRETCH);
    for (const leaf of leaves) builder.push(leaf);
    if (leaves.length < STRETCH) return { frontier: builder.frontier(), nodes };
  }
}

/**
 * The frontier of the latest persisted tree head, once everything agrees: the stored hashes with its root, its
 * signature with the key, and the entries behind it with their leaves.
 *
 * @throws AppError `LOG_CORRUPT` (index, problem).
 */
export function checkedFrontier(db: Db, verifier: NoteVerifier, origin: string): Frontier {
  const head = latestCheckpoint(db);
  if (head === null && readNodes(db, 1, 0, 1).length > 0) throw corrupt(0, 'the tree heads are gone');
  const size = head?.size ?? 0;
  const count = entryCount(db);
  if (count < size) throw corrupt(count, 'entries that were signed are gone');
  const frontier = head === null ? EMPTY_FRONTIER : frontierOf(db, head);
  if (head !== null && head.note !== null) checkNote(head, head.note, verifier, origin);
  checkTail(db, size);
  return frontier;
}

function frontierOf(db: Db, head: StoredCheckpoint): Frontier {
  const frontier = storedFrontier(db, head.size);
  if (frontier === null || Buffer.compare(rootOf(frontier), head.root) !== 0) {
    throw corrupt(head.size, 'the stored tree is not the one that was signed');
  }
  return frontier;
}

function storedFrontier(db: Db, size: number): Frontier | null {
  try {
    return loadFrontier(nodeSource(db), size);
  } catch (error) {
    if (error instanceof AssertionFailed) return null;
    throw error;
  }
}

function checkNote(head: StoredCheckpoint, note: string, verifier: NoteVerifier, origin: string): void {
  const opened = openCheckpoint(note, verifier);
  const isOurs = opened?.origin === origin && opened.size === head.size && Buffer.compare(opened.root, head.root) === 0;
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

function corrupt(index: number, problem: string): AppError {
  return new AppError('LOG_CORRUPT', { index, problem });
}
