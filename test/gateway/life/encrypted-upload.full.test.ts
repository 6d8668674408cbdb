/**
 * Goal: what a provider encrypts never reaches the gateway in the clear, over the command line and the wire as they are.
 * Method: every byte that the gateway's sockets receive is kept; every value is looked for in it, in each way that a number is written.
 * Control: the same values, sent as a table that is not encrypted, are found.
 */
import { generateKeyPairSync } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import { getRequestListener } from '@hono/node-server';
import { calculateJwkThumbprint, type JWK } from 'jose';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { seededWords } from '../../../bench/seeded-words.ts';
import { bgvKeyId } from '../../../sandbox/homomorphic/bgv/bgv-key-id.ts';
import { openSealBgv } from '../../../sandbox/homomorphic/bgv/seal-bgv.ts';
import { runSluice } from '../cli/run-sluice.ts';
import { type RunningGateway, startGateway } from './running-gateway.ts';

const SEED = 20_261_127n;
const ROWS = 300;
console.log(`encrypted upload seed ${SEED}`);
const next = seededWords(SEED);
/** In hundredths, of twelve digits: none stands in random words by chance. */
const values = Array.from({ length: ROWS }, () => 100_000_000_000n + (next() % 900_000_000_000n));

let running: RunningGateway;
let server: Server;
let dir: string;
let args: readonly string[];
let fingerprint: string;
const received: Buffer[] = [];
beforeAll(async () => {
  running = await startGateway();
  dir = await mkdtemp(join(tmpdir(), 'sluice-wire-'));
  const listen = getRequestListener(running.gateway.app.fetch);
  server = createServer((request, response) => void listen(request, response));
  server.on('connection', (socket) => socket.on('data', (bytes: Buffer) => received.push(Buffer.from(bytes))));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  await writeFile(join(dir, 'token'), await running.token('provider', 'pat', 'org-a'));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  args = ['--url', url, '--token-file', join(dir, 'token')];
  const custodian = generateKeyPairSync('x25519').publicKey.export({ format: 'jwk' }) as JWK;
  fingerprint = await calculateJwkThumbprint(custodian);
  await writeFile(join(dir, 'custodian.json'), JSON.stringify({ id: fingerprint, key: custodian }));
  const signer = (await runSluice(['signer', join(dir, 'signing.pem')])).out.trim();
  const encryption = { scheme: 'ashe-v1', key: fingerprint, signer, squares: true };
  await writeFile(join(dir, 'secret.json'), JSON.stringify(declaration('wages', { level: 'important', encryption })));
  await writeFile(join(dir, 'open.json'), JSON.stringify(declaration('open_wages', { level: 'general-4' })));
  const lines = values.map((value, row) => `P${row % 50},${'abc'[row % 3]},${hundredths(value)}`);
  await writeFile(join(dir, 'wages.csv'), `who,region,paid\n${lines.join('\n')}\n`);
}, 240_000);
afterAll(async () => {
  server.closeAllConnections();
  server.close();
  await running.destroy();
  await rm(dir, { recursive: true });
});

const hundredths = (value: bigint): string => `${value / 100n}.${String(value % 100n).padStart(2, '0')}`;

function declaration(table: string, paid: object) {
  const title = (name: string) => ({ zh: name, en: name });
  const column = (name: string, type: string, more: object) => ({
    name,
    title: title(name),
    type,
    level: 'general-3',
    ...more,
  });
  return {
    title: title(table),
    frequency: 'monthly',
    conditions: 'as approved',
    schema: {
      table,
      columns: [
        column('who', 'text', { role: 'identifier', unit: 'person' }),
        column('region', 'text', { role: 'dimension', values: ['a', 'b', 'c'] }),
        column('paid', 'decimal', { role: 'measure', nullable: false, bounds: { min: 0, max: 1e10 }, ...paid }),
      ],
    },
  };
}

