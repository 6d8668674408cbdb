/** Tables of what a plan needs after its approval: rules, onboarding, agreement and filing, supply, and how long each may take. */

import { integer, primaryKey, sqliteTable, text } from '../orm.ts';

export const ruleVersions = sqliteTable('rule_versions', {
  hash: text('hash').primaryKey(),
  title: text('title').notNull(),
  text: text('text').notNull(),
  proposedBy: text('proposed_by').notNull(),
  proposedAt: text('proposed_at').notNull(),
  approvedBy: text('approved_by'),
  approvedAt: text('approved_at'),
});

export const timeLimits = sqliteTable('time_limits', {
  version: integer('version').primaryKey(),
  limits: text('limits').notNull(),
  holidays: text('holidays').notNull(),
  comment: text('comment').notNull(),
  proposedBy: text('proposed_by').notNull(),
  proposedAt: text('proposed_at').notNull(),
  approvedBy: text('approved_by'),
  approvedAt: text('approved_at'),
});

export const onboardings = sqliteTable('onboardings', {
  org: text('org').primaryKey(),
  creditCode: text('credit_code').notNull(),
  rules: text('rules').notNull(),
  staff: text('staff').notNull(),
  appliedBy: text('applied_by').notNull(),
  appliedAt: text('applied_at').notNull(),
  verdict: text('verdict', { enum: ['approve', 'refuse'] }),
  decidedBy: text('decided_by'),
  decidedAt: text('decided_at'),
});

export const planAgreements = sqliteTable(
  'plan_agreements',
  {
    plan: text('plan').notNull(),
    planHash: text('plan_hash').notNull(),
    sha256: text('sha256').notNull(),
    developerBy: text('developer_by'),
    operatorBy: text('operator_by'),
    /** Set by the last signature. */
    signedAt: text('signed_at'),
    filingNo: text('filing_no'),
    filedBy: text('filed_by'),
    filedAt: text('filed_at'),
    developerJws: text('developer_jws'),
    operatorJws: text('operator_jws'),
  },
  (table) => [primaryKey({ columns: [table.plan, table.planHash] })],
);

export const planSupplies = sqliteTable(
  'plan_supplies',
  {
    plan: text('plan').notNull(),
    resource: text('resource').notNull(),
    basis: integer('basis').notNull(),
    version: integer('version').notNull(),
    contentSha256: text('content_sha256').notNull(),
    org: text('org').notNull(),
    by: text('by').notNull(),
    at: text('at').notNull(),
  },
  (table) => [primaryKey({ columns: [table.plan, table.resource, table.basis] })],
);
