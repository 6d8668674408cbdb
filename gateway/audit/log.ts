import {
  entryCount,
  latestCheckpoint,
  leafHash,
  readEntryBytes,
  readLeaves,
  readNodes,
  saveCheckpoint,
  saveCheckpointNote,
  saveNodes,
  scanEntries,
} from '#catalog';
import type { Db, Store, StoredCheckpoint, TreeNode } from '#catalog';
import { AppError, assert } from '#policies';
import { openCheckpoint, signCheckpoint } from './checkpoint.ts';
import type { Checkpoint } from './checkpoint.ts';
import type { LogKey } from './log-key.ts';
import { formatReceipt } from './receipt.ts';
import { entriesBundle, hashTile, tileWidth } from './tiles.ts';
import { consistencyProof, EMPTY_FRONTIER, growTree, inclusionProof, loadFrontier, rootOf } from './tree.ts';
import type { Frontier, NodeSource } from './tree.ts';

/** The access log over the store's audit entries: the tree that grows with them and the checkpoints that sign it. */
export interface AccessLog {
  /**
   * Takes every entry that is durable now into the tree and signs it. Calls that come while one is under way share the
   * next. What a job may release waits for this.
   */
  advance(): Promise<Checkpoint>;
  /** The latest signed tree. */
  checkpoint(): Checkpoint;
  /** The `.tlog-proof` of an entry against the latest checkpoint; null when that does not cover it yet. */
  receipt(index: number): string | null;
  /** The proof that the tree of `oldSize` entries is a beginning of the latest; null when it is larger. */
  consistency(oldSize: number): readonly Uint8Array[] | null;
  /** The first `width` hashes of a tile of the latest tree; null when it has no such tile. */
  tile(level: number, n: number, width: number): Buffer | null;
  entriesTile(n: number, width: number): Buffer | null;
  /** Ends after what is under way. */
  close(): Promise<void>;
}

export interface LogDeps {
  readonly store: Store;
  readonly key: LogKey;
  /** The log's name, its first line on every checkpoint. */
  readonly origin: string;
}

/** Leaves read at once: bounds memory while the tree catches up. */
const STRETCH = 4_096;

/** The stored tree under a connection. */
export function nodeSource(db: Db): NodeSource {
  return { nodes: (level, from, to) => (level === 0 ? readLeaves(db, from, to) : readNodes(db, level, from, to)) };
}

/**
 * Opens the log and holds the stored tree against what was last persisted and signed.
 *
 * @throws AppError `LOG_CORRUPT` (index, problem): the process must not go on. It signs no tree that is smaller than
 *   or different from one that it may have signed before.
 */
export async function openLog({ store, key, origin }: LogDeps): Promise<AccessLog> {
  let frontier = store.read((db) => checkedFrontier(db, key, origin));
  let current: Checkpoint | null = null;
  let running: Promise<unknown> = Promise.resolve();
  let queued: Promise<Checkpoint> | null = null;

  /** The head is durable before it is signed, so that no signature can be out that a restart does not know of. */
  async function step(): Promise<Checkpoint> {
    const { next, nodes } = store.read((db) => grow(db, frontier));
    if (current !== null && next.size === frontier.size) return current;
    const head = { size: next.size, root: rootOf(next) };
    await persist(head, nodes);
    frontier = next;
    current = signCheckpoint(key, origin, head);
    return current;
  }

  async function persist(head: { readonly size: number; readonly root: Uint8Array }, nodes: readonly TreeNode[]) {
    const last = current;
    await store.commit((tx) => {
      if (last !== null) saveCheckpointNote(tx, last.size, last.note);
      if (latestCheckpoint(tx)?.size === head.size) return;
      saveNodes(tx, nodes);
      saveCheckpoint(tx, { ...head, note: null });
    });
  }

  function signed(): Checkpoint {
    assert(current !== null, 'openLog signs before it returns');
    return current;
  }

  const log: AccessLog = {
    advance() {
      queued ??= running.then(() => {
        queued = null;
        const advancing = step();
        running = advancing.then(keepNote, () => undefined);
        return advancing;
      });
      return queued;
    },
    checkpoint: signed,
    receipt(index) {
      const checkpoint = signed();
      if (!Number.isSafeInteger(index) || index < 0 || index >= checkpoint.size) return null;
      const proof = store.read((db) => inclusionProof(nodeSource(db), index, checkpoint.size));
      return formatReceipt({ index, proof, checkpoint });
    },
    consistency(oldSize) {
      const { size } = signed();
      if (!Number.isSafeInteger(oldSize) || oldSize < 0 || oldSize > size) return null;
      return store.read((db) => consistencyProof(nodeSource(db), oldSize, size));
    },
    tile(level, n, width) {
      if (width < 1 || width > tileWidth(level, n, signed().size)) return null;
      return store.read((db) => hashTile(nodeSource(db), level, n, width));
    },
    entriesTile(n, width) {
      if (width < 1 || width > tileWidth('entries', n, signed().size)) return null;
      return store.read((db) => entriesBundle(readEntryBytes(db, n * 256, n * 256 + width)));
    },
    async close() {
      await running;
    },
  };
  await log.advance();
  return log;
}
