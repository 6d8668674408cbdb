import { AppError, type MismatchKind, type MismatchVerdict } from '#policies';
import type { Db } from '../db.ts';
import { and, asc, eq, isNull, sql } from '../orm.ts';
import { prepared } from '../prepared.ts';
import { syncEnvelopes, syncMismatches } from '../schema.ts';

/** Where a peer's list and what was received do not agree, until the bureau decides. */
export interface SyncMismatch {
  readonly peer: string;
  readonly key: string;
  readonly kind: MismatchKind;
  readonly day: string;
  readonly foundBy: string;
  readonly foundAt: string;
  readonly verdict: MismatchVerdict | null;
  readonly reason: string | null;
  readonly decidedBy: string | null;
  readonly decidedAt: string | null;
}

type Found = Pick<SyncMismatch, 'peer' | 'key' | 'kind' | 'day' | 'foundBy'>;

/**
 * WHY one that is there may stand: a key that a list names and that never came, and then comes under another day, is one question to decide;
 * decided or not, the newer finding opens it again.
 */
export function insertMismatch(tx: Db, found: Found): void {
  const open = { foundAt: tx.now(), verdict: null, reason: null, decidedBy: null, decidedAt: null };
  const target = [syncMismatches.peer, syncMismatches.key];
  tx.orm
    .insert(syncMismatches)
    .values({ ...found, ...open })
    .onConflictDoUpdate({ target, set: { ...found, ...open } })
    .run();
}

/**
 * @throws AppError `SYNC_NOT_FOUND`; `SYNC_STATE` where it is decided; `POLICY_ACCESS_DENIED` for who carried the envelope or the list here.
 */
export function decideMismatch(
  tx: Db,
  peer: string,
  key: string,
  decision: { readonly verdict: MismatchVerdict; readonly reason: string; readonly decidedBy: string },
): SyncMismatch {
  const { verdict: before, foundBy } = getMismatch(tx, peer, key);
  if (before !== null) throw new AppError('SYNC_STATE', { id: key, state: before, accepted: 'an open mismatch' });
  const where = and(eq(syncEnvelopes.peer, peer), eq(syncEnvelopes.key, key));
  const carrier = tx.orm.select({ by: syncEnvelopes.receivedBy }).from(syncEnvelopes).where(where).get()?.by;
  if ([foundBy, carrier].includes(decision.decidedBy))
    throw new AppError('POLICY_ACCESS_DENIED', { action: 'sync:decide' });
  tx.orm
    .update(syncMismatches)
    .set({ ...decision, decidedAt: tx.now() })
    .where(and(eq(syncMismatches.peer, peer), eq(syncMismatches.key, key)))
    .run();
  return getMismatch(tx, peer, key);
}

const mismatchByKey = prepared((db) =>
  db.orm
    .select()
    .from(syncMismatches)
    .where(and(eq(syncMismatches.peer, sql.placeholder('peer')), eq(syncMismatches.key, sql.placeholder('key'))))
    .prepare(),
);

export function findMismatch(db: Db, peer: string, key: string): SyncMismatch | null {
  const [found = null] = db.sealedChosen('sync_mismatches', mismatchByKey(db).all({ peer, key }));
  return found;
}

function getMismatch(db: Db, peer: string, key: string): SyncMismatch {
  const found = findMismatch(db, peer, key);
  if (found === null) throw new AppError('SYNC_NOT_FOUND', { id: key });
  return found;
}

const LISTED_MAX = 1_000;

/** The oldest first. */
export function listMismatches(db: Db, { isOpen }: { readonly isOpen: boolean }): readonly SyncMismatch[] {
  const where = isOpen ? isNull(syncMismatches.verdict) : undefined;
  const query = db.orm.select().from(syncMismatches).where(where);
  const rows = query.orderBy(asc(syncMismatches.foundAt), asc(syncMismatches.key)).limit(LISTED_MAX).all();
  return db.sealedChosen('sync_mismatches', rows);
}
