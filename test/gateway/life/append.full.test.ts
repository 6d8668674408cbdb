/**
 * Goal: rows that are appended are asked together with the old ones, and nobody learns them as the difference of two versions, pays for them
 * from a fresh budget, or loses them when the version before is destroyed.
 * Method: a real gateway with real workers. Control: the same two questions, unprotected, give the appended person's pay to the cent; and
 * rows of many people, appended, show.
 */
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { DestructionCertificate } from '../../../gateway/resources/certificate.ts';
import { PEOPLE, PEOPLE_SCHEMA, type PersonRow, PRIVATE_PEOPLE_SCHEMA, peopleCsv } from './people.ts';
import { ask, publish, type RunningGateway, startGateway } from './running-gateway.ts';

const CSV = { 'content-type': 'text/csv' };
/** 200 people before, one more, then 199 more. */
const FIRST = PEOPLE.slice(0, 200);
const ONE = PEOPLE.slice(200, 201);
const MANY = PEOPLE.slice(201);

let running: RunningGateway;
let who: Awaited<ReturnType<typeof publish>>;
beforeAll(async () => {
  running = await startGateway();
  who = await publish(running, { schema: PEOPLE_SCHEMA, csv: peopleCsv(FIRST) });
  await publish(
    running,
    { schema: { ...PRIVATE_PEOPLE_SCHEMA, table: 'private_people' }, csv: peopleCsv(FIRST) },
    { plan: 'private' },
  );
});
afterAll(() => running.destroy());

async function append(table: string, rows: readonly PersonRow[], query = '') {
  const path = `/v1/resources/${table}/data?mode=append${query}`;
  const response = await running.request(who.provider, 'POST', path, peopleCsv(rows), CSV);
  return { status: response.status, body: (await response.json()) as Record<string, unknown> };
}
const rowsOf = async (sql: string, plan = 'p1') => (await ask(running, who.developer, plan, sql)).body.result?.rows;
const labels = () => readdirSync(join(running.home, 'vault', 'versions')).filter((name) => name.startsWith('people@'));

const TOTAL = 'SELECT count(*) AS n, sum(pay) AS pay FROM people';
const payOf = (rows: readonly PersonRow[]) => rows.reduce((sum, { pay }) => sum + pay, 0);

describe('appended rows', () => {
  it('are refused over another version than the one that was meant, and then nothing is there', async () => {
    const { status, body } = await append('people', ONE, '&base=7');
    expect([status, body]).toMatchObject([409, { code: 'UPLOAD_APPEND', facts: { problem: 'other-base' } }]);
    expect(labels()).toEqual(['people@1']);
  });

  it('are not told by the difference of the version before and the version after', async () => {
    expect(await rowsOf(TOTAL)).toEqual([[200, payOf(FIRST)]]);
    const { status, body } = await append('people', ONE, '&base=1');
    expect([status, body]).toMatchObject([201, { rows: 201, report: { rows: 201, appended: { base: 1, rows: 1 } } }]);
    const control = payOf([...FIRST, ...ONE]) - payOf(FIRST);
    expect(control).toBe(ONE[0]!.pay);
    expect(await rowsOf(TOTAL)).toEqual([[null, null]]);
    // Nor by parts of it that others make up again.
    const parts = await rowsOf('SELECT dept, count(*) AS n, sum(pay) AS pay FROM people GROUP BY dept ORDER BY dept');
    const shown = (parts ?? []).filter(([, n]) => n !== null).length;
    expect(shown).toBeLessThan(parts?.length ?? 0);
  });

  it('show where they are of many people', async () => {
    expect((await append('people', MANY)).body).toMatchObject({ rows: 400, report: { appended: { base: 2 } } });
    expect(await rowsOf(TOTAL)).toEqual([[400, payOf(PEOPLE)]]);
  });

  it('are asked about under the budget that the rows before have left', async () => {
    const spent = async (): Promise<number> => {
      const budgets = (await (await running.request(who.developer, 'GET', '/v1/budgets')).json()) as {
        privacy: readonly { lineage?: string; resource?: string; everybody: { rho: { spent: number } } }[];
      };
      return budgets.privacy.reduce((sum, { everybody }) => sum + everybody.rho.spent, 0);
    };
    const count = 'SELECT count(*) AS n FROM private_people';
    expect((await ask(running, who.developer, 'private', count)).body.state).toBe('finished');
    const once = await spent();
    expect(once).toBeGreaterThan(0);
    expect((await append('private_people', MANY)).status).toBe(201);
    expect(await spent()).toBe(once);
    expect((await ask(running, who.developer, 'private', count)).body.state).toBe('finished');
    expect(await spent()).toBeCloseTo(2 * once, 6);
  });
});

describe('the end of a version that others grew from', () => {
  const destroy = async (version: number) => {
    const path = `/v1/resources/people/versions/${version}`;
    const response = await running.request(who.provider, 'DELETE', path);
    return ((await response.json()) as { certificate: DestructionCertificate }).certificate;
  };

  it('says which rows other versions hold, and takes none from them', async () => {
    expect((await destroy(1)).segments).toMatchObject([{ rows: 200, heldBy: [2, 3] }]);
    expect((await destroy(2)).segments).toMatchObject([
      { rows: 200, heldBy: [3] },
      { rows: 1, heldBy: [3] },
    ]);
    expect(labels()).toEqual(['people@3']);
    expect(await rowsOf(TOTAL)).toEqual([[400, payOf(PEOPLE)]]);
    const last = await destroy(3);
    expect(last.segments.map(({ rows, heldBy }) => [rows, heldBy])).toEqual([
      [200, []],
      [1, []],
      [199, []],
    ]);
    expect(labels()).toEqual([]);
    expect(await append('people', ONE)).toMatchObject({ status: 409, body: { facts: { problem: 'no-base' } } });
  });

  it('cuts off what is being appended to it', async () => {
    let end: () => void = () => undefined;
    const arrived = Promise.withResolvers<void>();
    const lines = new TextEncoder().encode(peopleCsv(MANY));
    const body = new ReadableStream<Uint8Array>({
      start(controller) {
        controller.enqueue(lines);
        end = () => controller.close();
      },
      pull() {
        arrived.resolve();
      },
    });
    const path = '/v1/resources/private_people/data?mode=append';
    const headers = { ...CSV, authorization: `Bearer ${who.provider}`, 'accept-language': 'en' };
    const request = new Request(`http://local${path}`, {
      method: 'POST',
      body,
      headers,
      duplex: 'half',
    });
    const upload = Promise.resolve(running.gateway.app.request(request));
    await arrived.promise;
    const { currentVersion } = (await (
      await running.request(who.provider, 'GET', '/v1/resources/private_people')
    ).json()) as {
      currentVersion: number;
    };
    const gone = running.request(who.provider, 'DELETE', `/v1/resources/private_people/versions/${currentVersion}`);
    const refused = await upload;
    expect([refused.status, await refused.json()]).toMatchObject([409, { code: 'RESOURCE_STATE' }]);
    const { certificate } = (await (await gone).json()) as { certificate: DestructionCertificate };
    expect(certificate.segments.map(({ heldBy }) => heldBy)).toEqual(
      certificate.segments.map((_, place) => (place === 0 ? [1] : [])),
    );
    end();
    const left = readdirSync(join(running.home, 'vault', 'versions')).filter((name) => name.startsWith('private'));
    expect([
      left,
      existsSync(join(running.home, 'vault', 'staging')) && readdirSync(join(running.home, 'vault', 'staging')),
    ]).toEqual([['private_people@1'], []]);
  });
});
