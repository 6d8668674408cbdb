/**
 * Goal: what disclosure control costs: a released answer over the same SQL run straight in DuckDB, for 30 queries over a
 * star with 20 million journeys. Aims: 1.25 in mode aggregate, 1.6 in mode perturbed, compiled in 2 ms.
 * Not a goal: isolation, HTTP, the log and the release clock (gateway.bench.ts), and the way in (ingest.bench.ts).
 *
 * Method: the worker's engine in this process, the vault's segments, plans kept on both sides, one run of each to warm up,
 * then pairs in alternating order; the ratio of a query is the quotient of the medians. Compiling is timed apart.
 * `--rows N` another size, `--mode aggregate|perturbed` one of them only, `--keep` leaves the star in the temporary folder for the next run.
 */
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { AppError, type CompiledQuery, type Level, type ReleasedResult, type TableData } from '../policies/index.ts';
import { EngineError } from '../sandbox/engines/engine.ts';
import { geomean, median, PAIRS, pairedTimes, rounded } from './paired-times.ts';
import { closeStar, openStar } from './release-data.ts';
import { RELEASE_QUERIES } from './release-queries.ts';
import { ENGINE_THREADS, openBenchEngine, type Sides } from './release-sides.ts';
import type { BenchOptions } from './run.ts';

const SEED = 2_026;
const ROWS = { usual: 20_000_000, tiny: 20_000 } as const;
const COMPILE_ROUNDS = { usual: 20, tiny: 2 } as const;

export default async function bench({ tiny, log }: BenchOptions): Promise<Record<string, unknown>> {
  const { rows = tiny ? ROWS.tiny : ROWS.usual, keep, only } = flags();
  const size = { rows, seed: SEED };
  const startedMs = performance.now();
  const star = await openStar(size);
  try {
    log(`${rows} rows of trip, seed ${SEED}, ready after ${Math.round((performance.now() - startedMs) / 1000)} s`);
    const engine = await openBenchEngine(star, join(star.dir, 'home'));
    try {
      const measured = async (level: Level) =>
        only === undefined || only === level ? measureAll(engine.sides(level), level, log) : [];
      // WHY first: in the gateway nothing is compiled in a process whose engine holds gigabytes.
      const compileMs = await compileTimes(engine.sides('general-2'), COMPILE_ROUNDS[tiny ? 'tiny' : 'usual']);
      const aggregate = await measured('general-2');
      const perturbed = await measured('general-3');
      return {
        ...overheadOf('aggregate', aggregate),
        ...overheadOf('perturbed', perturbed),
        compile_ms_p50: rounded(median(compileMs), 3),
        accepted: aggregate.filter(({ refused }) => refused === undefined).length,
        failed: aggregate.filter(({ failed }) => failed !== undefined).length,
        asked: aggregate.length,
        result_sha256: hashOf(aggregate.map(({ result }) => result)),
        rows,
        seed: SEED,
        pairs: PAIRS,
        threads: ENGINE_THREADS,
        engine_memory_mb: engine.memoryMb,
        queries: aggregate,
        ...(isBuilt(perturbed) ? { queries_perturbed: perturbed } : {}),
      };
    } finally {
      await engine.close();
    }
  } finally {
    closeStar(star, size, keep);
  }
}

interface Flags {
  readonly rows?: number;
  readonly keep: boolean;
  readonly only: Level | undefined;
}

function flags(): Flags {
  const options = { rows: { type: 'string' }, keep: { type: 'boolean' }, mode: { type: 'string' } } as const;
  const { values } = parseArgs({ args: process.argv.slice(2), options, strict: false, allowPositionals: true });
  const { keep, mode } = { keep: values.keep === true, mode: values.mode };
  if (mode !== undefined && mode !== 'aggregate' && mode !== 'perturbed')
    throw new Error('--mode needs aggregate or perturbed');
  const only = mode === undefined ? undefined : mode === 'aggregate' ? 'general-2' : 'general-3';
  if (values.rows === undefined) return { keep, only };
  const rows = Number(values.rows);
  if (!Number.isSafeInteger(rows) || rows < 1) throw new Error('--rows needs a whole number above zero');
  return { rows, keep, only };
}

