import {
  countKeptCheckpoints,
  type Db,
  dropPassingCheckpoints,
  HEAD_INTERVAL,
  latestCheckpoint,
  putCheckpoint,
} from '#catalog';
import { type Checkpoint, signCheckpoint, type TreeHead } from './checkpoint.ts';
import type { LogKey } from './log-key.ts';
import { corrupt, growsFrom, headOf, storedFrontier } from './stored-tree.ts';

/**
 * On start: every kept head bears the signatures of the keys that are in force. Signs what a crash left unsigned, what
 * another key signed before it was replaced, and heads that an older version did not keep.
 *
 * INVARIANT: signs only what the newest tree, which has just been checked, proves to be its own beginning.
 *
 * @throws AppError `LOG_CORRUPT` where the stored hashes do not prove it.
 */
export function sealHeads(tx: Db, keys: readonly LogKey[]): void {
  const newest = latestCheckpoint(tx);
  if (newest === null) return;
  const sealed = signCheckpoint(keys, newest);
  const intervals = Math.floor(newest.size / HEAD_INTERVAL);
  if (newest.note === sealed.note && countKeptCheckpoints(tx) === intervals) return;
  for (let size = 0; size < newest.size; size += HEAD_INTERVAL) {
    putCheckpoint(
      tx,
      sealedHead(tx, size, newest, (head) => signCheckpoint(keys, head)),
    );
  }
  putCheckpoint(tx, sealed);
  dropPassingCheckpoints(tx, 0, newest.size, newest.size);
}

function sealedHead(tx: Db, size: number, newest: TreeHead, sign: (head: TreeHead) => Checkpoint): Checkpoint {
  const frontier = storedFrontier(tx, size);
  const head = frontier === null ? null : headOf(frontier);
  if (head === null || !growsFrom(tx, head, newest)) {
    throw corrupt(size, 'the stored tree is not the one that was signed');
  }
  return sign(head);
}
