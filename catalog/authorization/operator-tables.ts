/** The tables of operators' lives for Drizzle, as `migrations/` makes them. */

import { AFFILIATION_KINDS, AGREEMENT_STEPS } from '#policies';
import { integer, primaryKey, sqliteTable, text } from '../orm.ts';

export const AGREEMENT_KINDS = ['award', 'renewal'] as const;
export const EXIT_CAUSES = ['expiry', 'application', 'breach'] as const;
export const INCIDENT_VERDICTS = ['dismissed', 'confirmed'] as const;

export const operatorAgreements = sqliteTable('operator_agreements', {
  id: text('id').primaryKey(),
  operator: text('operator').notNull(),
  kind: text('kind', { enum: AGREEMENT_KINDS }).notNull(),
  validFrom: text('valid_from').notNull(),
  validEnd: text('valid_end').notNull(),
  publicityDays: integer('publicity_days').notNull(),
  hash: text('hash').notNull(),
  openedBy: text('opened_by').notNull(),
  openedAt: text('opened_at').notNull(),
});

export const operatorSteps = sqliteTable(
  'operator_steps',
  {
    agreement: text('agreement').notNull(),
    position: integer('position').notNull(),
    step: text('step', { enum: AGREEMENT_STEPS }).notNull(),
    org: text('org').notNull(),
    by: text('by').notNull(),
    note: text('note').notNull(),
    jws: text('jws'),
    day: text('day').notNull(),
    at: text('at').notNull(),
  },
  (table) => [primaryKey({ columns: [table.agreement, table.position] })],
);

export const operatorIncidents = sqliteTable('operator_incidents', {
  id: text('id').primaryKey(),
  operator: text('operator').notNull(),
  day: text('day').notNull(),
  note: text('note').notNull(),
  recordedBy: text('recorded_by').notNull(),
  recordedAt: text('recorded_at').notNull(),
  verdict: text('verdict', { enum: INCIDENT_VERDICTS }),
  decidedBy: text('decided_by'),
  decidedAt: text('decided_at'),
});

export const affiliations = sqliteTable(
  'affiliations',
  {
    org: text('org').notNull(),
    kind: text('kind', { enum: AFFILIATION_KINDS }).notNull(),
    value: text('value').notNull(),
    source: text('source').notNull(),
    declaredBy: text('declared_by').notNull(),
    declaredAt: text('declared_at').notNull(),
  },
  (table) => [primaryKey({ columns: [table.org, table.kind, table.value] })],
);

export const operatorExits = sqliteTable('operator_exits', {
  operator: text('operator').primaryKey(),
  cause: text('cause', { enum: EXIT_CAUSES }).notNull(),
  reason: text('reason').notNull(),
  orderedBy: text('ordered_by').notNull(),
  orderedAt: text('ordered_at').notNull(),
  package: text('package'),
  packageSha256: text('package_sha256'),
  packageEntry: integer('package_entry'),
  destroyedAt: text('destroyed_at'),
  certificate: text('certificate'),
  entryIndex: integer('entry_index'),
});
