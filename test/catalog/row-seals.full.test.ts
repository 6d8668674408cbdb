/**
 * Goal: a row that decides who may ask what is not used once someone else has changed it, and the store says which.
 * Method: every column of every sealed table, edited in the file by another connection, with the store open and before it
 * opens; rows taken out, put in, and put back as they once were together with their seals. Controls: the untouched rows are
 * used; the same change by the gateway's own functions is no finding.
 */
import { createHmac } from 'node:crypto';
import { copyFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  activeCanaries,
  activeFreezes,
  addConsentKey,
  applyForOnboarding,
  approveRules,
  beginVersion,
  commitVersion,
  confirmPartyKey,
  consentState,
  decideIncident,
  decidePlan,
  decideProduct,
  declareAffiliation,
  findAffiliates,
  findAgreement,
  findExit,
  findGrant,
  findIntake,
  findOnboarding,
  findOrganisation,
  findPlan,
  findPlanAgreement,
  findResource,
  findVersion,
  gateDecisions,
  getIncident,
  getPlan,
  getProduct,
  getResource,
  insertCanary,
  insertFreeze,
  lastRevision,
  listBatches,
  listConsentKeys,
  mendPrivacyBooks,
  openAgreement,
  openStore,
  orderExit,
  planReviewsNow,
  proposeRules,
  providersOfPlan,
  recordIncident,
  registerPartyKey,
  retentionOf,
  reviewPlan,
  reviseResource,
  revokeGrant,
  revokePlan,
  rulesInForce,
  type Store,
  setRetention,
  signingKeysOf,
  signPlanAgreement,
  submitPlan,
  submitProduct,
  suppliesOfPlan,
  supplyPlan,
  type TamperedRow,
  withdrawConsent,
} from '../../catalog/index.ts';

import { SEALED_TABLES } from '../../catalog/row-seals.ts';
import { DEFAULT_PROFILE, type ProductContent } from '../../policies/index.ts';
import { grantEverything, list, seed } from './memory-store.ts';

type SealedTable = keyof typeof SEALED_TABLES;

let dir: string;
let path: string;
let found: TamperedRow[];
let takenIn: number[];
const stores = new Set<Store>();

function open(key = 7): Store {
  const store = openStore({
    path,
    now: () => new Date(),
    integrity: {
      key: Buffer.alloc(32, key),
      onTampered: (row) => found.push(row),
      onTakenIn: (rows) => takenIn.push(rows),
    },
  });
  stores.add(store);
  return store;
}

function close(store: Store): void {
  if (stores.delete(store)) store.close();
}

