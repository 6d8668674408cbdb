/**
 * Goal: that a gateway under a steady load of 200 connections holds no more and no more than it stores: memory, open files, home;
 * and how long its answers take. Non-goal: the highest rate (gateway.bench.ts).
 *
 * The gateway is a process of its own, as an operator starts it; four people with 50 connections each ask without a pause, half of it new
 * questions, for ten minutes (`--seconds`); beside them fifty hostile ones (hostile-clients.ts). `rss_growth_mb_per_min` is the slope over the second half, when pools and caches are full.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { Agent, request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { openEmbeddedIssuer } from '../gateway/identity/index.ts';
import { startHostile } from './hostile-clients.ts';
import { rounded } from './paired-times.ts';
import type { BenchOptions } from './run.ts';

const PLAN = 'plan-demo-farms';
const SEED = 20_260_101;
const PEOPLE = 4;
const MAIN = join(import.meta.dirname, '../gateway/main.ts');

interface Size {
  readonly seconds: number;
  readonly connections: number;
  readonly everySeconds: number;
}
const WHOLE: Size = { seconds: 600, connections: 200, everySeconds: 10 };
const TINY: Size = { seconds: 4, connections: 8, everySeconds: 1 };

/** The gateway's process at one moment. */
interface Sample {
  readonly atSeconds: number;
  readonly rssMb: number;
  readonly files: number;
  readonly homeMb: number;
  readonly answered: number;
}

export default async function bench({ tiny, log }: BenchOptions): Promise<Record<string, unknown>> {
  const size = tiny ? TINY : { ...WHOLE, ...askedSeconds() };
  const home = await mkdtemp(join(tmpdir(), 'sluice-load-'));
  const runDir = await mkdtemp('/dev/shm/sluice-load-');
  const gateway = await start(home, runDir);
  try {
    const load = await openLoad(gateway.url, home, size.connections);
    const hostile = startHostile(gateway.url, load.token);
    const samples: Sample[] = [];
    const startedMs = performance.now();
    for (let at = 0; at <= size.seconds; at += size.everySeconds) {
      await sleep(Math.max(0, startedMs + at * 1_000 - performance.now()));
      samples.push(sampleOf(gateway.child, home, at, load.latenciesMs.length));
    }
    const hostileFigures = await hostile.stop();
    await load.stop();
    const idle = await idleAfter(gateway.child, home, size.seconds);
    log(`${load.latenciesMs.length} answers; RSS ${samples.map(({ rssMb }) => Math.round(rssMb)).join(' ')} MiB`);
    return {
      ...figuresOf(samples, load.latenciesMs, size),
      statuses: load.statuses,
      hostile: hostileFigures,
      after_the_load: idle,
      seed: SEED,
    };
  } finally {
    gateway.child.kill('SIGKILL');
    for (const dir of [home, runDir]) await rm(dir, { recursive: true, force: true });
  }
}

function askedSeconds(): Pick<Size, 'seconds'> | null {
  const { values } = parseArgs({ strict: false, options: { seconds: { type: 'string' } } });
  if (values.seconds === undefined) return null;
  const seconds = Number(values.seconds);
  if (!Number.isSafeInteger(seconds) || seconds < 1) throw new Error('--seconds needs a whole number above zero');
  return { seconds };
}

async function start(home: string, runDir: string): Promise<{ child: ChildProcess; url: string }> {
  const { PATH = '' } = process.env;
  const own = { SLUICE_HOME: home, SLUICE_RUN_DIR: runDir, SLUICE_PORT: '0', SLUICE_SCALE: '0.002' };
  const env = { PATH, ...own, SLUICE_SEED: String(SEED), SLUICE_MEMORY_MB: '512' };
  const args = ['--max-semi-space-size=8', MAIN];
  const child = spawn(process.execPath, args, { env, stdio: ['ignore', 'pipe', 'inherit'] });
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    const url = /http:\/\/127\.0\.0\.1:\d+/.exec(text)?.[0];
    if (url !== undefined) resolve(url);
  });
  child.once('exit', (code) => reject(new Error(`the gateway ended with ${code}`)));
  return { child, url: await promise };
}

// ── Clients ──────────────────────────────────────────────────────────────────────────────────────────────────────

interface Load {
  /** Of one of the people. */
  readonly token: string;
  readonly latenciesMs: readonly number[];
  /** Answers by status. */
  readonly statuses: Readonly<Record<string, number>>;
  stop(): Promise<void>;
}

