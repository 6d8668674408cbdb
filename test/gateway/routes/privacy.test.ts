import { beforeEach, describe, expect, it } from 'vitest';
import {
  appendEntry,
  createJob,
  finishJob,
  registerReleases,
  reservePrivacy,
  settle,
  sha256Hex,
  startJob,
} from '../../../catalog/index.ts';
import { DEFAULT_PROFILE, epsilonOf, type MechanismUse } from '../../../policies/index.ts';
import { BUREAU, caller, DEVELOPER, type Harness, openHarness, PROVIDER, RIVAL, SECURITY } from './harness.ts';
import { declaration, listTable, PLAN } from './sample-catalogue.ts';

/** Goal: what is said of privacy budgets and of releases is what was charged and released, to those it concerns. */

const COLLEAGUE = caller('developer', 'acme', 'developer-2');
const STRANGER = caller('provider', 'gas-office');
const { privacyBudgets } = DEFAULT_PROFILE;

let h: Harness;
beforeEach(async () => {
  h = await openHarness();
  const { schema, ...rest } = declaration('water');
  const columns = schema.columns.map((one) => (one.name === 'm3_used' ? { ...one, level: 'general-4' } : one));
  await h.request(PROVIDER, '/v1/resources', { json: { ...rest, schema: { ...schema, columns } } });
  await listTable(h, 'water');
  expect((await h.request(DEVELOPER, '/v1/plans', { json: { ...PLAN, rhoMax: 0.01 } })).status).toBe(201);
});

interface Told {
  readonly limit: number | null;
  readonly spent: number;
  readonly reserved: number;
  readonly remaining: number | null;
}
interface Both {
  readonly rho: Told;
  readonly epsilon: Told;
}
interface BudgetsBody {
  readonly privacy: readonly {
    readonly resource: string;
    readonly unit: string;
    readonly everybody: Both;
    readonly selection: Told;
    readonly organisation: Both | null;
    readonly analyst: Both | null;
    readonly plans: readonly (Both & { readonly plan: string })[];
    readonly forecast: Record<string, unknown>;
  }[];
}
const budgets = async (who = DEVELOPER) =>
  ((await (await h.request(who, '/v1/budgets')).json()) as BudgetsBody).privacy;

let jobs = 0;
async function release(rho: number, delta = 0, who = DEVELOPER, unit = 'uscc'): Promise<string> {
  jobs += 1;
  const id = `job_${jobs}`;
  const json = '{}';
  const use: MechanismUse = {
    statistic: 'sum m3_used',
    mechanism: 'discrete-gaussian',
    resource: 'water',
    unit,
    groupsMax: 4,
    contributionMax: 1e6,
    sensitivity: 2e6,
    variance: 4e12 / (2 * rho),
    rho,
    delta,
  };
  await h.store.commit((tx) => {
    createJob(tx, { id, idempotencyKey: null, requestSha256: '', sub: who.sub, org: who.org, plan: 'S1', sql: '' });
    reservePrivacy(tx, id, [use], { ...who, plan: { id: 'S1', rhoMax: 0.01 } }, privacyBudgets);
    startJob(tx, id, appendEntry(tx, { v: 1, kind: 'intent', at: tx.now(), job: id }).index);
  });
  await h.store.commit((tx) => {
    settle(tx, id);
    const resultSha256 = sha256Hex(json);
    const { index } = appendEntry(tx, { v: 1, kind: 'outcome', at: tx.now(), job: id, resultSha256 });
    finishJob(tx, id, { state: 'finished', mode: 'dp', result: { json, sha256: resultSha256 }, outcomeIndex: index });
    registerReleases(tx, id, [use]);
  });
  return id;
}

