import { MISMATCH_KINDS, MISMATCH_VERDICTS, SYNC_KINDS, SYNC_SIDES } from '#policies';
import { integer, primaryKey, sqliteTable, text } from '../orm.ts';

/** Peers, what they handed over, their lists of it, and where the two do not agree. */

export const syncPeers = sqliteTable('sync_peers', {
  id: text('id').primaryKey(),
  side: text('side', { enum: SYNC_SIDES }).notNull(),
  org: text('org').notNull(),
  declaredBy: text('declared_by').notNull(),
  declaredAt: text('declared_at').notNull(),
  confirmedBy: text('confirmed_by'),
  confirmedAt: text('confirmed_at'),
});

export const syncEnvelopes = sqliteTable(
  'sync_envelopes',
  {
    peer: text('peer').notNull(),
    key: text('key').notNull(),
    sequence: integer('sequence').notNull(),
    kind: text('kind', { enum: SYNC_KINDS }).notNull(),
    day: text('day').notNull(),
    digest: text('digest').notNull(),
    subject: text('subject').notNull(),
    announces: text('announces'),
    jws: text('jws').notNull(),
    receivedBy: text('received_by').notNull(),
    receivedAt: text('received_at').notNull(),
    entryIndex: integer('entry_index').notNull(),
  },
  (table) => [primaryKey({ columns: [table.peer, table.key] })],
);

export const syncLists = sqliteTable(
  'sync_lists',
  {
    peer: text('peer').notNull(),
    day: text('day').notNull(),
    digest: text('digest').notNull(),
    items: text('items').notNull(),
    jws: text('jws').notNull(),
    listedBy: text('listed_by').notNull(),
    listedAt: text('listed_at').notNull(),
  },
  (table) => [primaryKey({ columns: [table.peer, table.day] })],
);

export const syncMismatches = sqliteTable(
  'sync_mismatches',
  {
    peer: text('peer').notNull(),
    key: text('key').notNull(),
    kind: text('kind', { enum: MISMATCH_KINDS }).notNull(),
    day: text('day').notNull(),
    foundBy: text('found_by').notNull(),
    foundAt: text('found_at').notNull(),
    verdict: text('verdict', { enum: MISMATCH_VERDICTS }),
    reason: text('reason'),
    decidedBy: text('decided_by'),
    decidedAt: text('decided_at'),
  },
  (table) => [primaryKey({ columns: [table.peer, table.key] })],
);
