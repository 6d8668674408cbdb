/**
 * Goal: no way of asking gets more privacy out of a resource than its budget holds, nor more out of a cap than that.
 * Method: random charges of random askers, many at a time, against a model of a few lines in whole numbers; then each way in which
 * a budget might be renewed. Invariants: all accounts bear a charge or none does; spent + reserved ≤ limit in every one.
 * Control: a ledger that looks, waits and then writes overspends in the same race.
 */
import fc from 'fast-check';
import { beforeEach, describe, expect, it } from 'vitest';
import {
  accountBalance,
  balance,
  createResource,
  lineageOf,
  privacyRemaining,
  reservePrivacy,
  type Store,
  setResourceState,
  settle,
} from '../../catalog/index.ts';
import { DEFAULT_PROFILE, type PrivacyAsker, type PrivacyCharge, privacyAccounts } from '../../policies/index.ts';
import { memoryStore, POWER, seed } from './memory-store.ts';

const SEED = 20261127;
console.log(`privacy budgets seed ${SEED}`);
const BUDGETS = DEFAULT_PROFILE.privacyBudgets;
const LINEAGE = { resource: 'power', unit: 'uscc' };
const charge = (rho: number, delta = 0, resource = 'power'): PrivacyCharge => ({ resource, unit: 'uscc', rho, delta });
const asker = (sub: string, org = 'dev', plan = 'p1', rhoMax: number | null = null): PrivacyAsker => ({
  sub,
  org,
  plan: { id: plan, rhoMax },
});

let store: Store;
let jobs = 0;
beforeEach(async () => {
  store = memoryStore();
  await store.commit(seed);
});

const ask = (charges: readonly PrivacyCharge[], who: PrivacyAsker, budgets = BUDGETS) => {
  jobs += 1;
  const job = `job${jobs}`;
  return store.commit((tx) => reservePrivacy(tx, job, charges, who, budgets)).then(() => job);
};
const accountsOf = (who: PrivacyAsker, lineage = LINEAGE) => privacyAccounts(lineage, who, BUDGETS);
const held = (who: PrivacyAsker, kind: string, lineage = LINEAGE) =>
  store.read((db) => accountBalance(db, accountsOf(who, lineage).find((one) => one.kind === kind)!));
const exhausted = (what: RegExp) => ({ code: 'BUDGET_EXHAUSTED', facts: { what: expect.stringMatching(what) } });

describe('a charge', () => {
  it('is borne by the data, the organisation, the person and the plan, or by none of them', async () => {
    const alice = asker('alice', 'dev', 'p1', 0.01);
    await ask([charge(0.004, 1e-9)], alice);
    for (const kind of ['analyst', 'plan', 'organisation', 'resource']) {
      expect(held(alice, kind)).toMatchObject({ spent: 0, reserved: 0.004 });
    }
    expect(held(alice, 'selection').reserved).toBe(1e-9);
    await expect(ask([charge(0.007)], alice)).rejects.toMatchObject(exhausted(/plan/));
    await expect(ask([charge(0.001), charge(0.2, 0, 'water')], alice)).rejects.toMatchObject(exhausted(/own/));
    for (const kind of ['analyst', 'plan', 'organisation', 'resource']) expect(held(alice, kind).reserved).toBe(0.004);
    expect(held(alice, 'resource', { resource: 'water', unit: 'uscc' }).reserved).toBe(0);
  });

  it('says which budget it is, what it takes and what is left', async () => {
    await ask([charge(0.02)], asker('alice'));
    await expect(ask([charge(0.01)], asker('alice'))).rejects.toMatchObject({
      facts: { needed: 0.01, limit: 0.0243, remaining: 0.0043, remedy: expect.stringContaining('repeat') },
    });
  });

  it('is counted in billionths of δ’s own millionths', async () => {
    const small = { ...BUDGETS, selectionDelta: 1e-12 };
    for (let n = 0; n < 10; n += 1) await ask([charge(1e-6, 1e-13)], asker('alice'), small);
    await expect(ask([charge(1e-6, 1e-18)], asker('alice'), small)).rejects.toMatchObject(exhausted(/selecting/));
  });
});

