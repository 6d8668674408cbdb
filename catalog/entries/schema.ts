/** Tables of the catalogue's entries: their versions, the gates before a listing, plans that are reviewed again. */

import { GATES } from '#policies';
import { integer, primaryKey, sqliteTable, text } from '../orm.ts';

export const entryRevisions = sqliteTable(
  'entry_revisions',
  {
    resource: text('resource').notNull(),
    revision: integer('revision').notNull(),
    basis: integer('basis').notNull(),
    sha256: text('sha256').notNull(),
    by: text('by').notNull(),
    at: text('at').notNull(),
    entryIndex: integer('entry_index'),
    changes: text('changes').notNull(),
    document: text('document').notNull(),
  },
  (table) => [primaryKey({ columns: [table.resource, table.revision] })],
);

export const listingGates = sqliteTable(
  'listing_gates',
  {
    resource: text('resource').notNull(),
    basis: integer('basis').notNull(),
    gate: text('gate', { enum: GATES }).notNull(),
    verdict: text('verdict', { enum: ['approve', 'refuse'] }).notNull(),
    org: text('org').notNull(),
    by: text('by').notNull(),
    comment: text('comment').notNull(),
    at: text('at').notNull(),
  },
  (table) => [primaryKey({ columns: [table.resource, table.basis, table.gate] })],
);

export const planReviews = sqliteTable(
  'plan_reviews',
  {
    plan: text('plan').notNull(),
    basis: text('basis').notNull(),
    role: text('role', { enum: ['bureau', 'provider'] }).notNull(),
    org: text('org').notNull(),
    by: text('by').notNull(),
    verdict: text('verdict', { enum: ['approve', 'refuse'] }).notNull(),
    comment: text('comment').notNull(),
    at: text('at').notNull(),
  },
  (table) => [primaryKey({ columns: [table.plan, table.basis, table.org] })],
);
