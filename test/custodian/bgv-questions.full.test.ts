/**
 * Goal: a table of `bgv-v1`, of several blocks, is asked like any other; what is opened is exact, and a gateway that lies opens nothing.
 * Method: a job through a whole gateway and a custodian without noise; 9,000 people, so that blocks are whole, cut, and shared by the last
 * rows. Somebody with the gateway's key exchanges what it says of the sums. Control: the same question, unchanged, is answered.
 */
import { createHash } from 'node:crypto';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { readEntries } from '#catalog';
import { CUSTODY_REFUSALS, type CustodyRefusal } from '#policies';
import { DEFAULT_CUSTODIAN_POLICY } from '../../gateway/custodian/custodian-policy.ts';
import { gatewayKeyFile, loadOrCreateSigningKey } from '../../gateway/custodian/index.ts';
import type { OpeningRequest } from '../../gateway/custodian/opening-request.ts';
import { type CustodyCity, custodyCity } from '../gateway/life/custody-city.ts';
import { amountText, HOMES, paidSchema, townOf } from '../gateway/life/encrypted-table.ts';
import { type DishonestGateway, type Dishonesty, dishonestGateway } from './dishonest-gateway.ts';

const PEOPLE = Array.from({ length: 9_000 }, (_, at) => {
  const bytes = createHash('sha256').update(`bgv person ${at}`).digest();
  const paid = bytes.readBigUInt64LE(1) % 1_000_001n;
  return { at, industry: 'AB'[at % 2]!, age: 20 + (bytes[0]! % 50), paid, bonus: bytes.readBigUInt64LE(9) % 101n };
});
const AMPLE = { datasetRho: 1e5, planRho: 1e5, openingRho: 1e5, openingsPerMinute: 1e6 };
const SILENT = { take: (_: unknown, count: number) => Array.from({ length: count }, () => 0n) };

let city: CustodyCity;
let between: DishonestGateway;
const received: string[] = [];
beforeAll(async () => {
  const people = PEOPLE.map((one) => [`P${one.at}`, one.industry, one.age, amountText(one.paid), one.bonus].join());
  const homes = PEOPLE.map(({ at }) => `P${at},${townOf(at)}`);
  city = await custodyCity({
    scheme: 'bgv-v1',
    policy: { ...DEFAULT_CUSTODIAN_POLICY, ...AMPLE },
    instead: { noise: SILENT, setChecks: [] },
    tables: (encryption) => [
      {
        schema: paidSchema(encryption),
        csv: `person_id,industry_code,age,paid_amt,bonus\n${people.join('\n')}\n`,
      },
      { schema: HOMES, csv: `person_id,town\n${homes.join('\n')}\n` },
    ],
    through: async (url, signer) => {
      between = await dishonestGateway(url, signer, () =>
        loadOrCreateSigningKey(gatewayKeyFile(city.running.home), 'test'),
      );
      return between.url;
    },
  });
  between.become({ before: keep });
}, 240_000);
afterAll(async () => {
  between.close();
  await city.destroy();
});

function keep(request: OpeningRequest): readonly OpeningRequest[] {
  received.push(JSON.stringify(request));
  return [];
}

type Person = (typeof PEOPLE)[number];
const total = (of: readonly Person[], value: (one: Person) => bigint) => of.reduce((sum, one) => sum + value(one), 0n);

it('sums, means, spreads, weights and filters are exact, group by group', { timeout: 240_000 }, async () => {
  const { body } = await city.ask(
    'SELECT industry_code, sum(paid_amt) AS s, avg(bonus) AS a, var_pop(paid_amt) AS v, ' +
      'sum(2 * paid_amt - 3 * bonus + 1) FILTER (WHERE age < 40) AS w FROM pay GROUP BY industry_code',
  );
  expect(body.result?.mode, JSON.stringify(body)).toBe('homomorphic');
  for (const industry of ['A', 'B']) {
    const of = PEOPLE.filter((one) => one.industry === industry);
    const young = of.filter(({ age }) => age < 40);
    const [n, sum, squares] = [BigInt(of.length), total(of, (p) => p.paid), total(of, (p) => p.paid * p.paid)];
    const row = body.result?.rows.find(([key]) => key === industry) as readonly (number | string)[];
    expect(row[1]).toBe(Number(sum) / 100);
    expect(row[2]).toBeCloseTo(Number(total(of, (p) => p.bonus)) / of.length, 9);
    expect(row[3]).toBeCloseTo(Number(n * squares - sum * sum) / Number(n * n) / 10_000, 3);
    expect(row[4]).toBe(Number(total(young, (p) => 2n * p.paid - 300n * p.bonus + 100n)) / 100);
  }
});

