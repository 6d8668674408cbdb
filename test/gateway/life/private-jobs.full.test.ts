/**
 * Goal: what a developer is promised about mode `dp` and its budgets, on the real gateway: what a job costs is said before, taken once
 * whatever becomes of it, bounded for everybody together, and tells nothing of the data.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DEFAULT_PROFILE, epsilonOf, rhoOf } from '../../../policies/index.ts';
import { readyPlan } from './authorise.ts';
import { PEOPLE, PRIVATE_PEOPLE_SCHEMA, peopleCsv } from './people.ts';
import { publish, type RunningGateway, startGateway } from './running-gateway.ts';

const { analystRho, epsilonDelta } = DEFAULT_PROFILE.privacyBudgets;
const DEFAULT_RHO = DEFAULT_PROFILE.privacy.rho;
const PLAN = 'people';
const COUNT = 'SELECT dept, count(*) AS n FROM people GROUP BY dept ORDER BY dept';

let running: RunningGateway;
let developer: string;
beforeAll(async () => {
  running = await startGateway();
  const table = { schema: PRIVATE_PEOPLE_SCHEMA, csv: peopleCsv(PEOPLE) };
  ({ developer } = await publish(running, table, { plan: PLAN, columns: ['dept', 'born', 'pay'] }));
});
afterAll(() => running.destroy());

interface Body {
  readonly id: string;
  readonly code?: string;
  readonly detail?: string;
  readonly hint?: string;
  readonly facts?: Record<string, unknown>;
  readonly cost?: Record<string, number>;
  readonly stages?: readonly { stage: string; value: { mechanisms?: readonly { variance: number }[] } }[];
  readonly result: {
    readonly mode: string;
    readonly rows: readonly (readonly unknown[])[];
    readonly cost: { readonly rho: number; readonly epsilonAtDelta: number; readonly remaining: number };
    readonly intervals: Record<string, readonly unknown[]>;
  } | null;
}
interface Answer {
  readonly status: number;
  readonly body: Body;
}

async function post(
  path: string,
  body: object,
  token = developer,
  headers: Record<string, string> = {},
): Promise<Answer> {
  const response = await running.request(token, 'POST', path, body, { prefer: 'wait=30', ...headers });
  return { status: response.status, body: (await response.json()) as Body };
}
const ask = (sql: string, privacy?: object, token = developer, headers: Record<string, string> = {}) =>
  post('/v1/jobs', { plan: PLAN, sql, ...(privacy === undefined ? {} : { options: { privacy } }) }, token, headers);
const explain = (sql: string, privacy?: object) =>
  post('/v1/explain', { plan: PLAN, sql, ...(privacy === undefined ? {} : { options: { privacy } }) });

interface Rho {
  readonly rho: { readonly spent: number; readonly reserved: number; readonly remaining: number };
}
async function budget(token = developer): Promise<{ everybody: Rho; analyst: Rho; forecast: Record<string, unknown> }> {
  const response = await running.request(token, 'GET', '/v1/budgets');
  return ((await response.json()) as { privacy: [never] }).privacy[0];
}
const spent = async () => (await budget()).everybody.rho.spent;
/** Noise lies on a grid, the next coarser one: what is charged is what it costs, not more than was asked for. */
function expectWithin(rho: number, asked: number): void {
  expect(rho).toBeLessThanOrEqual(asked + 1e-9);
  expect(rho).toBeGreaterThan(asked * 0.9);
}
let fresh = 0;
/** Another question each time. */
function another(): string {
  fresh += 1;
  return `SELECT count(*) AS n, ${fresh} AS run FROM people`;
}
const newcomer = (sub: string) => running.token('developer', sub, 'linkong-data');