describe('a budget is not renewed', () => {
  /** Ten people of three organisations, until everybody is refused by the data's own budget. */
  async function exhaust(): Promise<number> {
    let taken = 0;
    for (let n = 0; n < 30; n += 1) {
      const who = asker(`person${n}`, `org${n % 3}`, `plan${n}`);
      await ask([charge(0.0243)], who).then(
        () => (taken += 0.0243),
        () => undefined,
      );
    }
    return taken;
  }

  it('by another person, organisation or plan', async () => {
    expect(await exhaust()).toBeLessThanOrEqual(BUDGETS.resourceRho);
    await expect(ask([charge(0.02)], asker('new', 'new-org', 'new-plan'))).rejects.toMatchObject(exhausted(/shares/));
  });

  it('by names that run into each other', () => {
    const names = [asker('b/c', 'a'), asker('c', 'a/b'), asker('"],["', 'a'), asker('a', '"],["')];
    const accounts = names.flatMap((who) => accountsOf(who).filter(({ kind }) => kind === 'analyst'));
    expect(new Set(accounts.map(({ account }) => account)).size).toBe(names.length);
  });

  it('by withdrawing a table and registering its columns under another name', async () => {
    await exhaust();
    await store.commit((tx) => setResourceState(tx, 'power', 'withdrawn'));
    const renamed = { ...POWER, table: 'power_again', columns: POWER.columns.toReversed() };
    const other = { ...POWER, table: 'meters', columns: [POWER.columns[0]!] };
    for (const schema of [renamed, other]) {
      await store.commit((tx) => {
        const title = { zh: '题', en: 'title' };
        const entry = { no: 1, title };
        const facts = { frequency: 'monthly', conditions: '', format: 'table', createdBy: 'ann' };
        createResource(tx, { entry, title, provider: 'grid', schema, ...facts });
      });
    }
    const lineage = (resource: string) => store.read((db) => lineageOf(db, { resource, unit: 'uscc' }).resource);
    expect([lineage('power_again'), lineage('meters')]).toEqual(['power', 'meters']);
    await expect(ask([charge(0.02, 0, 'power_again')], asker('new', 'new-org'))).rejects.toMatchObject(
      exhausted(/shares/),
    );
    await ask([charge(0.02, 0, 'meters')], asker('new', 'new-org')); // control: other columns, another budget
  });

  it('by settling', async () => {
    const job = await ask([charge(0.02)], asker('alice'));
    await store.commit((tx) => settle(tx, job));
    await store.commit((tx) => settle(tx, job));
    expect(held(asker('alice'), 'analyst')).toMatchObject({ spent: 0.02, reserved: 0 });
    expect(store.read((db) => privacyRemaining(db, [LINEAGE], asker('alice'), BUDGETS))).toBeCloseTo(0.0043, 9);
  });
});

describe('a race', () => {
  const LEFT = 5;
  const TAKES = 0.0001;

  it('of a hundred for an almost empty account gives exactly what is left', async () => {
    const budgets = { ...BUDGETS, resourceRho: TAKES * LEFT };
    const all = Array.from({ length: 100 }, (_, n) => ask([charge(TAKES)], asker(`p${n}`, `o${n}`), budgets));
    const settled = await Promise.allSettled(all);
    expect(settled.filter(({ status }) => status === 'fulfilled')).toHaveLength(LEFT);
    expect(held(asker('p0'), 'resource').reserved).toBeCloseTo(TAKES * LEFT, 12);
  });

  it('is lost by a ledger that looks before it writes', async () => {
    let spent = 0;
    const naive = async () => {
      if (spent + 1 > LEFT) return;
      await Promise.resolve();
      spent += 1;
    };
    await Promise.all(Array.from({ length: 100 }, naive));
    expect(spent).toBeGreaterThan(LEFT);
  });
});

it('agrees with a model that adds up whole numbers, whoever asks for whatever', async () => {
  const UNITS = 1e9;
  const asks = fc.record({
    sub: fc.constantFrom('a', 'b', 'c'),
    org: fc.constantFrom('x', 'y'),
    rho: fc.integer({ min: 1, max: 30_000_000 }),
    resource: fc.constantFrom('power', 'water'),
    settles: fc.boolean(),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(asks, { maxLength: 40 }), async (all) => {
      store = memoryStore();
      await store.commit(seed);
      const model = new Map<string, number>();
      await Promise.all(
        all.map(async ({ sub, org, rho, resource, settles }) => {
          const who = asker(sub, org);
          const accounts = accountsOf(who, { resource, unit: 'uscc' }).filter(({ kind }) => kind !== 'selection');
          const fits = accounts.every(
            ({ account, limit }) => limit === null || (model.get(account) ?? 0) + rho <= Math.round(limit * UNITS),
          );
          if (fits) for (const { account } of accounts) model.set(account, (model.get(account) ?? 0) + rho);
          const asked = ask([charge(rho / UNITS, 0, resource)], who);
          const job = await asked.catch(() => null);
          expect(job !== null).toBe(fits);
          if (job !== null && settles) await store.commit((tx) => settle(tx, job));
        }),
      );
      for (const [account, units] of model) {
        const { spent, reserved } = store.read((db) => balance(db, { account, kind: 'resource' }));
        expect(Math.round((spent + reserved) * UNITS)).toBe(units);
      }
    }),
    { seed: SEED, numRuns: 60 },
  );
});
