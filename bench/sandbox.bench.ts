/**
 * Goal: what isolation and encryption cost over the same engine in this process and a plain file.
 * Non-goals: DuckDB's own speed; HTTP and the pipeline (gateway.bench.ts).
 *
 * - `added_ms_per_query`: a prepared query on an attached table through the pool, minus the same through the same engine in process.
 * - `worker_ready_ms`: from spawn to ready, beside the same process without isolation.
 * - `attach_gb_per_s`: a sealed version to its plain copy in memory, beside a mere copy of as many bytes.
 * - `scan_overhead_warm`: scans of a sealed, attached version in a worker over scans of a plain DuckDB file in this process.
 *
 * Each side in turns with its reference; medians.
 */
import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { copyFile, mkdtemp, rm, stat } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { type DuckDBConnection, DuckDBInstance } from '@duckdb/node-api';
import type { EmittedSql, TableData } from '../policies/index.ts';
import { openDuckDbEngine } from '../sandbox/engines/duckdb/duckdb-engine.ts';
import type { QueryEngine } from '../sandbox/engines/engine.ts';
import {
  masterKeyWrapper,
  openSandbox,
  openVault,
  type Sandbox,
  type SandboxEvent,
  type Vault,
} from '../sandbox/index.ts';
import { median, rounded } from './paired-times.ts';
import type { BenchOptions } from './run.ts';

const SEED = 20_261_127;
const RESOURCE = 'meters';
const COLUMNS = ['id', 'area', 'kwh', 'price'];
const SEGMENTS = 4;
/** Narrow to wide answers, all of them on one small segment's worth of groups: the engine's part is small. */
const SMALL_QUERIES = {
  'one row': `SELECT count(*) AS c0, sum(area) AS c1 FROM "${RESOURCE}@1" WHERE id < 1000`,
  '1,000 groups': `SELECT area AS c0, count(*) AS c1 FROM "${RESOURCE}@1" WHERE id < 100000 GROUP BY area ORDER BY area`,
} as const;
const SCANS = [
  `SELECT sum(kwh) AS c0, max(price) AS c1, count(*) AS c2 FROM "${RESOURCE}@1"`,
  `SELECT area AS c0, count(*) AS c1, sum(kwh) AS c2 FROM "${RESOURCE}@1" GROUP BY area ORDER BY area`,
  `SELECT count(*) AS c0 FROM "${RESOURCE}@1" WHERE price > 0.5 AND kwh < 500`,
] as const;
const JOB = { id: 'bench', analyst: 'bench/bench', deadlineMs: 120_000 };
const GRANT = [{ resource: RESOURCE, version: 1, columns: COLUMNS }];

/** WHY a cast: the bench writes what `emit` would. */
const emitted = (sql: string) => sql as EmittedSql;