/** One line of the table. Times in milliseconds; a refused or failed query has none. */
interface Measured {
  readonly query: string;
  readonly refused?: string;
  readonly failed?: string;
  readonly raw_ms?: number;
  readonly released_ms?: number;
  readonly ratio?: number;
  /** The same of CPU time: steadier where the machine has other work. */
  readonly ratio_cpu?: number;
  readonly rows?: number;
  /** Rows of the raw answer; what is missing above it was withheld. */
  readonly raw_rows?: number;
  /** Released rows without a withheld value that stand in the raw answer just so. */
  readonly rows_equal?: number;
  readonly cells_withheld?: number;
  readonly groups_withheld?: number;
  readonly result?: string;
}

async function measureAll(sides: Sides, level: Level, log: BenchOptions['log']): Promise<readonly Measured[]> {
  const all: Measured[] = [];
  for (const [query, sql] of Object.entries(RELEASE_QUERIES)) {
    const compiled = await compileOrCode(sides, sql);
    const one =
      typeof compiled === 'string' ? { query, refused: compiled } : await measure(sides, query, sql, compiled);
    all.push(one);
    log(`${level} ${lineOf(one)}`);
  }
  return all;
}

async function compileOrCode(sides: Sides, sql: string): Promise<CompiledQuery | string> {
  try {
    return await sides.compile(sql);
  } catch (error) {
    if (error instanceof AppError) return error.code;
    throw error;
  }
}

async function measure(sides: Sides, query: string, sql: string, compiled: CompiledQuery): Promise<Measured> {
  try {
    const raw = await sides.raw(sql);
    const released = await sides.release(sql, compiled);
    const [rawTook, releasedTook] = await pairedTimes(
      () => sides.raw(sql),
      () => sides.release(sql, compiled),
    );
    return {
      query,
      raw_ms: rounded(rawTook.ms, 1),
      released_ms: rounded(releasedTook.ms, 1),
      ratio: rounded(releasedTook.ms / rawTook.ms, 2),
      ratio_cpu: rounded(releasedTook.cpuMs / rawTook.cpuMs, 2),
      ...comparison(raw, released),
    };
  } catch (error) {
    if (error instanceof AppError) return { query, failed: error.code };
    if (error instanceof EngineError) return { query, failed: error.failure };
    throw error;
  }
}

function comparison(raw: TableData, { table, suppressed }: ReleasedResult) {
  const known = new Set(rowTexts(raw));
  const shown = rowTexts(table);
  return {
    rows: table.rowCount,
    raw_rows: raw.rowCount,
    rows_equal: shown.filter((text) => known.has(text)).length,
    cells_withheld: suppressed.cells,
    groups_withheld: suppressed.groups,
    result: hashOf(shown),
  };
}

/** WHY nine digits: DuckDB adds doubles in the order in which its threads meet them. */
function rowTexts({ values, rowCount }: TableData): readonly string[] {
  return Array.from({ length: rowCount }, (_, row) => {
    return values.map((column) => textOf(column[row])).join('\t');
  });
}

function textOf(cell: unknown): string {
  return typeof cell === 'number' ? String(Number(cell.toPrecision(9))) : String(cell);
}

async function compileTimes(sides: Sides, rounds: number): Promise<readonly number[]> {
  const times: number[] = [];
  for (let round = 0; round < rounds; round += 1) {
    for (const sql of Object.values(RELEASE_QUERIES)) {
      const startedMs = performance.now();
      const compiled = await compileOrCode(sides, sql);
      if (typeof compiled !== 'string') times.push(performance.now() - startedMs);
    }
  }
  return times;
}

/** A mode that is not built refuses every query by its name. */
function isBuilt(measured: readonly Measured[]): boolean {
  return measured.some(({ refused }) => refused === undefined);
}

function lineOf(one: Measured): string {
  const outcome =
    one.ratio === undefined
      ? (one.refused ?? one.failed)
      : `${one.ratio} = ${one.released_ms} / ${one.raw_ms} ms (CPU ${one.ratio_cpu}), ${one.rows} of ${one.raw_rows} rows`;
  return `${one.query}: ${outcome}`;
}

function overheadOf(mode: 'aggregate' | 'perturbed', measured: readonly Measured[]): Record<string, unknown> {
  if (!isBuilt(measured)) return { [mode]: 'not built' };
  return {
    [`${mode}_overhead_geomean`]: geomean(measured.map(({ ratio }) => ratio)),
    [`${mode}_overhead_geomean_cpu`]: geomean(measured.map(({ ratio_cpu }) => ratio_cpu)),
  };
}

const hashOf = (value: unknown): string => createHash('sha256').update(JSON.stringify(value)).digest('hex');
