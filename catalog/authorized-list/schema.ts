/** Tables of the list of authorised operation and of the demand ledger. */

import { PLAN_CLASSES } from '#policies';
import { integer, primaryKey, sqliteTable, text } from '../orm.ts';

export const authorizedBatches = sqliteTable('authorized_batches', {
  batch: integer('batch').primaryKey(),
  comment: text('comment').notNull(),
  org: text('org').notNull(),
  by: text('by').notNull(),
  proposedAt: text('proposed_at').notNull(),
  inForceAt: text('in_force_at'),
  refusedAt: text('refused_at'),
});

export const authorizedChanges = sqliteTable(
  'authorized_changes',
  {
    batch: integer('batch').notNull(),
    resource: text('resource').notNull(),
    provider: text('provider').notNull(),
    change: text('change', { enum: ['add', 'remove'] }).notNull(),
  },
  (table) => [primaryKey({ columns: [table.batch, table.resource] })],
);

export const authorizedSignatures = sqliteTable(
  'authorized_signatures',
  {
    batch: integer('batch').notNull(),
    org: text('org').notNull(),
    role: text('role', { enum: ['bureau', 'provider'] }).notNull(),
    by: text('by').notNull(),
    verdict: text('verdict', { enum: ['approve', 'refuse'] }).notNull(),
    at: text('at').notNull(),
  },
  (table) => [primaryKey({ columns: [table.batch, table.org] })],
);

export const demands = sqliteTable('demands', {
  id: text('id').primaryKey(),
  org: text('org').notNull(),
  by: text('by').notNull(),
  provider: text('provider').notNull(),
  title: text('title').notNull(),
  need: text('need').notNull(),
  class: text('class', { enum: PLAN_CLASSES }).notNull(),
  filedAt: text('filed_at').notNull(),
  verdict: text('verdict', { enum: ['accept', 'decline'] }),
  comment: text('comment'),
  answeredBy: text('answered_by'),
  answeredAt: text('answered_at'),
  resource: text('resource'),
});
