/**
 * Goal: whatever a custodian refuses a gateway for, the asker is told which rule stands against it, and both logs say so.
 * Method: a job through a whole gateway, whose honest request is exchanged on its way by somebody with the gateway's key; the catalogue of
 * reasons is gone through, each by what brings it about.
 * Invariants: every reason of the catalogue has been met; the job's last entry in either log is its refusal, by the same word.
 * Control: nothing changed on the way, the same question is answered.
 */
import { generateKeyPairSync } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { readEntries } from '#catalog';
import { CUSTODY_REFUSALS, type CustodyRefusal } from '#policies';
import { DEFAULT_CUSTODIAN_POLICY } from '../../gateway/custodian/custodian-policy.ts';
import { gatewayKeyFile, loadOrCreateSigningKey, signingKeyOf } from '../../gateway/custodian/index.ts';
import type { OpeningRequest } from '../../gateway/custodian/opening-request.ts';
import type { CustodyCity } from '../gateway/life/custody-city.ts';
import { encryptedCity } from '../gateway/life/encrypted-table.ts';
import { type DishonestGateway, type Dishonesty, dishonestGateway } from './dishonest-gateway.ts';

const PER_MINUTE = 12;
let city: CustodyCity;
let between: DishonestGateway;
beforeAll(async () => {
  city = await encryptedCity({
    policy: { ...DEFAULT_CUSTODIAN_POLICY, openingsPerMinute: PER_MINUTE },
    through: async (url, signer) => {
      between = await dishonestGateway(url, signer, () =>
        loadOrCreateSigningKey(gatewayKeyFile(city.running.home), 'test'),
      );
      return between.url;
    },
  });
});
afterAll(async () => {
  between.close();
  await city.destroy();
});

type Statistic = OpeningRequest['statistics'][number];
type Set_ = NonNullable<OpeningRequest['groups'][number][number]>;
const withStatistic = (change: (one: Statistic) => Statistic) => (request: OpeningRequest) => ({
  ...request,
  statistics: request.statistics.map(change),
});
const withSet = (change: (one: Set_) => Set_) => (request: OpeningRequest) => ({
  ...request,
  groups: request.groups.map((sets) => sets.map((set) => set && change(set))),
});
const falseSum = withSet((set) => ({
  ...set,
  sums: set.sums.map((one) => ({ ...one, sum: String(BigInt(one.sum) + 1_234_567_890_123n) })),
}));
/** Twenty times as dear. */
const dear = withStatistic((one) => {
  const { top, bottom } = one.variance;
  return { ...one, variance: { top, bottom: String(20n * BigInt(bottom)) } };
});
const numbered = (constant: number) => (request: OpeningRequest) =>
  withStatistic((one) => ({ ...one, functional: { ...one.functional, constant: String(constant) } }))(request);
/** WHY: the first one has been asked for too often by then. */
const ofOtherPlan = (request: OpeningRequest) => ({ ...request, plan: 'p2' });
const times = (count: number) => Array.from({ length: count }, (_, at) => at + 1);

/** In this order: what closes the data, or spoils the records, comes last. */
const REASONS: readonly (readonly [why: CustodyRefusal, how: Dishonesty])[] = [
  ['signature', { key: await signingKeyOf(generateKeyPairSync('ed25519').privateKey) }],
  ['malformed', { change: (request) => ({ ...request, v: 2 }) }],
  ['dataset', { change: (request) => ({ ...request, version: 'f'.repeat(32) }) }],
  [
    'parameters',
    { change: (request) => ({ ...request, columns: request.columns.map((one) => ({ ...one, max: '1' })) }) },
  ],
  ['rows', { change: withSet((set) => ({ ...set, size: set.size + 1 })) }],
  ['share', { change: (request) => ({ ...request, share: [] }) }],
  [
    'overflow',
    {
      change: withStatistic((one) => ({
        ...one,
        functional: {
          ...one.functional,
          weights: one.functional.weights.map((w) => ({ ...w, weight: String(10n ** 20n) })),
        },
        variance: { top: String(10n ** 44n), bottom: '1' },
      })),
    },
  ],
  ['noise', { change: withStatistic((one) => ({ ...one, variance: { top: '1', bottom: '1' } })) }],
  ['replay', { before: (request) => [request], repeatsNonce: true }],
  ['grant', { change: (request) => ({ ...request, planHash: 'c'.repeat(64) }) }],
  [
    'budget',
    {
      before: (request) => times(5).map((k) => numbered(k)(dear(request))),
      change: (request) => numbered(6)(dear(request)),
    },
  ],
  ['rate', { before: (request) => times(PER_MINUTE).map(() => request) }],
  ['ciphertext', { change: (request) => ofOtherPlan(numbered(7)(falseSum(request))) }],
  [
    'closed',
    { before: (request) => times(2).map((k) => ofOtherPlan(numbered(7 + k)(falseSum(request)))), change: ofOtherPlan },
  ],
];

