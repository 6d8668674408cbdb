/**
 * Goal: what the security office freezes stops at once and stays stopped, and nothing else stops.
 * Method: a real gateway with an endless job running and a result already released; each scope frozen in turn. Controls: before
 * the freeze the job runs and the result is read; another organisation asks on meanwhile; after two people's thaw all is as before.
 */
import { existsSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { PEOPLE_CSV, PEOPLE_SCHEMA } from './people.ts';
import { type Answer, ask, publish, type RunningGateway, startGateway } from './running-gateway.ts';

const HUNDRED = `(VALUES ${Array.from({ length: 100 }, (_, n) => `(${n})`).join(', ')})`;
const NAMES = ['a', 'b', 'c', 'd', 'e', 'f'];
const ENDLESS = `SELECT count(*) FROM ${NAMES.map((name) => `${HUNDRED} ${name}(n)`).join(', ')}
  WHERE a.n + b.n + c.n + d.n + e.n > f.n`;
const COUNT = 'SELECT count(*) FROM people';

let running: RunningGateway;
let developer: string;
let officers: readonly [string, string];
let released: string;

beforeAll(async () => {
  running = await startGateway();
  developer = (await publish(running, { schema: PEOPLE_SCHEMA, csv: PEOPLE_CSV }, { plan: 'people' })).developer;
  const officer = (sub: string) => running.token('security', sub, 'security-office');
  officers = [await officer('carol'), await officer('dora')];
  released = (await ask(running, developer, 'people', COUNT)).body.id;
});
afterAll(() => running.destroy());

const jobOf = async (id: string) =>
  (await (await running.request(developer, 'GET', `/v1/jobs/${id}`, undefined, { prefer: 'wait=20' })).json()) as {
    readonly state: string;
    readonly problem: { readonly code: string } | null;
    readonly result: unknown;
  };
const resultStatus = async () => (await running.request(developer, 'GET', `/v1/jobs/${released}/result`)).status;

async function startEndless(): Promise<string> {
  const answer = await running.request(developer, 'POST', '/v1/jobs', { plan: 'people', sql: ENDLESS });
  const job = (await answer.json()) as Answer['body'];
  expect(job.state).toBe('running');
  await expect.poll(() => running.gateway.sandbox.stats().busy, { timeout: 20_000 }).toBeGreaterThan(0);
  return job.id;
}

async function freeze(scope: string, target: string) {
  const answer = await running.request(officers[0], 'POST', '/v1/freezes', { scope, target, reason: 'drill' });
  expect(answer.status).toBe(201);
  return (await answer.json()) as {
    readonly id: string;
    readonly jobsStopped: number;
    readonly workersStopped: number;
  };
}

async function thaw(id: string): Promise<void> {
  for (const officer of officers) await running.request(officer, 'DELETE', `/v1/freezes/${id}`);
}

describe.each([
  ['developer', 'linkong-data/alice'],
  ['organisation', 'linkong-data'],
  ['plan', 'people'],
  ['platform', '*'],
])('a freeze of the %s', (scope, target) => {
  it('kills running jobs and their workers, refuses new ones, and holds results back until two people thaw', async () => {
    expect(await resultStatus(), 'control').toBe(200);
    const job = await startEndless();
    const workers = running.gateway.sandbox.pids();
    const frozen = await freeze(scope, target);
    expect(frozen.jobsStopped).toBe(1);
    expect(workers.filter((pid) => !existsSync(`/proc/${pid}`)).length).toBeGreaterThanOrEqual(1);
    expect(await jobOf(job)).toMatchObject({ state: 'failed', problem: { code: 'POLICY_FROZEN' }, result: null });
    expect((await ask(running, developer, 'people', COUNT)).body.code).toBe('POLICY_FROZEN');
    expect(await resultStatus()).toBe(403);
    expect((await jobOf(released)).result).toBeNull();
    await thaw(frozen.id);
    expect(await resultStatus()).toBe(200);
    expect((await ask(running, developer, 'people', COUNT)).body.result?.rows).toEqual([[400]]);
  });
});

describe.each([
  ['grant', 'people/people'],
  ['resource', 'people'],
])('a freeze of the %s', (scope, target) => {
  it('refuses what uses the table, and lets run what does not', async () => {
    const job = await startEndless();
    const frozen = await freeze(scope, target);
    expect(frozen.jobsStopped, 'the running job uses no table').toBe(0);
    expect((await ask(running, developer, 'people', COUNT)).body.code).toBe('POLICY_FROZEN');
    expect(await resultStatus()).toBe(403);
    const without = await ask(running, developer, 'people', 'SELECT count(*) FROM (VALUES (1), (2)) v(n)');
    expect(without.body.result?.rows, JSON.stringify(without.body)).toEqual([[2]]);
    await thaw(frozen.id);
    expect(await resultStatus()).toBe(200);
    await running.request(developer, 'DELETE', `/v1/jobs/${job}`);
  });
});

it('what another organisation does goes on, and a freeze outlives a restart', async () => {
  const frozen = await freeze('organisation', 'someone-else');
  expect((await ask(running, developer, 'people', COUNT)).body.result?.rows).toEqual([[400]]);
  await thaw(frozen.id);
  const { id } = await freeze('plan', 'people');
  await running.stop();
  running = await startGateway(running.home);
  expect((await ask(running, developer, 'people', COUNT)).body.code).toBe('POLICY_FROZEN');
  await thaw(id);
});

it('a release that waits for its tick is stopped', async () => {
  await running.stop();
  // Every tick comes after the freeze.
  const ticks: (() => void)[] = [];
  running = await startGateway(running.home, () => new Promise((resolve) => ticks.push(resolve)));
  const answer = await running.request(developer, 'POST', '/v1/jobs', { plan: 'people', sql: COUNT });
  const { id } = (await answer.json()) as Answer['body'];
  await expect.poll(() => ticks.length, { timeout: 20_000 }).toBe(1);
  const frozen = await freeze('plan', 'people');
  expect(frozen.jobsStopped).toBe(1);
  for (const tick of ticks) tick();
  expect(await jobOf(id)).toMatchObject({ state: 'failed', problem: { code: 'POLICY_FROZEN' }, result: null });
});
