/**
 * Goal: the same question over the same rows is one release. Asked again, by whomever and in whatever words, it gets the
 * released answer: nothing runs, the numbers are the same, the log says so; and nothing else ever gets it.
 * Method: real gateways; what runs is counted at the door of the sandbox. Control: questions that differ do run.
 */
import { createHash } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { readyPlan } from './authorise.ts';
import { PEOPLE_CSV, PEOPLE_SCHEMA } from './people.ts';
import { type Answer, ask, publish, type RunningGateway, startGateway } from './running-gateway.ts';

const PLAN = 'people';
const SUMS = `SELECT dept, count(*) AS n, sum(pay) AS pay FROM people WHERE born > DATE '1965-01-01' AND pay > 10 GROUP BY dept`;
const SPELLED = `SELECT g AS abteilung, count(*), sum(p) FROM (SELECT dept AS g, pay AS p FROM people WHERE 10 < pay
  AND DATE '1965-01-01' < born AND pay > 10) GROUP BY 1`;

let running: RunningGateway;
let developer: string;
let security: string;
let runs: { mock: { calls: unknown[] } };

const countRuns = () => {
  runs = vi.spyOn(running.gateway.pipeline.sandbox, 'run');
};
const ran = () => runs.mock.calls.length;
const rowsOf = ({ body }: Answer) => body.result?.rows;

beforeAll(async () => {
  running = await startGateway();
  const table = { schema: PEOPLE_SCHEMA, csv: PEOPLE_CSV };
  ({ developer } = await publish(running, table, { plan: PLAN, columns: ['dept', 'born', 'pay'] }));
  security = await running.token('security', 'carol', 'security-office');
});
afterAll(async () => {
  await running.destroy();
});
beforeEach(countRuns);
afterEach(() => vi.restoreAllMocks());

async function entriesOf(job: string): Promise<readonly Record<string, unknown>[]> {
  const response = await running.request(security, 'GET', `/v1/audit/entries?job=${job}`);
  return ((await response.json()) as { items: Record<string, unknown>[] }).items;
}

async function approve(plan: Record<string, unknown>, org: string, sub: string): Promise<string> {
  const token = await running.token('developer', sub, org);
  const terms = { title: 't', purpose: 'p', class: 'governance', validFrom: '2020-01-01', validUntil: '2099-12-31' };
  expect((await running.request(token, 'POST', '/v1/plans', { ...terms, ...plan })).status).toBe(201);
  for (const [role, who, office] of [
    ['provider', 'bob', 'census-office'],
    ['bureau', 'dan', 'data-bureau'],
  ] as const) {
    const reviewer = await running.token(role, who, office);
    const path = `/v1/plans/${String(plan['id'])}/decisions`;
    expect((await running.request(reviewer, 'POST', path, { verdict: 'approve', comment: '' })).ok).toBe(true);
  }
  await readyPlan(running, String(plan['id']));
  return token;
}

const tables = (...columns: string[]) => [{ resource: 'people', columns }];

describe('the same question again', () => {
  it('gets the released answer in its own words, runs nothing, and is in the log as a repeat', async () => {
    const first = await ask(running, developer, PLAN, SUMS);
    expect(ran()).toBe(1);
    const again = await ask(running, developer, PLAN, SPELLED);
    expect(ran()).toBe(1);
    expect(rowsOf(again)).toEqual(rowsOf(first));
    expect(again.body.result?.columns.map(({ name }) => name)).toEqual(['abteilung', 'count_star()', 'sum(p)']);
    expect(again.body.result?.suppressed).toEqual(first.body.result?.suppressed);
    expect(again.body.id).not.toBe(first.body.id);
    const outcome = (await entriesOf(first.body.id)).find(({ kind }) => kind === 'outcome')!;
    const repeats = await entriesOf(again.body.id);
    expect(repeats.map(({ kind }) => kind).sort()).toEqual(['intent', 'outcome']);
    for (const entry of repeats) expect(entry).toMatchObject({ repeats: outcome['index'], decision: 'permit' });
    expect(await entriesOf(first.body.id)).not.toContainEqual(expect.objectContaining({ repeats: expect.anything() }));
    const receipt = await running.request(developer, 'GET', `/v1/jobs/${again.body.id}/receipt`);
    expect(receipt.status).toBe(200);
  });

  it('spends a job of its plan each time', async () => {
    const spent = async () => {
      const budgets = (await (await running.request(developer, 'GET', '/v1/budgets')).json()) as {
        items: readonly { plan: string; spent: number }[];
      };
      return budgets.items.find(({ plan }) => plan === PLAN)!.spent;
    };
    const before = await spent();
    await ask(running, developer, PLAN, SUMS);
    await ask(running, developer, PLAN, SUMS);
    expect(await spent()).toBe(before + 2);
  });

  it('gets it under another organisation’s plan, with its own plan in the versions', async () => {
    const first = await ask(running, developer, PLAN, SUMS);
    const other = await approve({ id: 'others', tables: tables('dept', 'born', 'pay') }, 'elsewhere', 'mallory');
    const before = ran();
    const theirs = await ask(running, other, 'others', SUMS);
    expect(ran()).toBe(before);
    expect(rowsOf(theirs)).toEqual(rowsOf(first));
    const versions = ({ body }: Answer) => (body.result as unknown as { versions: { plan: string } }).versions;
    expect(versions(theirs).plan).not.toBe(versions(first).plan);
    expect({ ...versions(theirs), plan: '' }).toEqual({ ...versions(first), plan: '' });
  });
});