beforeEach(async () => {
  dir = mkdtempSync(join(tmpdir(), 'sluice-seals-'));
  path = join(dir, 'sluice.db');
  [found, takenIn] = [[], []];
  const store = open();
  await store.commit((tx) => {
    seed(tx);
    submitPlan(tx, {
      id: 'p1',
      title: 't',
      purpose: 'p',
      class: 'governance',
      org: 'dev',
      author: 'ann',
      tables: [{ resource: 'power', columns: ['kwh'] }],
      unitsMin: 20,
      jobsMax: 5,
      validFrom: '2026-01-01',
      validUntil: '2027-01-01',
    });
    decidePlan(tx, 'p1', { role: 'bureau', org: 'bureau', by: 'bo', verdict: 'approve', comment: '' });
    decidePlan(tx, 'p1', { role: 'provider', org: 'grid', by: 'gina', verdict: 'approve', comment: '' });
    reviseResource(tx, 'power', { ...getResource(tx, 'power'), conditions: 'other' }, 'grid/ann');
    list(tx, 'power');
    reviewPlan(tx, 'p1', { role: 'bureau', org: 'bureau', by: 'bo', verdict: 'approve', comment: '' });
    grantEverything(tx);
    openAgreement(
      tx,
      { id: 'a', operator: 'op', kind: 'award', validFrom: '2026-01-01', publicityDays: 0 },
      { org: 'bureau', by: 'bo', note: '' },
    );
    recordIncident(tx, { id: 'i', operator: 'op', day: '2020-01-01', note: '', recordedBy: 'bureau/bo' });
    decideIncident(tx, 'i', 'confirmed', 'bureau/ann');
    declareAffiliation(tx, { org: 'op', kind: 'ownership', value: 'dev', source: 'declared', declaredBy: 'op/o' });
    orderExit(tx, { operator: 'op', cause: 'breach', reason: '', orderedBy: 'bureau/bo' });
    revokeGrant(tx, 'g', { org: 'waterworks', role: 'provider', by: 'w', reason: 'r' });
    registerPartyKey(tx, { org: 'grid', thumbprint: 'k', publicKey: 'x', registeredBy: 'ann' });
    confirmPartyKey(tx, 'grid', 'k', { org: 'bureau', sub: 'bo' });
    insertFreeze(tx, { id: 'f1', scope: 'plan', target: 'p2', reason: '', frozenBy: 'office/sue' });
    insertCanary(tx, {
      id: 'c1',
      digest: 'ab'.repeat(32),
      hint: 7,
      label: 'c',
      onHit: 'freeze',
      createdBy: 'office/carol',
    });
    submitProduct(tx, {
      id: 'q1',
      title: { zh: 'q', en: 'q' },
      plan: 'p1',
      org: 'dev',
      author: 'ann',
      content: QUESTION,
    });
    const { hash } = getProduct(tx, 'q1', 1);
    decideProduct(tx, 'q1', 1, { role: 'bureau', org: 'bureau', by: 'bo', verdict: 'approve', comment: '', hash });
    tx.client
      .prepare(
        "INSERT INTO intakes VALUES ('own', 'p1', 'dev', 's', 'b', '2026-12-31', 'opened', NULL, NULL, 'ann', NULL, NULL)",
      )
      .run();
    addConsentKey(tx, { id: 'k1', title: 'k', jwk: '{}', subject: null, addedBy: 'bureau/bo' });
    withdrawConsent(tx, 'w1', 'firm/ann');
    mendPrivacyBooks(tx, DEFAULT_PROFILE.privacyBudgets);
    const version = beginVersion(tx, 'power');
    commitVersion(tx, {
      resource: 'power',
      version,
      rows: 100,
      bytes: 1,
      rowsPerUnitMax: { enterprise: 3 },
      contentSha256: 'ab',
      rowKeyScheme: 's',
      report: null,
    });
    setRetention(tx, 'power', { versionsMax: 3, daysMax: 30 });
    const rules = proposeRules(tx, { title: 'rules', text: 'be good', proposedBy: 'bureau/bo' });
    approveRules(tx, rules.hash, 'bureau/ben');
    const dossier = { creditCode: '91420700MA4EZ0008U', rules: rules.hash, staff: ['ann'], appliedBy: 'dev/ann' };
    applyForOnboarding(tx, { ...dossier, org: 'dev' });
    const { hash: planHash } = getPlan(tx, 'p1');
    signPlanAgreement(tx, 'p1', { planHash, sha256: 'ab'.repeat(32), org: 'dev', by: 'ann' });
    supplyPlan(tx, 'p1', { resource: 'power', org: 'grid', by: 'gina' });
  });
  close(store);
});
afterEach(() => {
  for (const store of stores) close(store);
  rmSync(dir, { recursive: true, force: true });
});

const QUESTION: ProductContent = {
  form: 'interface',
  subject: { resource: 'power', key: 'uscc', also: [], consentBy: ['uscc'] },
  features: [
    {
      code: 'R1',
      title: { zh: 'r', en: 'r' },
      resource: 'power',
      key: 'uscc',
      aggregate: 'count',
      column: null,
      where: [],
    },
  ],
  answer: { mode: 'verify', holds: [{ feature: 'R1', op: '>', value: 0 }] },
  limits: { perSubject: { times: 1, period: 'day' }, perDay: 10 },
};

/** As someone with the file in hand. */
function edit(sql: string): void {
  const db = new Database(path);
  db.pragma('foreign_keys = OFF');
  db.exec(sql);
  db.close();
}

function sealCount(): number {
  const db = new Database(path, { readonly: true });
  const count = db.prepare<[], number>('SELECT count(*) FROM row_seals').pluck().get() ?? 0;
  db.close();
  return count;
}