/** Each way in which a value may stand in bytes. */
function writings(value: bigint): readonly Buffer[] {
  const bytes = (write: (buffer: Buffer) => void): Buffer => {
    const buffer = Buffer.alloc(8);
    write(buffer);
    return buffer;
  };
  const number = Number(value) / 100;
  const texts = [
    hundredths(value),
    String(value),
    value.toString(16),
    Buffer.from(hundredths(value)).toString('base64').slice(0, 14),
  ];
  return [
    ...texts.map((text) => Buffer.from(text)),
    bytes((one) => one.writeBigInt64LE(value)),
    bytes((one) => one.writeBigInt64BE(value)),
    bytes((one) => one.writeDoubleLE(number)),
    bytes((one) => one.writeDoubleBE(number)),
  ];
}

const valuesIn = (bytes: Buffer): number => valuesOf(values, bytes);

function valuesOf(some: readonly bigint[], bytes: Buffer): number {
  return some.filter((value) => writings(value).some((writing) => bytes.includes(writing))).length;
}

const encrypt = (more: readonly string[], out: string, from = 'wages.csv') =>
  runSluice([
    ...['encrypt', 'wages', join(dir, from), '--out', join(dir, out), '--schema', join(dir, 'secret.json')],
    ...['--custodian', join(dir, 'custodian.json'), '--signing-key', join(dir, 'signing.pem'), ...more],
  ]);

describe('the custodian’s key', () => {
  it('is shown, and nothing is encrypted until it is confirmed', { timeout: 240_000 }, async () => {
    const asked = await encrypt([], 'no.csv');
    expect(asked).toMatchObject({ code: 2, out: '' });
    expect(asked.err).toContain(fingerprint);
    const other = await encrypt(['--fingerprint', 'A'.repeat(43)], 'no.csv');
    expect(other.code).toBe(1);
    await expect(readFile(join(dir, 'no.csv'))).rejects.toThrow();
  });

  it('that came after the registration is encrypted for where it is said so', { timeout: 240_000 }, async () => {
    const next = generateKeyPairSync('x25519').publicKey.export({ format: 'jwk' }) as JWK;
    const confirmed = ['--fingerprint', await calculateJwkThumbprint(next)];
    await writeFile(join(dir, 'next.json'), JSON.stringify(next));
    const forNext = (more: readonly string[]) =>
      encrypt([...confirmed, '--custodian', join(dir, 'next.json'), ...more], 'next.csv');
    const refused = await forNext([]);
    expect(refused.code).toBe(1);
    expect(refused.err).toContain('--rotated');
    expect(await forNext(['--rotated'])).toMatchObject({ code: 0 });
    expect(await readFile(join(dir, 'next.csv'), 'utf8')).toContain('_idx');
  });
});

it('no value is on the wire; the same values in a plain table are', { timeout: 240_000 }, async () => {
  for (const file of ['secret.json', 'open.json'])
    expect(await runSluice(['register', join(dir, file), ...args])).toMatchObject({ code: 0, err: '' });
  expect(await encrypt(['--fingerprint', fingerprint], 'out.csv')).toMatchObject({ code: 0 });
  received.length = 0;
  const sent = await runSluice(['upload', 'wages', join(dir, 'out.csv'), ...args]);
  expect(sent).toMatchObject({ code: 0, err: '' });
  expect(sent.out).toContain(`${ROWS} rows accepted`);
  const secret = Buffer.concat(received);
  expect(secret.length).toBeGreaterThan(ROWS * 60);
  expect(valuesIn(secret)).toBe(0);
  expect(valuesIn(await readFile(join(dir, 'out.csv.custodian')))).toBe(0);

  received.length = 0;
  expect(await runSluice(['upload', 'open_wages', join(dir, 'wages.csv'), ...args])).toMatchObject({ code: 0 });
  expect(valuesIn(Buffer.concat(received))).toBe(ROWS);
});