describe('a private job', () => {
  it('says what it took and what is left, and both are true', async () => {
    const before = await spent();
    const { body } = await ask(COUNT);
    expect(body.result?.mode).toBe('dp');
    const { rho, epsilonAtDelta } = body.result!.cost;
    expectWithin(rho, DEFAULT_RHO);
    expect(epsilonAtDelta).toBe(epsilonOf(rho, epsilonDelta));
    expect(await spent()).toBeCloseTo(before + rho, 9);
    expect((await budget()).analyst.rho.remaining).toBeCloseTo(body.result!.cost.remaining, 9);
    expect(body.result?.intervals['n']).toHaveLength(body.result!.rows.length);
  });

  it('asked again in other words by anybody gets the same noise and costs nothing', async () => {
    const first = await ask(COUNT);
    const before = await spent();
    const spelled = 'SELECT d AS abteilung, count(*) FROM (SELECT dept AS d FROM people) GROUP BY d ORDER BY abteilung';
    for (const token of [developer, await newcomer('erin')]) {
      const again = await ask(spelled, undefined, token);
      expect(again.body.result?.rows).toEqual(first.body.result?.rows);
      expect(again.body.result?.cost).toMatchObject({ rho: 0, epsilonAtDelta: 0 });
      expect(again.body.result?.intervals['count_star()']).toEqual(first.body.result?.intervals['n']);
    }
    expect(await spent()).toBe(before);
    const other = await ask(COUNT, { rho: 0.002 }); // control: another accuracy is another release
    expectWithin(other.body.result!.cost.rho, 0.002);
    expect(await spent()).toBeCloseTo(before + other.body.result!.cost.rho, 9);
  });

  it('asked by ten people at once is drawn once and charged once', async () => {
    const before = await spent();
    const sql = another();
    const people = await Promise.all(Array.from({ length: 10 }, (_, n) => newcomer(`viewer-${n}`)));
    const answers = await Promise.all(people.map((token) => ask(sql, undefined, token)));
    const costs = answers.map(({ body }) => body.result!.cost.rho).filter((rho) => rho > 0);
    expect(costs).toHaveLength(1);
    expect(new Set(answers.map(({ body }) => JSON.stringify(body.result!.rows))).size).toBe(1);
    expect(await spent()).toBeCloseTo(before + costs[0]!, 9);
  });

  it('whose turn came is asked anew where the first to ask was cut off', async () => {
    const sql = another();
    const first = await post('/v1/jobs', { plan: PLAN, sql, options: { deadlineMs: 1 } }, developer, { prefer: '' });
    const second = await ask(sql, undefined, await newcomer('patient'));
    expect(second.status).toBe(200);
    const { state } = (await (await running.request(developer, 'GET', `/v1/jobs/${first.body.id}`)).json()) as {
      state: string;
    };
    if (state === 'failed') expect(second.body.result?.cost.rho).toBeGreaterThan(0);
  });

  it('under one Idempotency-Key is charged once', async () => {
    const before = await spent();
    const sql = another();
    const [one, two] = await Promise.all([1, 2].map(() => ask(sql, undefined, developer, { 'idempotency-key': 'k' })));
    expect(one!.body.id).toBe(two!.body.id);
    expect(await spent()).toBeCloseTo(before + one!.body.result!.cost.rho, 9);
  });

  it('is charged once for each new draw, and never refunded: cancelled and failed jobs too', async () => {
    const before = await spent();
    const { body } = await post('/v1/jobs', { plan: PLAN, sql: another() }, developer, { prefer: '' });
    await running.request(developer, 'DELETE', `/v1/jobs/${body.id}`);
    const job = (await (await running.request(developer, 'GET', `/v1/jobs/${body.id}`)).json()) as { state: string };
    expect(['cancelled', 'finished']).toContain(job.state);
    expectWithin((await spent()) - before, DEFAULT_RHO);
  });

  it('is in the register with what its noise was made from', async () => {
    const { body } = await ask(another(), { rho: 0.0005 });
    const page = await (await running.request(developer, 'GET', '/v1/privacy-registry?limit=1')).json();
    const [release] = (page as { items: Record<string, number & string>[] }).items;
    expect(release).toMatchObject({
      job: body.id,
      resource: 'people',
      unit: 'id',
      rho: body.result!.cost.rho,
    });
    expect(release!['sensitivity']! ** 2 / (2 * release!['variance']!)).toBeLessThanOrEqual(0.0005);
  });
});

