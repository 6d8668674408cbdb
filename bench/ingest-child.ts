/**
 * One measured run in a process of its own, so that neither leaves memory to the other: `reference <csv> <db>` or
 * `ingest` or `ranked <csv> <folder> <repeat>`. Prints one line of JSON.
 */
import { createHash } from 'node:crypto';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import { DEFAULT_INGEST_LIMITS, detectTier, ingest, masterKeyWrapper, openVault } from '../sandbox/index.ts';
import { ELECTRICITY } from './ingest-data.ts';

const FACTS = `SELECT count(*), count(DISTINCT uscc), sum(kwh_total::DECIMAL(18,2)), sum(bill_amt::DECIMAL(18,2)),
  sum(contract_kva), count(arrears_days), min(read_date)::VARCHAR, max(read_date)::VARCHAR, count(*) FILTER (new_energy)`;

async function reference(csv: string, db: string): Promise<Record<string, unknown>> {
  const startedAt = performance.now();
  const instance = await DuckDBInstance.create(db, { threads: '2' });
  const connection = await instance.connect();
  await connection.run(`CREATE TABLE data AS SELECT * FROM read_csv('${csv}')`);
  const ms = performance.now() - startedAt;
  const cpuMs = ownCpuMs();
  const facts = await factsOf(connection, 'data');
  connection.closeSync();
  instance.closeSync();
  return { ms, cpuMs, facts };
}

async function factsOf(connection: Awaited<ReturnType<DuckDBInstance['connect']>>, from: string): Promise<string> {
  const rows = (await connection.runAndReadAll(`${FACTS} FROM ${from}`)).getRows();
  return createHash('sha256').update(rows.flat().map(String).join('|')).digest('hex').slice(0, 16);
}

const READ_BYTES = 256 * 1024;

/** The file once, then its rows again and again: a body of any size without a file of that size. */
async function* repeated(csv: string, times: number): AsyncGenerator<Uint8Array> {
  const headerBytes = ELECTRICITY.columns.map(({ name }) => name).join(',').length + 1;
  const buffer = Buffer.allocUnsafe(READ_BYTES);
  const file = await open(csv);
  try {
    for (let time = 0; time < times; time += 1) {
      for (let at = time === 0 ? 0 : headerBytes; ; ) {
        const { bytesRead } = await file.read(buffer, 0, READ_BYTES, at);
        if (bytesRead === 0) break;
        yield buffer.subarray(0, bytesRead);
        at += bytesRead;
      }
    }
  } finally {
    await file.close();
  }
}

/** The same table, asked in mode `dp`: each row gets its place among those of its firm. */
const RANKED: typeof ELECTRICITY = {
  ...ELECTRICITY,
  columns: ELECTRICITY.columns.map((one) => (one.name === 'bill_amt' ? { ...one, level: 'general-4' } : one)),
};

async function ingestRun(
  schema: typeof ELECTRICITY,
  csv: string,
  dir: string,
  times: number,
): Promise<Record<string, unknown>> {
  const runDir = mkdtempSync(join(existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), 'sluice-bench-'));
  const { tier } = await detectTier('auto', false, runDir);
  const vault = await openVault({ dir, keys: masterKeyWrapper(Buffer.alloc(32, 1)), runDir });
  const unitKeys = (domain: string) => createHash('sha512').update(domain).digest();
  const peaks = watchChildren();
  try {
    const startedAt = performance.now();
    const report = await ingest(
      { vault, tier, unitKeys, limits: DEFAULT_INGEST_LIMITS },
      {
        resource: 'electricity',
        version: 1,
        schema,
        format: 'csv',
        body: repeated(csv, times),
        declaredBytes: null,
        rejectShareMax: 0,
      },
    );
    const ms = performance.now() - startedAt;
    const worker = peaks.stop();
    const cpuMs = ownCpuMs() + worker.cpuMs;
    const rss = { gateway: process.resourceUsage().maxRSS / 1024, worker: worker.rssMb };
    return {
      ms,
      cpuMs,
      tier,
      rows: report.rows,
      bytes: report.bytes,
      sha256: report.contentSha256,
      rss,
      ...(await stored(vault)),
    };
  } finally {
    peaks.stop();
    rmSync(runDir, { recursive: true, force: true });
  }
}

async function stored(vault: Awaited<ReturnType<typeof openVault>>): Promise<Record<string, unknown>> {
  const startedAt = performance.now();
  const attached = await vault.attach('electricity', 1);
  const attachMs = performance.now() - startedAt;
  const instance = await DuckDBInstance.create(':memory:');
  const connection = await instance.connect();
  for (const [index, file] of attached.files.entries())
    await connection.run(`ATTACH '${file}' AS s${index} (READ_ONLY)`);
  const union = attached.files.map((_, index) => `SELECT * FROM s${index}.data`).join(' UNION ALL ');
  const facts = await factsOf(connection, `(${union})`);
  connection.closeSync();
  instance.closeSync();
  await attached.release();
  const plainBytes = attached.segments.reduce((sum, { bytes }) => sum + bytes, 0);
  return { facts, segments: attached.segments.length, plainBytes, attachMs };
}

function ownCpuMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

/** USER_HZ, which Linux fixes for all that it tells programs. */
const TICK_MS = 10;

/** Peak resident MiB of any process below this one and CPU time of all, sampled: their own accounting is out of reach. */
function watchChildren(): { stop: () => { rssMb: number; cpuMs: number } } {
  let rssMb = 0;
  const cpuMs = new Map<number, number>();
  const sample = (): void => {
    if (process.platform !== 'linux') return;
    for (const pid of descendants()) {
      try {
        const match = /VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${String(pid)}/status`, 'utf8'));
        rssMb = Math.max(rssMb, Number(match?.[1] ?? 0) / 1024);
        const fields = statFields(readFileSync(`/proc/${String(pid)}/stat`, 'utf8'));
        cpuMs.set(pid, (Number(fields[11]) + Number(fields[12])) * TICK_MS);
      } catch {
        // It ended between the listing and the reading.
      }
    }
  };
  const timer = setInterval(sample, 100);
  return {
    stop: () => {
      clearInterval(timer);
      return { rssMb, cpuMs: [...cpuMs.values()].reduce((sum, ms) => sum + ms, 0) };
    },
  };
}

/** From the third field, the state, on. */
function statFields(stat: string): readonly string[] {
  return stat.slice(stat.lastIndexOf(')') + 2).split(' ');
}

function descendants(): readonly number[] {
  const parents = new Map<number, number>();
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    try {
      const stat = readFileSync(`/proc/${name}/stat`, 'utf8');
      parents.set(Number(name), Number(statFields(stat)[1]));
    } catch {
      // Gone already.
    }
  }
  const below = (pid: number): boolean => {
    const parent = parents.get(pid);
    return parent !== undefined && parent !== 0 && (parent === process.pid || below(parent));
  };
  return [...parents.keys()].filter(below);
}

const [mode, csv, target, times] = process.argv.slice(2) as [string, string, string, string | undefined];
const schema = mode === 'ranked' ? RANKED : ELECTRICITY;
const figures =
  mode === 'reference' ? await reference(csv, target) : await ingestRun(schema, csv, target, Number(times ?? 1));
console.log(JSON.stringify(figures));
