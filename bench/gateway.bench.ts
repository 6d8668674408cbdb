/**
 * Goal: what the gateway itself adds to a query. Non-goals: DuckDB's own speed, and the wait for the release clock,
 * which is deliberate and reported apart.
 *
 * - `compile_ms_p50`: parse (in the isolated parser) → resolve → decide → rewrite → emit; the cache of compiled queries is left out.
 * - `overhead_ms_p50`: an HTTP job as its client sees it, minus its wait for the clock, minus the statements over protected rows
 *   that it ran, in the same worker right after.
 * - `jobs_per_s`: small aggregate jobs from concurrent clients.
 *
 * Clients are in a process of their own.
 */
import assert from 'node:assert/strict';
import { fork } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { serve } from '@hono/node-server';
import { assemble, type Gateway } from '../gateway/assemble.ts';
import { readConfig } from '../gateway/config.ts';
import { openEmbeddedIssuer } from '../gateway/identity/index.ts';
import { DEFAULT_CLOCK, geometricClock } from '../gateway/jobs/release-clock.ts';
import { admit } from '../gateway/pipeline/admit.ts';
import { compileAnew, compileStages } from '../gateway/pipeline/compile-query.ts';
import { workerTables } from '../gateway/pipeline/execute.ts';
import { batchOfPlan, seedHome } from '../gateway/seed-home.ts';
import { protectThrough } from '../policies/index.ts';
import type { EngineSession } from '../sandbox/index.ts';
import { type ClientOrder, type ClientReport, NUMBER, type Target } from './gateway-load.ts';
import type { BenchOptions } from './run.ts';

const PLAN = 'plan-demo-farms';
const CALLER = { sub: 'bench', org: 'chuyun-research', role: 'developer' } as const;
/** A small aggregate: one table, one public key, two sums, a ratio and an order. `run` makes each one another question. */
const sqlOf = (run: string) => `SELECT product_code, count(*) AS plots, sum(output_kg) AS output_kg,
  round(sum(output_kg) / sum(area_mu), 1) AS yield, ${run} AS run
FROM crop WHERE season = 'autumn' GROUP BY product_code ORDER BY plots DESC NULLS LAST`;
/** Distinct ones are compiled and run each; repeated ones get the answer that was released first. */
const QUESTIONS = { distinct: sqlOf(NUMBER), repeated: sqlOf('0') };
const SEED = 20_260_101;

export default async function bench({ tiny, log }: BenchOptions): Promise<Record<string, unknown>> {
  const home = await mkdtemp(join(tmpdir(), 'sluice-bench-'));
  const clock = measuredClock();
  const gateway = await open(home, tiny ? 0.002 : 0.01, clock.tick);
  try {
    const rssIdle = process.memoryUsage.rss() / 2 ** 20;
    const compile = await compileMs(gateway, tiny ? 10 : 300);
    log(`compile: ${compile.toFixed(2)} ms p50`);
    const listening = await listen(gateway);
    const token = await (
      await openEmbeddedIssuer({ home, production: false, audience: 'sluice', clock: () => new Date() })
    ).issue(CALLER);
    const client = openClient({ url: listening.url, token });
    const overhead = await overheadMs(gateway, client, clock, tiny ? 5 : 200);
    log(
      `overhead: ${overhead.overhead.toFixed(2)} ms p50 (job ${overhead.job.toFixed(2)}, engine ${overhead.engine.toFixed(2)})`,
    );
    const rates: Record<'distinct' | 'repeated', number[]> = { distinct: [], repeated: [] };
    for (let round = 0; round < (tiny ? 1 : 3); round++) {
      for (const kind of ['distinct', 'repeated'] as const) {
        rates[kind].push(await client.load(QUESTIONS[kind], tiny ? 0.5 : 5, 64));
        log(`load: ${rates[kind].at(-1)!.toFixed(0)} ${kind} jobs/s`);
      }
    }
    client.close();
    await listening.close();
    return {
      compile_ms_p50: round(compile),
      overhead_ms_p50: round(overhead.overhead),
      job_ms_p50: round(overhead.job),
      engine_ms_p50: round(overhead.engine),
      clock_wait_ms_p50: round(overhead.clockWait),
      jobs_per_s: Math.round(median(rates.distinct)),
      jobs_per_s_runs: rates.distinct.map(Math.round),
      jobs_per_s_repeated: Math.round(median(rates.repeated)),
      jobs_per_s_repeated_runs: rates.repeated.map(Math.round),
      rss_mb_idle: Math.round(rssIdle),
      seed: SEED,
      result_sha256: overhead.resultSha256,
    };
  } finally {
    await gateway.close();
    await rm(home, { recursive: true, force: true });
  }
}

/** The gateway's own clock, which also tells how long each release waited for it. */
function measuredClock() {
  const waits: number[] = [];
  const clock = geometricClock(DEFAULT_CLOCK);
  const tick = async (arrivedMs: number): Promise<void> => {
    const waitMs = clock.waitMs(performance.now() - arrivedMs);
    const startedMs = performance.now();
    await new Promise((resolve) => setTimeout(resolve, waitMs));
    waits.push(performance.now() - startedMs);
  };
  return { waits, tick };
}

