import type { Db, TreeNode } from '#catalog';
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
   * The signed tree of every entry that is durable now: a head becomes durable in the transaction of its entries. What a
   * job may release waits for this.
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
  /** Keeps the last signature; entries that come later are for the next log to take in. */
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
  const signer = await createSigner(deps);
  return { verifierKey: deps.key.vkey, ...signer, ...createReader(deps.store, signer.checkpoint) };
}

type Signer = Pick<AccessLog, 'advance' | 'checkpoint' | 'close'>;

/** How long the newest signature may be in memory alone. Nothing rests on it: signed again, the head gives the same note. */
const NOTE_UNKEPT_MS_MAX = 1_000;

async function createSigner({ store, key, origin }: LogDeps): Promise<Signer> {
  let frontier: Frontier = store.read((db) => checkedFrontier(db, key, origin));
  /** The newest durable head, and its signature once someone has asked for it. */
  let head: TreeHead | null = null;
  let signed: Checkpoint | null = null;
  let noteTimer: NodeJS.Timeout | null = null;

  function checkpoint(): Checkpoint {
    assert(head !== null, 'openLog has a head before it returns');
    signed ??= signCheckpoint(key, origin, head);
    return signed;
  }

  function grow(tx: Db): () => void {
    const grown = growStored(tx, frontier);
    if (head !== null && grown.frontier.size === head.size) return () => undefined;
    const next = { size: grown.frontier.size, root: rootOf(grown.frontier) };
    const last = head;
    const lastStays = persistHead(tx, next, grown.nodes);
    if (lastStays && last !== null) saveCheckpointNote(tx, last.size, checkpoint().note);
    return () => {
      frontier = grown.frontier;
      head = next;
      signed = null;
      keepNoteSoon();
    };
  }

  function keepNoteSoon(): void {
    noteTimer ??= setTimeout(() => void keepNote().catch(() => undefined), NOTE_UNKEPT_MS_MAX).unref();
  }

  async function keepNote(): Promise<void> {
    if (noteTimer === null) return;
    clearTimeout(noteTimer);
    noteTimer = null;
    const { size, note } = checkpoint();
    await store.commit((tx) => saveCheckpointNote(tx, size, note));
  }

  store.derive(grow);
  await store
    .commit(() => undefined)
    .catch((cause: unknown) => {
      store.derive(null);
      throw cause;
    });
  return {
    advance: async () => checkpoint(),
    checkpoint,
    async close() {
      await keepNote();
      store.derive(null);
    },
  };
}

/** True when the head before it stays beside it. */
function persistHead(tx: Db, head: TreeHead, nodes: readonly TreeNode[]): boolean {
  // On start the tree may be just the one that was persisted last.
  if (latestCheckpoint(tx)?.size === head.size) return false;
  saveNodes(tx, nodes);
  return saveCheckpoint(tx, { ...head, note: null });
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
