import { describe, expect, it } from 'vitest';
import {
  decidePlan,
  getPlan,
  isPlanInForce,
  listPlans,
  type NewDecision,
  type NewPlan,
  revokePlan,
  type Store,
  submitPlan,
} from '../../catalog/index.ts';
import { memoryStore, seed } from './memory-store.ts';

const PLAN: NewPlan = {
  id: 'p1',
  title: 'index',
  purpose: '小微信贷指数',
  class: 'industry',
  org: 'dev',
  author: 'alice',
  tables: [
    { resource: 'water', columns: ['uscc', 'kwh'] },
    { resource: 'power', columns: ['kwh'] },
  ],
  unitsMin: null,
  jobsMax: 100,
  validFrom: '2026-01-01',
  validUntil: '2026-12-31',
};

const bureau: NewDecision = { role: 'bureau', org: 'bureau', by: 'bo', verdict: 'approve', comment: '' };
const grid: NewDecision = { role: 'provider', org: 'grid', by: 'gina', verdict: 'approve', comment: '' };
const waterworks: NewDecision = { ...grid, org: 'waterworks', by: 'will' };
const refusing = (decision: NewDecision): NewDecision => ({ ...decision, verdict: 'refuse', comment: 'no' });

async function submitted(plan: NewPlan = PLAN): Promise<Store> {
  const store = memoryStore();
  await store.commit(seed);
  await store.commit((tx) => submitPlan(tx, plan));
  return store;
}

/** The state after each decision. */
async function decide(store: Store, ...decisions: readonly NewDecision[]): Promise<readonly string[]> {
  const states: string[] = [];
  for (const decision of decisions) states.push((await store.commit((tx) => decidePlan(tx, 'p1', decision))).state);
  return states;
}

const plan = (store: Store) => store.read((db) => getPlan(db, 'p1'));

