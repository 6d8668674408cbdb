import { once } from 'node:events';
import { request as httpRequest } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { serve } from '@hono/node-server';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { AppError } from '../../../policies/index.ts';
import { DEVELOPER, type Harness, openHarness, PROVIDER, tokenOf } from './harness.ts';
import { declaration } from './sample-catalogue.ts';

/** The app behind a real port: what only shows between sockets. */

let h: Harness;
let server: ReturnType<typeof serve>;
let port: number;
let received = 0;
beforeAll(async () => {
  h = await openHarness({
    ingest: async ({ body }) => {
      received = 0;
      try {
        for await (const chunk of body) received += chunk.byteLength;
      } catch {
        throw new AppError('UPLOAD_INTERRUPTED', { bytes: received });
      }
      throw new AppError('UPLOAD_FORMAT', { problem: 'empty', accepted: 'CSV' });
    },
  });
  await h.request(PROVIDER, '/v1/resources', { json: declaration('water') });
  server = serve({ fetch: h.app.fetch, port: 0, hostname: '127.0.0.1' });
  await once(server, 'listening');
  port = (server.address() as AddressInfo).port;
});
afterAll(() => {
  server.close();
});

const url = (path: string) => `http://127.0.0.1:${port}${path}`;
const headers = (who = DEVELOPER) => ({ Authorization: `Bearer ${tokenOf(who)}`, 'Content-Type': 'application/json' });
const job = (sql: string) => JSON.stringify({ plan: 'S1', sql });

/** What the server answers to bytes that no client library would send. */
async function raw(text: string): Promise<string> {
  const socket = connect(port, '127.0.0.1');
  socket.end(text, 'latin1');
  const chunks: Buffer[] = [];
  for await (const chunk of socket) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString('latin1');
}

describe('over a socket', () => {
  it('takes a job with a declared length and with none', async () => {
    for (const extra of [{}, { 'Transfer-Encoding': 'chunked' }]) {
      const sent = httpRequest(url('/v1/jobs'), {
        method: 'POST',
        headers: { ...headers(), Prefer: 'wait=1', ...extra },
      });
      if (Object.keys(extra).length === 0) sent.setHeader('Content-Length', Buffer.byteLength(job('SELECT 1')));
      sent.end(job('SELECT 1'));
      const [response] = (await once(sent, 'response')) as [import('node:http').IncomingMessage];
      response.resume();
      expect(response.statusCode).toBe(200);
    }
  });

  it('refuses a large body however it comes, and stays usable', async () => {
    const large = ' '.repeat(2 ** 20 + 1);
    expect((await fetch(url('/v1/jobs'), { method: 'POST', headers: headers(), body: large })).status).toBe(413);
    const chunked = new Blob([large]).stream();
    const init = { method: 'POST', headers: headers(), body: chunked, duplex: 'half' } as RequestInit;
    expect((await fetch(url('/v1/jobs'), init)).status).toBe(413);
    expect((await fetch(url('/healthz'))).status).toBe(200);
  });

  it('refuses an upload before it reads it, and notices one that breaks off', async () => {
    const put = (who: typeof PROVIDER, body: string) =>
      fetch(url('/v1/resources/water/data'), {
        method: 'PUT',
        headers: { ...headers(who), 'Content-Type': 'text/csv' },
        body,
      });
    expect((await put(DEVELOPER, 'a,b\n')).status).toBe(404);
    expect((await put(PROVIDER, 'a,b\n'.repeat(100_000))).status).toBe(422);
    expect(received).toBe(400_000);
    const sent = httpRequest(url('/v1/resources/water/data'), {
      method: 'PUT',
      headers: { ...headers(PROVIDER), 'Content-Type': 'text/csv', 'Content-Length': '1000000' },
    });
    sent.on('error', () => undefined);
    sent.write('x'.repeat(1_000));
    await expect.poll(() => received).toBe(1_000);
    sent.destroy();
    await expect.poll(async () => (await put(PROVIDER, 'a\n')).status).toBe(422);
  });

  it('ends an event stream that its reader left', async () => {
    await fetch(url('/v1/jobs'), { method: 'POST', headers: headers(), body: job('SELECT slow') });
    const id = [...h.jobs.jobs.keys()].at(-1);
    const gone = new AbortController();
    const response = await fetch(url(`/v1/jobs/${id}/events`), { headers: headers(), signal: gone.signal });
    const first = await response.body!.getReader().read();
    expect(Buffer.from(first.value ?? []).toString()).toContain('event: state');
    gone.abort();
    await expect.poll(() => h.jobs.listeners).toBe(0);
  });

  it.each([
    ['GET /v1/jobs HTTP/1.1\r\nHost: a b\r\nConnection: close\r\n\r\n', 400],
    ['GET http://[ HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n', 400],
    ['GET /\\evil HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n', 400],
    ['TRACE /v1/jobs HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n', 405],
    ['GET /v1/jobs HTTP/1.1\r\nHost: a\r\nAccept-Language: \xff\xfe\r\nConnection: close\r\n\r\n', 401],
    ['GET /%c0%ae HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n', 404],
    ['BREW /v1/jobs HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n', 400],
  ])('answers %j with %i', async (text, status) => {
    expect((await raw(text)).split('\r\n')[0]).toContain(` ${status} `);
    expect(h.bugs).toEqual([]);
  });
});
