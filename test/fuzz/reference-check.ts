import type { GatewayAnswer } from '../attack/sql-gateway.ts';
import { FIRMS, PIDS } from './canary-city.ts';
import type { FuzzQuery } from './random-sql.ts';
import type { RawRows, RawTables, UnitKind } from './raw-tables.ts';

/**
 * What an answer may be, found without the compiler: the query's own text in DuckDB gives the values, and the same text
 * over one person's (one firm's) rows at a time says which groups that unit is in. Covers: every shown value is the true one,
 * every shown group stands for enough units, public tables are answered as DuckDB does; where nothing was withheld, an answer is
 * DuckDB's, whole, also one built from groups (windows, set operations, aggregates of aggregates); values of mode `dp` lie about their
 * intervals. Does not cover: answers built from groups of which some are hidden, which changes what is right; dominance and conditions inside
 * values (test/policies, test/attack).
 */
export type CheckedAnswer = Pick<GatewayAnswer, 'mode' | 'names' | 'rows' | 'suppressed' | 'intervals'>;
/** What the gateway answers; null: a refusal. */
export type Ask = (sql: string) => Promise<CheckedAnswer | null>;
export interface Verdict {
  /** What is wrong, in words without values; null: nothing. */
  readonly mismatch: string | null;
  readonly comparedValues: boolean;
  readonly comparedWhole: boolean;
  readonly countedUnits: boolean;
  readonly withinIntervals: boolean;
}

const UNITS: Readonly<Record<UnitKind, readonly bigint[]>> = { person: PIDS, enterprise: FIRMS };
const UNITS_MIN = 10;
/** Largest distance of a perturbed count (release.md). */
const NOISE_MAX = 8;
/** Half-widths of a 95% interval: Laplace noise is further off once in 10^8. */
const HALF_WIDTHS_MAX = 6;
const NOTHING: Verdict = {
  mismatch: null,
  comparedValues: false,
  comparedWhole: false,
  countedUnits: false,
  withinIntervals: false,
};

export async function checkAnswer(
  query: FuzzQuery,
  answer: CheckedAnswer,
  raw: RawTables,
  countUnits: boolean,
  ask: Ask,
): Promise<Verdict> {
  const whole = await checkWhole(query, answer, raw, ask);
  if (whole.mismatch !== null || query.oracle === null) return whole;
  const truth = await raw.all(query.oracle);
  // The engine raised where the project's expressions are total: nothing to compare with.
  if (truth === null) return whole;
  if (answer.mode === 'dp') return aboutIntervals(query, answer, truth);
  // Only a number of values itself is bounded by the true one, not what is computed from it.
  if (countsValues(query) && query.used.has('arithmetic of aggregates')) return whole;
  const tolerance = answer.mode === 'perturbed' ? NOISE_MAX : 0;
  const isWhole = query.isPublic && !query.used.has('LIMIT') && !query.used.has('DISTINCT');
  if (isWhole && truth.length !== answer.rows.length && truth.length < 10_000)
    return { ...NOTHING, mismatch: `${answer.rows.length} rows of public data instead of ${truth.length}` };
  const mismatch =
    answer.mode === 'perturbed' && !isCountsOnly(query)
      ? null
      : unmatched(query, answer.rows, truth, tolerance, query.isPublic);
  const compared = { ...whole, mismatch, comparedValues: true };
  if (mismatch !== null || query.probe === null || query.units.length === 0 || !countUnits) return compared;
  for (const kind of query.units) {
    const few = await tooFewUnits(query, query.probe, kind, answer.rows, raw);
    if (few !== null) return { ...compared, mismatch: few, countedUnits: true };
  }
  return { ...compared, countedUnits: true };
}

/**
 * Where nothing was withheld, the answer is the reference's, row by row. How many groups were left out is not always told: none where there are as
 * many as in the reference, in the groups below where the answer is made of groups; nor how many values of what is computed from several releases.
 */
async function checkWhole(query: FuzzQuery, answer: CheckedAnswer, raw: RawTables, ask: Ask): Promise<Verdict> {
  if (query.whole === null || answer.mode !== 'aggregate' || isWithheld(answer) || countsValues(query)) return NOTHING;
  const truth = await raw.all(query.whole);
  if (truth === null) return NOTHING;
  if (query.below !== null) {
    const [groups, all] = [await ask(query.below), await raw.all(query.below)];
    if (groups === null || all === null || isWithheld(groups) || groups.rows.length !== all.length) return NOTHING;
  } else if (answer.rows.length < truth.length && !query.isPublic) return NOTHING;
  if (nullsIn(answer.rows) > nullsIn(truth) && !query.isPublic) return NOTHING;
  if (truth.length !== answer.rows.length)
    return { ...NOTHING, mismatch: `${answer.rows.length} rows instead of ${truth.length}, and nothing withheld` };
  const mismatch = unmatched(query, answer.rows, truth, 0, true);
  return { ...NOTHING, comparedWhole: true, mismatch: mismatch === null ? null : `${mismatch}, and nothing withheld` };
}

const nullsIn = (rows: RawRows): number => rows.flat().filter((cell) => cell === null).length;
const isWithheld = ({ suppressed: { cells, groups } }: CheckedAnswer): boolean => cells + groups > 0;

/** Mode `dp`: a value that is further from the truth than its interval can explain. */
function aboutIntervals({ keys }: FuzzQuery, { names, rows, intervals }: CheckedAnswer, truth: RawRows): Verdict {
  const truthOf = new Map(truth.map((row) => [keyOf(row, keys), row]));
  for (const [at, row] of rows.entries()) {
    const true_ = truthOf.get(keyOf(row, keys));
    for (const [place, name] of names.entries()) {
      const interval = intervals[name]?.[at];
      if (true_ === undefined || !interval || row[place] === null || true_[place] === null) continue;
      const [low, high] = interval;
      const away = Math.abs(Number(true_[place]) - (low + high) / 2);
      if (away > (HALF_WIDTHS_MAX * (high - low)) / 2 + 1)
        return { ...NOTHING, mismatch: 'a noisy value far from the truth', withinIntervals: true };
    }
  }
  return { ...NOTHING, withinIntervals: true };
}

