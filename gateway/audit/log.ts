import { readEntryBytes, type Store } from '#catalog';
import type { Checkpoint } from './checkpoint.ts';
import type { LogKey } from './log-key.ts';
import { openSigner } from './log-signer.ts';
import { formatReceipt } from './receipt.ts';
import { nodeSource } from './stored-tree.ts';
import { entriesBundle, hashTile, TILE_LEVEL_MAX, tileWidth } from './tiles.ts';
import { consistencyProof, inclusionProof, TILE_WIDTH } from './tree.ts';

/** The access log over the store's audit entries: the tree that grows with them and the checkpoints that sign it. */
export interface AccessLog {
  /** What offices keep to check the log: `name+id+key`. */
  readonly verifierKey: string;
  /** The same of the key that it takes over from, while both sign; else null. */
  readonly formerVerifierKey: string | null;
  /**
   * The signed tree of every entry that is durable now: a head becomes durable in the transaction of its entries. What a
   * job may release waits for this.
   */
  advance(): Promise<Checkpoint>;
  /** The latest signed tree. */
  checkpoint(): Checkpoint;
  /** The `.tlog-proof` of an entry that the checkpoint covers: `index` < its size. Without one: the latest. */
  receipt(index: number, under?: Checkpoint): string;
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
  /** Its name is the log's, the first line of every checkpoint. */
  readonly key: LogKey;
  /** The key before it, which signs as well until it is retired. */
  readonly former?: LogKey | null;
}

/**
 * Opens the log, holds the stored tree against what was last persisted and signed, and takes in what is new.
 *
 * @throws AppError `LOG_CORRUPT` (index, problem): the process must not go on.
 */
export async function openLog({ store, key, former = null }: LogDeps): Promise<AccessLog> {
  const { checkpoint, close } = await openSigner(store, former === null ? [key] : [key, former]);
  return {
    verifierKey: key.vkey,
    formerVerifierKey: former?.vkey ?? null,
    advance: async () => checkpoint(),
    checkpoint,
    close,
    ...createReader(store, checkpoint),
  };
}

type Reader = Pick<AccessLog, 'receipt' | 'consistency' | 'tile' | 'entriesTile'>;

function createReader(store: Store, checkpoint: () => Checkpoint): Reader {
  return {
    receipt(index, under = checkpoint()) {
      const proof = store.read((db) => inclusionProof(nodeSource(db), index, under.size));
      return formatReceipt({ index, proof, checkpoint: under });
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
