import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { RunningGateway } from '../gateway/life/running-gateway.ts';
import { type AttackedGateway, openAttacked } from './attacked-gateway.ts';
import { type Sighting, sightings } from './canary-scan.ts';
import { FORGERIES } from './forged-tokens.ts';

/**
 * Goal: attacks on the request instead of the query fail (attack list A 24, A 25).
 * Method: a real gateway; each attack beside the honest request, which must work (the control).
 * Invariants: what is another's looks absent; nothing in a token or body that the gateway did not issue is believed.
 */

let attacked: AttackedGateway;
let running: RunningGateway;
let developer: string;
let job: string;
const sighted: Sighting[] = [];
const SQL = 'SELECT count(*) FROM p';
beforeAll(async () => {
  attacked = await openAttacked('secret');
  ({ running, developer } = attacked);
  job = (await submit({ plan: 'attacked', sql: SQL })).body['id'] as string;
}, 60_000);
afterAll(() => running.destroy());

interface Reply {
  readonly status: number;
  readonly body: Record<string, unknown>;
}
async function reply(response: Response): Promise<Reply> {
  const text = await response.text();
  sighted.push(...sightings(response.url, text), ...sightings('headers', JSON.stringify([...response.headers])));
  return {
    status: response.status,
    body: text.startsWith('{') ? (JSON.parse(text) as Record<string, unknown>) : { text },
  };
}
const submit = async (body: object, headers: Record<string, string> = {}, token = developer) =>
  reply(await running.request(token, 'POST', '/v1/jobs', body, { prefer: 'wait=30', ...headers }));
const read = async (path: string, token: string) => reply(await running.request(token, 'GET', path));

/** The same answer, whichever id was asked for. */
const withoutId = ({ status, body }: Reply, id: string) => ({
  status,
  body: JSON.stringify(body).replaceAll(id, 'ID'),
});

describe('job ids of others', () => {
  const ABSENT = '00000000-0000-4000-8000-000000000000';
  it('are readable by their owner', async () => {
    expect((await read(`/v1/jobs/${job}`, developer)).status).toBe(200);
  });

  it.each([
    ['a colleague', 'developer', 'mallory', 'linkong-data'],
    ['the same name elsewhere', 'developer', 'alice', 'other-org'],
    ['an operator', 'operator', 'alice', 'operator-org'],
    ['the provider', 'provider', 'bob', 'census-office'],
    ['the bureau', 'bureau', 'dan', 'data-bureau'],
    ['the security office', 'security', 'erin', 'security-office'],
  ] as const)('are absent for %s', async (_who, role, sub, org) => {
    const token = await running.token(role, sub, org);
    for (const part of ['', '/result', '/events', '/receipt']) {
      const [others, absent] = [
        await read(`/v1/jobs/${job}${part}`, token),
        await read(`/v1/jobs/${ABSENT}${part}`, token),
      ];
      expect(others.status).toBe(404);
      expect(withoutId(others, job)).toEqual(withoutId(absent, ABSENT));
    }
    const list = await read('/v1/jobs', token);
    expect(JSON.stringify(list.body)).not.toContain(job);
  });

  it('cannot be cancelled by others', async () => {
    const token = await running.token('developer', 'mallory', 'linkong-data');
    const { status } = await reply(await running.request(token, 'DELETE', `/v1/jobs/${job}`));
    expect(status).toBe(404);
    const own = await reply(await running.request(developer, 'DELETE', `/v1/jobs/${job}`));
    expect(own.body['code']).toBe('JOB_STATE');
  });
});

describe('plans', () => {
  it.each(['developer', 'operator'] as const)('of another organisation look absent to a %s', async (role) => {
    const token = await running.token(role, 'mallory', 'other-org');
    const [others, absent] = [
      await submit({ plan: 'attacked', sql: SQL }, {}, token),
      await submit({ plan: 'nothing', sql: SQL }, {}, token),
    ];
    expect(others.status).toBe(absent.status);
    expect(others.body['code']).toBe('PLAN_NOT_FOUND');
    expect(withoutId(others, 'attacked')).toEqual(withoutId(absent, 'nothing'));
  });

  it.each(['provider', 'bureau', 'security', 'custodian'] as const)('never let a %s ask', async (role) => {
    const token = await running.token(role, 'eve', 'linkong-data');
    expect((await submit({ plan: 'attacked', sql: SQL }, {}, token)).status).toBe(403);
  });

  it.each([
    ['a privacy parameter', { epsilon: 100 }],
    ['a mode', { mode: 'rows' }],
    ['a threshold', { options: { unitsMin: 1 } }],
    ['a deadline below one', { options: { deadlineMs: 0 } }],
    ['a prototype', JSON.parse('{"__proto__": {"unitsMin": 1}, "extra": 1}') as object],
  ])('take no %s from the asker', async (_what, extra) => {
    expect((await submit({ plan: 'attacked', sql: SQL, ...extra })).status).toBe(400);
  });
});

