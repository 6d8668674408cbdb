import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { AppError, type CompiledQuery, DEFAULT_PROFILE } from '../policies/index.ts';
import { geomean, pairedTimes, rounded } from './paired-times.ts';
import { closeStar, openStar } from './release-data.ts';
import { RELEASE_QUERIES } from './release-queries.ts';
import { ENGINE_THREADS, openBenchEngine, type Sides } from './release-sides.ts';

const SEED = 2_026;
const ROWS = { usual: 4_000_000, tiny: 20_000 } as const;

/** What tables say of rows per person by themselves: one row of a person, one main job. */
const ONE_ROW = { 'person.pid': 1, 'job.pid': 1 } as const;
/** With a promise for the fact as well, nothing needs to be left out. */
const FIRMS = { 'job.uscc': 1_000, 'firm.uscc': 1 } as const;
const ALL_DECLARED = { ...ONE_ROW, ...FIRMS, 'trip.pid': 100 } as const;
/** Instead: no more than so many rows of a person, by stored rank. The most active have a hundred trips, half of all fewer than forty. */
const RANKED = { ...DEFAULT_PROFILE, privacy: { ...DEFAULT_PROFILE.privacy, rho: 1, unitRowsMax: 40 } };
/** So that what is declared is never more than what would be kept. */
const GENEROUS = {
  ...DEFAULT_PROFILE,
  privacy: { ...DEFAULT_PROFILE.privacy, rho: 1, groupsMax: 1_000, rowsMax: 100 },
};

/** The bounded statistics of a query of the list, as somebody would write them for DuckDB: per person, then over persons. */
const HANDWRITTEN: Readonly<Record<string, string>> = {
  total: `SELECT sum(least(n, 4)), sum(least(greatest(f, 0), 800)) FROM (
    SELECT pid, count(*) AS n, sum(least(greatest(fare_amt, 0), 200)) AS f FROM trip GROUP BY pid)`,
  'by district': `SELECT dist_code, sum(least(n, 4)), sum(least(greatest(f, 0), 800)) FROM (
    SELECT *, row_number() OVER (PARTITION BY pid ORDER BY hash(pid, dist_code), dist_code) AS place FROM (
      SELECT dist_code, pid, count(*) AS n, sum(least(greatest(fare_amt, 0), 200)) AS f FROM trip GROUP BY dist_code, pid))
    WHERE place <= 4 GROUP BY dist_code`,
  'district and hour': `SELECT dist_code, hour_no, sum(least(n, 4)), sum(least(greatest(m, 0), 2400)) FROM (
    SELECT *, row_number() OVER (PARTITION BY pid ORDER BY hash(pid, dist_code, hour_no), dist_code, hour_no) AS place FROM (
      SELECT dist_code, hour_no, pid, count(*) AS n, sum(least(greatest(ride_min, 0), 600)) AS m
      FROM trip GROUP BY dist_code, hour_no, pid))
    WHERE place <= 4 GROUP BY dist_code, hour_no HAVING count(*) >= 10`,
};

/**
 * What bounding costs: released answers of mode `dp` against the same SQL straight in DuckDB (30 queries over a star of journeys), with
 * persons bounded per group (`exact`), by the stored rank of their rows (`ranked`), and by what tables declare (`declared`); and against the same bounded statistics written by hand.
 * `--rows N`: another size; `--ways ranked,handwritten`: some of them only.
 */
