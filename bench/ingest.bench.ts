/**
 * Goal: what registration costs over DuckDB's own `CREATE TABLE AS SELECT * FROM read_csv(…)` of the same file: checks,
 * tokens, unit counts, isolation, encryption; and that its memory does not grow with the file.
 * Not a goal: network and HTTP; a slow disk.
 * Method: both in processes of their own, alternating, 2 threads each; medians.
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { writeElectricity } from './ingest-data.ts';

const SEED = 12_345;
const CHILD = fileURLToPath(new URL('./ingest-child.ts', import.meta.url));

interface ReferenceRun {
  readonly ms: number;
  readonly cpuMs: number;
  readonly facts: string;
}
interface IngestRun extends ReferenceRun {
  readonly tier: string;
  readonly rows: number;
  readonly bytes: number;
  readonly sha256: string;
  readonly rss: { readonly gateway: number; readonly worker: number };
  readonly segments: number;
  readonly plainBytes: number;
  readonly attachMs: number;
}

export default async function run(options: {
  readonly tiny: boolean;
  readonly log: (line: string) => void;
}): Promise<Record<string, unknown>> {
  const { tiny, log } = options;
  const dir = mkdtempSync(join(tmpdir(), 'sluice-ingest-bench-'));
  try {
    const csv = join(dir, 'electricity.csv');
    const file = writeElectricity(csv, tiny ? 3e6 : 300e6, SEED);
    log(`${csv}: ${file.rows} rows, ${mb(file.bytes)} MB, seed ${SEED}`);
    const runs = pairedRuns(csv, dir, tiny ? 1 : 7, log);
    const small = join(dir, 'hundred.csv');
    const hundred = writeElectricity(small, tiny ? 1e6 : 100e6, SEED);
    const once = ingestRun(small, dir, 1);
    const ranked = ingestRun(small, dir, 1, 'ranked');
    const tenfold = ingestRun(small, dir, 10);
    const rankedTenfold = ingestRun(small, dir, 10, 'ranked');
    log(`with ranks: ${round(ranked.cpuMs)} ms of processor time to ${round(once.cpuMs)}`);
    log(`${mb(once.bytes)} MB: gateway ${round(once.rss.gateway)} MiB, worker ${round(once.rss.worker)} MiB`);
    log(`${mb(tenfold.bytes)} MB: gateway ${round(tenfold.rss.gateway)} MiB, worker ${round(tenfold.rss.worker)} MiB`);
    return {
      csv_ratio: round(median(runs.map(({ ratio }) => ratio)), 2),
      csv_ratio_of_medians: round(
        median(runs.map(({ ours }) => ours.ms)) / median(runs.map(({ reference }) => reference.ms)),
        2,
      ),
      csv_ratio_cpu: round(median(runs.map(({ ours, reference }) => ours.cpuMs / reference.cpuMs)), 2),
      ingest_ms: round(median(runs.map(({ ours }) => ours.ms))),
      reference_ms: round(median(runs.map(({ reference }) => reference.ms))),
      rows: file.rows,
      mb: mb(file.bytes),
      runs: runs.length,
      seed: SEED,
      content_sha256: runs[0]?.ours.sha256,
      result_hash: runs[0]?.ours.facts,
      result_hash_matches_reference: runs.every(({ ours, reference }) => ours.facts === reference.facts),
      tier: runs[0]?.ours.tier,
      stored_mb: mb(runs[0]?.ours.plainBytes ?? 0),
      attach_gb_per_s: round(median(runs.map(({ ours }) => ours.plainBytes / 1e6 / ours.attachMs)), 2),
      rss_mb_100mb: { gateway: round(once.rss.gateway), worker: round(once.rss.worker), mb: mb(hundred.bytes) },
      rss_mb_1gb: { gateway: round(tenfold.rss.gateway), worker: round(tenfold.rss.worker), mb: mb(tenfold.bytes) },
      segments_1gb: tenfold.segments,
      ranked_ratio_cpu: round(ranked.cpuMs / once.cpuMs, 2),
      ranked_ratio_cpu_1gb: round(rankedTenfold.cpuMs / tenfold.cpuMs, 2),
      rss_mb_1gb_ranked: { gateway: round(rankedTenfold.rss.gateway), worker: round(rankedTenfold.rss.worker) },
      ingest_ms_1gb: round(tenfold.ms),
    };
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

function pairedRuns(csv: string, dir: string, count: number, log: (line: string) => void) {
  readFileSync(csv); // both find it in the page cache
  return Array.from({ length: count }, (_, index) => {
    const db = join(dir, 'reference.duckdb');
    const reference = child<ReferenceRun>('reference', csv, db);
    rmSync(db, { force: true });
    const ours = ingestRun(csv, dir, 1);
    const ratio = ours.ms / reference.ms;
    log(
      `run ${index + 1}: reference ${round(reference.ms)} ms, ingest ${round(ours.ms)} ms, ratio ${round(ratio, 2)}; CPU ${round(reference.cpuMs)} and ${round(ours.cpuMs)} ms`,
    );
    return { reference, ours, ratio };
  });
}

function ingestRun(csv: string, dir: string, times: number, mode: 'ingest' | 'ranked' = 'ingest'): IngestRun {
  const vault = mkdtempSync(join(dir, 'vault-'));
  try {
    return child<IngestRun>(mode, csv, vault, String(times));
  } finally {
    rmSync(vault, { recursive: true, force: true });
  }
}

function child<T>(...args: readonly string[]): T {
  return JSON.parse(execFileSync(process.execPath, [CHILD, ...args], { encoding: 'utf8' })) as T;
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? (sorted[middle] ?? 0) : ((sorted[middle - 1] ?? 0) + (sorted[middle] ?? 0)) / 2;
}

function round(value: number, digits = 0): number {
  return Number(value.toFixed(digits));
}

function mb(bytes: number): number {
  return round(bytes / 1e6);
}
