import type { SyncKind } from '#policies';
import type { Db } from '../db.ts';
import { and, asc, eq, sql } from '../orm.ts';
import { prepared } from '../prepared.ts';
import { syncEnvelopes } from '../schema.ts';
import { findList } from './lists.ts';
import { insertMismatch } from './mismatches.ts';

/** What a peer handed over, once and for good. Its receipt is the log entry. */
export interface StoredEnvelope {
  readonly peer: string;
  readonly key: string;
  readonly sequence: number;
  readonly kind: SyncKind;
  /** On which the peer signed it, in Asia/Shanghai. */
  readonly day: string;
  /** SHA-256 of what it signed, hex. */
  readonly digest: string;
  /** The table, or the demand, that it is about. */
  readonly subject: string;
  /** Of a notice: SHA-256 of the batch as it is uploaded, hex. */
  readonly announces: string | null;
  readonly jws: string;
  readonly receivedBy: string;
  readonly receivedAt: string;
  readonly entryIndex: number;
}

/** A key that the peer's list of the day does not name so is a mismatch from the start. */
export function storeEnvelope(tx: Db, envelope: Omit<StoredEnvelope, 'receivedAt'>): StoredEnvelope {
  const stored = { ...envelope, receivedAt: tx.now() };
  tx.orm.insert(syncEnvelopes).values(stored).run();
  const { peer, key, day, digest, receivedBy: foundBy } = stored;
  const list = findList(tx, peer, day);
  const listed = list?.items.find((item) => item.key === key);
  if (list !== null && listed?.digest !== digest)
    insertMismatch(tx, { peer, key, day, kind: listed === undefined ? 'missing-there' : 'differs', foundBy });
  return stored;
}

const envelopeByKey = prepared((db) =>
  db.orm
    .select()
    .from(syncEnvelopes)
    .where(and(eq(syncEnvelopes.peer, sql.placeholder('peer')), eq(syncEnvelopes.key, sql.placeholder('key'))))
    .prepare(),
);

export function findEnvelope(db: Db, peer: string, key: string): StoredEnvelope | null {
  return db.sealed('sync_envelopes', envelopeByKey(db).get({ peer, key })) ?? null;
}

/** Those that a peer signed on a day, in its order. */
export function envelopesOfDay(db: Db, peer: string, day: string): readonly StoredEnvelope[] {
  const where = and(eq(syncEnvelopes.peer, peer), eq(syncEnvelopes.day, day));
  const rows = db.orm.select().from(syncEnvelopes).where(where).orderBy(asc(syncEnvelopes.sequence)).all();
  return db.sealedChosen('sync_envelopes', rows);
}

const envelopesAbout = prepared((db) =>
  db.orm
    .select()
    .from(syncEnvelopes)
    .where(
      and(
        eq(syncEnvelopes.subject, sql.placeholder('subject')),
        eq(syncEnvelopes.kind, sql.placeholder('kind')),
        sql`${syncEnvelopes.announces} IS ${sql.placeholder('announces')}`,
      ),
    )
    .prepare(),
);

/**
 * By which something came, in whatever order: an entry, a request; or the notices of one batch.
 *
 * @param announces digest of the batch.
 */
export function findEnvelopesAbout(
  db: Db,
  subject: string,
  kind: SyncKind,
  announces: string | null = null,
): readonly StoredEnvelope[] {
  return db.sealedChosen('sync_envelopes', envelopesAbout(db).all({ subject, kind, announces }));
}

const anyNotice = prepared((db) =>
  db.orm
    .select()
    .from(syncEnvelopes)
    .where(and(eq(syncEnvelopes.subject, sql.placeholder('subject')), eq(syncEnvelopes.kind, 'batch-notice')))
    .limit(1)
    .prepare(),
);

/** Whether a peer announces the batches of a table. */
export function isAnnounced(db: Db, resource: string): boolean {
  return db.sealedChosen('sync_envelopes', anyNotice(db).all({ subject: resource })).length > 0;
}
