/**
 * Goal: a developer's own table comes in by quarantine, is frozen, cannot be changed a row at a time, never counts, and is gone after its term.
 * Method: a real gateway with a table of people; each step beside what must not work. Control: the same list is used by jobs while it is accepted.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { PEOPLE_CSV, PEOPLE_SCHEMA } from '../life/people.ts';
import { ask, publish, type RunningGateway, startGateway } from '../life/running-gateway.ts';

let running: RunningGateway;
let developer: string;
let bureau: string;
let provider: string;
beforeAll(async () => {
  running = await startGateway();
  const published = await publish(running, { schema: PEOPLE_SCHEMA, csv: PEOPLE_CSV });
  ({ developer, bureau, provider } = published);
});
afterAll(() => running.destroy());

const title = { zh: 't', en: 't' };
const terms = { plan: 'p1', title, source: 'own records', basis: 'own data', validUntil: '2099-12-31' };
const column = (name: string, rest: object = {}) => ({
  name,
  title,
  type: 'text',
  level: 'general-1',
  role: 'dimension',
  ...rest,
});
const list = (table: string) => ({
  ...terms,
  schema: { table, columns: [column('dept'), column('weight', { type: 'integer', role: 'measure' })] },
});
const csv = (rows: number, weight: (row: number) => number = (row) => row) =>
  `dept,weight\n${Array.from({ length: rows }, (_, row) => `${'abcd'[row % 4]},${weight(row)}`).join('\n')}\n`;

const put = (id: string, text: string, token = developer) =>
  running.request(token, 'PUT', `/v1/intakes/${id}/data`, text, { 'content-type': 'text/csv' });
const body = async (response: Promise<Response>) => (await (await response).json()) as Record<string, string>;
const decide = (id: string, hash: string, token = bureau) =>
  running.request(token, 'POST', `/v1/intakes/${id}/decisions`, { verdict: 'approve', hash });
const JOINED = 'SELECT sum(weight) AS w FROM weights';

describe('an intake', () => {
  it('is opened by the developer of the plan alone, with no unit, for no longer than the plan', async () => {
    const open = async (token: string, change: object = {}) =>
      (await body(running.request(token, 'POST', '/v1/intakes', { ...list('weights'), ...change })))['code'];
    expect(await open(provider)).toBe('POLICY_ACCESS_DENIED');
    expect(await open(await running.token('developer', 'rob', 'rival-data'))).toBe('PLAN_NOT_FOUND');
    expect(await open(developer, { validUntil: '2100-01-01' })).toBe('INTAKE_INVALID');
    const unit = column('id', { role: 'identifier', unit: 'person', level: 'general-2' });
    expect(await open(developer, { schema: { table: 'weights', columns: [unit] } })).toBe('INTAKE_INVALID');
    expect(await open(developer)).toBeUndefined();
  });

  it('lies in quarantine until the bureau accepts what it read', async () => {
    const uploaded = await body(put('weights', csv(60)));
    expect(uploaded['state']).toBe('quarantined');
    expect((await ask(running, developer, 'p1', JOINED)).body.code).toBe('SQL_TABLE_UNKNOWN');
    expect((await body(decide('weights', uploaded['hash']!, developer)))['code']).toBe('POLICY_ACCESS_DENIED');
    expect((await body(decide('weights', 'f'.repeat(64))))['code']).toBe('INTAKE_STATE');
    expect((await body(decide('weights', uploaded['hash']!)))['state']).toBe('accepted');
    expect((await ask(running, developer, 'p1', JOINED)).body.result?.rows, 'control').toEqual([[1770]]);
  });

  it('is not of the catalogue: nobody lists, reads or uploads it there', async () => {
    expect((await running.request(bureau, 'POST', '/v1/resources/weights/listing')).status).toBe(409);
    expect((await running.request(developer, 'GET', '/v1/resources/weights')).status).toBe(404);
    const own = await running.request(developer, 'PUT', '/v1/resources/weights/data', csv(60), {
      'content-type': 'text/csv',
    });
    expect(own.status).toBe(404);
  });

  it('never counts: few people stay few, however many rows of one’s own they meet', async () => {
    const sql =
      "SELECT p.dept, count(*) AS n FROM people p JOIN weights w ON p.dept = w.dept WHERE p.dept = 'd' GROUP BY p.dept";
    const { body: told } = await ask(running, developer, 'p1', sql);
    const shown = (told.result?.rows ?? []).filter(([, n]) => n !== null && n !== undefined);
    expect(shown, 'nine people, 15 rows each').toEqual([]);
  });

  it('is not changed a row at a time, and what was changed so closes it', async () => {
    const oneChanged = csv(60, (row) => (row === 3 ? 999 : row));
    expect((await body(put('weights', oneChanged)))['code']).toBe('INTAKE_REFUSED');
    expect((await ask(running, developer, 'p1', JOINED)).body.code).toBe('SQL_TABLE_UNKNOWN');
    const same = await body(put('weights', csv(60)));
    expect(same['state'], 'control: the same again').toBe('quarantined');
  });

  it('is taken in three times a plan, whatever the table is called', async () => {
    expect((await running.request(developer, 'POST', '/v1/intakes', list('weights2'))).status).toBe(201);
    const refused = await body(put('weights2', csv(80)));
    expect(refused['code']).toBe('INTAKE_REFUSED');
  });

  it('is destroyed with a certificate when it ends', async () => {
    expect((await body(running.request(developer, 'DELETE', '/v1/intakes/weights')))['state']).toBe('ended');
    const certificate = () => running.request(bureau, 'GET', '/v1/resources/weights/versions/3/certificate');
    await expect.poll(async () => (await certificate()).status, { timeout: 30_000 }).toBe(200);
    expect((await ask(running, developer, 'p1', JOINED)).body.code).toBe('SQL_TABLE_UNKNOWN');
  });
});
