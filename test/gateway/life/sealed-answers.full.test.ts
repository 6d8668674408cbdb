/**
 * Goal: an answer that the custodian seals for a developer is read by that developer alone, and is in all else the answer it would have been.
 * Method: the same questions with a key and without, the custodian's noise off; then other keys, other custodians, other jobs.
 * Invariants: opened, it has the rows and intervals of the unsealed one; the gateway's home has no number of it; from the first named
 * recipient on the custodian seals for those it knows and for nobody else.
 */
import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { getRequestListener } from '@hono/node-server';
import { calculateJwkThumbprint, type JWK } from 'jose';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readEntries } from '#catalog';
import { openSealed, type SealedJob, sealedJob } from '../../../gateway/cli/sealed-result.ts';
import { addTrust, isCustodyProof } from '../../../gateway/custodian/index.ts';
import { sha256Hex } from '../../../gateway/custodian/opening-request.ts';
import { runSluice } from '../cli/run-sluice.ts';
import type { CustodyCity } from './custody-city.ts';
import { encryptedCity } from './encrypted-table.ts';
import type { Answer } from './running-gateway.ts';

const SILENT = { noise: { take: (_: unknown, count: number) => Array.from({ length: count }, () => 0n) } };
interface Developer {
  readonly key: KeyObject;
  readonly jwk: JWK;
}
function developer(): Developer {
  const { privateKey, publicKey } = generateKeyPairSync('x25519');
  return { key: privateKey, jwk: publicKey.export({ format: 'jwk' }) };
}

let city: CustodyCity;
let dir: string;
const alice = developer();
beforeAll(async () => {
  city = await encryptedCity({ instead: SILENT });
  dir = await mkdtemp(join(tmpdir(), 'sluice-sealed-'));
});
afterAll(async () => {
  await city.destroy();
  await rm(dir, { recursive: true, force: true });
});

type Body = Answer['body'];
async function askSealed(sql: string, sealFor: unknown = alice.jwk): Promise<{ status: number; body: Body }> {
  const { running } = city;
  const asked = { plan: 'p1', sql, sealFor };
  const response = await running.request(city.developer, 'POST', '/v1/jobs', asked, { prefer: 'wait=30' });
  return { status: response.status, body: (await response.json()) as Body };
}
async function sealed(sql: string, sealFor: unknown = alice.jwk): Promise<SealedJob> {
  const { body } = await askSealed(sql, sealFor);
  expect(body, JSON.stringify(body)).toMatchObject({ state: 'finished' });
  return sealedJob.parse(body);
}
const opened = (job: SealedJob, key = alice.key, custodian = city.signer) => openSealed(job, { key, custodian });
const entriesOf = (store: CustodyCity['custodian']['store']) => store.read((db) => readEntries(db, 0, 10_000));
const theirs = () => entriesOf(city.custodian.store);
const ours = () => entriesOf(city.running.gateway.deps.store);

const QUESTION =
  'SELECT industry_code, count(*) AS n, sum(paid_amt) AS paid, avg(paid_amt) AS mean, stddev_pop(paid_amt) AS spread FROM pay GROUP BY industry_code';

describe('an answer with a key of the developer’s', () => {
  it('has keys of groups and no number; opened, it is the answer without one, with intervals and proof', async () => {
    const job = await sealed(QUESTION);
    const { rows, suppressed } = job.result;
    expect(rows.map((row) => row.slice(1))).toEqual(rows.map(() => [null, null, null, null]));
    expect(suppressed).toMatchObject({ cells: 0, reasons: [] });
    const { result } = (await opened(job)) as unknown as { result: NonNullable<Body['result']> & { custody: never[] } };
    const plain = (await city.ask(QUESTION)).body.result!;
    expect(result.rows).toEqual(plain.rows);
    expect(result).toMatchObject({ intervals: plain.intervals, suppressed: plain.suppressed });
    expect(plain.rows.flat().filter((cell) => typeof cell === 'number').length).toBeGreaterThan(7);
    const known = { signer: city.signer, log: city.custodian.log.verifierKey };
    expect(await isCustodyProof(result.custody[0]!, known)).toBe(true);
  });

  it('opens by that key alone, by that custodian alone, for that question alone', async () => {
    const job = await sealed('SELECT sum(bonus) AS s FROM pay WHERE age < 52');
    const other = await sealed('SELECT sum(bonus) AS s FROM pay WHERE age < 54');
    const swapped = { ...job, result: { ...job.result, sealed: other.result.sealed } };
    const factor = { top: '2', bottom: '1' };
    const terms = job.result.sealed.terms.map((term) => ({ ...term, variance: factor }));
    const reread = { ...job, result: { ...job.result, sealed: { ...job.result.sealed, terms } } };
    await expect(opened(job)).resolves.toBeDefined();
    await expect(opened(job, developer().key)).rejects.toMatchObject({ code: 'SEALED' });
    await expect(opened(job, alice.key, 'x'.repeat(43))).rejects.toMatchObject({ code: 'SEALED' });
    await expect(opened(swapped)).rejects.toMatchObject({ code: 'SEALED' });
    await expect(opened(reread)).rejects.toMatchObject({ code: 'SEALED' });
  });

  it('is in the gateway’s log by its digest, under a salt in the custodian’s, and nowhere in numbers', async () => {
    const job = await sealed('SELECT sum(paid_amt) AS s FROM pay WHERE age >= 25');
    const number = (await opened(job)).result.rows[0]![0] as number;
    const text = String(Math.round(number * 100));
    for (const entry of await readdir(city.running.home, { recursive: true, withFileTypes: true })) {
      if (!entry.isFile()) continue;
      const bytes = await readFile(join(entry.parentPath, entry.name), 'latin1');
      expect(bytes.includes(text) || bytes.includes(String(number)), entry.name).toBe(false);
    }
    expect(ours().at(-1)).toMatchObject({
      kind: 'outcome',
      decision: 'permit',
      note: `sealed for X25519 ${alice.jwk.x}`,
    });
    const outcome = theirs().at(-1)!;
    expect(outcome.resultSha256).not.toBe(sha256Hex(JSON.stringify([[text]])));
    const thumbprint = await calculateJwkThumbprint(alice.jwk);
    expect(theirs().findLast(({ kind }) => kind === 'intent')!.note).toContain(`sealed for ${thumbprint}`);
  });

  it('is given again for the same key; for another one it is asked for again, and the numbers are the same', async () => {
    const sql = 'SELECT sum(bonus) AS s FROM pay WHERE age > 22';
    const first = await sealed(sql);
    const before = theirs().length;
    const again = await sealed(sql);
    expect(again.id).not.toBe(first.id);
    expect(again.result.sealed.sealed).toBe(first.result.sealed.sealed);
    expect((await opened(again)).result.rows).toEqual((await opened(first)).result.rows);
    expect(theirs()).toHaveLength(before);
    const bob = developer();
    const second = await sealed(sql, bob.jwk);
    expect(theirs().length).toBeGreaterThan(before);
    expect((await opened(second, bob.key)).result.rows).toEqual((await opened(first)).result.rows);
  });
});

