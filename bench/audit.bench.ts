import { createHash, hash } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { type AuditEntry, type AuditFilters, appendEntry, openStore, type Store, searchEntries } from '#catalog';
import { loadOrCreateLogKey, openLog, verifyHome } from '../gateway/audit/index.ts';

/**
 * The access log: how fast entries become durable, how fast an outsider checks them, how fast the office finds them.
 * Goals: append ≥ the jobs that a gateway can run; verify ≥ 300,000 entries/s; the usual questions under 20 ms.
 * Not measured: HTTP, and the rest of a job's transaction.
 */

const SEED = 2_026;
const IN_FLIGHT = 512;
const QUESTION_RUNS = 15;
const BATCH = 256;
const ENTRY_BYTES = 730;

/** Mulberry32: a bench is repeatable, and the hash of its entries shows that it was. */
function seededRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

const LEVELS = ['general-1', 'general-2', 'general-3', 'general-4'] as const;
const PURPOSES = ['小微信贷指数', '二手车诚信核验', '呼吸道监测与养老布点', '学位预警'];
const START = Date.parse('2026-01-01T00:00:00.000Z');
/** About a year of a busy city for a million entries. */
const STEP_MS = 31_000;

/** One job's line as the pipeline writes it, about 600 bytes. */
function makeEntry(n: number, random: () => number): AuditEntry {
  const pick = (count: number) => Math.floor(random() * count);
  const resource = pick(25);
  const hex = (length: number) => Array.from({ length }, () => pick(16).toString(16)).join('');
  return {
    v: 1,
    kind: n % 2 === 0 ? 'intent' : 'outcome',
    at: new Date(START + n * STEP_MS).toISOString(),
    job: `job-${Math.floor(n / 2)}`,
    who: { sub: `user${pick(2_000)}`, org: `org${pick(300)}`, role: 'developer' },
    plan: `plan-${pick(1_000)}`,
    planHash: hex(64),
    purpose: PURPOSES[pick(PURPOSES.length)] ?? '',
    tables: [
      {
        resource: `table${resource}`,
        version: 1,
        columns: Array.from({ length: 4 }, (_, i) => `column${(resource + i) % 20}`),
        level: LEVELS[resource % LEVELS.length] ?? 'general-1',
      },
    ],
    mode: resource % 2 === 0 ? 'rows' : 'aggregate',
    decision: random() < 0.03 ? 'deny' : 'permit',
    policies: 'ezhou-2026-1',
    queryHash: hex(64),
    budget: { jobs: 1, rho: 0 },
  };
}

const QUESTIONS: Readonly<Record<string, AuditFilters>> = {
  'what did this person do': { person: 'user77' },
  'who was refused this dataset': { resource: 'table3', decision: 'deny' },
  'who saw this column at this level, in this week': {
    resource: 'table6',
    column: 'column7',
    level: 'general-3',
    from: '2026-01-03T00:00:00.000Z',
    until: '2026-01-10T00:00:00.000Z',
  },
  'what was this organisation refused': { org: 'org42', decision: 'deny' },
  'what was done for this purpose under this plan': { text: '信贷指数', plan: 'plan-7' },
};

async function appendAll(store: Store, entries: readonly AuditEntry[]): Promise<void> {
  let next = 0;
  const lane = async () => {
    for (let entry = entries[next++]; entry !== undefined; entry = entries[next++]) {
      const one = entry;
      await store.commit((tx) => appendEntry(tx, one));
    }
  };
  await Promise.all(Array.from({ length: IN_FLIGHT }, lane));
}

/** The reference: the same number of bytes into a bare table, 256 to a durable transaction. Rows a second. */
function bareInserts(dir: string, count: number): number {
  const client = new Database(join(dir, 'bare.db'));
  client.pragma('journal_mode = WAL');
  client.pragma('synchronous = FULL');
  client.exec('CREATE TABLE bare (idx INTEGER PRIMARY KEY, bytes BLOB)');
  const insert = client.prepare('INSERT INTO bare (bytes) VALUES (?)');
  const bytes = Buffer.alloc(ENTRY_BYTES, 1);
  const start = performance.now();
  for (let done = 0; done < count; done += BATCH) {
    client.transaction(() => {
      for (let i = 0; i < BATCH; i += 1) insert.run(bytes);
    })();
  }
  const rate = (count / (performance.now() - start)) * 1_000;
  client.close();
  return Math.round(rate);
}

