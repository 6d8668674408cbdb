import { tableFromIPC } from 'apache-arrow';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { AuditEntry } from '../../../catalog/index.ts';
import { readyPlan } from './authorise.ts';
import { PEOPLE, PEOPLE_CSV, PEOPLE_SCHEMA } from './people.ts';
import { type Answer, ask, publish, type RunningGateway, startGateway } from './running-gateway.ts';

/** Goal: what a developer is promised about jobs, on the real gateway. */

const PLAN = 'people';
const SUMS = 'SELECT dept, count(*) AS n, sum(pay) AS pay FROM people GROUP BY dept ORDER BY dept';
/** Minutes of work if nobody stops it. */
const HUNDRED = `(VALUES ${Array.from({ length: 100 }, (_, n) => `(${n})`).join(', ')})`;
const ENDLESS = `SELECT count(*) FROM ${['a', 'b', 'c', 'd', 'e', 'f'].map((name) => `${HUNDRED} ${name}(n)`).join(', ')}
  WHERE a.n + b.n + c.n + d.n + e.n > f.n`;

let running: RunningGateway;
let developer: string;
beforeAll(async () => {
  running = await startGateway();
  ({ developer } = await publish(running, { schema: PEOPLE_SCHEMA, csv: PEOPLE_CSV }, { plan: PLAN }));
});
afterAll(() => running.destroy());

const submit = (body: object, headers: Record<string, string> = {}) =>
  running.request(developer, 'POST', '/v1/jobs', body, headers);
const bodyOf = async (response: Response) => (await response.json()) as Answer['body'];

describe('a job', () => {
  it('answers with protected values, hides small groups alike whether empty or not, and says why', async () => {
    const { body } = await ask(running, developer, PLAN, SUMS);
    const expected = ['a', 'b', 'c'].map((dept) => {
      const members = PEOPLE.filter((row) => row.dept === dept);
      return [dept, members.length, members.reduce((sum, row) => sum + row.pay, 0)];
    });
    expect(body.result?.rows).toEqual([...expected, ['d', null, null], ['none', null, null]]);
    expect(body.result?.suppressed.cells).toBe(4);
    expect(body.result?.columns.map(({ name, mode }) => [name, mode])).toEqual([
      ['dept', 'aggregate'],
      ['n', 'aggregate'],
      ['pay', 'aggregate'],
    ]);
  });

  it('is followed by its events to its result', async () => {
    const accepted = await submit({ plan: PLAN, sql: SUMS });
    expect(accepted.status).toBe(202);
    const location = accepted.headers.get('location')!;
    const events = await (await running.request(developer, 'GET', `${location}/events`)).text();
    expect([...events.matchAll(/"state":"(\w+)"/g)].map((match) => match[1])).toEqual(['running', 'finished']);
    const result = await running.request(developer, 'GET', `${location}/result`);
    expect(result.status).toBe(200);
    expect(((await result.json()) as { rows: unknown[] }).rows).toHaveLength(5);
  });

  it('gives the same table as JSON, CSV and Arrow', async () => {
    const { body } = await ask(running, developer, PLAN, SUMS);
    const as = (accept: string) =>
      running.request(developer, 'GET', `/v1/jobs/${body.id}/result`, undefined, { accept });
    const csv = await (await as('text/csv')).text();
    expect(csv.split('\r\n')[0]).toBe('dept,n,pay');
    expect(csv.split('\r\n')).toHaveLength(7);
    const arrow = tableFromIPC(new Uint8Array(await (await as('application/vnd.apache.arrow.stream')).arrayBuffer()));
    expect(arrow.numRows).toBe(5);
    expect(arrow.getChild('dept')?.toArray()).toEqual(body.result!.rows.map((row) => row[0]));
  });

  it('under one Idempotency-Key runs once; another body under it is a conflict', async () => {
    const headers = { 'idempotency-key': 'once', prefer: 'wait=30' };
    const [first, second] = await Promise.all([
      submit({ plan: PLAN, sql: SUMS }, headers),
      submit({ plan: PLAN, sql: SUMS }, headers),
    ]);
    expect((await bodyOf(first)).id).toBe((await bodyOf(second)).id);
    const other = await submit({ plan: PLAN, sql: 'SELECT count(*) FROM people' }, headers);
    expect([other.status, (await bodyOf(other)).code]).toEqual([409, 'IDEMPOTENCY_CONFLICT']);
  });

  it('that is refused is told with its place and what would be accepted, and stays on record', async () => {
    const response = await submit({ plan: PLAN, sql: 'SELECT dept,\n  list(pay) FROM people GROUP BY dept' });
    const problem = await bodyOf(response);
    expect([response.status, problem.code, problem.place?.line]).toEqual([422, 'SQL_FUNCTION_REFUSED', 2]);
    expect(problem.hint).not.toBe('');
    const kept = await bodyOf(await running.request(developer, 'GET', `/v1/jobs/${problem.job}`));
    expect(kept.state).toBe('refused');
  });

  it('that a policy refuses is found by the table that it asked for, and has its receipt', async () => {
    const refused = await bodyOf(await submit({ plan: PLAN, sql: 'SELECT dept, pay FROM people' }));
    expect(refused.code).toBe('POLICY_ROWS_REFUSED');
    const officer = await running.token('security', 'sue', 'security-office');
    const found = await running.request(officer, 'GET', '/v1/audit/entries?resource=people&decision=deny&column=pay');
    const { items } = (await found.json()) as { items: readonly AuditEntry[] };
    expect(items.find(({ job }) => job === refused.job)).toMatchObject({
      kind: 'refusal',
      code: 'POLICY_ROWS_REFUSED',
      tables: [{ resource: 'people', version: 1, columns: ['dept', 'id', 'pay'], level: 'general-2' }],
    });
    expect((await running.request(developer, 'GET', `/v1/jobs/${refused.job}/receipt`)).status).toBe(200);
  });

  it('stops when its owner cancels it, stays charged, and leaves the worker usable', async () => {
    const { id } = await bodyOf(await submit({ plan: PLAN, sql: ENDLESS }));
    const cancelled = await running.request(developer, 'DELETE', `/v1/jobs/${id}`);
    expect((await bodyOf(cancelled)).state).toBe('cancelled');
    expect((await running.request(developer, 'DELETE', `/v1/jobs/${id}`)).status).toBe(409);
    expect((await ask(running, developer, PLAN, SUMS)).status).toBe(200);
  });

  it('ends at its own deadline', async () => {
    const response = await submit({ plan: PLAN, sql: ENDLESS, options: { deadlineMs: 300 } }, { prefer: 'wait=30' });
    expect((await bodyOf(response)).code).toBe('SANDBOX_TIMEOUT');
  });

  it('leaves no timer behind, however long its client would have waited', async () => {
    const timers = () => process.getActiveResourcesInfo().filter((kind) => kind === 'Timeout').length;
    await ask(running, developer, PLAN, SUMS);
    const before = timers();
    for (let n = 0; n < 5; n += 1)
      expect((await submit({ plan: PLAN, sql: SUMS }, { prefer: 'wait=30' })).status).toBe(200);
    expect(timers() - before).toBeLessThan(5);
  });

  it('is invisible to everyone else', async () => {
    const { body } = await ask(running, developer, PLAN, SUMS);
    const absent = await running.request(developer, 'GET', '/v1/jobs/00000000-0000-4000-8000-000000000000');
    for (const [role, sub, org] of [
      ['developer', 'eve', 'linkong-data'],
      ['developer', 'alice', 'other'],
      ['provider', 'bob', 'census-office'],
      ['security', 'carol', 'security-office'],
    ] as const) {
      const response = await running.request(await running.token(role, sub, org), 'GET', `/v1/jobs/${body.id}`);
      expect([role, response.status]).toEqual([role, absent.status]);
    }
  });

  it('spends one job of its plan, failed and cancelled ones too', async () => {
    const budget = async () =>
      ((await (await running.request(developer, 'GET', '/v1/budgets')).json()) as { items: { spent: number }[] })
        .items[0]!.spent;
    const before = await budget();
    await ask(running, developer, PLAN, SUMS);
    await submit({ plan: PLAN, sql: ENDLESS, options: { deadlineMs: 100 } }, { prefer: 'wait=30' });
    await ask(running, developer, PLAN, 'SELECT id FROM people');
    expect(await budget()).toBe(before + 2);
  });
});