const isCountsOnly = ({ used }: FuzzQuery): boolean =>
  ![
    'sum',
    'avg',
    'var_pop',
    'var_samp',
    'stddev_samp',
    'corr',
    'covar_pop',
    'regr_slope',
    'geomean',
    'arithmetic of aggregates',
  ].some((call) => used.has(call));

/** Values that few units have between them are left out of their number. Identifiers are units. */
const countsValues = ({ sql }: FuzzQuery): boolean =>
  /count\(DISTINCT (?!(\w+\.)?(pid|uscc)\))|approx_count/iu.test(sql);

/** Each shown row must be a true one; what is hidden (null) may stand for anything. */
function unmatched(
  query: FuzzQuery,
  shown: RawRows,
  truth: RawRows,
  tolerance: number,
  /** Every cell counts, and every row once. */
  isExact: boolean,
): string | null {
  const { keys, fromKeys, used, isPublic } = query;
  const left = [...truth];
  const mayBeFewer = countsValues(query) && !isPublic;
  // DuckDB's count_if is a sum: NULL over no rows, and so is what is computed from it. Here it is a count.
  const isCount = (true_: unknown) => used.has('count_if') && true_ === null;
  for (const row of shown) {
    // A group of a public list without values says only that the list has it.
    if (!isExact && row.every((cell, i) => cell === null || i < keys || fromKeys?.has(i) === true)) continue;
    const at = left.findIndex((true_) =>
      row.every(
        (cell, i) =>
          (cell === null && !isExact) ||
          isSame(cell, true_[i], i < keys ? 0 : tolerance) ||
          (mayBeFewer && i >= keys && Number(cell) < Number(true_[i])) ||
          (i >= keys && isCount(true_[i])),
      ),
    );
    if (at < 0) return 'a shown row is none of the true ones';
    if (!isExact) continue; // DISTINCT and equal groups: one true row may be shown more than once
    left.splice(at, 1);
  }
  return null;
}

/** Summands of doubles have 28 digits at most, nine of them after the point: beyond, they are NULL (SQL page, `sum`). */
const SUMMAND_MAX = 1e18;

/** Doubles are summed in fixed point: equal to nine digits. */
function isSame(a: unknown, b: unknown, tolerance: number): boolean {
  if (Math.abs(Number(b)) >= SUMMAND_MAX) return true;
  if (a === null || b === null || a === undefined || b === undefined)
    return (a ?? null) === (b ?? null) || isInfinite(b);
  if (typeof a === 'boolean' || typeof b === 'boolean') return String(a) === String(b);
  const [x, y] = [Number(a), Number(b)];
  const isNumber = String(a).trim() !== '' && String(b).trim() !== '' && !Number.isNaN(x) && !Number.isNaN(y);
  if (!isNumber) return String(a).replace(/ 00:00:00$/, '') === String(b).replace(/ 00:00:00$/, '');
  return Math.abs(x - y) <= tolerance + 1e-7 * Math.max(1, Math.abs(x), Math.abs(y));
}

/** What DuckDB gives as infinity or NaN is NULL here. */
const isInfinite = (value: unknown): boolean => /^-?(inf|infinity|nan)$/i.test(String(value));

/** A shown group in which fewer units have a row than the threshold demands. */
async function tooFewUnits(
  query: FuzzQuery,
  probe: string,
  kind: UnitKind,
  shown: RawRows,
  raw: RawTables,
): Promise<string | null> {
  const says = await valuesThatSay(query, raw);
  // A key on the public list is no secret; a group shows where some value does.
  const groups = shown.filter(
    (row) => (query.keys > 0 && row.length === query.keys) || row.some((cell, i) => cell !== null && says(i)),
  );
  if (groups.length === 0) return null;
  const found = new Map(groups.map((row) => [keyOf(row, query.keys), 0]));
  for (const unit of UNITS[kind]) {
    const rows = await raw.ofUnit(kind, unit, probe);
    if (rows === null) return null;
    const mine = new Set(rows.filter((row) => Number(row.at(-1)) > 0).map((row) => keyOf(row, query.keys)));
    for (const key of mine) if (found.has(key)) found.set(key, found.get(key)! + 1);
  }
  const fewest = Math.min(...found.values());
  return fewest < UNITS_MIN ? `a shown group of ${fewest} of ${kind}` : null;
}

/** Columns that say something of rows: not keys, nor what follows from them, nor the number of values of a constant NULL, which is 0 of any rows. */
async function valuesThatSay({ keys, fromKeys, constants }: FuzzQuery, raw: RawTables) {
  const silent = new Set(fromKeys);
  for (const [place, value] of constants) {
    const [row] = (await raw.all(`SELECT ${value} FROM (VALUES (1)) one(row_of_it)`)) ?? [];
    if (row !== undefined && Number(row[0]) === 0) silent.add(place);
  }
  return (place: number) => place >= keys && !silent.has(place);
}

const keyOf = (row: readonly unknown[], keys: number): string =>
  JSON.stringify(
    row
      .slice(0, keys)
      .map((cell) =>
        cell === null || cell === undefined ? null : typeof cell === 'boolean' ? cell : numericText(cell),
      ),
  );

function numericText(cell: unknown): string {
  const number = Number(cell);
  return String(cell).trim() === '' || Number.isNaN(number) ? String(cell).replace(/ 00:00:00$/, '') : String(number);
}
