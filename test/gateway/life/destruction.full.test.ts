/**
 * Goal: a provider that destroys a version, or withdraws a table, gets a certificate that anybody can check, and nothing of the data is left;
 * jobs that were using it end as they began. Method: a real gateway with real workers. Controls: a planted copy stops the certificate;
 * certificates that say something else do not verify.
 */
import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { parseVkey } from '../../../gateway/audit/index.ts';
import { verifyCertificate } from '../../../gateway/resources/verify-certificate.ts';
import { PEOPLE, PEOPLE_CSV, PEOPLE_SCHEMA, peopleCsv } from './people.ts';
import { ask, publish, type RunningGateway, startGateway } from './running-gateway.ts';

let running: RunningGateway;
let who: Awaited<ReturnType<typeof publish>>;
const PAGE = '/v1/resources/people/versions';

beforeEach(async () => {
  running = await startGateway();
  who = await publish(running, { schema: PEOPLE_SCHEMA, csv: PEOPLE_CSV });
  const headers = { 'content-type': 'text/csv' };
  const half = peopleCsv(PEOPLE.slice(0, 200));
  const second = await running.request(who.provider, 'PUT', '/v1/resources/people/data', half, headers);
  expect(second.status).toBe(201);
});
afterEach(() => running.destroy());