describe('GET /v1/budgets, privacy', () => {
  it('tells limits before anything is spent', async () => {
    const [water, ...others] = await budgets();
    expect(others).toEqual([]);
    expect(water).toMatchObject({
      resource: 'water',
      unit: 'uscc',
      everybody: { rho: { limit: 0.185, spent: 0, reserved: 0, remaining: 0.185 }, epsilon: { spent: 0 } },
      selection: { limit: 1e-6, spent: 0, remaining: 1e-6 },
      analyst: { rho: { limit: 0.0243, remaining: 0.0243 } },
      plans: [{ plan: 'S1', rho: { limit: 0.01, remaining: 0.01 } }],
      forecast: { last: null, releasesLikeLast: null, rhoPerDay: 0, exhaustedOn: null },
    });
    expect(water!.everybody.epsilon.limit).toBeLessThanOrEqual(3);
    expect(water!.analyst!.epsilon.limit).toBeLessThanOrEqual(1);
  });

  it('tells what was spent by everybody and by the caller, and how long it lasts', async () => {
    await release(0.003, 1e-9);
    await release(0.001, 0, COLLEAGUE);
    const [mine] = await budgets();
    const [theirs] = await budgets(COLLEAGUE);
    expect([mine!.everybody.rho.spent, theirs!.everybody.rho.spent]).toEqual([0.004, 0.004]);
    expect([mine!.analyst!.rho.spent, theirs!.analyst!.rho.spent]).toEqual([0.003, 0.001]);
    expect(mine!.organisation).toEqual(theirs!.organisation);
    expect(mine!.plans[0]!.rho.spent).toBe(0.004);
    expect(mine!.selection.spent).toBe(1e-9);
    expect(mine!.everybody.epsilon.spent).toBe(epsilonOf(0.004, 1e-6));
    expect(mine!.forecast).toMatchObject({
      last: 0.001,
      releasesLikeLast: 21,
      releasesAtDefault: 21,
      rhoPerDay: 0.004 / 30,
    });
    const days = (0.185 - 0.004) / (0.004 / 30);
    const expected = new Date(Date.parse('2026-03-01T08:00:00.000Z') + days * 86_400_000).toISOString().slice(0, 10);
    expect(mine!.forecast['exhaustedOn']).toBe(expected);
  });

  it('tells what was charged by the names of another table’s units', async () => {
    await release(0.002, 0, DEVELOPER, 'owner "no"');
    const told = await budgets();
    expect(told.map(({ unit, everybody }) => [unit, everybody.rho.spent])).toEqual([
      ['uscc', 0],
      ['owner "no"', 0.002],
    ]);
  });

  it('has no caps of their own for those who do not ask, and nothing of others’ tables', async () => {
    await release(0.003);
    const [seen] = await budgets(PROVIDER);
    expect(seen).toMatchObject({ everybody: { rho: { spent: 0.003 } }, analyst: null, organisation: null });
    expect(await budgets(STRANGER)).toEqual([]);
    expect(await budgets(RIVAL)).toEqual([]);
  });
});

it('the exposure of a resource tells what everybody together has left of its privacy', async () => {
  await release(0.001);
  const [told] = await budgets(SECURITY);
  for (const who of [SECURITY, BUREAU, PROVIDER]) {
    const answer = await h.request(who, '/v1/audit/resources/water/exposure');
    const { privacy, jobs: left } = (await answer.json()) as Pick<BudgetsBody, 'privacy'> & {
      readonly jobs: unknown[];
    };
    expect(privacy).toEqual([{ unit: 'uscc', ...told?.everybody }]);
    expect(left, 'the plan is not approved yet').toEqual([]);
  }
});

describe('GET /v1/privacy-registry', () => {
  type Page = { items: readonly Record<string, unknown>[]; next: string | null };
  const read = async (who: typeof DEVELOPER, query = '') =>
    (await (await h.request(who, `/v1/privacy-registry${query}`)).json()) as Page;

  it('tells every release with its mechanism, bounds, noise and cost', async () => {
    const job = await release(0.003, 1e-9);
    const { items } = await read(SECURITY);
    expect(items).toMatchObject([
      {
        job,
        org: 'acme',
        plan: 'S1',
        resource: 'water',
        lineage: 'water',
        unit: 'uscc',
        mechanism: 'discrete-gaussian',
        groupsMax: 4,
        contributionMax: 1e6,
        sensitivity: 2e6,
        rho: 0.003,
        delta: 1e-9,
        epsilonAtDelta: { epsilon: epsilonOf(0.003, 1e-6), delta: 1e-6 + 1e-9 },
      },
    ]);
    expect(Number(items[0]!['variance'])).toBeCloseTo(2e6 ** 2 / (2 * 0.003));
  });

  it('is told to authorities, to the provider of the table and to the organisation that asked', async () => {
    await release(0.001);
    const counts = await Promise.all(
      [SECURITY, BUREAU, PROVIDER, DEVELOPER, COLLEAGUE, STRANGER, RIVAL].map(
        async (who) => (await read(who)).items.length,
      ),
    );
    expect(counts).toEqual([1, 1, 1, 1, 1, 0, 0]);
    expect((await read(RIVAL, '?resource=water')).items).toEqual([]);
    expect((await h.request(caller('public', 'nobody'), '/v1/privacy-registry')).status).toBe(403);
  });

  it('goes on from page to page while releases come in', async () => {
    for (let n = 0; n < 5; n += 1) await release(0.0001);
    const first = await read(SECURITY, '?limit=2');
    await release(0.0001);
    const second = await read(SECURITY, `?limit=2&after=${first.next}`);
    const third = await read(SECURITY, `?limit=2&after=${second.next}`);
    const seen = [first, second, third].flatMap(({ items }) => items.map(({ seq }) => seq));
    expect(new Set(seen).size).toBe(5);
    expect(third.next).toBeNull();
    expect((await read(SECURITY, '?plan=S9')).items).toEqual([]);
  });
});
