import { integer, sqliteTable, text } from '../orm.ts';

/** Consents and questions about one subject. */

export const consentKeys = sqliteTable('consent_keys', {
  id: text('id').primaryKey(),
  title: text('title').notNull(),
  jwk: text('jwk').notNull(),
  subject: text('subject'),
  addedBy: text('added_by').notNull(),
  addedAt: text('added_at').notNull(),
  revokedBy: text('revoked_by'),
  revokedAt: text('revoked_at'),
});

export const consentUses = sqliteTable('consent_uses', {
  consent: text('consent').primaryKey(),
  used: integer('used').notNull(),
});

export const consentWithdrawals = sqliteTable('consent_withdrawals', {
  consent: text('consent').primaryKey(),
  withdrawnBy: text('withdrawn_by').notNull(),
  withdrawnAt: text('withdrawn_at').notNull(),
});

export const lookups = sqliteTable('lookups', {
  seq: integer('seq').primaryKey(),
  id: text('id').notNull().unique(),
  product: text('product').notNull(),
  version: integer('version').notNull(),
  org: text('org').notNull(),
  sub: text('sub').notNull(),
  plan: text('plan').notNull(),
  day: text('day').notNull(),
  subject: text('subject').notNull(),
  stem: text('stem').notNull(),
  standing: text('standing').notNull(),
  state: text('state', { enum: ['begun', 'answered', 'unanswered', 'failed'] }).notNull(),
});
