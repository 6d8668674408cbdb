import type { TreeNode } from '#catalog';
import { latestCheckpoint, readEntryBytes, type Store, saveCheckpoint, saveCheckpointNote, saveNodes } from '#catalog';
import { assert } from '#policies';
import { type Checkpoint, signCheckpoint, type TreeHead } from './checkpoint.ts';
import type { LogKey } from './log-key.ts';
import { formatReceipt } from './receipt.ts';
import { checkedFrontier, growStored, nodeSource } from './stored-tree.ts';
import { entriesBundle, hashTile, TILE_LEVEL_MAX, tileWidth } from './tiles.ts';
import { consistencyProof, type Frontier, inclusionProof, rootOf, TILE_WIDTH } from './tree.ts';

/** The access log over the store's audit entries: the tree that grows with them and the checkpoints that sign it. */
export interface AccessLog {
  /** What offices keep to check the log: `name+id+key`. */
  readonly verifierKey: string;
  /**
   * Takes every entry that is durable now into the tree and signs it. Calls that come while one is under way share the
   * next. What a job may release waits for this.
   */
  advance(): Promise<Checkpoint>;
  /** The latest signed tree. */
  checkpoint(): Checkpoint;
  /** The `.tlog-proof` of an entry that the latest checkpoint covers: `index` < its size. */
  receipt(index: number): string;
  /** The proof that the tree of `oldSize` entries is a beginning of the latest; null when it is larger. */
  consistency(oldSize: number): readonly Uint8Array[] | null;
  /** The first `width` hashes of a tile of the latest tree; null when it has no such tile. */
  tile(level: number, n: number, width: number): Buffer | null;
  /** The same of the entries themselves, each behind its length as two bytes, big-endian. */
  entriesTile(n: number, width: number): Buffer | null;
  /** Ends after what is under way. */
  close(): Promise<void>;
}

export interface LogDeps {
  readonly store: Store;
  readonly key: LogKey;
  /** The log's name, the first line of every checkpoint. */
  readonly origin: string;
}

/**
 * Opens the log, holds the stored tree against what was last persisted and signed, and takes in what is new.
 *
 * INVARIANT: it never signs a tree that is smaller than, or different from, one that it may have signed before: a head
 * is durable before it is signed, and every later tree grows from it.
 *
 * @throws AppError `LOG_CORRUPT` (index, problem): the process must not go on.
 */
export async function openLog(deps: LogDeps): Promise<AccessLog> {
  const signer = createSigner(deps);
  await signer.advance();
  return { verifierKey: deps.key.vkey, ...signer, ...createReader(deps.store, signer.checkpoint) };
}

type Signer = Pick<AccessLog, 'advance' | 'checkpoint' | 'close'>;

function createSigner({ store, key, origin }: LogDeps): Signer {
  let frontier: Frontier = store.read((db) => checkedFrontier(db, key, origin));
  let current: Checkpoint | null = null;
  let running: Promise<void> = Promise.resolve();
  let queued: Promise<Checkpoint> | null = null;

  async function step(): Promise<Checkpoint> {
    const grown = store.read((db) => growStored(db, frontier));
    if (current !== null && grown.frontier.size === frontier.size) return current;
    const head = { size: grown.frontier.size, root: rootOf(grown.frontier) };
    await persistHead(store, head, grown.nodes, current);
    frontier = grown.frontier;
    current = signCheckpoint(key, origin, head);
    return current;
  }

  /** WHY apart from the head: nobody waits for it. Under load the next head takes the signature along. */
  async function keepNote({ size, note }: Checkpoint): Promise<void> {
    if (queued === null) await store.commit((tx) => saveCheckpointNote(tx, size, note));
  }

  return {
    advance() {
      queued ??= running.then(() => {
        queued = null;
        const advancing = step();
        // A failure is told to those who wait for this step; the next one tries again from the same tree.
        running = advancing.then(keepNote).catch(() => undefined);
        return advancing;
      });
      return queued;
    },
    checkpoint() {
      assert(current !== null, 'openLog signs before it returns');
      return current;
    },
    async close() {
      await queued?.catch(() => undefined);
      await running;
    },
  };
}

async function persistHead(
  store: Store,
  head: TreeHead,
  nodes: readonly TreeNode[],
  last: Checkpoint | null,
): Promise<void> {
  await store.commit((tx) => {
    if (last !== null) saveCheckpointNote(tx, last.size, last.note);
    // On start the tree may be just the one that was persisted last.
    if (latestCheckpoint(tx)?.size === head.size) return;
    saveNodes(tx, nodes);
    saveCheckpoint(tx, { ...head, note: null });
  });
}

type Reader = Pick<AccessLog, 'receipt' | 'consistency' | 'tile' | 'entriesTile'>;

function createReader(store: Store, checkpoint: () => Checkpoint): Reader {
  return {
    receipt(index) {
      const latest = checkpoint();
      const proof = store.read((db) => inclusionProof(nodeSource(db), index, latest.size));
      return formatReceipt({ index, proof, checkpoint: latest });
    },
    consistency(oldSize) {
      const { size } = checkpoint();
      if (oldSize > size) return null;
      return store.read((db) => consistencyProof(nodeSource(db), oldSize, size));
    },
    tile(level, n, width) {
      if (level > TILE_LEVEL_MAX || width < 1 || width > tileWidth(level, n, checkpoint().size)) return null;
      return store.read((db) => hashTile(nodeSource(db), level, n, width));
    },
    entriesTile(n, width) {
      if (width < 1 || width > tileWidth('entries', n, checkpoint().size)) return null;
      const from = n * TILE_WIDTH;
      return store.read((db) => entriesBundle(readEntryBytes(db, from, from + width)));
    },
  };
}
