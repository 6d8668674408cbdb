/**
 * Goal: a receiver gets every entry of the log, in order, whatever comes between.
 * Method: real receivers of each kind that are away, break off or crash in the middle; each run goes on with the cursor.
 * Invariants: every index once at least and in order; where nothing broke off, once exactly.
 */
import { createSocket } from 'node:dgram';
import { appendFileSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer as createHttp } from 'node:http';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createServer as createTls } from 'node:tls';
import { DuckDBInstance } from '@duckdb/node-api';
import Database from 'better-sqlite3';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { appendEntry } from '../../../catalog/index.ts';
import { openLog } from '../../../gateway/audit/log.ts';
import {
  datagramReceiver,
  exportLog,
  fileCursor,
  fileReceiver,
  httpReceiver,
  parquetReceiver,
  type Receiver,
  streamReceiver,
} from '../../../gateway/exports/index.ts';
import { entry } from '../../catalog/memory-store.ts';
import { fillHome, type Home, newHome, ORIGIN, openHome } from '../audit/home.ts';

const ENTRIES = 1_200;
const TLS = join(import.meta.dirname, '../../fixtures/tls');
let home: Home;
let dir: string;
const closing: (() => void)[] = [];

beforeEach(async () => {
  home = newHome();
  dir = mkdtempSync(join(tmpdir(), 'sluice-export-'));
  await fillHome(home, [ENTRIES]);
});
afterEach(() => {
  for (const close of closing.splice(0)) close();
  home.remove();
  rmSync(dir, { recursive: true, force: true });
});

/** Entries as long as the log takes them. */
async function appendLong(count: number): Promise<void> {
  const store = openHome(home);
  const log = await openLog({ store, key: home.key });
  const note = 'long '.repeat(12_000);
  for (let n = 0; n < count; n += 1) await store.commit((tx) => appendEntry(tx, entry({ note })));
  await log.advance();
  await log.close();
  store.close();
}

const cursorPath = () => join(dir, 'cursor.json');
const run = (receiver: Receiver) => exportLog(home.storePath, receiver, fileCursor(cursorPath()));
const all = Array.from({ length: ENTRIES }, (_, index) => index);
const indicesIn = (text: string) => [...text.matchAll(/"index":(\d+)/g)].map(([, index]) => Number(index));

/** Octet-counted frames of a stream. */
function indicesOfFrames(bytes: Buffer): number[] {
  const found: number[] = [];
  for (let at = 0; at < bytes.length; ) {
    const space = bytes.indexOf(' ', at);
    const end = space + 1 + Number(bytes.subarray(at, space).toString());
    found.push(Number(/ index="(\d+)"/.exec(bytes.subarray(space + 1, end).toString())?.[1]));
    at = end;
  }
  return found;
}

async function listen(server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, 'localhost', resolve));
  closing.push(() => server.close());
  return (server.address() as AddressInfo).port;
}

it('a file: resumed after a crash in the middle of a line, without a line lost or broken', async () => {
  const path = join(dir, 'log.ndjson');
  expect(await run(fileReceiver(path, 'ndjson'))).toMatchObject({ sent: ENTRIES, next: ENTRIES, rejected: 0 });
  expect(indicesIn(readFileSync(path, 'utf8'))).toEqual(all);
  writeFileSync(cursorPath(), '{"next":1000}'); // as if the crash had come before the cursor was written
  appendFileSync(path, `{"uid":"${ORIGIN}#12`);
  await fillHome(home, [3]);
  expect(await run(fileReceiver(path, 'ndjson'))).toMatchObject({ sent: 203, next: ENTRIES + 3, rejected: 0 });
  const lines = readFileSync(path, 'utf8').trimEnd().split('\n');
  const uids = lines.map((line) => (JSON.parse(line) as { uid: string }).uid);
  expect(new Set(uids).size).toBe(ENTRIES + 3);
  writeFileSync(cursorPath(), 'nonsense');
  await expect(run(fileReceiver(path, 'ndjson'))).rejects.toMatchObject({ code: 'CONFIG_INVALID' });
});

it.each(['tcp', 'tls'] as const)('syslog over %s: nothing is lost while the receiver is away', async (protocol) => {
  const chunks: Buffer[] = [];
  const credentials = { key: readFileSync(join(TLS, 'localhost.key')), cert: readFileSync(join(TLS, 'localhost.pem')) };
  const accept = (socket: Socket) => socket.on('data', (chunk: Buffer) => chunks.push(chunk));
  const server = protocol === 'tcp' ? createServer(accept) : createTls(credentials, accept);
  const port = await listen(server);
  const receiver = streamReceiver({ protocol, host: 'localhost', port }, 'syslog', { ca: credentials.cert.toString() });
  const away = streamReceiver({ protocol, host: 'localhost', port: 1 }, 'syslog', { ca: credentials.cert.toString() });
  await expect(run(away)).rejects.toThrow();
  expect(await run(receiver)).toMatchObject({ sent: ENTRIES, next: ENTRIES, rejected: 0 });
  expect(indicesOfFrames(Buffer.concat(chunks))).toEqual(all);
  if (protocol === 'tls') {
    await fillHome(home, [1]);
    await expect(run(streamReceiver({ protocol, host: 'localhost', port }, 'syslog')), 'a stranger').rejects.toThrow();
  }
});