const SQL = 'SELECT dept, count(*) AS n FROM people GROUP BY dept';
const destroy = (version: number, token = who.provider) => running.request(token, 'DELETE', `${PAGE}/${version}`);
const labels = () => readdirSync(join(running.home, 'vault', 'versions'));
const verifierOf = async () => {
  const key = await (await running.request(who.provider, 'GET', '/v1/audit/key')).text();
  const verifier = parseVkey(/\S+\+[0-9a-f]{8}\+\S+/.exec(key)?.[0]?.replace(/".*/, '') ?? '');
  if (verifier === null) throw new Error(`no key in ${key}`);
  return verifier;
};

async function plainCopyOf(version: number): Promise<Buffer> {
  const attached = await running.gateway.vault.attach('people', version);
  const plain = readFileSync(attached.files[0] as string);
  await attached.release();
  return plain;
}

/** What another process may do with the home's files, which SQLite guards by locks of the process that has them open. */
function fromOutside(code: string): string {
  const source = `import Database from 'better-sqlite3';\nconst path = process.argv[1];\n${code}`;
  const args = ['--input-type=module', '-e', source, join(running.home, 'sluice.db')];
  return execFileSync(process.execPath, args, { encoding: 'utf8', cwd: import.meta.dirname }).trim();
}
const TAKE_HOME = `const client = new Database(path + '.lock', { timeout: 0 });
  try { client.exec('BEGIN EXCLUSIVE'); console.log('taken'); } catch (error) { console.log(error.code); }`;
const READ_STORE = `const client = new Database(path, { readonly: true });
  console.log(client.prepare('SELECT count(*) FROM audit_entries').pluck().get() > 0); client.close();`;

describe('destroying a version', () => {
  it('leaves the home to this gateway: nobody else can take it, and readers from outside do it no harm', async () => {
    expect(fromOutside(TAKE_HOME), 'before').toBe('SQLITE_BUSY');
    expect((await destroy(1)).status).toBe(200);
    expect(fromOutside(TAKE_HOME)).toBe('SQLITE_BUSY');
    expect(fromOutside(READ_STORE)).toBe('true');
    expect((await ask(running, who.developer, 'p1', SQL)).body.state).toBe('finished');
    expect(fromOutside(READ_STORE)).toBe('true');
  });

  it('control: a gateway that reads the files of its home itself loses the home', () => {
    readFileSync(join(running.home, 'sluice.db.lock'));
    expect(fromOutside(TAKE_HOME)).toBe('taken');
  });

  it('gives a certificate that verifies, and the other version is asked as before', async () => {
    const answer = await destroy(1);
    const document = (await answer.json()) as Parameters<typeof verifyCertificate>[0] & { certificate: object };
    expect([answer.status, document.certificate]).toMatchObject([
      200,
      {
        resource: 'people',
        version: 1,
        reason: 'ordered',
        orderedBy: 'census-office/bob',
        rows: 400,
        segments: [{ rows: 400 }],
        scan: { found: 0 },
      },
    ]);
    expect(document).toHaveProperty('certificate.scan.pagesKnown', expect.any(Number));
    const verifier = await verifierOf();
    expect(verifyCertificate(document, verifier)).toMatchObject({ certificate: { resource: 'people', version: 1 } });
    for (const change of [{ rows: 399 }, { version: 2 }, { completedAt: '2020-01-01T00:00:00.000Z' }]) {
      const forged = { ...document, certificate: { ...document.certificate, ...change } };
      expect(verifyCertificate(forged, verifier), JSON.stringify(change)).toBeNull();
    }
    expect(labels()).toEqual(['people@2']);
    expect(readdirSync(join(running.home, 'vault', 'erasures'))).toEqual([]);
    expect((await ask(running, who.developer, 'p1', SQL)).body.state).toBe('finished');
    const again = (await (await destroy(1)).json()) as object;
    expect(again).toMatchObject({ certificate: document.certificate });
    expect(await (await running.request(who.bureau, 'GET', `${PAGE}/1/certificate`)).json()).toMatchObject({
      certificate: document.certificate,
    });
  });

  it('is for the provider and the bureau, and for versions that there are', async () => {
    expect((await destroy(1, who.developer)).status).toBe(403);
    expect((await destroy(1, await running.token('provider', 'eve', 'other'))).status).toBe(403);
    expect((await destroy(9)).status).toBe(404);
    expect((await running.request(who.developer, 'GET', `${PAGE}/1/certificate`)).status).toBe(403);
    expect((await running.request(who.provider, 'GET', `${PAGE}/1/certificate`)).status).toBe(404);
    expect(labels().sort()).toEqual(['people@1', 'people@2']);
  });

  it('gives none while a copy lies about, also after a restart, and one once it is gone', async () => {
    const copy = join(running.home, 'backup', 'notes');
    mkdirSync(join(running.home, 'backup'));
    writeFileSync(copy, (await plainCopyOf(1)).subarray(8_192));
    const refused = await destroy(1);
    expect([refused.status, await refused.json()]).toMatchObject([
      409,
      { code: 'DESTRUCTION_INCOMPLETE', facts: { found: ['files with pages of the plain data: 1'] } },
    ]);
    expect(labels()).toEqual(['people@2']);
    await running.stop();
    running = await startGateway(running.home);
    expect((await destroy(1)).status).toBe(409);
    rmSync(copy);
    expect((await destroy(1)).status).toBe(200);
  });

  it('of the current version leaves the table without data', async () => {
    expect((await destroy(2)).status).toBe(200);
    const { status, body } = await ask(running, who.developer, 'p1', SQL);
    expect(status).toBeGreaterThanOrEqual(400);
    expect(body.code).not.toBe('INTERNAL');
  });
});

describe('withdrawing a table', () => {
  it('destroys all of its versions, each with a certificate', async () => {
    expect((await ask(running, who.developer, 'p1', SQL)).body.state).toBe('finished'); // a worker holds it now
    expect((await running.request(who.provider, 'DELETE', '/v1/resources/people')).status).toBe(200);
    await expect.poll(labels, { timeout: 20_000 }).toEqual([]);
    const certificate = (version: number) => running.request(who.provider, 'GET', `${PAGE}/${version}/certificate`);
    await expect.poll(async () => (await certificate(2)).status, { timeout: 20_000 }).toBe(200);
    for (const version of [1, 2]) {
      expect(await (await certificate(version)).json()).toMatchObject({
        certificate: { version, reason: 'withdrawn' },
      });
    }
    const plain = readdirSync(join(running.config.runDir, 'vault', 'attached'));
    expect(plain).toEqual([]);
  });

  it('goes on after a stop in between', async () => {
    await running.gateway.deps.store.commit(() => undefined);
    const withdrawn = running.request(who.provider, 'DELETE', '/v1/resources/people');
    expect((await withdrawn).status).toBe(200);
    await running.stop();
    running = await startGateway(running.home);
    await expect.poll(labels, { timeout: 20_000 }).toEqual([]);
    await expect
      .poll(async () => (await running.request(who.provider, 'GET', `${PAGE}/2/certificate`)).status, {
        timeout: 20_000,
      })
      .toBe(200);
  });
});