export default async function bench({ tiny, log }: BenchOptions): Promise<Record<string, unknown>> {
  const dir = await mkdtemp('/dev/shm/sluice-bench-');
  try {
    const rows = tiny ? 100_000 : 12_000_000;
    const vault = await openVault({ dir: join(dir, 'at-rest'), keys: masterKeyWrapper(randomBytes(32)), runDir: dir });
    const plain = await writeTables(vault, dir, rows);
    log(`${rows} rows in ${SEGMENTS} segments, seed ${SEED}`);
    const attach = await attachRates(vault, dir, tiny ? 1 : 7);
    log(`attach: ${attach.attach_gb_per_s} GB/s, a mere copy ${attach.copy_gb_per_s} GB/s`);
    const ready = await readyTimes(vault, dir, tiny ? 1 : 7);
    log(`worker: ready in ${ready.worker_ready_ms} ms, without isolation ${ready.worker_ready_ms_none} ms`);
    const queries = await comparedQueries(vault, dir, plain, tiny, log);
    return { ...queries, ...ready, ...attach, rows, seed: SEED };
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
}

// ── Data ─────────────────────────────────────────────────────────────────────────────────────────────────────────

const rowsOf = (from: number, to: number): string =>
  `SELECT i::BIGINT AS id, (hash(i, ${SEED}) % 1000)::INTEGER AS area, (hash(i, 1) % 1000000)::BIGINT AS kwh,
     (hash(i, 2) >> 11)::DOUBLE / 9007199254740992 AS price, i::BIGINT AS _row_key FROM range(${from}, ${to}) t(i)`;

/** The sealed version, and beside it the same rows as one plain file. @returns the plain file */
async function writeTables(vault: Vault, dir: string, rows: number): Promise<string> {
  const writer = await vault.create(RESOURCE, 1);
  for (let segment = 0; segment < SEGMENTS; segment += 1) {
    const path = join(dir, 'segment.duckdb');
    await writeFileOf(path, rowsOf((rows * segment) / SEGMENTS, (rows * (segment + 1)) / SEGMENTS));
    await writer.addSegment(path, rows / SEGMENTS);
    await rm(path);
  }
  await writer.commit();
  const plain = join(dir, 'plain.duckdb');
  await writeFileOf(plain, rowsOf(0, rows));
  return plain;
}

async function writeFileOf(path: string, select: string): Promise<void> {
  const instance = await DuckDBInstance.create(path);
  const connection = await instance.connect();
  await connection.run(`CREATE TABLE data AS ${select}`);
  connection.closeSync();
  instance.closeSync();
}

// ── Attach ───────────────────────────────────────────────────────────────────────────────────────────────────────

async function attachRates(vault: Vault, dir: string, runs: number) {
  const [rates, copies, cpu]: [number[], number[], number[]] = [[], [], []];
  for (let run = 0; run < runs; run += 1) {
    const before = process.cpuUsage();
    const startedMs = performance.now();
    const attached = await vault.attach(RESOURCE, 1);
    const tookMs = performance.now() - startedMs;
    const { user, system } = process.cpuUsage(before);
    const bytes = (await Promise.all(attached.files.map((file) => stat(file)))).reduce(
      (sum, { size }) => sum + size,
      0,
    );
    rates.push(bytes / 1e6 / tookMs);
    cpu.push(bytes / 1e3 / (user + system));
    copies.push(bytes / 1e6 / (await copyMs(attached.files, join(dir, 'copy'))));
    await attached.release();
  }
  return {
    attach_gb_per_s: rounded(median(rates), 2),
    attach_gb_per_cpu_s: rounded(median(cpu), 2),
    copy_gb_per_s: rounded(median(copies), 2),
  };
}

async function copyMs(files: readonly string[], target: string): Promise<number> {
  let tookMs = 0;
  for (const file of files) {
    const startedMs = performance.now();
    await copyFile(file, target);
    tookMs += performance.now() - startedMs;
    await rm(target);
  }
  return tookMs;
}

// ── Workers ──────────────────────────────────────────────────────────────────────────────────────────────────────

async function readyTimes(vault: Vault, dir: string, runs: number) {
  const times: Record<'auto' | 'none', number[]> = { auto: [], none: [] };
  for (let run = 0; run < runs; run += 1) {
    for (const tier of ['auto', 'none'] as const) {
      const events: SandboxEvent[] = [];
      const sandbox = await openBench(vault, dir, tier, events);
      await sandbox.run({ ...JOB, tables: [] }, (session) => session.query(emitted('SELECT 1 AS c0')));
      times[tier].push(...events.flatMap((event) => (event.kind === 'worker-ready' ? [event.ms] : [])));
      await sandbox.close();
    }
  }
  return { worker_ready_ms: median(times.auto), worker_ready_ms_none: median(times.none) };
}

function openBench(vault: Vault, dir: string, tier: 'auto' | 'none', events: SandboxEvent[] = []): Promise<Sandbox> {
  return openSandbox({
    tier,
    production: false,
    workers: 1,
    engineThreads: availableParallelism(),
    memoryMbMax: 2_048,
    runDir: dir,
    vault,
    log: (event) => events.push(event),
    limits: { sparesMin: 0 },
  });
}

// ── Queries ──────────────────────────────────────────────────────────────────────────────────────────────────────

/** One side of a comparison. */
type Ask = (sql: string) => Promise<TableData>;

async function comparedQueries(vault: Vault, dir: string, plain: string, tiny: boolean, log: BenchOptions['log']) {
  const sandbox = await openBench(vault, dir, 'auto');
  const attached = await vault.attach(RESOURCE, 1);
  const limits = { threads: availableParallelism(), memoryMb: 2_048 };
  const engine = openDuckDbEngine(limits);
  const reference = await plainConnection(plain, limits.threads);
  try {
    const segments = attached.files.map((file) => ({ file, ranks: null }));
    await engine.grant(1, [{ name: `${RESOURCE}@1`, columns: COLUMNS, segments }]);
    return await sandbox.run({ ...JOB, tables: GRANT }, async ({ query }) => {
      const isolated: Ask = (sql) => query(emitted(sql));
      const added = await addedMs(isolated, inProcess(engine), tiny ? 5 : 400, log);
      const scans = await scanOverheads(isolated, reference, tiny ? 1 : 9, log);
      return { ...added, ...scans, tier: sandbox.tier };
    });
  } finally {
    reference.close();
    engine.revoke(1);
    await attached.release();
    await sandbox.close();
  }
}

const inProcess =
  (engine: QueryEngine): Ask =>
  (sql) =>
    engine.query(1, [], sql);

async function addedMs(isolated: Ask, reference: Ask, runs: number, log: BenchOptions['log']) {
  const added: Record<string, number> = {};
  const alone: Record<string, number> = {};
  const hash = createHash('sha256');
  for (const [name, sql] of Object.entries(SMALL_QUERIES)) {
    const answers = [await isolated(sql), await reference(sql)]; // and both have their plan
    assert.deepEqual(answers[0]!.values, answers[1]!.values);
    hash.update(fingerprint(answers[0]!));
    const times = await inTurns(
      runs,
      () => isolated(sql),
      () => reference(sql),
    );
    added[name] = rounded(median(times.map(([ours, theirs]) => ours - theirs)), 3);
    alone[name] = rounded(median(times.map(([, theirs]) => theirs)), 3);
    log(`${name}: ${alone[name]} ms in process, ${added[name]} ms added`);
  }
  return {
    added_ms_per_query: added['one row'],
    added_ms: added,
    in_process_ms: alone,
    result_sha256: hash.digest('hex'),
  };
}

async function scanOverheads(isolated: Ask, reference: PlainTable, runs: number, log: BenchOptions['log']) {
  const overheads: number[] = [];
  const plainMs: number[] = [];
  for (const sql of SCANS) {
    await isolated(sql);
    await reference.ask(sql);
    const times = await inTurns(
      runs,
      () => isolated(sql),
      () => reference.ask(sql),
    );
    overheads.push(median(times.map(([ours]) => ours)) / median(times.map(([, theirs]) => theirs)));
    plainMs.push(median(times.map(([, theirs]) => theirs)));
    log(`scan: ${plainMs.at(-1)!.toFixed(0)} ms plain, ${overheads.at(-1)!.toFixed(3)} of it sealed and isolated`);
  }
  return {
    scan_overhead_warm: rounded(median(overheads), 3),
    scan_overheads: overheads.map((one) => rounded(one, 3)),
    scan_plain_ms: plainMs.map((one) => rounded(one, 1)),
  };
}

async function inTurns(
  runs: number,
  ours: () => Promise<unknown>,
  theirs: () => Promise<unknown>,
): Promise<readonly (readonly [number, number])[]> {
  const times: (readonly [number, number])[] = [];
  for (let run = 0; run < runs; run += 1) {
    const first = run % 2 === 0 ? await msOf(ours) : 0;
    const reference = await msOf(theirs);
    times.push([run % 2 === 0 ? first : await msOf(ours), reference]);
  }
  return times;
}

async function msOf(work: () => Promise<unknown>): Promise<number> {
  const startedMs = performance.now();
  await work();
  return performance.now() - startedMs;
}

interface PlainTable {
  ask(sql: string): Promise<unknown>;
  close(): void;
}

/** The file as anybody would use it: opened by DuckDB, the table under the name that the queries have. */
async function plainConnection(path: string, threads: number): Promise<PlainTable> {
  const instance = await DuckDBInstance.create(path, { threads: String(threads), access_mode: 'READ_ONLY' });
  const connection: DuckDBConnection = await instance.connect();
  await connection.run(`CREATE TEMP VIEW "${RESOURCE}@1" AS SELECT * FROM data`);
  return {
    async ask(sql) {
      return (await connection.runAndReadAll(sql)).getColumns();
    },
    close() {
      connection.closeSync();
      instance.closeSync();
    },
  };
}

const fingerprint = ({ values }: TableData): string =>
  JSON.stringify(values, (_, value: unknown) => (typeof value === 'bigint' ? value.toString() : value));