it('a stream that the receiver breaks off is sent again from the last batch', async () => {
  let connections = 0;
  const chunks: Buffer[] = [];
  const server = createServer((socket) => {
    connections += 1;
    if (connections === 2) return void socket.resetAndDestroy();
    socket.on('data', (chunk: Buffer) => chunks.push(chunk));
  });
  const receiver = streamReceiver({ protocol: 'tcp', host: 'localhost', port: await listen(server) }, 'syslog');
  await expect(run(receiver)).rejects.toThrow();
  expect(fileCursor(cursorPath()).read()).toBe(500);
  expect(await run(receiver)).toMatchObject({ sent: 700, next: ENTRIES, rejected: 0 });
  expect(indicesOfFrames(Buffer.concat(chunks))).toEqual(all);
});

it('OTLP over HTTP: what is not answered with success is sent again', async () => {
  const bodies: string[] = [];
  let answers = 0;
  const server = createHttp((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      answers += 1;
      if (answers !== 2) bodies.push(Buffer.concat(chunks).toString());
      response.writeHead(answers === 2 ? 503 : 200).end();
    });
  });
  const port = await listen(server);
  const receiver = httpReceiver(`http://localhost:${port}/v1/logs`, 'otlp');
  await expect(run(receiver)).rejects.toThrow('503');
  await run(receiver);
  const uids = bodies.flatMap((body) =>
    [...body.matchAll(/"stringValue":"[^"#]+#(\d+)"/g)].map(([, index]) => Number(index)),
  );
  expect(uids).toEqual(all);
});

it('a receiver that ends the connection before it has everything has nothing', async () => {
  const server = createServer((socket) => socket.end());
  const receiver = streamReceiver({ protocol: 'tcp', host: '127.0.0.1', port: await listen(server) }, 'syslog');
  await expect(run(receiver)).rejects.toThrow('broke off');
  expect(fileCursor(cursorPath()).read()).toBe(0);
});

it('over TCP, JSON goes by lines, and CEF as syslog with its length in front', async () => {
  const heard: Record<string, Buffer> = {};
  for (const format of ['ndjson', 'cef'] as const) {
    rmSync(cursorPath(), { force: true });
    const chunks: Buffer[] = [];
    const server = createServer((socket) => socket.on('data', (chunk: Buffer) => chunks.push(chunk)));
    await run(streamReceiver({ protocol: 'tcp', host: '127.0.0.1', port: await listen(server) }, format));
    heard[format] = Buffer.concat(chunks);
  }
  expect(indicesIn(String(heard['ndjson']))).toEqual(all);
  const lines = String(heard['ndjson']).trimEnd().split('\n');
  expect(lines.map((line) => (JSON.parse(line) as { index: number }).index)).toEqual(all);
  expect(String(heard['cef'])).toMatch(/^\d+ <110>1 \S+ - sluice - \S+ - CEF:0\|Sluice\|/);
});

it('TLS with certificates on both sides; an address is no server name', async () => {
  const [key, cert] = ['localhost.key', 'localhost.pem'].map((name) => readFileSync(join(TLS, name), 'utf8')) as [
    string,
    string,
  ];
  const chunks: Buffer[] = [];
  const server = createTls({ key, cert, ca: cert, requestCert: true, rejectUnauthorized: true }, (socket) =>
    socket.on('data', (chunk: Buffer) => chunks.push(chunk)),
  );
  const place = { protocol: 'tls', host: 'localhost', port: await listen(server) } as const;
  await expect(run(streamReceiver(place, 'syslog', { ca: cert })), 'control: without ours').rejects.toThrow();
  expect(fileCursor(cursorPath()).read()).toBe(0);
  await run(streamReceiver(place, 'syslog', { ca: cert, cert, key }));
  expect(indicesOfFrames(Buffer.concat(chunks))).toEqual(all);
  const warnings: string[] = [];
  const heard = (warning: Error) => void warnings.push(warning.message);
  process.on('warning', heard);
  await fillHome(home, [1]);
  await run(streamReceiver({ ...place, host: '127.0.0.1' }, 'syslog', { ca: cert, cert, key })).catch(() => undefined);
  process.off('warning', heard);
  expect(warnings.filter((text) => text.includes('ServerName'))).toEqual([]);
});

