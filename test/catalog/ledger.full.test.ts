/**
 * Goal: the ledger never lets an account go over its limit or below zero, and never gives back.
 * Method: random reservations and settlements, also queued in one tick, against a model of a few lines with exact sums.
 * Invariants: same acceptance, same balances, spent never falls, spent + reserved ≤ limit at each reservation.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { balance, reserve, settle } from '../../catalog/index.ts';
import { memoryStore } from './memory-store.ts';

const SEED = 20260301;
console.log(`ledger property seed ${SEED}`);

type Step =
  | { readonly kind: 'reserve'; readonly account: string; readonly amount: number; readonly limit: number | null }
  | { readonly kind: 'settle'; readonly of: number };

/** Amounts in thousandths, so that the model adds whole numbers. */
const thousandths = (max: number) => fc.integer({ min: 0, max: max * 1_000 }).map((n) => n / 1_000);
const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({
    kind: fc.constant('reserve' as const),
    account: fc.constantFrom('plan:a:jobs', 'table:b:rho'),
    amount: thousandths(2),
    limit: fc.option(thousandths(10)),
  }),
  fc.record({ kind: fc.constant('settle' as const), of: fc.nat(40) }),
);

interface Held {
  readonly job: string;
  readonly account: string;
  readonly amount: number;
  settled: boolean;
}

const milli = (amount: number) => Math.round(amount * 1_000);

function modelBalance(held: readonly Held[], account: string) {
  const sum = (settled: boolean) =>
    held.filter((h) => h.account === account && h.settled === settled).reduce((n, h) => n + milli(h.amount), 0);
  return { spent: sum(true), reserved: sum(false) };
}

describe('ledger', () => {
  it('agrees with the model, whatever shares a transaction', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.array(step, { maxLength: 8 }), { maxLength: 8 }), async (ticks) => {
        const store = memoryStore();
        const held: Held[] = [];
        let jobs = 0;
        for (const tick of ticks) {
          const expected: boolean[] = [];
          const outcomes = tick.map((one) => {
            if (one.kind === 'settle') {
              const job = `job${one.of}`;
              for (const h of held) if (h.job === job) h.settled = true;
              expected.push(true);
              return store.commit((tx) => settle(tx, job));
            }
            const job = `job${jobs++}`;
            const { spent, reserved } = modelBalance(held, one.account);
            const fits = one.limit === null || spent + reserved + milli(one.amount) <= milli(one.limit);
            expected.push(fits);
            if (fits) held.push({ job, account: one.account, amount: one.amount, settled: false });
            return store.commit((tx) =>
              reserve(tx, { kind: 'jobs', account: one.account, job, amount: one.amount, limit: one.limit }),
            );
          });
          const settled = await Promise.allSettled(outcomes);
          expect(settled.map(({ status }) => status === 'fulfilled')).toEqual(expected);
          for (const account of ['plan:a:jobs', 'table:b:rho']) {
            const found = store.read((db) => balance(db, { account, kind: 'jobs' }));
            const model = modelBalance(held, account);
            expect([milli(found.spent), milli(found.reserved)]).toEqual([model.spent, model.reserved]);
            expect(found.spent >= 0 && found.reserved >= 0).toBe(true);
          }
        }
        store.close();
      }),
      { seed: SEED, numRuns: 60 },
    );
  });

  it('refuses with what is left', async () => {
    const store = memoryStore();
    await store.commit((tx) => reserve(tx, { kind: 'jobs', account: 'a', job: '1', amount: 2, limit: 3 }));
    await expect(
      store.commit((tx) => reserve(tx, { kind: 'jobs', account: 'a', job: '2', amount: 2, limit: 3 })),
    ).rejects.toMatchObject({
      code: 'BUDGET_EXHAUSTED',
      facts: { account: 'a', limit: 3, remaining: 1 },
    });
  });

  it('lets ten tenths into one, and no eleventh', async () => {
    const store = memoryStore();
    for (let n = 0; n < 10; n += 1) {
      await store.commit((tx) => reserve(tx, { kind: 'jobs', account: 'a', job: `${n}`, amount: 0.1, limit: 1 }));
    }
    await expect(
      store.commit((tx) => reserve(tx, { kind: 'jobs', account: 'a', job: 'x', amount: 1e-9, limit: 1 })),
    ).rejects.toThrow();
  });

  it('rounds against the spender', async () => {
    const store = memoryStore();
    await store.commit((tx) => reserve(tx, { kind: 'jobs', account: 'a', job: '1', amount: 1e-12, limit: null }));
    expect(store.read((db) => balance(db, { account: 'a', kind: 'jobs' })).reserved).toBe(1e-9);
  });

  it('takes one reservation of a job in an account, and none that makes no sense', async () => {
    const store = memoryStore();
    const once = { kind: 'jobs' as const, account: 'a', job: '1', amount: 1, limit: null };
    await store.commit((tx) => reserve(tx, once));
    await expect(store.commit((tx) => reserve(tx, once))).rejects.toThrow();
    for (const amount of [-1, Number.NaN, Number.POSITIVE_INFINITY]) {
      await expect(store.commit((tx) => reserve(tx, { ...once, job: '2', amount }))).rejects.toThrow();
    }
    expect(store.read((db) => balance(db, { account: 'a', kind: 'jobs' }))).toEqual({
      spent: 0,
      reserved: 1,
      limit: null,
    });
  });
});
