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
import { fillHome, type Home, newHome } from '../audit/home.ts';

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

const cursorPath = () => join(dir, 'cursor.json');
const run = (receiver: Receiver) => exportLog(home.storePath, 'log', receiver, fileCursor(cursorPath()));
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
  expect(await run(fileReceiver(path, 'ndjson'))).toEqual({ sent: ENTRIES, next: ENTRIES });
  expect(indicesIn(readFileSync(path, 'utf8'))).toEqual(all);
  writeFileSync(cursorPath(), '{"next":1000}'); // as if the crash had come before the cursor was written
  appendFileSync(path, '{"uid":"log#12');
  await fillHome(home, [3]);
  expect(await run(fileReceiver(path, 'ndjson'))).toEqual({ sent: 203, next: ENTRIES + 3 });
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
  const receiver = streamReceiver({ protocol, host: 'localhost', port }, 'syslog', credentials.cert.toString());
  const away = streamReceiver({ protocol, host: 'localhost', port: 1 }, 'syslog', credentials.cert.toString());
  await expect(run(away)).rejects.toThrow();
  expect(await run(receiver)).toEqual({ sent: ENTRIES, next: ENTRIES });
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
  expect(await run(receiver)).toEqual({ sent: 700, next: ENTRIES });
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
    [...body.matchAll(/"stringValue":"log#(\d+)"/g)].map(([, index]) => Number(index)),
  );
  expect(uids).toEqual(all);
});

it('UDP: a datagram a record', async () => {
  const socket = createSocket('udp4');
  const found: number[] = [];
  socket.on('message', (message) => found.push(Number(/externalId=log#(\d+)/.exec(message.toString())?.[1])));
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
  expect(reader.getRows()[0]?.map(String)).toEqual([ENTRIES, 0, ENTRIES - 1, ENTRIES].map(String));
  connection.closeSync();
  instance.closeSync();
});

it('sends nothing that is not signed', async () => {
  const path = join(dir, 'log.cef');
  const db = new Database(home.storePath);
  db.prepare('INSERT INTO audit_entries VALUES (?, ?)').run(ENTRIES, Buffer.from('{"kind":"start"}'));
  db.close();
  expect(await run(fileReceiver(path, 'cef'))).toEqual({ sent: ENTRIES, next: ENTRIES });
});
