/** The tables of grants and operators for Drizzle, as `migrations/` makes them. */

import { GRANT_KINDS } from '#policies';
import { primaryKey, sqliteTable, text } from '../orm.ts';

export const SIGNING_ROLES = ['bureau', 'provider'] as const;

export const partyKeys = sqliteTable(
  'party_keys',
  {
    org: text('org').notNull(),
    thumbprint: text('thumbprint').notNull(),
    publicKey: text('public_key').notNull(),
    registeredBy: text('registered_by').notNull(),
    registeredAt: text('registered_at').notNull(),
    confirmedBy: text('confirmed_by'),
    confirmedAt: text('confirmed_at'),
    retiredBy: text('retired_by'),
    retiredAt: text('retired_at'),
  },
  (table) => [primaryKey({ columns: [table.org, table.thumbprint] })],
);

export const grants = sqliteTable('grants', {
  id: text('id').primaryKey(),
  kind: text('kind', { enum: GRANT_KINDS }).notNull(),
  operator: text('operator').notNull(),
  providers: text('providers').notNull(),
  tables: text('tables').notNull(),
  classes: text('classes').notNull(),
  purpose: text('purpose').notNull(),
  validFrom: text('valid_from').notNull(),
  validUntil: text('valid_until').notNull(),
  org: text('org').notNull(),
  author: text('author').notNull(),
  hash: text('hash').notNull(),
  proposedAt: text('proposed_at').notNull(),
});

export const grantTables = sqliteTable(
  'grant_tables',
  {
    operator: text('operator').notNull(),
    resource: text('resource').notNull(),
    grant: text('grant_id').notNull(),
  },
  (table) => [primaryKey({ columns: [table.operator, table.resource, table.grant] })],
);

export const grantSignatures = sqliteTable(
  'grant_signatures',
  {
    grant: text('grant_id').notNull(),
    org: text('org').notNull(),
    role: text('role', { enum: SIGNING_ROLES }).notNull(),
    by: text('by').notNull(),
    thumbprint: text('thumbprint').notNull(),
    jws: text('jws').notNull(),
    at: text('at').notNull(),
  },
  (table) => [primaryKey({ columns: [table.grant, table.org] })],
);

export const grantRevocations = sqliteTable(
  'grant_revocations',
  {
    grant: text('grant_id').notNull(),
    org: text('org').notNull(),
    role: text('role', { enum: SIGNING_ROLES }).notNull(),
    by: text('by').notNull(),
    reason: text('reason').notNull(),
    at: text('at').notNull(),
  },
  (table) => [primaryKey({ columns: [table.grant, table.org] })],
);