describe('a plan', () => {
  it('grants its columns and no others, and protects by the person although the plan does not grant the identifier', async () => {
    const narrow = await publishSecondPlan(['dept', 'pay']);
    const { body } = await ask(running, developer, narrow, SUMS);
    expect(body.result?.rows[3]).toEqual(['d', null, null]);
    for (const column of ['born', 'id', 'room']) {
      const refused = await ask(running, developer, narrow, `SELECT count(${column}) FROM people`);
      expect(refused.body.code).toBe('PLAN_SCOPE');
      expect(refused.body.detail).toContain(`columns people.${column}`);
      expect(refused.body.detail).not.toMatch(/quasi|identifier/);
    }
  });

  it('that is another organisation’s looks like one that does not exist', async () => {
    const stranger = await running.token('developer', 'mallory', 'elsewhere');
    const [theirs, absent] = [
      await ask(running, stranger, PLAN, SUMS),
      await ask(running, stranger, 'no-such-plan', SUMS),
    ];
    expect([theirs.status, theirs.body.code]).toEqual([absent.status, absent.body.code]);
  });

  it('cannot be used by its provider, nor by the bureau', async () => {
    for (const [role, org] of [
      ['provider', 'census-office'],
      ['bureau', 'data-bureau'],
      ['security', 'security-office'],
    ] as const) {
      const { status } = await ask(running, await running.token(role, 'x', org), PLAN, SUMS);
      expect([role, status >= 400]).toEqual([role, true]);
    }
  });
});

async function publishSecondPlan(columns: readonly string[]): Promise<string> {
  const plan = {
    id: 'narrow',
    title: 't',
    purpose: 'p',
    class: 'governance',
    tables: [{ resource: 'people', columns }],
    validFrom: '2020-01-01',
    validUntil: '2099-12-31',
  };
  expect((await running.request(developer, 'POST', '/v1/plans', plan)).ok).toBe(true);
  for (const [role, sub, org] of [
    ['provider', 'bob', 'census-office'],
    ['bureau', 'dan', 'data-bureau'],
  ] as const) {
    const reviewer = await running.token(role, sub, org);
    expect(
      (await running.request(reviewer, 'POST', '/v1/plans/narrow/decisions', { verdict: 'approve', comment: '' })).ok,
    ).toBe(true);
  }
  await readyPlan(running, 'narrow');
  return 'narrow';
}
