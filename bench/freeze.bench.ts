/**
 * Goal: from the order of a freeze to the last worker dead and the last release stopped, under load: `closure_ms_p99` ≤ 1,000.
 * Non-goals: HTTP to the client, and how soon work goes on after a thaw.
 *
 * Each drill: some developers' endless jobs hold all workers, short jobs come as fast as they are answered; one organisation
 * or the platform is frozen; the answer's time is held against what a look from outside sees: the workers' processes gone, and
 * no answer with a result after it. Reference in the same run: killing a process of this size and seeing it gone.
 */
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { assemble, type Gateway } from '../gateway/assemble.ts';
import { readConfig } from '../gateway/config.ts';
import { openEmbeddedIssuer } from '../gateway/identity/index.ts';
import { batchOfPlan, seedHome } from '../gateway/seed-home.ts';
import type { BenchOptions } from './run.ts';

const PLAN = 'plan-demo-farms';
const ORG = 'chuyun-research';
const SQL = 'SELECT product_code, sum(output_kg) AS kg FROM crop GROUP BY product_code';
const HUNDRED = `(VALUES ${Array.from({ length: 100 }, (_, n) => `(${n})`).join(', ')})`;
const ENDLESS = `SELECT count(*) FROM ${['a', 'b', 'c', 'd', 'e', 'f'].map((name) => `${HUNDRED} ${name}(n)`).join(', ')}
  WHERE a.n + b.n + c.n + d.n + e.n > f.n`;
/** Short jobs in flight beside the endless ones. */
const CLIENTS = 8;

interface Drill {
  readonly closureMs: number;
  readonly jobs: number;
  readonly workers: number;
}

export default async function bench({ tiny, log }: BenchOptions): Promise<Record<string, unknown>> {
  const home = await mkdtemp(join(tmpdir(), 'sluice-bench-'));
  const config = readConfig({ SLUICE_HOME: home, SLUICE_SCALE: '0.002' });
  const fail = (error: unknown) => {
    throw error;
  };
  const events = { sandbox: () => undefined, bug: (_reference: string, error: unknown) => fail(error), fatal: fail };
  const gateway = await assemble(config, 'bench', events);
  try {
    await seedHome(gateway, config, () => undefined, batchOfPlan(PLAN));
    const clients = await openClients(gateway, home);
    const drills: Drill[] = [];
    for (let n = 0; n < (tiny ? 2 : 60); n += 1) {
      const drill = await runDrill(gateway, clients, n % 2 === 0 ? ['platform', '*'] : ['organisation', ORG]);
      drills.push(drill);
      if (n % 10 === 0) log(`${drill.closureMs.toFixed(0)} ms: ${drill.jobs} jobs, ${drill.workers} workers`);
    }
    const closures = drills.map(({ closureMs }) => closureMs);
    return {
      drills: drills.length,
      closure_ms_p50: quantile(closures, 0.5),
      closure_ms_p99: quantile(closures, 0.99),
      jobs_stopped: drills.reduce((sum, { jobs }) => sum + jobs, 0),
      workers_stopped: drills.reduce((sum, { workers }) => sum + workers, 0),
      late_releases: 0,
      kill_ms_p50: quantile(await killTimes(tiny ? 2 : 20), 0.5),
    };
  } finally {
    await gateway.close();
    await rm(home, { recursive: true, force: true });
    await rm(config.runDir, { recursive: true, force: true });
  }
}

type Ask = (method: string, path: string, body?: object) => Promise<Response>;

async function openClients(gateway: Gateway, home: string) {
  const issuer = await openEmbeddedIssuer({ home, production: false, audience: 'sluice', clock: () => new Date() });
  const client = async (role: 'developer' | 'security', sub: string, org: string): Promise<Ask> => {
    const token = await issuer.issue({ role, sub, org });
    return (method, path, body) => {
      const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json', prefer: 'wait=30' };
      return Promise.resolve(
        gateway.app.request(path, { method, headers, ...(body === undefined ? {} : { body: JSON.stringify(body) }) }),
      );
    };
  };
  return {
    developers: await Promise.all([1, 2, 3, 4].map((n) => client('developer', `dev-${n}`, ORG))),
    officers: await Promise.all([1, 2].map((n) => client('security', `officer-${n}`, 'security-office'))),
  };
}

async function runDrill(
  gateway: Gateway,
  { developers, officers }: Awaited<ReturnType<typeof openClients>>,
  [scope, target]: readonly [string, string],
): Promise<Drill> {
  const [first, second] = officers as [Ask, Ask];
  let answeredAt = Number.POSITIVE_INFINITY;
  const ended = [
    ...developers.map((ask) => ask('POST', '/v1/jobs', { plan: PLAN, sql: ENDLESS })),
    ...Array.from({ length: CLIENTS }, (_, n) => loadUntil(developers[n % developers.length] as Ask, () => answeredAt)),
  ];
  await sleep(1_000);
  const before = gateway.sandbox.pids();
  const startedMs = performance.now();
  const answer = await first('POST', '/v1/freezes', { scope, target, reason: 'drill' });
  answeredAt = performance.now();
  const { id, jobsStopped, workersStopped } = (await answer.json()) as {
    readonly id: string;
    readonly jobsStopped: number;
    readonly workersStopped: number;
  };
  const gone = before.filter((pid) => !existsSync(`/proc/${pid}`)).length;
  if (answer.status !== 201 || gone < workersStopped) throw new Error('workers outlived the answer of the freeze');
  await Promise.all(ended);
  for (const officer of [first, second]) await officer('DELETE', `/v1/freezes/${id}`);
  return { closureMs: answeredAt - startedMs, jobs: jobsStopped, workers: workersStopped };
}

/** Short jobs one after the other until one is refused. A result after the freeze was answered fails the bench. */
async function loadUntil(ask: Ask, frozenAt: () => number): Promise<void> {
  for (;;) {
    const answer = await ask('POST', '/v1/jobs', { plan: PLAN, sql: SQL });
    const receivedAt = performance.now();
    const body = (await answer.json()) as { readonly result?: unknown };
    const isReleased = answer.status === 200 && body.result !== null && body.result !== undefined;
    if (isReleased && receivedAt > frozenAt()) throw new Error('a result left after the freeze was answered');
    if (!isReleased) return;
  }
}

/** The reference: SIGKILL of a Node process, and its end. */
async function killTimes(count: number): Promise<readonly number[]> {
  const times: number[] = [];
  for (let n = 0; n < count; n += 1) {
    const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: 'ignore' });
    await sleep(200);
    const gone = new Promise((resolve) => child.once('exit', resolve));
    const startedMs = performance.now();
    child.kill('SIGKILL');
    await gone;
    times.push(performance.now() - startedMs);
  }
  return times;
}

function quantile(values: readonly number[], q: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return Math.round((sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))] ?? Number.NaN) * 10) / 10;
}