/** The reference: SHA-256 of an entry and of a node, which is the least that a check can do. Entries a second. */
function bareHashes(count: number): number {
  const [entry, node] = [Buffer.alloc(ENTRY_BYTES, 1), Buffer.alloc(65, 1)];
  const start = performance.now();
  for (let i = 0; i < count; i += 1) {
    hash('sha256', entry, 'buffer');
    hash('sha256', node, 'buffer');
  }
  return Math.round((count / (performance.now() - start)) * 1_000);
}

/** Microseconds of processor time that one of `count` took: tells the work apart from a busy machine. */
function cpuUsEach(since: NodeJS.CpuUsage, count: number): number {
  const { user, system } = process.cpuUsage(since);
  return round((user + system) / count);
}

/** Milliseconds of single commits, one after the other. */
async function singleAppends(store: Store, entries: readonly AuditEntry[]): Promise<readonly number[]> {
  const took: number[] = [];
  for (const entry of entries) {
    const start = performance.now();
    await store.commit((tx) => appendEntry(tx, entry));
    took.push(performance.now() - start);
  }
  return took;
}

function questionTimes(store: Store, filters: AuditFilters): number {
  const took = Array.from({ length: QUESTION_RUNS }, () => {
    const start = performance.now();
    store.read((db) => searchEntries(db, filters, { limit: 50 }));
    return performance.now() - start;
  });
  return quantile(took, 0.5);
}

function quantile(values: readonly number[], q: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))] ?? Number.NaN;
}

const round = (value: number): number => Math.round(value * 1_000) / 1_000;

export default async function bench(options: {
  tiny: boolean;
  log: (line: string) => void;
}): Promise<Record<string, unknown>> {
  const count = options.tiny ? 3_000 : 1_000_000;
  const singles = options.tiny ? 50 : 2_000;
  const dir = mkdtempSync(join(tmpdir(), 'sluice-bench-'));
  try {
    return await measure(dir, count, singles, options.log);
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

async function measure(dir: string, count: number, singles: number, say: (line: string) => void) {
  const path = join(dir, 'sluice.db');
  const store = openStore({ path, now: () => new Date() });
  const key = loadOrCreateLogKey(join(dir, 'key.pem'), 'bench.example/log');
  const log = await openLog({ store, key });
  const random = seededRandom(SEED);
  let [appendMs, indexMs] = [0, 0];
  const appendCpuUs: number[] = [];
  // WHY not the root: salts make every log another.
  const inputHash = createHash('sha256');
  const chunk = 20_000;
  for (let done = 0; done < count; done += chunk) {
    const entries = Array.from({ length: Math.min(chunk, count - done) }, (_, i) => makeEntry(done + i, random));
    inputHash.update(JSON.stringify(entries));
    const [start, cpu] = [performance.now(), process.cpuUsage()];
    await appendAll(store, entries);
    appendMs += performance.now() - start;
    appendCpuUs.push(cpuUsEach(cpu, entries.length));
    await log.advance();
    const behind = performance.now();
    await store.indexed();
    indexMs += performance.now() - behind;
  }
  const single = await singleAppends(
    store,
    Array.from({ length: singles }, (_, i) => makeEntry(count + i, random)),
  );
  const { size } = await log.advance();
  const searchMs = Object.fromEntries(
    Object.entries(QUESTIONS).map(([question, filters]) => [question, round(questionTimes(store, filters))]),
  );
  await log.close();
  store.close();
  const [start, cpu] = [performance.now(), process.cpuUsage()];
  const report = verifyHome(path, key.vkey);
  const verifyMs = performance.now() - start;
  const verifyCpuUs = cpuUsEach(cpu, size);
  if (!report.isIntact) throw new Error('the log that the bench wrote is not intact');
  const inputs = inputHash.digest('hex');
  say(`seed ${SEED}, ${size} entries, sha256 of what they said ${inputs}`);
  for (const [question, ms] of Object.entries(searchMs)) say(`${String(ms).padStart(9)} ms  ${question}`);
  return {
    entries: size,
    append_per_s: Math.round((count / appendMs) * 1_000),
    append_searchable_per_s: Math.round((count / (appendMs + indexMs)) * 1_000),
    append_cpu_us: quantile(appendCpuUs, 0.5),
    bare_insert_per_s: bareInserts(dir, Math.min(count, 100_000)),
    append_ms_p50: round(quantile(single, 0.5)),
    append_ms_p99: round(quantile(single, 0.99)),
    verify_entries_per_s: Math.round((size / verifyMs) * 1_000),
    verify_cpu_us: verifyCpuUs,
    bare_hash_per_s: bareHashes(Math.min(count, 200_000)),
    search_ms_p50: round(quantile(Object.values(searchMs), 0.5)),
    search_ms_max: Math.max(...Object.values(searchMs)),
    seed: SEED,
    inputs_sha256: inputs,
  };
}