async function openLoad(url: string, home: string, connections: number): Promise<Load> {
  const clock = () => new Date();
  const issuer = await openEmbeddedIssuer({ home, production: false, audience: 'sluice', clock });
  const tokenOf = (person: number) =>
    issuer.issue({ sub: `load-${person}`, org: 'chuyun-research', role: 'developer' });
  const tokens = await Promise.all(Array.from({ length: PEOPLE }, (_, person) => tokenOf(person)));
  const agent = new Agent({ keepAlive: true, maxSockets: connections });
  const latenciesMs: number[] = [];
  const statuses: Record<string, number> = {};
  let asked = 0;
  let stopping = false;
  const client = async (n: number): Promise<void> => {
    while (!stopping) {
      asked += 1;
      const startedMs = performance.now();
      const status = await ask(url, tokens[n % PEOPLE]!, asked % 2 === 0 ? asked : n, agent);
      latenciesMs.push(performance.now() - startedMs);
      statuses[status] = (statuses[status] ?? 0) + 1;
    }
  };
  const running = Array.from({ length: connections }, (_, n) => client(n));
  return {
    token: tokens[0]!,
    latenciesMs,
    statuses,
    async stop() {
      stopping = true;
      await Promise.all(running);
      agent.destroy();
    },
  };
}

/** A small aggregate; `run` makes it another question. */
function ask(url: string, token: string, run: number, agent: Agent): Promise<number> {
  const sql = `SELECT product_code, count(*) AS plots, sum(output_kg) AS output_kg, ${run} AS run
    FROM crop WHERE season = 'autumn' GROUP BY product_code ORDER BY plots DESC NULLS LAST`;
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json', prefer: 'wait=60' };
  return new Promise((resolve, reject) => {
    const sent = request(`${url}/v1/jobs`, { method: 'POST', agent, headers }, (response) => {
      response.resume().on('end', () => resolve(response.statusCode ?? 0));
    });
    sent.on('error', reject);
    sent.end(JSON.stringify({ plan: PLAN, sql }));
  });
}

// ── Samples ──────────────────────────────────────────────────────────────────────────────────────────────────────

function sampleOf({ pid }: ChildProcess, home: string, atSeconds: number, answered: number): Sample {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  const rssMb = Number(/^VmRSS:\s+(\d+)/m.exec(status)?.[1]) / 1_024;
  return {
    atSeconds,
    rssMb,
    files: readdirSync(`/proc/${pid}/fd`).length,
    homeMb: bytesBelow(home) / 2 ** 20,
    answered,
  };
}

function bytesBelow(dir: string): number {
  const sizes = readdirSync(dir, { recursive: true, withFileTypes: true }).map((entry) =>
    entry.isFile() ? (statSync(join(entry.parentPath, entry.name), { throwIfNoEntry: false })?.size ?? 0) : 0,
  );
  return sizes.reduce((sum, size) => sum + size, 0);
}

/** What is left when everybody has gone. */
async function idleAfter(child: ChildProcess, home: string, seconds: number): Promise<Record<string, number>> {
  await sleep(seconds > 60 ? 15_000 : 500); // connections that are kept open end by then
  const { rssMb, files } = sampleOf(child, home, seconds, 0);
  return { rss_mb: rounded(rssMb, 0), files };
}

function figuresOf(samples: readonly Sample[], latenciesMs: readonly number[], { seconds, connections }: Size) {
  const sorted = latenciesMs.toSorted((a, b) => a - b);
  const at = (share: number) => rounded(sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0, 0);
  const second = samples.slice(Math.floor(samples.length / 2));
  const [first, last] = [samples[0]!, samples.at(-1)!];
  return {
    connections,
    seconds,
    answers: latenciesMs.length,
    answers_per_s: rounded(last.answered / seconds, 1),
    latency_ms_p50: at(0.5),
    latency_ms_p95: at(0.95),
    latency_ms_p99: at(0.99),
    latency_ms_max: at(1),
    rss_mb: { first: rounded(first.rssMb, 0), half: rounded(second[0]!.rssMb, 0), last: rounded(last.rssMb, 0) },
    rss_growth_mb_per_min: rounded(60 * slopeOf(second.map(({ atSeconds, rssMb }) => [atSeconds, rssMb])), 2),
    files: { first: first.files, most: Math.max(...samples.map(({ files }) => files)), last: last.files },
    home_kb_per_answer: rounded(
      (1_024 * (last.homeMb - first.homeMb)) / Math.max(1, last.answered - first.answered),
      2,
    ),
  };
}

/** Least squares. */
function slopeOf(points: readonly (readonly [number, number])[]): number {
  const mean = (of: 0 | 1) => points.reduce((sum, point) => sum + point[of], 0) / points.length;
  const [x, y] = [mean(0), mean(1)];
  const covariance = points.reduce((sum, point) => sum + (point[0] - x) * (point[1] - y), 0);
  return covariance / points.reduce((sum, point) => sum + (point[0] - x) ** 2, 0);
}