describe('another question', () => {
  it.each([
    ['a condition more', `${SUMS.replace('pay > 10', 'pay > 11')}`],
    ['another order of columns', SUMS.replace('count(*) AS n, sum(pay) AS pay', 'sum(pay) AS pay, count(*) AS n')],
    ['an order', `${SUMS} ORDER BY n`],
  ])('runs: %s', async (_what, sql) => {
    await ask(running, developer, PLAN, SUMS);
    const before = ran();
    await ask(running, developer, PLAN, sql);
    expect(ran()).toBe(before + 1);
  });

  it('is the same text under a plan with a higher threshold', async () => {
    const strict = await approve(
      { id: 'strict', tables: tables('dept', 'born', 'pay'), unitsMin: 150 },
      'linkong-data',
      'alice',
    );
    const before = ran();
    const answer = await ask(running, strict, 'strict', SUMS);
    expect(ran()).toBe(before + 1);
    expect(rowsOf(answer)?.every(([, n]) => n === null)).toBe(true);
  });

  it('is the same text over a new version of the table', async () => {
    const provider = await running.token('provider', 'bob', 'census-office');
    const csv = `${PEOPLE_CSV}${Array.from({ length: 30 }, (_, i) => `N${i},a,1990-01-01,50.00,1\n`).join('')}`;
    const headers = { 'content-type': 'text/csv' };
    const first = await ask(running, developer, PLAN, SUMS);
    expect((await running.request(provider, 'PUT', '/v1/resources/people/data', csv, headers)).ok).toBe(true);
    const before = ran();
    const later = await ask(running, developer, PLAN, SUMS);
    expect(ran()).toBe(before + 1);
    expect(rowsOf(later)?.[0]?.[1]).toBe(Number(rowsOf(first)?.[0]?.[1]) + 30);
  });
});

describe('an answer on the disk', () => {
  const Q = 'SELECT dept, count(*) AS n FROM people GROUP BY dept';

  async function restarted(edit: (client: Database.Database) => void): Promise<void> {
    await running.stop();
    const client = new Database(join(running.home, 'sluice.db'));
    edit(client);
    client.close();
    await rm(running.config.runDir, { recursive: true, force: true });
    running = await startGateway(running.home);
    developer = await running.token('developer', 'alice', 'linkong-data');
    security = await running.token('security', 'carol', 'security-office');
    countRuns();
  }
  const reports = async () => {
    const found = await running.request(security, 'GET', '/v1/audit/entries?kind=integrity&limit=100');
    return ((await found.json()) as { items: readonly { note: string }[] }).items.length;
  };

  it('outlives a restart', async () => {
    const first = await ask(running, developer, PLAN, Q);
    await restarted(() => undefined);
    expect(rowsOf(await ask(running, developer, PLAN, Q))).toEqual(rowsOf(first));
    expect(ran()).toBe(0);
  });

  it.each([
    [
      'numbers changed, and every digest beside them',
      (client: Database.Database, job: string) => {
        const { json } = client
          .prepare<[string], { json: Buffer }>('SELECT json FROM job_results WHERE job = ?')
          .get(job)!;
        const changed = Buffer.from(json.toString().replace('"130"', '"999"'));
        expect(changed.equals(json)).toBe(false);
        const digest = createHash('sha256').update(changed).digest('hex');
        client.prepare('UPDATE job_results SET json = ?, sha256 = ? WHERE job = ?').run(changed, digest, job);
        client.prepare('UPDATE jobs SET result_sha256 = ? WHERE id = ?').run(digest, job);
      },
    ],
    [
      'its seal cut short',
      (client: Database.Database, job: string) => {
        client.pragma('ignore_check_constraints = ON');
        client.prepare("UPDATE kept_answers SET mac = x'00' WHERE job = ?").run(job);
      },
    ],
    [
      'the answer of another job put in its place',
      (client: Database.Database, job: string) => {
        const other = client
          .prepare<[string], string>(`SELECT id FROM jobs WHERE state = 'finished' AND id <> ? LIMIT 1`)
          .pluck()
          .get(job)!;
        client.prepare('UPDATE kept_answers SET job = ? WHERE job = ?').run(other, job);
      },
    ],
  ])('is not given when it is not as it was released: %s', async (what, edit) => {
    const sql = `SELECT dept, count(*) AS n, '${what}' AS what FROM people GROUP BY dept`;
    const first = await ask(running, developer, PLAN, sql);
    await restarted((client) => edit(client, first.body.id));
    const before = await reports();
    expect(rowsOf(await ask(running, developer, PLAN, sql))).toEqual(rowsOf(first));
    expect(ran()).toBe(1);
    expect(await reports()).toBe(before + 1);
    expect(rowsOf(await ask(running, developer, PLAN, sql))).toEqual(rowsOf(first));
    expect(ran()).toBe(1);
  });
});