export async function planFigures(tiny: boolean, log: (line: string) => void): Promise<Record<string, unknown>> {
  const { rows: rowsAsked, ways } = asked();
  const rows = rowsAsked ?? (tiny ? ROWS.tiny : ROWS.usual);
  const size = { rows, seed: SEED };
  const star = await openStar(size);
  try {
    const engine = await openBenchEngine(star, join(star.dir, 'home'));
    try {
      const exact = engine.sides('general-4', { declared: ONE_ROW, ranks: false });
      const ranked = engine.sides('general-4', { declared: { ...ONE_ROW, ...FIRMS }, profile: RANKED });
      const declared = engine.sides('general-4', { declared: ALL_DECLARED, profile: GENEROUS });
      const measure = (way: Way, sides: Sides, references: Readonly<Record<string, string>> = RELEASE_QUERIES) =>
        ways.includes(way) ? overheads(way, sides, references, log) : null;
      const measured = {
        ranked: await measure('ranked', ranked),
        handwritten: await measure('handwritten', exact, HANDWRITTEN),
        declared: await measure('declared', declared),
        exact: await measure('exact', exact),
      };
      return {
        ranked_overhead_geomean: geomeanOf(measured.ranked),
        ranked_overhead_geomean_cpu: cpuGeomeanOf(measured.ranked),
        exact_overhead_geomean_cpu: cpuGeomeanOf(measured.exact),
        exact_overhead_geomean: geomeanOf(measured.exact),
        declared_overhead_geomean: geomeanOf(measured.declared),
        exact_overhead_vs_handwritten: geomeanOf(measured.handwritten),
        plan_rows: rows,
        plan_threads: ENGINE_THREADS,
        plan_queries: measured,
      };
    } finally {
      await engine.close();
    }
  } finally {
    closeStar(star, size, false);
  }
}

const WAYS = ['ranked', 'handwritten', 'declared', 'exact'] as const;
type Way = (typeof WAYS)[number];

function asked(): { readonly rows: number | null; readonly ways: readonly string[] } {
  const { values } = parseArgs({
    args: process.argv.slice(2),
    options: { rows: { type: 'string' }, ways: { type: 'string' } },
    strict: false,
    allowPositionals: true,
  });
  const { rows, ways } = values;
  return {
    rows: typeof rows === 'string' ? Number(rows) : null,
    ways: typeof ways === 'string' ? ways.split(',') : WAYS,
  };
}

interface Overhead {
  readonly query: string;
  /** How shares are bounded, boundary by boundary. */
  readonly bounding?: string;
  readonly ratio?: number;
  /** The same of processor time: other load on the machine does not count. */
  readonly cpuRatio?: number;
  readonly refused?: string;
}

/** Each query of the list against `references`, straight in the engine. */
async function overheads(
  name: string,
  sides: Sides,
  references: Readonly<Record<string, string>>,
  log: (line: string) => void,
): Promise<readonly Overhead[]> {
  const all: Overhead[] = [];
  for (const [query, reference] of Object.entries(references)) {
    const sql = RELEASE_QUERIES[query]!;
    const one = { query, ...(await overhead(sides, sql, reference)) };
    log(`${name} ${query}: ${one.ratio ?? one.refused} (processor ${one.cpuRatio ?? '–'}, ${one.bounding ?? '–'})`);
    all.push(one);
  }
  return all;
}

async function overhead(sides: Sides, sql: string, reference: string): Promise<Omit<Overhead, 'query'>> {
  let compiled: CompiledQuery;
  try {
    compiled = await sides.compile(sql);
  } catch (error) {
    if (error instanceof AppError)
      return { refused: `${error.code} ${String(error.facts['construct'] ?? error.facts['function'])}` };
    throw error;
  }
  const [released, raw] = [() => sides.release(sql, compiled), () => sides.raw(reference)];
  await raw();
  await released();
  const [rawTook, releasedTook] = await pairedTimes(raw, released);
  return {
    bounding: boundingsOf(compiled),
    ratio: rounded(releasedTook.ms / rawTook.ms, 2),
    cpuRatio: rounded(releasedTook.cpuMs / rawTook.cpuMs, 2),
  };
}

const boundingsOf = (compiled: CompiledQuery): string =>
  [
    ...new Set(
      compiled.private.boundaries.map((one) => (one.kind === 'private' ? one.layout.bounding.kind : one.kind)),
    ),
  ].join(' ');

const geomeanOf = (all: readonly Overhead[] | null): number | null =>
  all === null ? null : geomean(all.map(({ ratio }) => ratio));
const cpuGeomeanOf = (all: readonly Overhead[] | null): number | null =>
  all === null ? null : geomean(all.map(({ cpuRatio }) => cpuRatio));
