/**
 * Goal: nothing runs under a plan before what follows its approval is done, and who waits for whom is said.
 * Method: a plan's standing after each step, on days within and past the terms of working days.
 */
import { beforeEach, describe, expect, it } from 'vitest';
import {
  applyForOnboarding,
  approveRules,
  beginVersion,
  commitVersion,
  type Db,
  decideOnboarding,
  decidePlan,
  filePlanAgreement,
  getPlan,
  proposeRules,
  type Store,
  signPlanAgreement,
  standingOf,
  submitPlan,
  supplyPlan,
} from '../../catalog/index.ts';
import { grantEverything, memoryStore, seed } from './memory-store.ts';

/** The store's clock stands at 2026-03-01, a Sunday. */
const TODAY = '2026-03-01';
const SHA256 = 'ab'.repeat(32);

let store: Store;
beforeEach(async () => {
  store = memoryStore();
  await store.commit((tx) => {
    seed(tx);
    grantEverything(tx);
    submitPlan(tx, PLAN);
    decidePlan(tx, 'p', { role: 'provider', org: 'grid', by: 'gina', verdict: 'approve', comment: '' });
    decidePlan(tx, 'p', { role: 'bureau', org: 'bureau', by: 'bo', verdict: 'approve', comment: '' });
  });
});

const PLAN = {
  id: 'p',
  title: 't',
  purpose: 'p',
  class: 'governance',
  org: 'dev',
  author: 'ann',
  operator: 'op',
  tables: [{ resource: 'power', columns: ['kwh'] }],
  unitsMin: null,
  jobsMax: null,
  validFrom: '2026-01-01',
  validUntil: '2027-01-01',
} as const;

const finding = (attribute: 'onboarded' | 'filed' | 'supplied', today = TODAY) =>
  store.read((db) => standingOf(db, getPlan(db, 'p'), today)).findings[attribute];
const missing = (attribute: 'onboarded' | 'filed' | 'supplied', today?: string) =>
  finding(attribute, today).missing?.en ?? null;
const rules = (text: string) => (tx: Db) =>
  approveRules(tx, proposeRules(tx, { title: 't', text, proposedBy: 'bureau/bo' }).hash, 'bureau/ben').hash;
const apply =
  (hash: string, creditCode = '91350100M000100Y43') =>
  (tx: Db) =>
    applyForOnboarding(tx, { org: 'dev', creditCode, rules: hash, staff: ['ann'], appliedBy: 'dev/ann' });
const sign =
  (org: string, sha256 = SHA256) =>
  (tx: Db) =>
    signPlanAgreement(tx, 'p', { planHash: getPlan(tx, 'p').hash, sha256, org, by: 'x', jws: 'j' });
const code = (name: string) => expect.objectContaining({ code: name });

describe('onboarding', () => {
  it('is asked for, decided, and accepted anew with new rules', async () => {
    expect(missing('onboarded')).toBe('dev has applied for no onboarding');
    const hash = await store.commit(rules('first'));
    await store.commit(apply(hash));
    expect(missing('onboarded')).toContain('waits for the bureau');
    await store.commit((tx) => decideOnboarding(tx, 'dev', { verdict: 'refuse', decidedBy: 'bureau/bo' }));
    expect(missing('onboarded')).toContain('refused');
    await store.commit(apply(hash));
    await store.commit((tx) => decideOnboarding(tx, 'dev', { verdict: 'approve', decidedBy: 'bureau/bo' }));
    expect(finding('onboarded')).toMatchObject({ isMet: true, evidence: ['dev', hash] });
    await store.commit(rules('second'));
    expect(missing('onboarded')).toContain('has not accepted the rules in force');
  });

  it('takes no credit code that fails its check', async () => {
    const hash = await store.commit(rules('first'));
    await expect(store.commit(apply(hash, '91350100M000100Y44'))).rejects.toEqual(code('ONBOARDING_INVALID'));
  });
});

describe('an agreement', () => {
  it('names who has not signed, and lapses when it is not filed within ten working days', async () => {
    expect(missing('filed')).toBe('no agreement signed by dev, op');
    await store.commit(sign('dev'));
    expect(missing('filed')).toBe('no agreement signed by op');
    await expect(store.commit(sign('op', 'cd'.repeat(32)))).rejects.toEqual(code('PLAN_STATE'));
    await store.commit(sign('op'));
    expect(missing('filed', '2026-03-13')).toBe('signed, and to be filed by 2026-03-13');
    expect(missing('filed', '2026-03-14')).toContain('both sign anew');
    await store.commit((tx) => filePlanAgreement(tx, 'p', { number: 'n1', by: 'bureau/bo' }));
    expect(finding('filed', '2026-12-31')).toMatchObject({ isMet: true, evidence: ['n1'] });
  });

  it('that was signed before keys were asked for is none, filed or not, and is signed anew', async () => {
    for (const org of ['dev', 'op']) await store.commit(sign(org));
    await store.commit((tx) => filePlanAgreement(tx, 'p', { number: 'n1', by: 'bureau/bo' }));
    expect(finding('filed').isMet).toBe(true);
    await store.commit((tx) => tx.client.exec('UPDATE plan_agreements SET developer_jws = NULL'));
    expect(missing('filed')).toBe('no agreement signed by dev, op');
    await expect(store.commit((tx) => filePlanAgreement(tx, 'p', { number: 'n2', by: 'b' }))).rejects.toEqual(
      code('PLAN_STATE'),
    );
    for (const org of ['dev', 'op']) await store.commit(sign(org));
    expect(missing('filed')).toContain('to be filed by');
  });

  it('of an operator that develops for itself is signed by the one party', async () => {
    await store.commit((tx) => {
      submitPlan(tx, { ...PLAN, id: 'own', org: 'op' });
      decidePlan(tx, 'own', { role: 'provider', org: 'grid', by: 'gina', verdict: 'approve', comment: '' });
      decidePlan(tx, 'own', { role: 'bureau', org: 'bureau', by: 'bo', verdict: 'approve', comment: '' });
      signPlanAgreement(tx, 'own', { planHash: getPlan(tx, 'own').hash, sha256: SHA256, org: 'op', by: 'x', jws: 'j' });
      filePlanAgreement(tx, 'own', { number: 'n2', by: 'bureau/bo' });
    });
    expect(store.read((db) => standingOf(db, getPlan(db, 'own'), TODAY)).findings.filed.isMet).toBe(true);
  });
});

describe('supply', () => {
  it('is of rows that are there, by the provider alone, and late after five working days', async () => {
    const supply = (org: string) => store.commit((tx) => supplyPlan(tx, 'p', { resource: 'power', org, by: 'gina' }));
    expect(missing('supplied')).toBe('to be supplied by 2026-03-06: power (grid)');
    expect(missing('supplied', '2026-03-07')).toBe('late since 2026-03-06: power (grid)');
    await expect(supply('grid')).rejects.toEqual(code('RESOURCE_STATE'));
    await store.commit((tx) => {
      const written = {
        rows: 10,
        bytes: 1,
        rowsPerUnitMax: {},
        contentSha256: SHA256,
        rowKeyScheme: 's',
        report: null,
      };
      commitVersion(tx, { ...written, resource: 'power', version: beginVersion(tx, 'power') });
    });
    await expect(supply('waterworks')).rejects.toEqual(code('POLICY_ACCESS_DENIED'));
    await supply('grid');
    expect(finding('supplied', '2026-12-31')).toMatchObject({ isMet: true, evidence: ['power@1'] });
    await expect(supply('grid')).rejects.toEqual(code('PLAN_STATE'));
  });
});
