/**
 * Goal: from the order of a freeze to the last worker dead and the last release stopped, under load: `closure_ms_p99` ≤ 1,000.
 * Non-goals: HTTP to the client, and how soon work goes on after a thaw.
 *
 * Each drill: some developers' endless jobs hold all workers, eight clients repeat a question and are answered as fast as that goes,
 * eight ask new ones that wait in the queue; each scope in turn is frozen; the answer's time is held against what a look from outside sees: the workers' processes gone, and
 * no answer with a result after it. Reference in the same run: killing a process of this size and seeing it gone.
 */
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Gateway } from '../gateway/assemble.ts';
import { type Ask, loadUntilClosed, onSeededGateway, openAskers, quantile, SEEDED } from './closing-load.ts';
import type { BenchOptions } from './run.ts';

const ORG = 'chuyun-research';
const ASKING_ANEW = 8;
/** Those that stop all of the load: a freeze of one developer, grant or resource lets the others' jobs run on. */
const SCOPES = [
  ['platform', '*'],
  ['organisation', ORG],
  ['plan', SEEDED],
] as const;

interface Drill {
  readonly closureMs: number;
  readonly jobs: number;
  readonly workers: number;
}

export default function bench({ tiny, log }: BenchOptions): Promise<Record<string, unknown>> {
  return onSeededGateway(async (gateway, home) => {
    const clients = await openClients(gateway, home);
    const drills: Drill[] = [];
    for (let n = 0; n < (tiny ? 2 : 60); n += 1) {
      const drill = await runDrill(gateway, clients, SCOPES[n % SCOPES.length]!);
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
  });
}

async function openClients(gateway: Gateway, home: string) {
  const asker = await openAskers(gateway, home);
  const people = (role: 'developer' | 'security', name: string, org: string, count: number) =>
    Promise.all(Array.from({ length: count }, (_, n) => asker({ role, sub: `${name}-${n}`, org })));
  return {
    developers: await people('developer', 'dev', ORG, 4),
    officers: await people('security', 'officer', 'security-office', 2),
  };
}

async function runDrill(
  gateway: Gateway,
  { developers, officers }: Awaited<ReturnType<typeof openClients>>,
  [scope, target]: readonly [string, string],
): Promise<Drill> {
  const [first, second] = officers as [Ask, Ask];
  let answeredAt = Number.POSITIVE_INFINITY;
  const { ended } = await loadUntilClosed(developers, SEEDED, () => answeredAt, ASKING_ANEW);
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
  await ended;
  for (const officer of [first, second]) await officer('DELETE', `/v1/freezes/${id}`);
  return { closureMs: answeredAt - startedMs, jobs: jobsStopped, workers: workersStopped };
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
