/**
 * The tables of a home for Drizzle. The SQL files in `migrations/` make them; a test holds both to agree, column by
 * column. Amounts of the ledger are fixed point in units of 1e-9 (ledger.ts).
 */

import { FREEZE_SCOPES } from '#policies';
import { blob, integer, primaryKey, real, sqliteTable, text } from './orm.ts';

export * from './authorization/operator-tables.ts';
export * from './authorization/tables.ts';
export * from './authorized-list/schema.ts';
export * from './entries/schema.ts';
export * from './intakes/tables.ts';
export * from './lookups/tables.ts';
export * from './plan-life/schema.ts';
export * from './products/tables.ts';
export * from './scans/tables.ts';
export * from './sync/tables.ts';

export const organisations = sqliteTable('organisations', {
  id: text('id').primaryKey(),
  titleZh: text('title_zh').notNull(),
  titleEn: text('title_en').notNull(),
  kind: text('kind', {
    enum: ['provider', 'developer', 'operator', 'bureau', 'security', 'custodian'],
  }).notNull(),
});

export const resources = sqliteTable('resources', {
  id: text('id').primaryKey(),
  entryNo: integer('entry_no'),
  entryTitleZh: text('entry_title_zh').notNull(),
  entryTitleEn: text('entry_title_en').notNull(),
  titleZh: text('title_zh').notNull(),
  titleEn: text('title_en').notNull(),
  provider: text('provider').notNull(),
  frequency: text('frequency').notNull(),
  conditions: text('conditions').notNull(),
  format: text('format').notNull(),
  schema: text('schema').notNull(),
  schemaHash: text('schema_hash').notNull(),
  state: text('state', { enum: ['draft', 'listed', 'withdrawn'] }).notNull(),
  currentVersion: integer('current_version'),
  createdAt: text('created_at').notNull(),
  createdBy: text('created_by').notNull(),
  lineage: text('lineage'),
  terms: text('terms'),
});

export const resourceVersions = sqliteTable(
  'resource_versions',
  {
    resource: text('resource').notNull(),
    version: integer('version').notNull(),
    state: text('state', { enum: ['writing', 'current', 'superseded', 'destroyed'] }).notNull(),
    rows: integer('rows'),
    bytes: integer('bytes'),
    rowsPerUnitMax: text('rows_per_unit_max').notNull(),
    contentSha256: text('content_sha256'),
    report: text('report'),
    createdAt: text('created_at').notNull(),
    rowKeyScheme: text('row_key_scheme'),
  },
  (table) => [primaryKey({ columns: [table.resource, table.version] })],
);

export const knownSets = sqliteTable('known_sets', {
  id: integer('id').primaryKey(),
  identity: text('identity').notNull(),
  kind: text('kind', { enum: ['released', 'derived', 'drawn', 'alias', 'universe'] }).notNull(),
  family: text('family').notNull(),
  mode: text('mode').notNull(),
  job: text('job').notNull(),
  at: text('at').notNull(),
  asked: text('asked').notNull().default(''),
  aliasOf: text('alias_of'),
});

export const knownSetPrints = sqliteTable(
  'known_set_prints',
  {
    lineage: text('lineage').notNull(),
    setId: integer('set_id').notNull(),
    version: integer('version').notNull(),
    rowKeyScheme: text('row_key_scheme').notNull(),
    print: blob('print', { mode: 'buffer' }).notNull(),
  },
  (table) => [primaryKey({ columns: [table.lineage, table.setId] })],
);

export const plans = sqliteTable('plans', {
  id: text('id').primaryKey(),
  title: text('title').notNull(),
  purpose: text('purpose').notNull(),
  class: text('class', { enum: ['governance', 'welfare', 'industry'] }).notNull(),
  org: text('org').notNull(),
  author: text('author').notNull(),
  tables: text('tables').notNull(),
  unitsMin: integer('units_min'),
  jobsMax: integer('jobs_max'),
  validFrom: text('valid_from').notNull(),
  validUntil: text('valid_until').notNull(),
  state: text('state', { enum: ['submitted', 'approved', 'refused', 'revoked'] }).notNull(),
  hash: text('hash').notNull(),
  submittedAt: text('submitted_at').notNull(),
  revocation: text('revocation'),
  rhoMax: real('rho_max'),
  operator: text('operator'),
  basis: text('basis'),
  joins: text('joins'),
  outputs: text('outputs'),
});

export const planResources = sqliteTable(
  'plan_resources',
  {
    plan: text('plan').notNull(),
    resource: text('resource').notNull(),
    provider: text('provider').notNull(),
  },
  (table) => [primaryKey({ columns: [table.plan, table.resource] })],
);

