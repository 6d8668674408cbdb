import { beforeEach, describe, expect, it } from 'vitest';
import {
  abandonVersion,
  beginVersion,
  commitVersion,
  type Db,
  decidePlan,
  markVersionDestroyed,
  revokeGrant,
  revokePlan,
  type Store,
  setResourceState,
  submitPlan,
} from '../../../catalog/index.ts';
import { GrantedPlans } from '../../../gateway/pipeline/granted-plans.ts';
import { grantEverything, memoryStore, seed } from '../../catalog/memory-store.ts';

/**
 * Goal: what is remembered of a plan is what the catalogue says of it.
 * Method: a chain of every change that there is; after each, the remembering reader against one that has just been made.
 * Control: a reader that is not told of changes fails the same comparison.
 */

const decide = (org: string, role: 'bureau' | 'provider', verdict: 'approve' | 'refuse') => (tx: Db) =>
  decidePlan(tx, 'p', { org, role, by: 'x', verdict, comment: '' });
const upload =
  (resource: string, report: unknown = null) =>
  (tx: Db) =>
    commitVersion(tx, {
      resource,
      version: beginVersion(tx, resource),
      rows: 10,
      bytes: 100,
      rowsPerUnitMax: { enterprise: 3 },
      contentSha256: 'f'.repeat(64),
      rowKeyScheme: 'scheme',
      report,
    });

const CHANGES: readonly (readonly [string, (tx: Db) => unknown])[] = [
  ['a plan is filed', (tx) => submitPlan(tx, NEW_PLAN)],
  ['a version is written', upload('power')],
  ['a provider approves', decide('grid', 'provider', 'approve')],
  ['a provider refuses its table', decide('waterworks', 'provider', 'refuse')],
  ['the bureau approves', decide('bureau', 'bureau', 'approve')],
  ['a newer version is written', upload('power')],
  ['an upload begins', (tx) => beginVersion(tx, 'power')],
  ['an upload is given up', (tx) => abandonVersion(tx, 'power', 3)],
  ['a version is destroyed', (tx) => markVersionDestroyed(tx, 'power', 2)],
  ['a version is written again', upload('power')],
  [
    'a provider revokes its grant',
    (tx) => revokeGrant(tx, 'g', { org: 'waterworks', role: 'provider', by: 'x', reason: '' }),
  ],
  ['a resource is withdrawn', (tx) => setResourceState(tx, 'power', 'withdrawn')],
  ['a plan is revoked', (tx) => revokePlan(tx, 'p', { org: 'bureau', by: 'x', comment: '' })],
];
const TODAY = '2026-03-01';
const NEW_PLAN = {
  operator: 'op',
  id: 'p',
  title: 't',
  purpose: 'why',
  class: 'industry' as const,
  org: 'dev',
  author: 'dan',
  tables: [
    { resource: 'power', columns: ['kwh', 'uscc'] },
    { resource: 'water', columns: ['kwh', 'uscc'] },
  ],
  unitsMin: null,
  jobsMax: null,
  validFrom: '2026-01-01',
  validUntil: '2026-12-31',
};

let store: Store;
beforeEach(async () => {
  store = memoryStore();
  await store.commit(seed);
  await store.commit(grantEverything);
});

/** The changes after which the reader tells something else than the catalogue. */
async function staleAfter(granted: GrantedPlans): Promise<string[]> {
  const stale: string[] = [];
  for (const [name, change] of CHANGES) {
    await store.commit(change);
    const [known, fresh] = [granted.find('p', TODAY), new GrantedPlans(store).find('p', TODAY)];
    if (JSON.stringify(inFull(known)) !== JSON.stringify(inFull(fresh))) stale.push(name);
    expect(granted.find('p', TODAY), 'remembered').toBe(known);
  }
  return stale;
}
const inFull = (granted: ReturnType<GrantedPlans['find']>) =>
  granted === null ? null : [granted.plan, granted.standing, [...granted.catalog]];

describe('what a plan grants', () => {
  it('is what the catalogue says, after every change', async () => {
    const granted = new GrantedPlans(store);
    expect(granted.find('p', TODAY)).toBeNull();
    expect(await staleAfter(granted)).toEqual([]);
  });

  it('would be stale without word of changes (control)', async () => {
    const deaf = { ...store, catalogueVersion: () => 0 };
    const afterTheFirst = CHANGES.slice(1).map(([name]) => name);
    expect(await staleAfter(new GrantedPlans(deaf))).toEqual(afterTheFirst);
  });

  it('has the twins that its version was stored with: none of one uploaded before there were any', async () => {
    await store.commit((tx) => submitPlan(tx, NEW_PLAN));
    const twins = () => new GrantedPlans(store).find('p', TODAY)!.catalog.get('power')!.twins;
    await store.commit(upload('power', { rows: 10 }));
    expect(twins()).toEqual([]);
    await store.commit(upload('power', { rows: 10, twins: ['_class_uscc', '_code_other'] }));
    expect(twins()).toEqual(['_class_uscc']);
  });

  it('is remembered over what is no change of the catalogue', async () => {
    const granted = new GrantedPlans(store);
    await store.commit((tx) => submitPlan(tx, NEW_PLAN));
    const known = granted.find('p', TODAY);
    const version = store.catalogueVersion();
    await store.commit(() => undefined);
    await expect(
      store.commit(() => {
        throw new Error('no');
      }),
    ).rejects.toThrow('no');
    expect([granted.find('p', TODAY), store.catalogueVersion()]).toEqual([known, version]);
  });
});