const MET = new Set<string>();
async function refusedBecause(
  why: CustodyRefusal,
  sql = 'SELECT sum(bonus) AS s FROM pay WHERE age >= 40',
): Promise<void> {
  const { body } = await city.ask(sql);
  expect(body, JSON.stringify(body)).toMatchObject({ code: 'CUSTODIAN_REFUSED' });
  expect(body.detail).toContain(CUSTODY_REFUSALS[why].reason);
  const [ours, theirs] = [city.running.gateway.deps.store, city.custodian.store].map((store) =>
    store.read((db) => readEntries(db, 0, 10_000)),
  );
  const own = ours!.at(-1)!;
  expect(own).toMatchObject({
    kind: 'outcome',
    decision: 'deny',
    code: 'CUSTODIAN_REFUSED',
    note: `custodian: ${why}`,
  });
  const refusal = theirs!.findLast(({ kind }) => kind === 'refusal');
  expect(refusal).toMatchObject({ decision: 'deny', code: 'CUSTODIAN_REFUSED', note: why });
  // Of what is not signed, or not readable, the custodian says nothing more.
  if (why !== 'signature' && why !== 'malformed') expect(refusal!.job).toBe(own.job);
  MET.add(why);
}

it('answers what is asked honestly', async () => {
  expect((await city.ask('SELECT sum(bonus) AS s FROM pay')).status).toBe(200);
});

it('withheld: of an honest question about four people', async () => {
  between.become({ change: (request) => ({ ...request, plan: 'p3' }) });
  await refusedBecause('withheld', "SELECT sum(bonus) AS s FROM pay WHERE industry_code = 'C'");
});

it.each(REASONS)('%s', async (why, how) => {
  between.become(how);
  await refusedBecause(why);
});

/** Nothing that the custodian answers after these. */
it('recipient: a custodian that knows others', async () => {
  between.become({ change: ofOtherPlan });
  await naming(['x'.repeat(43)]);
  await refusedBecause('recipient');
  await naming([]);
});

async function naming(recipients: readonly string[]): Promise<void> {
  const path = join(city.dir, 'trust.json');
  const trust = JSON.parse(await readFile(path, 'utf8')) as object;
  await writeFile(path, JSON.stringify({ ...trust, recipients }));
  await new Promise((resolve) => setTimeout(resolve, 2_000)); // it reads its list each second
}

it('records: after somebody else wrote in its file', async () => {
  const file = new Database(join(city.dir, 'custodian.db'));
  file.exec('UPDATE ledger_accounts SET spent = 0');
  file.close();
  await refusedBecause('records');
});

it('package: told to the provider that sends it, which is no gateway’s matter', async () => {
  const sent = await fetch(`${city.url}/v1/packages`, {
    method: 'POST',
    body: 'none',
    headers: { 'sluice-signer': 'x' },
  });
  expect(await sent.json()).toMatchObject({ code: 'CUSTODIAN_REFUSED', why: 'package' });
  const theirs = city.custodian.store.read((db) => readEntries(db, 0, 10_000));
  expect(theirs.findLast(({ kind }) => kind === 'refusal')).toMatchObject({ note: 'package' });
  MET.add('package');
});

it('is the whole catalogue', () => {
  MET.add('groups'); // which blocks alone have: bgv-questions.full.test.ts
  expect([...MET].sort()).toEqual(Object.keys(CUSTODY_REFUSALS).sort());
});