export const planDecisions = sqliteTable(
  'plan_decisions',
  {
    plan: text('plan').notNull(),
    role: text('role', { enum: ['bureau', 'provider'] }).notNull(),
    org: text('org').notNull(),
    by: text('by').notNull(),
    verdict: text('verdict', { enum: ['approve', 'refuse'] }).notNull(),
    comment: text('comment').notNull(),
    planHash: text('plan_hash').notNull(),
    at: text('at').notNull(),
  },
  (table) => [primaryKey({ columns: [table.plan, table.role, table.org] })],
);

export const jobs = sqliteTable('jobs', {
  /** Order of creation; lists go by it, newest first. */
  seq: integer('seq').primaryKey(),
  id: text('id').notNull().unique(),
  idempotencyKey: text('idempotency_key'),
  requestSha256: text('request_sha256').notNull(),
  sub: text('sub').notNull(),
  org: text('org').notNull(),
  plan: text('plan').notNull(),
  sql: text('sql').notNull(),
  state: text('state', {
    enum: ['queued', 'running', 'finished', 'refused', 'failed', 'cancelled'],
  }).notNull(),
  createdAt: text('created_at').notNull(),
  startedAt: text('started_at'),
  finishedAt: text('finished_at'),
  mode: text('mode', { enum: ['rows', 'aggregate', 'perturbed', 'dp', 'homomorphic', 'deny'] }),
  problem: text('problem'),
  resultSha256: text('result_sha256'),
  intentIndex: integer('intent_index'),
  outcomeIndex: integer('outcome_index'),
});

export const jobResults = sqliteTable('job_results', {
  job: text('job').primaryKey(),
  json: blob('json', { mode: 'buffer' }).notNull(),
  sha256: text('sha256').notNull(),
});

export const privacyReleases = sqliteTable('privacy_releases', {
  seq: integer('seq').primaryKey(),
  job: text('job').notNull(),
  lineage: text('lineage').notNull(),
  resource: text('resource').notNull(),
  unit: text('unit').notNull(),
  statistic: text('statistic').notNull(),
  mechanism: text('mechanism').notNull(),
  groupsMax: integer('groups_max'),
  contributionMax: real('contribution_max').notNull(),
  sensitivity: real('sensitivity').notNull(),
  variance: real('variance').notNull(),
  rho: real('rho').notNull(),
  delta: real('delta').notNull(),
});

export const keptAnswers = sqliteTable('kept_answers', {
  name: text('name').primaryKey(),
  job: text('job').notNull(),
  paid: integer('paid').notNull(),
  used: integer('used').notNull(),
  mac: blob('mac', { mode: 'buffer' }).notNull(),
});

export const ledgerAccounts = sqliteTable('ledger_accounts', {
  account: text('account').primaryKey(),
  spent: integer('spent').notNull().default(0),
  reserved: integer('reserved').notNull().default(0),
  limit: integer('limit'),
});

export const ledgerReservations = sqliteTable(
  'ledger_reservations',
  {
    job: text('job').notNull(),
    account: text('account').notNull(),
    amount: integer('amount').notNull(),
    state: text('state', { enum: ['reserved', 'settled'] }).notNull(),
  },
  (table) => [primaryKey({ columns: [table.job, table.account] })],
);

export const auditEntries = sqliteTable('audit_entries', {
  idx: integer('idx').primaryKey(),
  bytes: blob('bytes', { mode: 'buffer' }).notNull(),
});

export const auditLeaves = sqliteTable('audit_leaves', {
  idx: integer('idx').primaryKey(),
  hash: blob('hash', { mode: 'buffer' }).notNull(),
});

export const auditNodes = sqliteTable(
  'audit_nodes',
  {
    level: integer('level').notNull(),
    n: integer('n').notNull(),
    hash: blob('hash', { mode: 'buffer' }).notNull(),
  },
  (table) => [primaryKey({ columns: [table.level, table.n] })],
);

export const auditCheckpoints = sqliteTable('audit_checkpoints', {
  size: integer('size').primaryKey(),
  root: blob('root', { mode: 'buffer' }).notNull(),
  note: text('note'),
});

export const auditOpenings = sqliteTable(
  'audit_openings',
  {
    idx: integer('idx').notNull(),
    part: text('part', { enum: ['who', 'about'] }).notNull(),
    org: text('org').notNull(),
    sub: text('sub').notNull(),
    salt: blob('salt', { mode: 'buffer' }).notNull(),
  },
  (table) => [primaryKey({ columns: [table.idx, table.part] })],
);

export const guardRefusals = sqliteTable('guard_refusals', {
  id: integer('id').primaryKey(),
  lineage: text('lineage').notNull(),
  job: text('job').notNull(),
  why: text('why', { enum: ['near', 'sum', 'too-many'] }).notNull(),
  near: text('near'),
  at: text('at').notNull(),
});