describe('what may be asked for', () => {
  it('is ρ, or ε at δ, or the largest error', async () => {
    expectWithin((await explain(COUNT, { rho: 0.003 })).body.cost!['rho']!, 0.003);
    const epsilon = (await explain(COUNT, { epsilon: 0.5, delta: 1e-7 })).body.cost!;
    expectWithin(epsilon['rho']!, rhoOf(0.5, 1e-7));
    for (const targetError of [3, 20, 150]) {
      const { stages } = (await explain(COUNT, { targetError })).body;
      const compiled = stages!.find(({ stage }) => stage === 'compiled')!.value;
      const standardError = Math.sqrt(compiled.mechanisms![0]!.variance);
      expect(standardError).toBeLessThanOrEqual(targetError);
      expect(standardError).toBeGreaterThan(targetError * 0.9);
    }
  });

  it('is explained without charge, with the error to expect, and costs what was said', async () => {
    const sql = another();
    const before = await spent();
    const told = await explain(sql, { targetError: 25 });
    expect(await spent()).toBe(before);
    const { body } = await ask(sql, { targetError: 25 });
    expect(body.result?.cost.rho).toBe(told.body.cost!['rho']);
    expect(await spent()).toBeCloseTo(before + told.body.cost!['rho']!, 9);
    expect(told.body.cost!['remaining']).toBeCloseTo(body.result!.cost.remaining + body.result!.cost.rho, 9);
  });

  it.each([
    [{ rho: 0 }, /privacy/],
    [{ rho: -1 }, /privacy/],
    [{ rho: 2 }, /privacy/],
    [{ rho: '0.1' }, /privacy/],
    [{ rho: 0.001, epsilon: 1 }, /privacy/],
    [{ epsilon: 0 }, /privacy/],
    [{ epsilon: 1, delta: 0.5 }, /privacy/],
    [{ epsilon: 1e9 }, /privacy/],
    [{ targetError: 0 }, /privacy/],
    [{}, /privacy/],
  ])('is refused where it is absurd: %j', async (privacy, where) => {
    const before = await spent();
    const { status, body } = await ask(COUNT, privacy);
    expect([status, body.code]).toEqual([400, 'REQUEST_INVALID']);
    expect(body.detail).toMatch(where);
    expect(await spent()).toBe(before);
  });

  it('is refused above the cap before anything runs, with the account, what is left and what to do', async () => {
    const before = await spent();
    for (const privacy of [{ rho: analystRho + 0.001 }, { targetError: 0.01 }]) {
      const { status, body } = await ask(another(), privacy);
      expect([status, body.code]).toEqual([403, 'BUDGET_EXHAUSTED']);
      expect(body.detail).toContain('your own privacy budget');
      expect(body.facts).toMatchObject({ limit: analystRho });
      expect(body.hint).toContain('repeat');
    }
    expect(await spent()).toBe(before);
  });
});