describe('a plan', () => {
  it('is filed in order of names, with a hash of its content alone', async () => {
    const store = await submitted();
    expect(plan(store)).toMatchObject({ state: 'submitted', decisions: [], revocation: null });
    expect(plan(store).tables).toEqual([
      { resource: 'power', columns: ['kwh'] },
      { resource: 'water', columns: ['kwh', 'uscc'] },
    ]);
    const reordered = await submitted({ ...PLAN, tables: PLAN.tables.toReversed() });
    expect(plan(reordered).hash).toBe(plan(store).hash);
    const other = await submitted({ ...PLAN, jobsMax: 101 });
    expect(plan(other).hash).not.toBe(plan(store).hash);
    expect(plan(store).hash).toMatch(/^[0-9a-f]{64}$/);
  });

  it('is approved once the bureau and every provider have approved, in any order', async () => {
    expect(await decide(await submitted(), bureau, grid, waterworks)).toEqual(['submitted', 'submitted', 'approved']);
    expect(await decide(await submitted(), waterworks, grid, bureau)).toEqual(['submitted', 'submitted', 'approved']);
  });

  it('loses the tables of a provider that refuses, and is another plan by its hash', async () => {
    const store = await submitted();
    const before = plan(store).hash;
    expect(await decide(store, bureau, refusing(grid), waterworks)).toEqual(['submitted', 'submitted', 'approved']);
    expect(plan(store).tables.map(({ resource }) => resource)).toEqual(['water']);
    expect(plan(store).hash).not.toBe(before);
    expect(plan(store).decisions.map(({ planHash }) => planHash === before)).toEqual([true, true, false]);
  });

  it('is refused by the bureau, or when no table is left', async () => {
    expect(await decide(await submitted(), grid, refusing(bureau))).toEqual(['submitted', 'refused']);
    expect(await decide(await submitted(), bureau, refusing(grid), refusing(waterworks))).toEqual([
      'submitted',
      'submitted',
      'refused',
    ]);
  });

  it('is not decided by its author, its organisation, or who is not asked', async () => {
    const store = await submitted({ ...PLAN, tables: [{ resource: 'power', columns: ['kwh'] }] });
    const denied: readonly NewDecision[] = [
      { ...bureau, by: 'alice' },
      { ...bureau, org: 'dev' },
      { ...bureau, org: 'grid' },
      waterworks,
      { ...grid, org: 'bureau' },
      { ...grid, org: 'nobody' },
    ];
    for (const decision of denied) {
      await expect(decide(store, decision)).rejects.toMatchObject({ code: 'POLICY_ACCESS_DENIED' });
    }
    expect(plan(store).decisions).toEqual([]);
    expect(await decide(store, grid, bureau), 'control').toEqual(['submitted', 'approved']);
  });

  it('is decided once by each, and not any more when it is decided', async () => {
    const store = await submitted();
    await decide(store, bureau);
    await expect(decide(store, refusing(bureau))).rejects.toMatchObject({ code: 'PLAN_STATE' });
    await decide(store, grid, waterworks);
    await expect(decide(store, refusing(grid))).rejects.toMatchObject({ code: 'PLAN_STATE' });
    expect(plan(store).state).toBe('approved');
  });

  it('is in force when approved, on the days that it says', async () => {
    const store = await submitted();
    expect(isPlanInForce(plan(store), '2026-06-01')).toBe(false);
    await decide(store, bureau, grid, waterworks);
    const days = ['2025-12-31', '2026-01-01', '2026-12-31', '2027-01-01'];
    expect(days.map((day) => isPlanInForce(plan(store), day))).toEqual([false, true, true, false]);
  });

  it('is revoked by the bureau or a provider involved, for good', async () => {
    const store = await submitted({ ...PLAN, tables: [{ resource: 'power', columns: ['kwh'] }] });
    await decide(store, bureau, grid);
    for (const org of ['dev', 'waterworks', 'nobody']) {
      const revoking = store.commit((tx) => revokePlan(tx, 'p1', { org, by: 'x', comment: '' }));
      await expect(revoking).rejects.toMatchObject({ code: 'POLICY_ACCESS_DENIED' });
    }
    const revoked = await store.commit((tx) => revokePlan(tx, 'p1', { org: 'grid', by: 'gina', comment: 'breach' }));
    expect(revoked).toMatchObject({ state: 'revoked', revocation: { org: 'grid', by: 'gina', comment: 'breach' } });
    expect(isPlanInForce(revoked, '2026-06-01')).toBe(false);
    const again = store.commit((tx) => revokePlan(tx, 'p1', { org: 'bureau', by: 'bo', comment: '' }));
    await expect(again).rejects.toMatchObject({ code: 'PLAN_STATE' });
  });

  const wrong: readonly (readonly [string, Partial<NewPlan>])[] = [
    ['id', { id: 'a b' }],
    ['title', { title: ' ' }],
    ['purpose', { purpose: 'x'.repeat(4_001) }],
    ['purpose', { purpose: '\ud800' }],
    ['org', { org: 'grid' }],
    ['org', { org: 'nobody' }],
    ['unitsMin', { unitsMin: 0 }],
    ['jobsMax', { jobsMax: 1.5 }],
    ['validFrom', { validFrom: '2026-02-30' }],
    ['validUntil', { validUntil: '2025-12-31' }],
    ['validUntil', { validUntil: '2026-12-31T00:00:00Z' }],
    ['tables', { tables: [] }],
    ['tables[0].resource', { tables: [{ resource: 'gone', columns: ['a'] }] }],
    ['tables[1].resource', { tables: [PLAN.tables[0]!, PLAN.tables[0]!] }],
    ['tables[0].columns', { tables: [{ resource: 'power', columns: [] }] }],
    ['tables[0].columns', { tables: [{ resource: 'power', columns: ['kwh', 'kwh'] }] }],
    ['tables[0].columns[1]', { tables: [{ resource: 'power', columns: ['kwh', 'volt'] }] }],
  ];

  it.each(wrong)('is not filed with a wrong %s', async (path, change) => {
    const store = memoryStore();
    await store.commit(seed);
    const filing = store.commit((tx) => submitPlan(tx, { ...PLAN, ...change }));
    await expect(filing).rejects.toMatchObject({ code: 'PLAN_INVALID', facts: { path } });
  });

  it('is found by organisation, state and provider, in pages', async () => {
    const store = await submitted();
    for (const id of ['p2', 'p3']) {
      await store.commit((tx) => submitPlan(tx, { ...PLAN, id, tables: [{ resource: 'power', columns: ['kwh'] }] }));
    }
    const ids = (filters: Parameters<typeof listPlans>[1]) =>
      store.read((db) => listPlans(db, filters)).map(({ id }) => id);
    expect(ids({})).toEqual(['p1', 'p2', 'p3']);
    expect(ids({ limit: 2 })).toEqual(['p1', 'p2']);
    expect(ids({ after: 'p2' })).toEqual(['p3']);
    expect(ids({ provider: 'waterworks' })).toEqual(['p1']);
    expect(ids({ provider: 'grid', org: 'dev', state: 'submitted' })).toEqual(['p1', 'p2', 'p3']);
    expect(ids({ state: 'approved' })).toEqual([]);
    await expect(store.commit((tx) => submitPlan(tx, PLAN))).rejects.toMatchObject({ facts: { path: 'id' } });
  });
});