it('nor under bgv-v1, where the provider has public keys and no other', { timeout: 240_000 }, async () => {
  const { publicKey, secretKey } = (await openSealBgv()).keysOf(new Uint8Array(32).fill(9));
  const { key } = JSON.parse(await readFile(join(dir, 'custodian.json'), 'utf8')) as { readonly key: JWK };
  const id = bgvKeyId(fingerprint, publicKey);
  await writeFile(join(dir, 'bgv.json'), JSON.stringify({ id, key, bgv: Buffer.from(publicKey).toString('base64') }));
  const signer = (await runSluice(['signer', join(dir, 'signing.pem')])).out.trim();
  const declared = { ...declaration('bgv_wages', { level: 'important', encryption: { key: id, signer } }) };
  const paid = declared.schema.columns[2] as unknown as { bounds: object };
  paid.bounds = { min: 0, max: 1e8 };
  await writeFile(join(dir, 'bgv-table.json'), JSON.stringify(declared));
  const small = values.map((value) => value % 10_000_000_000n);
  const lines = small.map((value, row) => `P${row % 50},${'abc'[row % 3]},${hundredths(value)}`);
  await writeFile(join(dir, 'bgv.csv'), `who,region,paid\n${lines.join('\n')}\n`);
  const out = join(dir, 'bgv-out.csv');
  const encryptBgv = (cipher: string) =>
    runSluice([
      ...['encrypt', 'bgv_wages', join(dir, 'bgv.csv'), '--out', out, '--schema', join(dir, 'bgv-table.json')],
      ...['--custodian', join(dir, 'bgv.json'), '--fingerprint', id, '--signing-key', join(dir, 'signing.pem')],
      ...['--cipher', cipher],
    ]);
  expect(await encryptBgv('ashe-v1')).toMatchObject({ code: 2 });
  expect(await encryptBgv('bgv-v1')).toMatchObject({ code: 0 });
  expect(await runSluice(['register', join(dir, 'bgv-table.json'), ...args])).toMatchObject({ code: 0, err: '' });
  received.length = 0;
  const sent = await runSluice(['upload', 'bgv_wages', out, ...args]);
  expect(sent, sent.err).toMatchObject({ code: 0 });
  expect(sent.out).toContain(`${ROWS} rows accepted`);
  const files = await Promise.all([out, `${out}.custodian`, `${out}.manifest`].map((path) => readFile(path)));
  for (const bytes of [Buffer.concat(received), ...files]) {
    expect(small.filter((value) => value > 999_999_999n && writings(value).some((one) => bytes.includes(one)))).toEqual(
      [],
    );
    expect(bytes.includes(Buffer.from(secretKey.subarray(200, 264)))).toBe(false);
  }
  expect(valuesOf(small, await readFile(join(dir, 'bgv.csv'))), 'control').toBe(ROWS);
});

it('nor is one of a Parquet file, which has them in the clear', { timeout: 240_000 }, async () => {
  const parquet = join(dir, 'wages.parquet');
  const connection = await (await DuckDBInstance.create(':memory:')).connect();
  const columns = "columns = {who: 'VARCHAR', region: 'VARCHAR', paid: 'DECIMAL(18,2)'}";
  await connection.run(
    `COPY (FROM read_csv('${join(dir, 'wages.csv')}', ${columns})) TO '${parquet}' (FORMAT parquet, COMPRESSION uncompressed)`,
  );
  connection.closeSync();
  expect(valuesIn(await readFile(parquet)), 'control').toBeGreaterThan(ROWS / 2);
  const done = await encrypt(['--fingerprint', fingerprint], 'of-parquet.csv', 'wages.parquet');
  expect(done).toMatchObject({ code: 0 });
  received.length = 0;
  const sent = await runSluice(['upload', 'wages', join(dir, 'of-parquet.csv'), ...args]);
  expect(sent).toMatchObject({ code: 0, err: '' });
  expect(sent.out).toContain(`${ROWS} rows accepted`);
  expect(Buffer.concat(received).length).toBeGreaterThan(ROWS * 60);
  for (const bytes of [Buffer.concat(received), await readFile(join(dir, 'of-parquet.csv.custodian'))])
    expect(valuesIn(bytes)).toBe(0);
});

it('a plain file is not taken for the encrypted table, nor one without its manifest', {
  timeout: 240_000,
}, async () => {
  const plain = await runSluice(['upload', 'wages', join(dir, 'wages.csv'), ...args, '--json']);
  expect(plain.code).toBe(1);
  expect(plain.out).toContain('UPLOAD_CIPHERTEXT');
  await writeFile(join(dir, 'copy.csv'), await readFile(join(dir, 'out.csv')));
  const copy = await runSluice(['upload', 'wages', join(dir, 'copy.csv'), ...args, '--json']);
  expect(copy.out).toContain('UPLOAD_CIPHERTEXT');
});
