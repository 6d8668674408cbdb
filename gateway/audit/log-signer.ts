import type { Db } from '#catalog';
import {
  dropPassingCheckpoints,
  HEAD_INTERVAL,
  latestCheckpoint,
  type Store,
  saveCheckpoint,
  saveCheckpointNote,
  saveNodes,
} from '#catalog';
import { assert } from '#policies';
import { type Checkpoint, signCheckpoint, type TreeHead } from './checkpoint.ts';
import type { LogKey } from './log-key.ts';
import { sealHeads } from './seal-heads.ts';
import { checkedFrontier, type GrownTree, growStored, headOf } from './stored-tree.ts';
import type { Frontier } from './tree.ts';

export interface LogSigner {
  checkpoint(): Checkpoint;
  /** Keeps the last signature; entries that come later are for the next log to take in. */
  close(): Promise<void>;
}

/** How long the newest signature may be in memory alone. Nothing rests on it: signed again, the head gives the same note. */
const NOTE_UNKEPT_MS_MAX = 1_000;

/**
 * Grows the tree in every transaction and signs what has become durable.
 *
 * INVARIANT: it never signs a tree that is smaller than, or different from, one that it may have signed before: a head
 * is durable before it is signed, and every later tree grows from it.
 */
export async function openSigner(store: Store, keys: readonly LogKey[]): Promise<LogSigner> {
  let frontier: Frontier = store.read((db) => checkedFrontier(db, keys));
  let head: TreeHead | null = null;
  let signed: Checkpoint | null = null;
  /** Durable heads at multiples of the interval whose signature is not kept yet. */
  let unkept: readonly TreeHead[] = [];
  /** Size of the newest head whose signature is kept. */
  let keptSize = -1;
  let noteTimer: NodeJS.Timeout | null = null;

  function checkpoint(): Checkpoint {
    assert(head !== null, 'a log has a head once it is open');
    signed ??= signCheckpoint(keys, head);
    return signed;
  }

  /** Heads that are durable and, when signed, may have their signature kept; smallest first. */
  function keepNotes(tx: Db): number {
    const notes = unkept.map((one) => signCheckpoint(keys, one));
    if (signed !== null && signed.size > keptSize && signed.size !== notes.at(-1)?.size) notes.push(signed);
    for (const { size, note } of notes) saveCheckpointNote(tx, size, note);
    return notes.at(-1)?.size ?? keptSize;
  }

  function grow(tx: Db): () => void {
    const grown = growStored(tx, frontier);
    const next = headOf(grown.frontier);
    if (head?.size === next.size) return () => undefined;
    const kept = keepNotes(tx);
    persist(tx, grown, next);
    dropPassingCheckpoints(tx, Math.max(0, keptSize), next.size, kept);
    return () => {
      unkept = grown.heads.filter(({ size }) => size % HEAD_INTERVAL === 0);
      [frontier, head, signed, keptSize] = [grown.frontier, next, null, kept];
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
    checkpoint();
    const kept = await store.commit((tx) => {
      const newest = keepNotes(tx);
      dropPassingCheckpoints(tx, Math.max(0, keptSize), newest, newest);
      return newest;
    });
    keptSize = Math.max(keptSize, kept);
    unkept = unkept.filter(({ size }) => size > kept);
  }

  await store.commit((tx) => sealHeads(tx, keys));
  keptSize = store.read((db) => latestCheckpoint(db))?.size ?? -1;
  store.derive(grow);
  await store
    .commit(() => undefined)
    .then(keepNote) // from here on there is always a head that an outsider can check
    .catch((cause: unknown) => {
      store.derive(null);
      throw cause;
    });
  return {
    checkpoint,
    async close() {
      await keepNote();
      store.derive(null);
    },
  };
}

/** On start the tree may be just the one that was persisted last. */
function persist(tx: Db, { heads, nodes }: GrownTree, next: TreeHead): void {
  saveNodes(tx, nodes);
  for (const one of heads) saveCheckpoint(tx, { ...one, note: null });
  if (latestCheckpoint(tx) === null) saveCheckpoint(tx, { ...next, note: null }); // the empty tree of a new home
}