it('HTTP: what the receiver asks for is sent, what it would not keep is told and not sent again', async () => {
  const seen: { readonly authorization: string | undefined; readonly records: number }[] = [];
  const answers = [
    { status: 429, headers: { 'Retry-After': '7' }, body: '' },
    { status: 302, headers: { Location: 'http://localhost:1/' }, body: '' },
    { status: 200, headers: {}, body: '{"partialSuccess":{"rejectedLogRecords":"3","errorMessage":"too old"}}' },
    { status: 200, headers: {}, body: '{"partialSuccess":{}}' },
  ];
  const server = createHttp((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const records = Buffer.concat(chunks).toString().split('"timeUnixNano"').length - 1;
      seen.push({ authorization: request.headers.authorization, records });
      const { status, headers, body } = answers[seen.length - 1] ?? { status: 200, headers: {}, body: '{}' };
      response.writeHead(status, headers).end(body);
    });
  });
  const url = `http://localhost:${await listen(server)}/v1/logs`;
  const receiver = httpReceiver(url, 'otlp', { headers: { Authorization: 'Splunk secret' } });
  await expect(run(receiver)).rejects.toMatchObject({ name: 'ReceiverRefusal', retryAfterMs: 7_000 });
  await expect(run(receiver), 'redirects are not followed').rejects.toThrow('302');
  expect(await run(receiver)).toEqual({ sent: ENTRIES, next: ENTRIES, rejected: 3, reason: 'too old' });
  expect(seen.map(({ records }) => records)).toEqual([500, 500, 500, 500, 200]);
  expect(new Set(seen.map(({ authorization }) => authorization))).toEqual(new Set(['Splunk secret']));
});

it('a batch ends where its bytes do', async () => {
  await appendLong(30);
  const batches: number[] = [];
  await run({
    async send({ length }) {
      batches.push(length);
      return { rejected: 0, reason: '' };
    },
  });
  expect(batches.reduce((sum, length) => sum + length, 0)).toBe(ENTRIES + 30);
  expect(batches.slice(0, 2)).toEqual([500, 500]);
  expect(Math.max(...batches.slice(2)), '60 KB each').toBeLessThan(230);
  expect(batches.length).toBeGreaterThan(3);
});

it('UDP: an entry that is longer than collectors take comes short, and the export goes on', async () => {
  const socket = createSocket('udp4');
  const heard: string[] = [];
  socket.on('message', (message) => heard.push(message.toString()));
  await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve));
  closing.push(() => socket.close());
  writeFileSync(cursorPath(), `{"next":${ENTRIES - 1}}`);
  await appendLong(1);
  for (const format of ['syslog', 'cef', 'ocsf', 'ndjson'] as const) {
    writeFileSync(cursorPath(), `{"next":${ENTRIES - 1}}`);
    await run(datagramReceiver('127.0.0.1', socket.address().port, format));
  }
  await expect.poll(() => heard.length).toBe(8);
  for (const message of heard) expect(Buffer.byteLength(message)).toBeLessThanOrEqual(8_192);
  const long = heard.filter((_, at) => at % 2 === 1);
  for (const message of long) {
    expect(message).toContain(`${ORIGIN}#${ENTRIES}`);
    expect(message).toContain(`[shortened: entry ${ENTRIES}]`);
  }
  expect(heard[0], 'control: what fits is whole').not.toContain('shortened');
});

it('UDP: a datagram a record', async () => {
  const socket = createSocket('udp4');
  const found: number[] = [];
  socket.on('message', (message) => found.push(Number(/externalId=[^# ]+#(\d+)/.exec(message.toString())?.[1])));
  await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve));
  closing.push(() => socket.close());
  writeFileSync(cursorPath(), `{"next":${ENTRIES - 20}}`);
  await run(datagramReceiver('127.0.0.1', socket.address().port, 'cef'));
  await expect.poll(() => found).toEqual(all.slice(-20));
});

it('Parquet: files that DuckDB reads, whole or not there', async () => {
  const folder = join(dir, 'parquet');
  await run(parquetReceiver(folder));
  expect(readdirSync(folder).toSorted()).toEqual([
    'access-0-499.parquet',
    'access-1000-1199.parquet',
    'access-500-999.parquet',
  ]);
  const instance = await DuckDBInstance.create(':memory:');
  const connection = await instance.connect();
  const reader = await connection.runAndReadAll(
    `SELECT count(DISTINCT uid), min("index"), max("index"), count(DISTINCT json_extract_string(entry, '$.note')) FROM '${folder}/*.parquet'`,
  );
  const typed = await connection.runAndReadAll(
    `SELECT typeof(time), typeof("index"), typeof(columns), max(time) <= now() FROM '${folder}/*.parquet' GROUP BY 1, 2, 3`,
  );
  expect(typed.getRows()).toEqual([['TIMESTAMP WITH TIME ZONE', 'BIGINT', 'VARCHAR[]', true]]);
  expect(reader.getRows()[0]?.map(String)).toEqual([ENTRIES, 0, ENTRIES - 1, ENTRIES].map(String));
  connection.closeSync();
  instance.closeSync();
});

it('sends nothing that is not signed', async () => {
  const path = join(dir, 'log.cef');
  const db = new Database(home.storePath);
  db.prepare('INSERT INTO audit_entries VALUES (?, ?)').run(ENTRIES, Buffer.from('{"kind":"start"}'));
  db.close();
  expect(await run(fileReceiver(path, 'cef'))).toMatchObject({ sent: ENTRIES, next: ENTRIES, rejected: 0 });
});
