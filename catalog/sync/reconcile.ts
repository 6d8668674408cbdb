import { AppError, compareLists, type Mismatch, shanghaiDay } from '#policies';
import type { Db } from '../db.ts';
import { envelopesOfDay } from './envelopes.ts';
import { findList, insertList, type SyncList } from './lists.ts';
import { insertMismatch } from './mismatches.ts';

export interface Reconciled {
  readonly compared: number;
  readonly mismatches: readonly Mismatch[];
  /** False where the same list was here already: nothing changed. */
  readonly isNew: boolean;
}

/**
 * Holds the list of a day that is over against what was received of it. Once: what is found later is decided, not listed again.
 *
 * @throws AppError `SYNC_STATE` where the day is not over; `SYNC_CONFLICT` where another list of it is here.
 */
export function reconcile(tx: Db, list: Omit<SyncList, 'listedAt'>): Reconciled {
  const { peer, day, digest, items, listedBy: foundBy } = list;
  const before = findList(tx, peer, day);
  if (before !== null && before.digest !== digest) throw new AppError('SYNC_CONFLICT', { id: day });
  if (day >= shanghaiDay(tx.now()))
    throw new AppError('SYNC_STATE', { id: peer, state: `${day} is not over`, accepted: 'a day that is over' });
  const mismatches = compareLists(envelopesOfDay(tx, peer, day), items);
  const compared = items.length;
  if (before !== null) return { compared, mismatches, isNew: false };
  insertList(tx, list);
  for (const mismatch of mismatches) insertMismatch(tx, { ...mismatch, peer, day, foundBy });
  return { compared, mismatches, isNew: true };
}