describe('idempotency keys', () => {
  it('repeat the same request without a new job, and no other', async () => {
    const key = { 'idempotency-key': 'attack-key-0001' };
    const [first, again] = [
      await submit({ plan: 'attacked', sql: SQL }, key),
      await submit({ plan: 'attacked', sql: SQL }, key),
    ];
    expect(again.body['id']).toBe(first.body['id']);
    const other = await submit({ plan: 'attacked', sql: 'SELECT sum(salary) FROM p' }, key);
    expect(other.body['code']).toBe('IDEMPOTENCY_CONFLICT');
    const mallory = await running.token('developer', 'mallory', 'linkong-data');
    const theirs = await submit({ plan: 'attacked', sql: SQL }, key, mallory);
    expect(theirs.body['id']).not.toBe(first.body['id']);
  });
});

describe('tokens', () => {
  it.each(FORGERIES)('%s is refused', async (_what, forge) => {
    expect((await read('/v1/jobs', developer)).status).toBe(200);
    expect((await read('/v1/jobs', forge(developer))).status).toBe(401);
  });
});

describe('texts that exhaust a parser', () => {
  it.each([
    ['10,000 parentheses', `SELECT count(*) FROM p WHERE ${'('.repeat(10_000)}true${')'.repeat(10_000)}`],
    ['10,000 negations', `SELECT count(*) FROM p WHERE ${'NOT '.repeat(10_000)}true`],
    ['a long sum', `SELECT ${Array(20_000).fill('1').join(' + ')}`],
    ['a megabyte literal', `SELECT count(*) FROM p WHERE note = '${'x'.repeat(900_000)}'`],
    ['deep subqueries', `SELECT count(*) FROM ${'(SELECT * FROM '.repeat(2_000)}p${')'.repeat(2_000)}`],
    ['a NUL', 'SELECT count(*) FROM p\u0000; SELECT max(salary) FROM p'],
    ['a lone surrogate', "SELECT count(*) FROM p WHERE note = '\ud800'"],
    ['many columns', `SELECT ${Array(20_000).fill('count(*)').join(', ')} FROM p`],
  ])('%s ends in an answer or a refusal, and the gateway goes on', async (_what, sql) => {
    const { status } = await submit({ plan: 'attacked', sql });
    expect(status).toBeLessThan(500);
    const after = await submit({ plan: 'attacked', sql: SQL });
    expect(after.status).toBe(200);
  });
});

describe('plan hashes', () => {
  it.each([
    ['SELECT sum(age), count(*) FROM p', 'SELECT count(*), sum(age) FROM p'],
    ['SELECT count(*) FROM p WHERE age < 40', 'SELECT count(*) FROM p WHERE 40 < age'],
    ['SELECT count(*) FROM p WHERE age < 40', 'SELECT count(*) FROM p WHERE age < 41'],
    ['SELECT sum(age - salary) FROM p', 'SELECT sum(salary - age) FROM p'],
    ["SELECT count(*) FROM p WHERE zip = 'z1'", "SELECT count(*) FROM p WHERE note = 'z1'"],
    [
      'SELECT sum(a) FROM (SELECT age AS a, salary AS b FROM p)',
      'SELECT sum(b) FROM (SELECT age AS a, salary AS b FROM p)',
    ],
  ])('%s is not %s', async (a, b) => {
    const hashes = await Promise.all(
      [a, b].map(async (sql) => {
        const { body } = await reply(
          await running.request(developer, 'POST', '/v1/explain', { plan: 'attacked', sql }),
        );
        return (body['versions'] as { query?: string } | undefined)?.query;
      }),
    );
    expect(hashes).not.toContain(undefined);
    expect(hashes[0]).not.toBe(hashes[1]);
  });
});

describe('canaries', () => {
  it('are in no response', () => expect(sighted).toEqual([]));
});
