import { randomUUID } from 'node:crypto';
import { type Attack, answered, difference, type Outcome, others, statistic } from './attack.ts';
import { BIG, COUNT, type Ground, PAID, setOf } from './ground.ts';

/** Somebody who can write the custodian's file while it runs, and has none of its keys. */
const NO_SEALS: Attack['control'] = { ground: { instead: { isIntact: () => true } } };
const PRICED = { policy: { openingRho: 0.0243, planRho: 0.025, datasetRho: 0.025 } } as const;

/** As much as the dataset's budget is for, then the edit, then as much again. */
async function twiceTheBudget(ground: Ground, edit: string): Promise<Outcome> {
  const variance = String(Math.ceil((BIG * 1000) ** 2 / (2 * 0.02)));
  const of = (rows: readonly number[]) =>
    ground.request([rows], { statistics: [statistic(PAID as never, 0, variance)] });
  const first = await ground.ask(of(others(50)));
  if (first.why !== null) return { why: first.why, got: false };
  ground.edit(edit);
  return answered(ground.ask(of(others(90))));
}

/** Asks, edits, asks again. */
const edited = (edit: string, run: (ground: Ground) => Promise<Outcome>) => async (ground: Ground) => {
  await ground.ask(ground.request([others(50)]));
  ground.edit(edit);
  return run(ground);
};

export const RECORDS_ATTACKS: readonly Attack[] = [
  {
    group: 'records',
    name: 'a budget that is written anew',
    refusal: 'records',
    ground: PRICED,
    run: (ground) => twiceTheBudget(ground, 'UPDATE ledger_accounts SET spent = 0'),
    control: { ground: { ...PRICED, ...NO_SEALS.ground } },
  },
  {
    group: 'records',
    name: 'an account that is taken out, with its seal',
    refusal: 'records',
    ground: PRICED,
    run: (ground) =>
      twiceTheBudget(ground, "DELETE FROM ledger_accounts; DELETE FROM row_seals WHERE table_name = 'ledger_accounts'"),
    control: { ground: { ...PRICED, ...NO_SEALS.ground } },
  },
  {
    group: 'records',
    name: 'a set of rows that is forgotten: all, then all but one',
    refusal: 'records',
    run: async (ground) => {
      const first = await ground.ask(ground.request([others(50)]));
      ground.edit("DELETE FROM custody_sets; DELETE FROM row_seals WHERE table_name = 'custody_sets'");
      const next = await ground.ask(ground.request([others(49)]));
      const [x, y] = [first.cells[0]?.[0], next.cells[0]?.[0]];
      const got = typeof x === 'bigint' && typeof y === 'bigint' && x - y === ground.secret['paid']![BIG + 49];
      return { why: next.why, got };
    },
    control: NO_SEALS,
  },
  {
    group: 'records',
    name: 'a set of rows that is said to be of another size',
    refusal: 'records',
    run: edited('UPDATE custody_sets SET size = 100000', (ground) => difference(ground, [others(50), others(49)])),
    control: NO_SEALS,
  },
  {
    group: 'records',
    name: 'a request that is made again, its nonce taken out',
    refusal: 'records',
    run: async (ground) => {
      const [nonce, request] = [randomUUID(), ground.request([others(50)])];
      await ground.ask(request, { nonce });
      ground.edit('DELETE FROM custody_openings');
      return answered(ground.ask(request, { nonce }));
    },
    control: NO_SEALS,
  },
  {
    group: 'records',
    name: 'a number in the place of the one that was opened: signed the next time',
    refusal: 'records',
    run: async (ground) => {
      const of = ground.request([others(50)], { statistics: [statistic(COUNT as never)] });
      await ground.ask(of);
      ground.edit("UPDATE custody_cells SET noisy = '7'");
      const { why, cells } = await ground.ask(of);
      return { why, got: cells[0]?.[0] === 7n };
    },
    control: NO_SEALS,
  },
  {
    group: 'records',
    name: 'a dataset that was closed for a false sum, opened again',
    refusal: 'records',
    ground: { policy: { failuresMax: 1 } },
    run: async (ground) => {
      const set = setOf(ground, others(50));
      const sums = set.sums.map((one) => ({ ...one, sum: '1' }));
      await ground.ask(ground.request([[]], { groups: [[{ ...set, sums }]] }));
      ground.edit('UPDATE custody_packages SET failures = 0');
      return answered(ground.ask(ground.request([others(50)])));
    },
    control: { ground: { policy: { failuresMax: 1 }, ...NO_SEALS.ground } },
  },
];