it('joined on a plan key with a plain table', { timeout: 240_000 }, async () => {
  const { body } = await city.ask('SELECT town, sum(bonus) AS s FROM pay JOIN homes USING (person_id) GROUP BY town');
  const expected = ['north', 'south'].map((town) => [
    town,
    Number(
      total(
        PEOPLE.filter(({ at }) => townOf(at) === town),
        ({ bonus }) => bonus,
      ),
    ),
  ]);
  expect(body.result?.rows, JSON.stringify(body)).toEqual(expected);
});

it('the custodian is told digests, and no ciphertext or value', () => {
  expect(received.length).toBeGreaterThan(0);
  for (const request of received) {
    const { groups } = JSON.parse(request) as OpeningRequest;
    for (const set of groups.flat()) for (const { sum } of set?.sums ?? []) expect(sum).toMatch(/^[0-9a-f]{64}$/);
  }
});

it('its cipher and layout are told beforehand', { timeout: 60_000 }, async () => {
  const { running, developer } = city;
  const asked = { plan: 'p1', sql: 'SELECT sum(bonus) AS s FROM pay' };
  const told = await running.request(developer, 'POST', '/v1/explain', asked);
  expect(await told.json()).toMatchObject({ cipher: { scheme: 'bgv-v1', storage: 'blocks' } });
});

it('compared with a value of its own, or grouped by it: refused with the reason', { timeout: 60_000 }, async () => {
  const { body } = await city.ask('SELECT count(*) AS n FROM pay WHERE paid_amt > 10');
  expect(body.code).toBe('POLICY_CONSTRUCT_REFUSED');
});

const withSums =
  (change: (sum: string, group: number, all: OpeningRequest) => string): NonNullable<Dishonesty['change']> =>
  (request) => ({
    ...request,
    groups: request.groups.map((sets, group) =>
      sets.map(
        (set) => set && { ...set, sums: set.sums.map((one) => ({ ...one, sum: change(one.sum, group, request) })) },
      ),
    ),
  });
const LIES: readonly (readonly [string, CustodyRefusal, NonNullable<Dishonesty['change']>])[] = [
  ['words for digests', 'parameters', withSums(() => '17')],
  [
    'more sets than it computes again',
    'groups',
    (request) => ({ ...request, groups: Array.from({ length: 101 }, () => request.groups[0]!) }),
  ],
  [
    'a digest with a bit changed',
    'ciphertext',
    withSums((sum) => `${sum.slice(0, -1)}${sum.endsWith('0') ? '1' : '0'}`),
  ],
  [
    'the sum of the other group: other rows',
    'ciphertext',
    withSums((_, group, { groups }) => groups[1 - group]![0]!.sums[0]!.sum),
  ],
  ['the sum of nothing', 'ciphertext', withSums(() => '0'.repeat(64))],
  ['after three false ones, the truth', 'closed', (request) => request],
];

it.each(LIES)('%s', { timeout: 120_000 }, async (_, why, change) => {
  between.become({ change });
  const sql = `SELECT industry_code, sum(bonus) AS s FROM pay WHERE age >= ${30 + LIES.findIndex((lie) => lie[2] === change)} GROUP BY industry_code`;
  const { body } = await city.ask(sql);
  expect(body, JSON.stringify(body)).toMatchObject({ code: 'CUSTODIAN_REFUSED' });
  expect(body.detail).toContain(CUSTODY_REFUSALS[why].reason);
  const [ours, theirs] = [city.running.gateway.deps.store, city.custodian.store].map((store) =>
    store.read((db) => readEntries(db, 0, 10_000)),
  );
  expect(ours!.at(-1)).toMatchObject({ kind: 'outcome', code: 'CUSTODIAN_REFUSED', note: `custodian: ${why}` });
  expect(theirs!.findLast(({ kind }) => kind === 'refusal')).toMatchObject({ code: 'CUSTODIAN_REFUSED', note: why });
});
