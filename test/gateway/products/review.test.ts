/**
 * Goal: what is released is what was reviewed, by others than who made it.
 * Method: a store in memory; every way to let out something else, beside the way that works.
 */
import { beforeEach, describe, expect, it } from 'vitest';
import {
  decidePlan,
  decideProduct,
  findPublished,
  getProduct,
  publishProduct,
  type Store,
  submitPlan,
  submitProduct,
  withdrawProduct,
} from '../../../catalog/index.ts';
import type { InterfaceContent } from '../../../policies/index.ts';
import { memoryStore, seed } from '../../catalog/memory-store.ts';

const title = { zh: 't', en: 't' };
const CONTENT: InterfaceContent = {
  form: 'interface',
  subject: { resource: 'power', key: 'uscc', also: [], consentBy: ['uscc'] },
  features: [{ code: 'R1', title, resource: 'power', key: 'uscc', aggregate: 'count', column: null, where: [] }],
  answer: { mode: 'verify', holds: [{ feature: 'R1', op: '>', value: 0 }] },
  limits: { perSubject: { times: 1, period: 'day' }, perDay: 10 },
};
const PRODUCT = { id: 'q', title, plan: 'p1', org: 'dev', author: 'ann', content: CONTENT };

let store: Store;
beforeEach(async () => {
  store = memoryStore();
  await store.commit((tx) => {
    seed(tx);
    const tables = [{ resource: 'power', columns: ['uscc'] }];
    const dates = { validFrom: '2026-01-01', validUntil: '2027-01-01' };
    submitPlan(tx, {
      id: 'p1',
      title: 't',
      purpose: 'p',
      class: 'industry',
      org: 'dev',
      author: 'ann',
      tables,
      unitsMin: null,
      jobsMax: null,
      ...dates,
    });
    decidePlan(tx, 'p1', { role: 'bureau', org: 'bureau', by: 'bo', verdict: 'approve', comment: '' });
    submitProduct(tx, PRODUCT);
  });
});

const verdict = { verdict: 'approve', comment: '' } as const;
const decide = (
  role: 'bureau' | 'provider',
  org: string,
  by: string,
  change: { hash?: string; version?: number } = {},
) =>
  store.commit((tx) => {
    const { version = 1 } = change;
    const { hash = getProduct(tx, 'q', version).hash } = change;
    return decideProduct(tx, 'q', version, { ...verdict, role, org, by, hash });
  });
const publish = (version = 1) => store.commit((tx) => publishProduct(tx, 'q', version, 'dev/ann'));
const code = (name: string) => expect.objectContaining({ code: name });

describe('an interface', () => {
  it('is published when bureau and provider have approved', async () => {
    await expect(publish()).rejects.toEqual(code('PRODUCT_STATE'));
    expect((await decide('bureau', 'bureau', 'bo')).state).toBe('submitted');
    expect((await decide('provider', 'grid', 'gus')).state).toBe('approved');
    expect((await publish()).state).toBe('published');
    expect(store.read((db) => findPublished(db, 'q'))?.version).toBe(1);
  });

  it('is not reviewed by its author, its organisation, or who is not asked', async () => {
    const denied = code('POLICY_ACCESS_DENIED');
    await expect(decide('bureau', 'bureau', 'ann')).rejects.toEqual(denied);
    await expect(decide('bureau', 'dev', 'bo')).rejects.toEqual(denied);
    await expect(decide('provider', 'waterworks', 'wes')).rejects.toEqual(denied);
    await expect(decide('bureau', 'grid', 'gus')).rejects.toEqual(denied);
  });

  it('is not approved by whoever read another one', async () => {
    await expect(decide('bureau', 'bureau', 'bo', { hash: 'f'.repeat(64) })).rejects.toEqual(code('PRODUCT_STATE'));
  });

  it('is not what was reviewed once a byte of it changed', async () => {
    await decide('bureau', 'bureau', 'bo');
    await decide('provider', 'grid', 'gus');
    const wider = JSON.stringify({ ...CONTENT, limits: { ...CONTENT.limits, perDay: 1_000 } });
    await store.commit((tx) => tx.client.prepare('UPDATE products SET content = ?').run(wider));
    await expect(publish()).rejects.toEqual(code('PRODUCT_STATE'));
  });

  it('changes by a new version only, which is reviewed by itself and takes the place of the one before', async () => {
    await expect(store.commit((tx) => submitProduct(tx, PRODUCT))).rejects.toEqual(code('PRODUCT_STATE'));
    await decide('bureau', 'bureau', 'bo');
    await decide('provider', 'grid', 'gus');
    await publish();
    await store.commit((tx) => submitProduct(tx, { ...PRODUCT, content: { ...CONTENT, features: CONTENT.features } }));
    await expect(publish(2)).rejects.toEqual(code('PRODUCT_STATE'));
    await decide('bureau', 'bureau', 'bo', { version: 2 });
    await decide('provider', 'grid', 'gus', { version: 2 });
    await publish(2);
    const states = [1, 2].map((version) => store.read((db) => getProduct(db, 'q', version)).state);
    expect(states).toEqual(['superseded', 'published']);
    await store.commit((tx) => withdrawProduct(tx, 'q', 2, 'bureau/bo'));
    expect(store.read((db) => findPublished(db, 'q'))).toBeNull();
    await expect(publish(2)).rejects.toEqual(code('PRODUCT_STATE'));
  });

  it('keeps its id to its organisation', async () => {
    await expect(store.commit((tx) => submitProduct(tx, { ...PRODUCT, org: 'other' }))).rejects.toEqual(
      code('PRODUCT_STATE'),
    );
  });
});