/** Reads what the tables decide. */
const USES: Readonly<Record<SealedTable, (store: Store) => unknown>> = {
  organisations: (store) => store.read((db) => findOrganisation(db, 'grid')),
  resources: (store) => store.read((db) => findResource(db, 'power')),
  resource_versions: (store) => store.read((db) => findVersion(db, 'power', 1)),
  plans: (store) => store.read((db) => findPlan(db, 'p1')),
  plan_resources: (store) => store.read((db) => providersOfPlan(db, 'p1')),
  plan_decisions: (store) => store.read((db) => findPlan(db, 'p1')),
  freezes: (store) => store.read(activeFreezes),
  canaries: (store) => store.read(activeCanaries),
  party_keys: (store) => store.read((db) => signingKeysOf(db, 'grid')),
  operator_agreements: (store) => store.read((db) => findAgreement(db, 'a')),
  operator_steps: (store) => store.read((db) => findAgreement(db, 'a')),
  operator_incidents: (store) => store.read((db) => getIncident(db, 'i')),
  operator_exits: (store) => store.read((db) => findExit(db, 'op')),
  affiliations: (store) => store.read((db) => findAffiliates(db, 'op')),
  grants: (store) => store.read((db) => findGrant(db, 'g')),
  grant_signatures: (store) => store.read((db) => findGrant(db, 'g')),
  grant_revocations: (store) => store.read((db) => findGrant(db, 'g')),
  intakes: (store) => store.read((db) => findIntake(db, 'own')),
  products: (store) => store.read((db) => getProduct(db, 'q1', 1)),
  product_decisions: (store) => store.read((db) => getProduct(db, 'q1', 1)),
  consent_keys: (store) => store.read(listConsentKeys),
  consent_withdrawals: (store) => store.read((db) => consentState(db, 'w1')),
  authorized_batches: (store) => store.read(listBatches),
  authorized_changes: (store) => store.read(listBatches),
  authorized_signatures: (store) => store.read(listBatches),
  rule_versions: (store) => store.read(rulesInForce),
  onboardings: (store) => store.read((db) => findOnboarding(db, 'dev')),
  plan_agreements: (store) => store.read((db) => findPlanAgreement(db, getPlan(db, 'p1'))),
  plan_supplies: (store) => store.read((db) => suppliesOfPlan(db, { id: 'p1' })),
  entry_revisions: (store) => store.read((db) => lastRevision(db, 'power')),
  listing_gates: (store) => store.read((db) => gateDecisions(db, 'power')),
  plan_reviews: (store) => store.read((db) => planReviewsNow(db, getPlan(db, 'p1'))),
  privacy_books: (store) =>
    store.read((db) => db.sealed('privacy_books', db.client.prepare<[], object>('SELECT * FROM privacy_books').get())),
  retention_rules: (store) => store.read((db) => retentionOf(db, 'power')),
};
const WHERE: Readonly<Record<SealedTable, string>> = {
  organisations: `id = 'grid'`,
  resources: `id = 'power'`,
  resource_versions: `resource = 'power'`,
  plans: `id = 'p1'`,
  plan_resources: `plan = 'p1'`,
  plan_decisions: `plan = 'p1' AND role = 'bureau'`,
  freezes: `id = 'f1'`,
  canaries: `id = 'c1'`,
  party_keys: `org = 'grid'`,
  operator_agreements: `id = 'a'`,
  operator_steps: `agreement = 'a'`,
  operator_incidents: `id = 'i'`,
  operator_exits: `operator = 'op'`,
  affiliations: `org = 'op'`,
  grants: `id = 'g'`,
  grant_signatures: `grant_id = 'g' AND org = 'grid'`,
  grant_revocations: `grant_id = 'g'`,
  intakes: `resource = 'own'`,
  products: `id = 'q1'`,
  product_decisions: `product = 'q1'`,
  consent_keys: `id = 'k1'`,
  consent_withdrawals: `consent = 'w1'`,
  authorized_batches: 'batch = 1',
  authorized_changes: 'batch = 1',
  authorized_signatures: `batch = 1 AND org = 'grid'`,
  rule_versions: '1 = 1',
  onboardings: `org = 'dev'`,
  plan_agreements: `plan = 'p1'`,
  plan_supplies: `plan = 'p1'`,
  entry_revisions: `resource = 'power' AND revision = 2`,
  listing_gates: `resource = 'power' AND basis = 2 AND gate = 'secrecy'`,
  plan_reviews: `plan = 'p1'`,
  privacy_books: 'id = 1',
  retention_rules: `resource = 'power'`,
};
const tables = Object.keys(SEALED_TABLES) as SealedTable[];
const corrupt = expect.objectContaining({ code: 'CATALOGUE_CORRUPT' });

/** Another value for every column that is none of the row's key. */
function edits(table: SealedTable): readonly string[] {
  const db = new Database(path, { readonly: true });
  const columns = db.pragma(`table_info(${table})`) as { name: string; type: string; pk: number }[];
  db.close();
  return columns
    .filter(({ pk }) => pk === 0)
    .map(({ name, type }) => {
      const value =
        type !== 'TEXT' && type !== 'BLOB' ? `coalesce("${name}", 0) + 1` : `coalesce("${name}", '') || ' '`;
      return `PRAGMA ignore_check_constraints = ON; UPDATE ${table} SET "${name}" = ${value} WHERE ${WHERE[table]}`;
    });
}