describe('what the gateway would have to read is refused', () => {
  it.each([
    ['SELECT industry_code, sum(bonus) AS s FROM pay GROUP BY industry_code ORDER BY s', 'ordered'],
    ['SELECT sum(bonus) / count(*) AS r FROM pay', 'computed'],
    ['SELECT sum(bonus) AS s, avg(age) AS a FROM pay WHERE age < 61', 'a sum over plain columns'],
    ['SELECT town, count(*) AS n FROM homes GROUP BY town', 'without encrypted columns'],
  ])('%s', async (sql, reason) => {
    const { body } = await askSealed(sql);
    expect(body).toMatchObject({ code: 'POLICY_CONSTRUCT_REFUSED' });
    expect(body.detail).toContain(reason);
  });

  it('and another format than JSON, and a key that seals for nobody', async () => {
    const { id } = await sealed('SELECT sum(bonus) AS s FROM pay WHERE age > 23');
    const csv = await city.running.request(city.developer, 'GET', `/v1/jobs/${id}/result`, undefined, {
      accept: 'text/csv',
    });
    expect(csv.status).toBe(406);
    const lowOrder = { ...alice.jwk, x: Buffer.alloc(32).toString('base64url') };
    expect((await askSealed('SELECT sum(bonus) AS s FROM pay', lowOrder)).status).toBe(400);
  });
});

describe('over the command line', () => {
  let server: Server;
  let args: readonly string[];
  beforeAll(async () => {
    const listen = getRequestListener(city.running.gateway.app.fetch);
    server = createServer((request, response) => void listen(request, response));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    await writeFile(join(dir, 'token'), city.developer);
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    args = [
      'query',
      '--plan',
      'p1',
      '--sql',
      'SELECT sum(bonus) AS s FROM pay',
      '--url',
      url,
      '--token-file',
      join(dir, 'token'),
    ];
  });
  afterAll(() => void server.close());

  it('the key is made, the answer opened and shown; of another custodian it is not', { timeout: 240_000 }, async () => {
    const key = ['--seal-key', join(dir, 'alice.pem'), '--custodian'];
    const ran = await runSluice([...args, '--json', ...key, city.signer]);
    expect(ran.err + ran.out).toContain('"custody"');
    const [[shown]] = (JSON.parse(ran.out) as Body).result!.rows as [[unknown]];
    expect(shown).toBe((await city.ask('SELECT sum(bonus) AS s FROM pay')).body.result!.rows[0]![0]);
    expect((await runSluice([...args, ...key, 'y'.repeat(43)])).err).toContain('not signed by the custodian');
  });
});

/** Last: it changes whom the custodian answers. */
describe('a custodian that knows recipients', () => {
  it('seals for them alone: no gateway can have an answer read by itself', async () => {
    const sql = 'SELECT sum(bonus) AS s FROM pay WHERE age > 24';
    expect((await city.ask(sql)).status, 'control').toBe(200);
    await addTrust(city.dir, { gateways: [], providers: [], recipients: [await calculateJwkThumbprint(alice.jwk)] });
    const next = 'SELECT sum(bonus) AS s FROM pay WHERE age > 26';
    await expect.poll(async () => (await askSealed(next, developer().jwk)).body.code, POLL).toBe('CUSTODIAN_REFUSED');
    const { body } = await city.ask(next);
    expect(body).toMatchObject({ code: 'CUSTODIAN_REFUSED' });
    expect(body.detail).toContain('keys that it knows');
    expect(ours().at(-1)).toMatchObject({ kind: 'outcome', code: 'CUSTODIAN_REFUSED', note: 'custodian: recipient' });
    expect(theirs().at(-1)).toMatchObject({ kind: 'refusal', note: 'recipient', job: ours().at(-1)!.job });
    await expect(opened(await sealed(next))).resolves.toBeDefined();
  });
});
const POLL = { timeout: 10_000, interval: 300 };
