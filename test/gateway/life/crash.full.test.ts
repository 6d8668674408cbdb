import type { ChildProcess } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseVkey, verifyHome } from '../../../gateway/audit/index.ts';
import { killProcess, startGatewayProcess } from './gateway-process.ts';
import { PEOPLE_CSV, PEOPLE_SCHEMA } from './people.ts';
import { type Answer, ask, publish, type RunningGateway, startGateway } from './running-gateway.ts';

/**
 * Goal: a gateway that is killed at its worst moments starts again by itself with the books right.
 * Method: a gateway in a process of its own gets SIGKILL with a job running and with an upload half sent; then another
 * starts on the same home. Control: the job was running, the upload had begun, when the process died.
 */

const HUNDRED = `(VALUES ${Array.from({ length: 100 }, (_, n) => `(${n})`).join(', ')})`;
const ENDLESS = `SELECT count(*) FROM ${['a', 'b', 'c', 'd', 'e', 'f'].map((name) => `${HUNDRED} ${name}(n)`).join(', ')}
  WHERE a.n + b.n + c.n + d.n + e.n > f.n`;

let home: string;
let tokens: { developer: string; provider: string; security: string };
beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'sluice-crash-'));
  const first = await startGateway(home);
  const { developer, provider } = await publish(first, { schema: PEOPLE_SCHEMA, csv: PEOPLE_CSV }, { plan: 'people' });
  tokens = { developer, provider, security: await first.token('security', 'carol', 'security-office') };
  await first.stop();
});
const children: ChildProcess[] = [];
afterAll(async () => {
  for (const child of children) child.kill('SIGKILL'); // what a failed test left would keep the run from ending
  await rm(home, { recursive: true, force: true });
});

const startProcess = () => startGatewayProcess(home, (child) => children.push(child));

const bearer = (token: string) => ({ authorization: `Bearer ${token}` });

describe('after kill -9', () => {
  it('a job that ran has failed and is charged, a half upload is gone, the log verifies, and work goes on', async () => {
    const { child, url } = await startProcess();
    const submitted = await fetch(`${url}/v1/jobs`, {
      method: 'POST',
      headers: { ...bearer(tokens.developer), 'content-type': 'application/json' },
      body: JSON.stringify({ plan: 'people', sql: ENDLESS }),
    });
    const job = (await submitted.json()) as Answer['body'];
    expect(job.state).toBe('running');
    const begun = Promise.withResolvers<void>();
    const upload = fetch(`${url}/v1/resources/people/data`, {
      method: 'PUT',
      headers: { ...bearer(tokens.provider), 'content-type': 'text/csv' },
      body: new ReadableStream({
        start(controller) {
          controller.enqueue(new TextEncoder().encode(PEOPLE_CSV));
          setTimeout(() => begun.resolve(), 500);
        },
      }),
      duplex: 'half',
    });
    upload.catch(() => undefined);
    await begun.promise;
    expect(readdirSync(join(home, 'vault', 'staging')).length).toBeGreaterThan(0);
    await killProcess(child);

    const again = await startGateway(home);
    try {
      const seen = (await (
        await again.request(tokens.developer, 'GET', `/v1/jobs/${job.id}`)
      ).json()) as Answer['body'];
      expect(seen.state).toBe('failed');
      expect(readdirSync(join(home, 'vault', 'staging'))).toEqual([]);
      expect(readdirSync(join(again.config.runDir, 'vault', 'scratch'))).toEqual([]);
      expect(await versions(again)).toEqual([
        ['destroyed', 2],
        ['current', 1],
      ]);
      expect(await spent(again)).toBe(1);
      expect((await ask(again, tokens.developer, 'people', 'SELECT count(*) FROM people')).body.result?.rows).toEqual([
        [400],
      ]);
      const entries = await (await again.request(tokens.security, 'GET', `/v1/audit/entries?job=${job.id}`)).text();
      expect(entries).toContain('JOB_ABORTED');
    } finally {
      await again.stop();
    }
    const report = verifyHome(join(home, 'sluice.db'), vkeyOf(again));
    expect(report.isIntact).toBe(true);
    expect(parseVkey(vkeyOf(again))).not.toBeNull();
    await rm(again.config.runDir, { recursive: true, force: true });
  });

  it('no worker outlives the gateway', async () => {
    const { child, url } = await startProcess();
    await fetch(`${url}/healthz`);
    const workers = childrenOf(child.pid!);
    expect(workers.length).toBeGreaterThan(0);
    await killProcess(child);
    await expect.poll(() => workers.filter((pid) => existsSync(`/proc/${pid}`)), { timeout: 5_000 }).toEqual([]);
  });

  it('a second gateway on a home in use is refused', async () => {
    const running = await startGateway(home);
    await expect(startGateway(home)).rejects.toMatchObject({ code: 'HOME_IN_USE' });
    await running.stop();
    await rm(running.config.runDir, { recursive: true, force: true });
  });
});

const vkeyOf = (running: RunningGateway) => running.gateway.deps.log.verifierKey;

async function versions(running: RunningGateway): Promise<readonly unknown[]> {
  const response = await running.request(tokens.provider, 'GET', '/v1/resources/people/versions');
  const { items } = (await response.json()) as { items: readonly { state: string; version: number }[] };
  return items.map(({ state, version }) => [state, version]);
}

async function spent(running: RunningGateway): Promise<number> {
  const response = await running.request(tokens.developer, 'GET', '/v1/budgets');
  return ((await response.json()) as { items: readonly { spent: number }[] }).items[0]!.spent;
}

function childrenOf(pid: number): readonly number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((other) => parentOf(other) === pid);
}

function parentOf(pid: number): number | null {
  try {
    return Number(/^PPid:\t(\d+)$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]);
  } catch {
    return null;
  }
}