async function open(home: string, scale: number, tick: (arrivedMs: number) => Promise<void>): Promise<Gateway> {
  const config = readConfig({ SLUICE_HOME: home, SLUICE_SCALE: String(scale), SLUICE_SEED: String(SEED) });
  const ignore = () => undefined;
  const fail = (error: unknown) => {
    throw error;
  };
  const gateway = await assemble(
    config,
    'bench',
    { sandbox: ignore, bug: (_reference, error) => fail(error), fatal: fail },
    tick,
  );
  await seedHome(gateway, config, ignore, batchOfPlan(PLAN));
  return gateway;
}

async function compileMs(gateway: Gateway, runs: number): Promise<number> {
  const deps = gateway.pipeline;
  const admission = await admit({ caller: CALLER, plan: PLAN, action: 'explain' }, deps);
  const times: number[] = [];
  for (let run = 0; run < runs; run++) {
    const startedMs = performance.now();
    await compileAnew({ sql: sqlOf(String(run)), privacy: null }, admission, deps, deps.queryFacts());
    times.push(performance.now() - startedMs);
  }
  return median(times);
}

async function overheadMs(gateway: Gateway, client: Client, clock: { waits: number[] }, runs: number) {
  const { profile, noiseSecret, privacyNoise, guard: memory } = gateway.pipeline;
  const admission = await admit({ caller: CALLER, plan: PLAN, action: 'explain' }, gateway.pipeline);
  const { compiled } = await compileStages({ sql: sqlOf('0'), privacy: null }, admission, gateway.pipeline);
  const analyst = `${CALLER.org}/${CALLER.sub}`;
  const jobs: number[] = [];
  const engines: number[] = [];
  const waits: number[] = [];
  let resultSha256 = '';
  for (let run = 0; run < runs; run++) {
    clock.waits.length = 0;
    const { tookMs, text } = await client.ask(QUESTIONS.distinct);
    waits.push(clock.waits[0] ?? 0);
    jobs.push(tookMs - (clock.waits[0] ?? 0));
    const { rows } = (JSON.parse(text) as { result: { rows: readonly (readonly unknown[])[] } }).result;
    const numbers = JSON.stringify(rows.map((row) => row.slice(0, -1)));
    resultSha256 = createHash('sha256').update(numbers).digest('hex');
    const job = { id: `bench-${run}`, analyst, tables: workerTables(compiled, admission.catalog), deadlineMs: 60_000 };
    await gateway.sandbox.run(job, async (session) => {
      let engineMs = 0;
      const timed: EngineSession = {
        finish: session.finish,
        async query(sql, tables) {
          const startedMs = performance.now();
          return session.query(sql, tables).finally(() => {
            engineMs += performance.now() - startedMs;
          });
        },
      };
      const policy = { profile, noiseSecret, privacyNoise, answer: job.id, memory };
      memory.forget((await protectThrough(timed, compiled, policy)).guard);
      engines.push(engineMs);
    });
  }
  const differences = jobs.map((took, run) => took - engines[run]!);
  return {
    overhead: median(differences),
    job: median(jobs),
    engine: median(engines),
    clockWait: median(waits),
    resultSha256,
  };
}

async function listen(gateway: Gateway) {
  const { promise, resolve } = Promise.withResolvers<number>();
  const server = serve({ fetch: gateway.app.fetch, hostname: '127.0.0.1', port: 0 }, (info: AddressInfo) =>
    resolve(info.port),
  );
  const port = await promise;
  return {
    url: `http://127.0.0.1:${port}`,
    close: () =>
      new Promise<void>((done) => {
        server.close(() => done());
        if ('closeAllConnections' in server) server.closeAllConnections();
      }),
  };
}

interface Client {
  ask(sql: string): Promise<Extract<ClientReport, { kind: 'answer' }>>;
  load(sql: string, seconds: number, clients: number): Promise<number>;
  close(): void;
}

function openClient(place: Omit<Target, 'body'>): Client {
  const target = (sql: string): Target => ({ ...place, body: JSON.stringify({ plan: PLAN, sql }) });
  const child = fork(join(import.meta.dirname, 'gateway-load.ts'), { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
  const give = async <K extends ClientReport['kind']>(order: ClientOrder, kind: K) => {
    const { promise, resolve, reject } = Promise.withResolvers<ClientReport>();
    const ended = (code: number | null) => reject(new Error(`the clients ended with ${code}`));
    child.once('message', resolve).once('exit', ended);
    child.send(order);
    const report = await promise;
    child.off('exit', ended);
    assert(report.kind === kind, 'a report answers its order');
    return report as Extract<ClientReport, { kind: K }>;
  };
  return {
    ask: (sql) => give({ kind: 'ask', target: target(sql) }, 'answer'),
    load: async (sql, seconds, clients) =>
      (await give({ kind: 'load', target: target(sql), seconds, clients }, 'rate')).jobsPerSecond,
    close: () => child.disconnect(),
  };
}

const median = (values: readonly number[]): number => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)]!;
const round = (value: number): number => Math.round(value * 1000) / 1000;