export const givenValues = sqliteTable(
  'given_values',
  {
    setName: text('set_name').notNull(),
    functional: text('functional').notNull(),
    value: text('value').notNull(),
  },
  (table) => [primaryKey({ columns: [table.setName, table.functional] })],
);

export const freezes = sqliteTable('freezes', {
  id: text('id').primaryKey(),
  scope: text('scope', { enum: FREEZE_SCOPES }).notNull(),
  target: text('target').notNull(),
  reason: text('reason').notNull(),
  frozenBy: text('frozen_by').notNull(),
  frozenAt: text('frozen_at').notNull(),
  thawAskedBy: text('thaw_asked_by'),
  thawAskedAt: text('thaw_asked_at'),
  thawedBy: text('thawed_by'),
  thawedAt: text('thawed_at'),
});

export const canaries = sqliteTable('canaries', {
  id: text('id').primaryKey(),
  digest: text('digest').notNull(),
  hint: integer('hint').notNull(),
  label: text('label').notNull(),
  onHit: text('on_hit', { enum: ['freeze', 'report'] }).notNull(),
  createdBy: text('created_by').notNull(),
  createdAt: text('created_at').notNull(),
  retiredBy: text('retired_by'),
  retiredAt: text('retired_at'),
});

export const rowSeals = sqliteTable(
  'row_seals',
  {
    tableName: text('table_name').notNull(),
    rowKey: text('row_key').notNull(),
    mac: blob('mac', { mode: 'buffer' }).notNull(),
  },
  (table) => [primaryKey({ columns: [table.tableName, table.rowKey] })],
);

export const catalogueSeal = sqliteTable('catalogue_seal', {
  id: integer('id').primaryKey(),
  mac: blob('mac', { mode: 'buffer' }),
});

export const queryPlans = sqliteTable('query_plans', {
  hash: text('hash').primaryKey(),
  text: text('text').notNull(),
});

/** One row: the private intents of the log's first `entries` entries, added up by account. */
export const privacyBooks = sqliteTable('privacy_books', {
  id: integer('id').primaryKey(),
  entries: integer('entries').notNull(),
  accounts: text('accounts').notNull(),
});

export const settings = sqliteTable('settings', {
  name: text('name').primaryKey(),
  json: text('json').notNull(),
});

export const destructions = sqliteTable(
  'destructions',
  {
    resource: text('resource').notNull(),
    version: integer('version').notNull(),
    reason: text('reason', { enum: ['ordered', 'withdrawn', 'retention'] }).notNull(),
    orderedBy: text('ordered_by').notNull(),
    orderedAt: text('ordered_at').notNull(),
    certificate: text('certificate'),
    entryIndex: integer('entry_index'),
  },
  (table) => [primaryKey({ columns: [table.resource, table.version] })],
);

export const retentionRules = sqliteTable('retention_rules', {
  resource: text('resource').primaryKey(),
  versionsMax: integer('versions_max').notNull(),
  daysMax: integer('days_max'),
});

export const custodyPackages = sqliteTable(
  'custody_packages',
  {
    dataset: text('dataset').notNull(),
    version: text('version').notNull(),
    keyId: text('key_id').notNull(),
    signer: text('signer').notNull(),
    facts: text('facts').notNull(),
    header: text('header'),
    failures: integer('failures').notNull().default(0),
    acceptedAt: text('accepted_at').notNull(),
  },
  (table) => [primaryKey({ columns: [table.dataset, table.version] })],
);

export const custodyOpenings = sqliteTable('custody_openings', {
  id: text('id').primaryKey(),
  nonce: text('nonce').notNull(),
  dataset: text('dataset').notNull(),
  version: text('version').notNull(),
  plan: text('plan').notNull(),
  planHash: text('plan_hash').notNull(),
  state: text('state', { enum: ['begun', 'opened', 'failed'] }).notNull(),
  at: text('at').notNull(),
});

export const custodySets = sqliteTable(
  'custody_sets',
  {
    dataset: text('dataset').notNull(),
    version: text('version').notNull(),
    name: text('name').notNull(),
    size: integer('size').notNull(),
    bits: blob('bits', { mode: 'buffer' }).notNull(),
  },
  (table) => [primaryKey({ columns: [table.dataset, table.version, table.name] })],
);

export const custodyCells = sqliteTable(
  'custody_cells',
  {
    dataset: text('dataset').notNull(),
    version: text('version').notNull(),
    setName: text('set_name').notNull(),
    functional: text('functional').notNull(),
    variance: text('variance').notNull(),
    noisy: text('noisy').notNull(),
  },
  (table) => [primaryKey({ columns: [table.dataset, table.version, table.setName, table.functional] })],
);