describe('a budget', () => {
  it('tells nothing of the data, however often it is read (A 4)', async () => {
    // Two worlds that differ in one person who matters to every condition; the same questions, some of which fail.
    const [target, ...others] = PEOPLE;
    const worlds = { with: PEOPLE, without: others.slice(0) };
    const questions = [
      `SELECT count(*) FROM people WHERE born = DATE '${target!.born}'`,
      `SELECT sum(CASE WHEN pay = ${target!.pay} THEN pay ELSE 0 END) FROM people`,
      `SELECT dept, sum(pay) FROM people WHERE pay / (pay - ${target!.pay}) > 0 GROUP BY dept`,
      'SELECT room FROM people',
      `SELECT count(*) FROM people WHERE ln(pay - ${target!.pay}) > 0`,
      'SELECT born, count(*) FROM people GROUP BY born',
    ];
    const readings: unknown[][] = [];
    for (const rows of Object.values(worlds)) {
      const world = await startGateway();
      try {
        const table = { schema: PRIVATE_PEOPLE_SCHEMA, csv: peopleCsv(rows) };
        const { developer: token } = await publish(world, table, { plan: PLAN, columns: ['dept', 'born', 'pay'] });
        const read: unknown[] = [];
        for (const sql of questions) {
          const response = await world.request(token, 'POST', '/v1/jobs', { plan: PLAN, sql }, { prefer: 'wait=30' });
          const body = (await response.json()) as Body;
          const { privacy } = (await (await world.request(token, 'GET', '/v1/budgets')).json()) as { privacy: unknown };
          read.push([response.status, body.code, body.result?.cost, privacy]);
        }
        readings.push(read);
      } finally {
        await world.destroy();
      }
    }
    expect(readings[0]).toEqual(readings[1]);
    expect(readings[0]!.map((one) => (one as [number])[0])).toContain(200);
  });

  it('is used up for one person and not for another; a new version, view or account name renews nothing', async () => {
    const greedy = await newcomer('greedy');
    const costs = async () => (await ask(another(), { rho: 0.01 }, greedy)).status;
    expect([await costs(), await costs(), await costs()]).toEqual([200, 200, 403]);
    const provider = await running.token('provider', 'bob', 'census-office');
    const upload = await running.request(provider, 'PUT', '/v1/resources/people/data', peopleCsv(PEOPLE), {
      'content-type': 'text/csv',
    });
    expect(upload.ok).toBe(true);
    const view = 'WITH v AS (SELECT * FROM people WHERE pay > 0) SELECT count(*) FROM v';
    expect((await ask(view, { rho: 0.01 }, greedy)).body.code).toBe('BUDGET_EXHAUSTED');
    const before = await spent();
    // Control: another person is beneath another cap.
    const { body } = await ask(another(), { rho: 0.0001 }, await newcomer('modest'));
    expect(await spent()).toBeCloseTo(before + body.result!.cost.rho, 9);
  });

  it('has a cap of the plan’s own, which the plan’s hash covers, and a new plan renews nothing else', async () => {
    const terms = { title: 't', purpose: 'p', class: 'governance', validFrom: '2020-01-01', validUntil: '2099-12-31' };
    const tables = [{ resource: 'people', columns: ['dept', 'pay'] }];
    const hashes: string[] = [];
    for (const [id, cap] of [
      ['capped', { rhoMax: 0.0005 }],
      ['free', {}],
    ] as const) {
      const submitted = await running.request(developer, 'POST', '/v1/plans', { id, ...terms, tables, ...cap });
      hashes.push(((await submitted.json()) as { hash: string }).hash);
      for (const [role, sub, org] of [
        ['provider', 'bob', 'census-office'],
        ['bureau', 'dan', 'data-bureau'],
      ] as const) {
        const reviewer = await running.token(role, sub, org);
        await running.request(reviewer, 'POST', `/v1/plans/${id}/decisions`, { verdict: 'approve', comment: '' });
      }
      await readyPlan(running, id);
    }
    expect(hashes[0]).not.toBe(hashes[1]);
    const under = (plan: string, rho: number, token = developer) =>
      post('/v1/jobs', { plan, sql: another(), options: { privacy: { rho } } }, token);
    expect((await under('capped', 0.0004)).status).toBe(200);
    const { status, body } = await under('capped', 0.0004);
    expect([status, body.detail]).toEqual([403, expect.stringContaining('the privacy budget of the plan')]);
    const greedy = await newcomer('greedy-again');
    expect([await under('free', 0.02, greedy), await under('free', 0.02, greedy)].map((one) => one.status)).toEqual([
      200, 403,
    ]);
    expect((await ask(another(), { rho: 0.02 }, greedy)).body.detail).toContain('your own privacy budget');
  });

  it('that is almost empty is not overspent by a hundred requests at once', async () => {
    const left = (await budget()).everybody.rho;
    const tokens = await Promise.all(
      Array.from({ length: 20 }, (_, n) => running.token('developer', `racer-${n}`, 'linkong-data')),
    );
    const each = 0.004;
    const answers = await Promise.all(
      Array.from({ length: 100 }, (_, n) => ask(another(), { rho: each }, tokens[n % tokens.length])),
    );
    const after = (await budget()).everybody.rho;
    expect(after.reserved).toBe(0);
    const taken = answers.reduce((sum, { body }) => sum + (body.result?.cost.rho ?? 0), 0);
    expect(after.spent).toBeCloseTo(left.spent + taken, 8);
    const organisation = DEFAULT_PROFILE.privacyBudgets.organisationRho;
    expect(after.spent).toBeLessThanOrEqual(organisation);
    expect(organisation - after.spent).toBeLessThan(each); // control: it was the limit that stopped them
    expect(new Set(answers.filter(({ status }) => status !== 200).map(({ body }) => body.code))).toEqual(
      new Set(['BUDGET_EXHAUSTED']),
    );
  });
});
