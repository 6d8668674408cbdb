import { AppError, type SyncSide } from '#policies';
import type { Db } from '../db.ts';
import { asc, eq, max } from '../orm.ts';
import { syncEnvelopes, syncPeers } from '../schema.ts';

/** A platform that the bureau has declared (domain.md, 12). What it hands over counts once a second person has confirmed it. */
export interface SyncPeer {
  /** Its organisation, whose registered keys sign for it. */
  readonly id: string;
  readonly side: SyncSide;
  /** The bureau that declared it: requests of the peer are filed in its name. */
  readonly org: string;
  /** `org/sub`, like all people here. */
  readonly declaredBy: string;
  readonly declaredAt: string;
  readonly confirmedBy: string | null;
  readonly confirmedAt: string | null;
}

/** @throws AppError `SYNC_STATE` where it is declared. */
export function declarePeer(tx: Db, peer: Pick<SyncPeer, 'id' | 'side' | 'org' | 'declaredBy'>): SyncPeer {
  if (findPeer(tx, peer.id) !== null) throw peerState(peer.id, 'declared', 'a peer that is new');
  tx.orm
    .insert(syncPeers)
    .values({ ...peer, declaredAt: tx.now() })
    .run();
  return getPeer(tx, peer.id);
}

/** @throws AppError `SYNC_NOT_FOUND`; `SYNC_STATE` where it is confirmed, or by who declared it. */
export function confirmPeer(tx: Db, id: string, confirmedBy: string): SyncPeer {
  const peer = getPeer(tx, id);
  if (peer.confirmedAt !== null) throw peerState(id, 'confirmed', 'a peer that is declared');
  if (peer.declaredBy === confirmedBy)
    throw peerState(id, 'declared by the same person', 'agreement of another person');
  tx.orm.update(syncPeers).set({ confirmedBy, confirmedAt: tx.now() }).where(eq(syncPeers.id, id)).run();
  return getPeer(tx, id);
}

export function findPeer(db: Db, id: string): SyncPeer | null {
  return db.sealed('sync_peers', db.orm.select().from(syncPeers).where(eq(syncPeers.id, id)).get()) ?? null;
}

/** @throws AppError `SYNC_NOT_FOUND`. */
function getPeer(db: Db, id: string): SyncPeer {
  const peer = findPeer(db, id);
  if (peer === null) throw new AppError('SYNC_NOT_FOUND', { id });
  return peer;
}

/** One that may hand over. @throws AppError `SYNC_NOT_FOUND`, `SYNC_STATE`. */
export function getConfirmedPeer(db: Db, id: string): SyncPeer {
  const peer = getPeer(db, id);
  if (peer.confirmedAt === null) throw peerState(id, 'declared', 'a peer that another person of the bureau confirmed');
  return peer;
}

/** By id. */
export function listPeers(db: Db): readonly SyncPeer[] {
  const rows = db.orm.select().from(syncPeers).orderBy(asc(syncPeers.id)).all();
  return rows.map((row) => db.sealed('sync_peers', row));
}

/** The number of its last envelope; 0 before the first. */
export function lastSequence(db: Db, peer: string): number {
  const of = eq(syncEnvelopes.peer, peer);
  return (
    db.orm
      .select({ last: max(syncEnvelopes.sequence) })
      .from(syncEnvelopes)
      .where(of)
      .get()?.last ?? 0
  );
}

const peerState = (id: string, state: string, accepted: string) => new AppError('SYNC_STATE', { id, state, accepted });
