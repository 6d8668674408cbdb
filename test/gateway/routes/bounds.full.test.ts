/**
 * Goal: clients that are slow, silent, large or many get a clear answer and hold nothing, and others are served meanwhile.
 * Method: the app behind a real port with short bounds. Controls: the same client against a port without them, or one that keeps
 * within them, is still there or served.
 */
import { once } from 'node:events';
import { createServer, request as httpRequest, type IncomingMessage, type Server } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { serve } from '@hono/node-server';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DEFAULT_LIMITS } from '../../../gateway/app-deps.ts';
import { boundConnections, DEFAULT_HTTP_BOUNDS, serverOptions } from '../../../gateway/http-bounds.ts';
import { DEVELOPER, type Harness, openHarness, PROVIDER, tokenOf } from './harness.ts';
import { declaration } from './sample-catalogue.ts';

const BOUNDS = { ...DEFAULT_HTTP_BOUNDS, connectionsMax: 12, headersMsMax: 400, lookEveryMs: 50, idleMsMax: 400 };
const BODY_MS_MAX = 400;
/** Longer than any bound by far. */
const LONG_MS = 3_000;

let h: Harness;
let server: Server;
let unbounded: Server;
const sockets = new Set<Socket>();
beforeAll(async () => {
  const ingest = async ({ body }: { readonly body: AsyncIterable<Uint8Array> }) => {
    for await (const _ of body);
    throw new Error('the body has ended');
  };
  h = await openHarness({
    ingest,
    limits: { ...DEFAULT_LIMITS, jsonMsMax: BODY_MS_MAX, uploadPauseMsMax: BODY_MS_MAX },
  });
  await h.request(PROVIDER, '/v1/resources', { json: declaration('water') });
  const options = { fetch: h.app.fetch, port: 0, hostname: '127.0.0.1' };
  server = serve({ ...options, serverOptions: serverOptions(BOUNDS) }) as Server;
  boundConnections(server, BOUNDS);
  unbounded = createServer((_, response) => response.end()).listen(0, '127.0.0.1');
  await Promise.all([once(server, 'listening'), once(unbounded, 'listening')]);
});
afterAll(() => {
  for (const socket of sockets) socket.destroy();
  for (const one of [server, unbounded]) one.close();
});

const portOf = (one: Server) => (one.address() as AddressInfo).port;
const served = async () => (await fetch(`http://127.0.0.1:${portOf(server)}/healthz`)).status;

function open(to: Server): Socket {
  const socket = connect(portOf(to), '127.0.0.1');
  sockets.add(socket);
  socket.on('error', () => undefined).once('close', () => sockets.delete(socket));
  return socket;
}

/** What it answers until it closes; null where it is still open after long. */
async function fate(socket: Socket): Promise<string | null> {
  const closed = Promise.withResolvers<string>();
  let text = '';
  socket.on('data', (bytes) => {
    text += bytes.toString('latin1');
  });
  socket.once('close', () => closed.resolve(text));
  return Promise.race([closed.promise, sleep(LONG_MS).then(() => null)]);
}

/** A byte now and then, for as long as anybody listens. */
function drip(socket: Socket, text: string): void {
  let at = 0;
  const timer = setInterval(() => {
    if (socket.destroyed) clearInterval(timer);
    else socket.write(text[at++ % text.length] ?? '');
  }, 40);
  socket.once('close', () => clearInterval(timer));
}

describe('before the headers have come', () => {
  it('a connection that says nothing is closed', async () => {
    expect(await fate(open(server))).not.toBeNull();
    expect(await fate(open(unbounded)), 'control').toBeNull();
  });
  it('headers that drip are answered with 408', async () => {
    const attack = (to: Server) => {
      const socket = open(to);
      socket.write('GET /healthz HTTP/1.1\r\nHost: a\r\n');
      drip(socket, 'x-a: b\r\n');
      return fate(socket);
    };
    expect(await attack(server)).toContain(' 408 ');
    expect(await attack(unbounded), 'control').toBeNull();
  });
  it.each([
    ['one large header', `x: ${'a'.repeat(20_000)}\r\n`],
    ['a flood of them', Array.from({ length: 3_000 }, (_, n) => `x${n}: a\r\n`).join('')],
  ])('%s is answered with 431', async (_, flood) => {
    const socket = open(server);
    socket.write(`GET /healthz HTTP/1.1\r\nHost: a\r\n${flood}\r\n`);
    expect(await fate(socket)).toContain(' 431 ');
    const small = open(server);
    small.write(`GET /healthz HTTP/1.1\r\nHost: a\r\nConnection: close\r\n${flood.slice(0, 7)}\r\n\r\n`);
    expect(await fate(small), 'control').toMatch(/^HTTP\/1.1 (200|400) /);
  });
  it('one connection too many is answered with 503, and those that are there are served', async () => {
    const held = Array.from({ length: BOUNDS.connectionsMax }, () => open(server));
    await Promise.all(held.map((socket) => once(socket, 'connect')));
    const socket = open(server);
    expect(await fate(socket)).toContain(' 503 Service Unavailable\r\nRetry-After: 1');
    held[0]!.write('GET /healthz HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n');
    expect(await fate(held[0]!), 'control').toContain(' 200 ');
    for (const one of held) one.destroy();
    await expect.poll(served).toBe(200);
  });
});

type Send = (socket: Socket) => void | Promise<void>;

/** A request whose body is sent by `send`. */
async function slowly(method: string, path: string, who: typeof PROVIDER, type: string, send: Send) {
  const sent = httpRequest({ port: portOf(server), method, path, headers: headersOf(who, type) });
  sent.on('error', () => undefined);
  sent.flushHeaders();
  const [socket] = (await once(sent, 'socket')) as [Socket];
  void send(socket);
  const [response] = (await once(sent, 'response')) as [IncomingMessage];
  const chunks: Buffer[] = [];
  for await (const chunk of response) chunks.push(chunk as Buffer);
  sent.destroy();
  return { status: response.statusCode, problem: JSON.parse(Buffer.concat(chunks).toString()) as { code: string } };
}
const headersOf = (who: typeof PROVIDER, type: string) => ({
  Authorization: `Bearer ${tokenOf(who)}`,
  'Content-Type': type,
  'Content-Length': '100000',
});

describe('while the body comes', () => {
  it('one that drips is answered with 408, and others are served meanwhile', async () => {
    const slow = slowly('POST', '/v1/jobs', DEVELOPER, 'application/json', (socket) => drip(socket, ' '));
    expect(await served()).toBe(200);
    expect(await slow).toMatchObject({ status: 408, problem: { code: 'REQUEST_TOO_SLOW' } });
  });
  it('an upload that pauses for too long is answered with 408; one that only takes long is not', async () => {
    const put = (send: Send) => slowly('PUT', '/v1/resources/water/data', PROVIDER, 'text/csv', send);
    expect(await put(() => undefined)).toMatchObject({ status: 408, problem: { code: 'REQUEST_TOO_SLOW' } });
    const control = put(async (socket) => {
      for (let piece = 0; piece < 10; piece += 1) {
        socket.write('x'.repeat(10_000));
        await sleep(BODY_MS_MAX / 4);
      }
    });
    expect((await control).status, 'control').not.toBe(408);
  });
  it('a body that nobody asked for is cut off soon after the answer', async () => {
    const socket = open(server);
    socket.write(
      'POST /v1/jobs HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 1000000\r\n\r\n',
    );
    drip(socket, 'x');
    expect(await fate(socket)).toContain(' 401 ');
  });
});
