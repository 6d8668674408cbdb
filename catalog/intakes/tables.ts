import { integer, sqliteTable, text } from '../orm.ts';

/** Developers' own data (社会数据), and how often each plan took any in. */

export const intakes = sqliteTable('intakes', {
  resource: text('resource').primaryKey(),
  plan: text('plan').notNull(),
  org: text('org').notNull(),
  source: text('source').notNull(),
  basis: text('basis').notNull(),
  validUntil: text('valid_until').notNull(),
  state: text('state', { enum: ['opened', 'quarantined', 'accepted', 'refused', 'ended'] }).notNull(),
  version: integer('version'),
  hash: text('hash'),
  createdBy: text('created_by').notNull(),
  decidedBy: text('decided_by'),
  decidedAt: text('decided_at'),
});

export const intakeUploads = sqliteTable('intake_uploads', {
  seq: integer('seq').primaryKey(),
  plan: text('plan').notNull(),
  resource: text('resource').notNull(),
  version: integer('version').notNull(),
  at: text('at').notNull(),
});