describe.each(tables)('a row of %s', (table) => {
  it('is used as the gateway wrote it (control)', () => {
    const store = open();
    expect(() => USES[table](store)).not.toThrow();
    expect([found, takenIn]).toEqual([[], []]);
  });

  it('is not used with any column changed while the gateway runs', () => {
    const running = open();
    const kept = new Database(path);
    for (const sql of edits(table)) {
      const row = kept.prepare(`SELECT * FROM ${table} WHERE ${WHERE[table]}`).get() as Record<string, unknown>;
      edit(sql);
      expect(() => USES[table](running), sql).toThrow(corrupt);
      const names = Object.keys(row);
      const set = names.map((name) => `"${name}" = ?`).join(', ');
      kept.prepare(`UPDATE ${table} SET ${set} WHERE ${WHERE[table]}`).run(...Object.values(row));
      expect(() => USES[table](running), 'control').not.toThrow();
    }
    kept.close();
    expect(found).toMatchObject([{ table }]); // told once
  });

  it('is not used when it was changed before the gateway started', () => {
    for (const sql of edits(table).slice(0, 2)) {
      edit(sql);
      const restarted = open();
      expect(found, sql).toMatchObject([{ table }]);
      expect(() => USES[table](restarted), sql).toThrow(corrupt);
      close(restarted);
      found = [];
    }
  });

  it('taken out stops everything', async () => {
    const running = open();
    const version = running.catalogueVersion();
    edit(`DELETE FROM ${table} WHERE ${WHERE[table]}`);
    await running.commit(() => undefined);
    expect(running.catalogueVersion()).toBeGreaterThan(version);
    expect(found).toContainEqual(expect.objectContaining({ table }));
    edit(`DELETE FROM row_seals WHERE table_name = '${table}'`);
    await running.commit(() => undefined);
    expect(found).toContainEqual({ table: 'catalogue', key: '*' });
    expect(() => running.read((db) => findOrganisation(db, 'bureau'))).toThrow(corrupt);
  });
});

it('a plan put back as it once was, with the seal that it had, is not used', async () => {
  const before = join(dir, 'before.db');
  copyFileSync(path, before);
  const store = open();
  await store.commit((tx) => revokePlan(tx, 'p1', { org: 'bureau', by: 'bo', comment: '' }));
  expect(store.read((db) => findPlan(db, 'p1'))?.state).toBe('revoked');
  expect(found).toEqual([]); // a change of the gateway's own
  edit(`ATTACH '${before}' AS old;
    INSERT OR REPLACE INTO row_seals SELECT * FROM old.row_seals;
    UPDATE plans SET (state, revocation) = (SELECT state, revocation FROM old.plans WHERE id = 'p1') WHERE id = 'p1';`);
  await store.commit(() => undefined);
  expect(found).toEqual([{ table: 'catalogue', key: '*' }]);
  expect(() => store.read((db) => findPlan(db, 'p1'))).toThrow(corrupt);
  await store.commit((tx) => tx.client.exec(`UPDATE organisations SET title_en = 'x' WHERE id = 'dev'`));
  expect(() => store.read((db) => findPlan(db, 'p1')), 'no change of its own heals it').toThrow(corrupt);
});

it('a home that was never sealed is taken in, and says so; one of another key is not used', () => {
  const seals = sealCount();
  edit('DELETE FROM row_seals; UPDATE catalogue_seal SET mac = NULL');
  const store = open();
  expect(takenIn).toEqual([seals]);
  for (const table of tables) expect(() => USES[table](store)).not.toThrow();
  close(store);
  close(open());
  expect(takenIn, 'once').toEqual([seals]);
  expect(found).toEqual([]);
  expect(() => USES.plans(open(8))).toThrow(corrupt);
});

describe('a home of an older version', () => {
  it('keeps its seals when a table gets a column, and the column is sealed once it is set', async () => {
    const client = new Database(path);
    const columns = client.pragma("table_info('resources')") as { name: string }[];
    const later = ['lineage', 'terms'];
    const before = columns.filter(({ name }) => !later.includes(name)).map(({ name }) => `"${name}"`);
    const row = client
      .prepare<[], unknown[]>(`SELECT ${before.join(', ')} FROM resources WHERE id = 'water'`)
      .raw()
      .get()!;
    const macOf = `SELECT mac FROM row_seals WHERE table_name = 'resources' AND row_key = '["water"]'`;
    const sealed = client.prepare<[], Buffer>(macOf).pluck().get()!;
    const old = createHmac('sha256', Buffer.alloc(32, 7))
      .update(JSON.stringify(['resources', ...row]))
      .digest();
    expect(sealed.equals(old)).toBe(true);
    client.exec("UPDATE resources SET lineage = 'power' WHERE id = 'water'");
    client.close();
    const store = open();
    expect(found).toContainEqual({ table: 'resources', key: '["water"]' });
    expect(() => store.read((db) => findResource(db, 'water'))).toThrow(
      expect.objectContaining({ code: 'CATALOGUE_CORRUPT' }),
    );
    close(store);
  });
});
