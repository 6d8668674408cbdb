/**
 * Goal: SIGTERM ends a gateway in order and in bounded time: no new work, what runs is charged and recorded, nothing of an upload is
 * left, workers are dead, the port is closed, exit code 0.
 * Method: a process with an endless job, a waiting client and a half upload. Controls: all three are under way when the signal comes.
 */
import type { ChildProcess } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { startGatewayProcess } from './gateway-process.ts';
import { PEOPLE_CSV, PEOPLE_SCHEMA } from './people.ts';
import { publish, startGateway } from './running-gateway.ts';

const HUNDRED = `(VALUES ${Array.from({ length: 100 }, (_, n) => `(${n})`).join(', ')})`;
const ENDLESS = `SELECT count(*) FROM ${['a', 'b', 'c', 'd', 'e', 'f'].map((name) => `${HUNDRED} ${name}(n)`).join(', ')}
  WHERE a.n + b.n + c.n + d.n + e.n > f.n`;

let home: string;
let runDir: string;
let tokens: { developer: string; provider: string };
const children: ChildProcess[] = [];
beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'sluice-stop-'));
  const first = await startGateway(home);
  tokens = await publish(first, { schema: PEOPLE_SCHEMA, csv: PEOPLE_CSV }, { plan: 'people' });
  runDir = first.config.runDir;
  await first.stop();
});
afterAll(async () => {
  for (const child of children) child.kill('SIGKILL');
  await rm(home, { recursive: true, force: true });
  await rm(runDir, { recursive: true, force: true });
});

it('SIGTERM', { timeout: 120_000 }, async () => {
  const { child, url } = await startGatewayProcess(home, (one) => children.push(one));
  const ended = new Promise((resolve) => child.once('exit', resolve));
  const workers = readFileSync(`/proc/${child.pid}/task/${child.pid}/children`, 'utf8').trim().split(' ');
  const ask = (prefer: string) =>
    fetch(`${url}/v1/jobs`, {
      method: 'POST',
      headers: { authorization: `Bearer ${tokens.developer}`, 'content-type': 'application/json', prefer },
      body: JSON.stringify({ plan: 'people', sql: ENDLESS }),
    });
  const job = (await (await ask('respond-async')).json()) as { id: string; state: string };
  const waiting = ask('wait=60');
  const upload = fetch(`${url}/v1/resources/people/data`, {
    method: 'PUT',
    headers: { authorization: `Bearer ${tokens.provider}`, 'content-type': 'text/csv' },
    body: new ReadableStream({ start: (controller) => controller.enqueue(new TextEncoder().encode(PEOPLE_CSV)) }),
    duplex: 'half',
  });
  const scratch = join(runDir, 'vault', 'scratch');
  await expect.poll(() => readdirSync(scratch).length, { timeout: 20_000 }).toBeGreaterThan(0);
  expect(job.state, 'control').toBe('running');
  child.kill('SIGTERM');

  expect((await (await waiting).json()) as object).toMatchObject({ state: 'cancelled' });
  const refused = await upload;
  expect(refused.status).toBe(503);
  expect(await refused.json()).toMatchObject({ code: 'SANDBOX_BUSY' });
  expect(await ended).toBe(0);
  expect(workers.filter((pid) => existsSync(`/proc/${pid}`))).toEqual([]);
  expect(await isOpen(Number(new URL(url).port))).toBe(false);
  expect(readdirSync(scratch)).toEqual([]);
  expect(readdirSync(join(runDir, 'vault', 'attached'))).toEqual([]);
  expect(readdirSync(join(home, 'vault', 'staging'))).toEqual([]);

  const again = await startGateway(home);
  const seen = await again.request(tokens.developer, 'GET', `/v1/jobs/${job.id}`);
  expect(await seen.json()).toMatchObject({ state: 'cancelled' }); // by the stop itself, not mended by this start
  const budgets = await again.request(tokens.developer, 'GET', '/v1/budgets');
  expect(((await budgets.json()) as { items: { spent: number }[] }).items[0]?.spent).toBe(2);
  await again.stop();
});

function isOpen(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}
