/**
 * Clients that mean no good, beside those that do (load.bench.ts): what each kind held of the port, and what it was told.
 * Every kind goes on until it is stopped; a connection that the gateway has closed is opened anew.
 */
import { request } from 'node:http';
import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

export interface HostileFigures {
  /** Connections or requests that came to an end, by what the gateway said last: a status, or `closed` without a word. */
  readonly told: Readonly<Record<string, number>>;
  /** Longest that one of them held a connection. */
  readonly held_ms_max: number;
}
export type HostileKind = 'half_open' | 'slow_headers' | 'header_flood' | 'huge_body' | 'slow_body';

export interface Hostile {
  stop(): Promise<Readonly<Record<HostileKind, HostileFigures>>>;
}

/** Of each kind at once. */
const EACH = 10;
const PAUSE_MS = 200;
const BYTE_EVERY_MS = 500;
const FLOOD_BYTES = 64 * 1_024;
const BODY_BYTES = 8 * 2 ** 20;

/** @param token of somebody who may ask: bodies are read only of those who are let in. */
export function startHostile(url: string, token: string): Hostile {
  const stopping = new AbortController();
  const authorization = `Authorization: Bearer ${token}`;
  const head = (...headers: readonly string[]) =>
    `${['POST /v1/jobs HTTP/1.1', 'Host: x', ...headers].join('\r\n')}\r\n`;
  const json = [authorization, 'Content-Type: application/json'];
  const attempts: Readonly<Record<HostileKind, () => Promise<string>>> = {
    half_open: () => talk(url, '', '', stopping.signal),
    slow_headers: () => talk(url, head(), 'X-Slow: x\r\n', stopping.signal),
    header_flood: () => talk(url, `${head(`X-Flood: ${'x'.repeat(FLOOD_BYTES)}`)}\r\n`, '', stopping.signal),
    slow_body: () => talk(url, `${head(...json, 'Content-Length: 1000')}\r\n`, ' ', stopping.signal),
    huge_body: () => post(url, token),
  };
  const tallies = Object.entries(attempts).map(([kind, attempt]) => [kind, keepOn(attempt, stopping.signal)] as const);
  return {
    async stop() {
      stopping.abort();
      const ended = tallies.map(async ([kind, tally]) => [kind, await tally] as const);
      return Object.fromEntries(await Promise.all(ended)) as Record<HostileKind, HostileFigures>;
    },
  };
}

async function keepOn(attempt: () => Promise<string>, stopping: AbortSignal): Promise<HostileFigures> {
  const told: Record<string, number> = {};
  let heldMsMax = 0;
  const client = async (): Promise<void> => {
    while (!stopping.aborted) {
      const openedMs = performance.now();
      const answer = await attempt();
      if (stopping.aborted) break; // ended by us
      told[answer] = (told[answer] ?? 0) + 1;
      heldMsMax = Math.max(heldMsMax, performance.now() - openedMs);
      await sleep(PAUSE_MS);
    }
  };
  await Promise.all(Array.from({ length: EACH }, client));
  return { told, held_ms_max: Math.round(heldMsMax) };
}

/** Says `first`, then a byte of `more` now and then; resolves with the status of the answer when the gateway ends the connection. */
function talk(url: string, first: string, more: string, stopping: AbortSignal): Promise<string> {
  return new Promise((resolve) => {
    const { hostname, port } = new URL(url);
    const socket = connect(Number(port), hostname, () => socket.write(first));
    let said = '';
    let at = 0;
    const timer = setInterval(() => more !== '' && socket.write(more[at++ % more.length] ?? ''), BYTE_EVERY_MS);
    const end = () => socket.destroy();
    stopping.addEventListener('abort', end, { once: true });
    socket.setEncoding('latin1').on('data', (text) => {
      said = (said + String(text)).slice(0, 200);
    });
    socket.on('error', () => undefined);
    socket.once('close', () => {
      clearInterval(timer);
      stopping.removeEventListener('abort', end);
      resolve(/^HTTP\/1\.1 (\d{3})/.exec(said)?.[1] ?? 'closed');
    });
  });
}

function post(url: string, token: string): Promise<string> {
  return new Promise((resolve) => {
    const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
    const sent = request(`${url}/v1/jobs`, { method: 'POST', agent: false, headers }, (response) => {
      response.resume().once('close', () => resolve(String(response.statusCode)));
    });
    sent.on('error', () => resolve('closed'));
    sent.end(Buffer.alloc(BODY_BYTES, ' '));
  });
}
