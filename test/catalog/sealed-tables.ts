import {
  activeCanaries,
  activeFreezes,
  addConsentKey,
  applyForOnboarding,
  approveRules,
  approveTimeLimits,
  beginVersion,
  commitVersion,
  confirmPartyKey,
  confirmPeer,
  consentState,
  type Db,
  decideIncident,
  decidePlan,
  decideProduct,
  declareAffiliation,
  declarePeer,
  findAffiliates,
  findAgreement,
  findEnvelopesAbout,
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
  listMismatches,
  listPeers,
  mendPrivacyBooks,
  openAgreement,
  orderExit,
  planReviewsNow,
  proposeRules,
  proposeTimeLimits,
  providersOfPlan,
  reconcile,
  recordIncident,
  recordScanFinding,
  registerPartyKey,
  retentionOf,
  reviewPlan,
  reviseResource,
  revokeGrant,
  rulesInForce,
  type Store,
  scanExcuses,
  setRetention,
  signingKeysOf,
  signPlanAgreement,
  storeEnvelope,
  submitPlan,
  submitProduct,
  suppliesOfPlan,
  supplyPlan,
  timeLimitsInForce,
  withdrawConsent,
} from '../../catalog/index.ts';
import type { SEALED_TABLES } from '../../catalog/sealed-tables.ts';
import { findList } from '../../catalog/sync/lists.ts';
import { DEFAULT_PROFILE, type InterfaceContent, USUAL_LIMITS } from '../../policies/index.ts';
import { grantEverything, list, seed } from './memory-store.ts';

export type SealedTable = keyof typeof SEALED_TABLES;

const FINDING = {
  column: 'kwh',
  kind: 'mobile',
  share: 1,
  levelMin: 'general-3',
  verdict: 'under-declared',
} as const;

/** A row, and more, in every sealed table, by the catalogue's own functions. */
export function fillSealedTables(tx: Db): void {
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
  recordScanFinding(tx, getResource(tx, 'power'), FINDING);
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
  proposeTimeLimits(tx, { limits: USUAL_LIMITS, holidays: [], comment: 'as usual', proposedBy: 'bureau/bo' });
  approveTimeLimits(tx, 1, 'bureau/ben');
  const dossier = { creditCode: '91350100M000100Y43', rules: rules.hash, staff: ['ann'], appliedBy: 'dev/ann' };
  applyForOnboarding(tx, { ...dossier, org: 'dev' });
  const { hash: planHash } = getPlan(tx, 'p1');
  signPlanAgreement(tx, 'p1', { planHash, sha256: 'ab'.repeat(32), org: 'dev', by: 'ann', jws: 'j' });
  supplyPlan(tx, 'p1', { resource: 'power', org: 'grid', by: 'gina' });
  declarePeer(tx, { id: 'platform', side: 'inside', org: 'bureau', declaredBy: 'bureau/bo' });
  confirmPeer(tx, 'platform', 'bureau/ann');
  storeEnvelope(tx, NOTICE);
  const day = { peer: 'platform', day: NOTICE.day, digest: 'ab', items: [], jws: 'j', listedBy: 'platform/p' };
  reconcile(tx, day);
}

const NOTICE = {
  peer: 'platform',
  key: 'k1',
  sequence: 1,
  kind: 'batch-notice',
  day: '2020-01-01',
  digest: 'ab'.repeat(32),
  subject: 'power',
  announces: 'ab',
  jws: 'j',
  receivedBy: 'platform/p',
  entryIndex: 1,
} as const;

const QUESTION: InterfaceContent = {
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

/** Reads what the tables decide. */
export const USES: Readonly<Record<SealedTable, (store: Store) => unknown>> = {
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
  time_limits: (store) => store.read(timeLimitsInForce),
  onboardings: (store) => store.read((db) => findOnboarding(db, 'dev')),
  plan_agreements: (store) => store.read((db) => findPlanAgreement(db, getPlan(db, 'p1'))),
  plan_supplies: (store) => store.read((db) => suppliesOfPlan(db, { id: 'p1' })),
  entry_revisions: (store) => store.read((db) => lastRevision(db, 'power')),
  listing_gates: (store) => store.read((db) => gateDecisions(db, 'power')),
  plan_reviews: (store) => store.read((db) => planReviewsNow(db, getPlan(db, 'p1'))),
  privacy_books: (store) =>
    store.read((db) => db.sealed('privacy_books', db.client.prepare<[], object>('SELECT * FROM privacy_books').get())),
  retention_rules: (store) => store.read((db) => retentionOf(db, 'power')),
  scan_findings: (store) => store.read((db) => scanExcuses(db, getResource(db, 'power'))),
  sync_peers: (store) => store.read(listPeers),
  sync_envelopes: (store) => store.read((db) => findEnvelopesAbout(db, NOTICE.subject, NOTICE.kind, NOTICE.announces)),
  sync_lists: (store) => store.read((db) => findList(db, 'platform', NOTICE.day)),
  sync_mismatches: (store) => store.read((db) => listMismatches(db, { isOpen: true })),
};
/** The row that `USES` reads. */
export const WHERE: Readonly<Record<SealedTable, string>> = {
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
  time_limits: 'version = 1',
  onboardings: `org = 'dev'`,
  plan_agreements: `plan = 'p1'`,
  plan_supplies: `plan = 'p1'`,
  entry_revisions: `resource = 'power' AND revision = 2`,
  listing_gates: `resource = 'power' AND basis = 2 AND gate = 'secrecy'`,
  plan_reviews: `plan = 'p1'`,
  privacy_books: 'id = 1',
  retention_rules: `resource = 'power'`,
  scan_findings: `resource = 'power'`,
  sync_peers: `id = 'platform'`,
  sync_envelopes: `peer = 'platform'`,
  sync_lists: `peer = 'platform'`,
  sync_mismatches: `peer = 'platform'`,
};
