import { PIDS } from './canary-city.ts';
import type { FuzzQuery } from './random-sql.ts';
import type { RawRows, RawTables } from './raw-tables.ts';

/**
 * What an answer may be, found without the compiler: the query's own text in DuckDB gives the values, and the same text
 * over one person's rows at a time says which groups that person is in. Covers: every shown value is the true one, every
 * shown group stands for enough persons, public tables are answered as DuckDB does. Does not cover: answers built from
 * groups (windows, set operations, aggregates of aggregates), whose hidden parts change what is right; dominance and
 * conditions inside values (test/policies, test/attack).
 */
export interface CheckedAnswer {
  readonly mode: string;
  readonly rows: RawRows;
}
export interface Verdict {
  /** What is wrong, in words without values; null: nothing. */
  readonly mismatch: string | null;
  readonly comparedValues: boolean;
  readonly countedPersons: boolean;
}

const UNITS_MIN = 10;
/** Largest distance of a perturbed count (release.md). */
const NOISE_MAX = 8;
const NOTHING: Verdict = { mismatch: null, comparedValues: false, countedPersons: false };

export async function checkAnswer(
  query: FuzzQuery,
  answer: CheckedAnswer,
  raw: RawTables,
  countPersons: boolean,
): Promise<Verdict> {
  if (query.oracle === null) return NOTHING;
  const truth = await raw.all(query.oracle);
  // The engine raised where the project's expressions are total: nothing to compare with.
  if (truth === null) return NOTHING;
  const tolerance = answer.mode === 'perturbed' ? NOISE_MAX : 0;
  const isWhole = query.isPublic && !query.used.has('LIMIT') && !query.used.has('DISTINCT');
  if (isWhole && truth.length !== answer.rows.length && truth.length < 10_000)
    return { ...NOTHING, mismatch: `${answer.rows.length} rows of public data instead of ${truth.length}` };
  const mismatch =
    answer.mode === 'perturbed' && !isCountsOnly(query) ? null : unmatched(query, answer.rows, truth, tolerance);
  if (mismatch !== null || query.probe === null || !countPersons)
    return { mismatch, comparedValues: true, countedPersons: false };
  return {
    mismatch: await tooFewPersons(query, query.probe, answer.rows, raw),
    comparedValues: true,
    countedPersons: true,
  };
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

/** Each shown row must be a true one; what is hidden (null) may stand for anything. */
function unmatched(
  { keys, fromKeys, isPublic, used }: FuzzQuery,
  shown: RawRows,
  truth: RawRows,
  tolerance: number,
): string | null {
  const left = [...truth];
  // DuckDB's count_if is a sum: NULL over no rows, and so is what is computed from it. Here it is a count.
  const isCount = (true_: unknown) => used.has('count_if') && true_ === null;
  for (const row of shown) {
    // A group of a public list without values says only that the list has it.
    if (!isPublic && row.every((cell, i) => cell === null || i < keys || fromKeys?.has(i) === true)) continue;
    const at = left.findIndex((true_) =>
      row.every(
        (cell, i) =>
          (cell === null && !isPublic) ||
          isSame(cell, true_[i], i < keys ? 0 : tolerance) ||
          (i >= keys && isCount(true_[i])),
      ),
    );
    if (at < 0) return 'a shown row is none of the true ones';
    if (!isPublic) continue; // DISTINCT and equal groups: one true row may be shown more than once
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

/** A shown group in which fewer persons have a row than the threshold demands. */
async function tooFewPersons(query: FuzzQuery, probe: string, shown: RawRows, raw: RawTables): Promise<string | null> {
  const wanted = shown.filter((row) => query.keys > 0 || row.some((cell) => cell !== null));
  // A key on the public list is no secret; a group shows where some value does.
  const groups = wanted.filter(
    (row) =>
      row.length === query.keys ||
      row.some((cell, i) => cell !== null && i >= query.keys && query.fromKeys?.has(i) !== true),
  );
  if (groups.length === 0) return null;
  const persons = new Map(groups.map((row) => [keyOf(row, query.keys), 0]));
  for (const pid of PIDS) {
    const rows = await raw.ofPerson(pid, probe);
    if (rows === null) return null;
    const mine = new Set(rows.filter((row) => Number(row.at(-1)) > 0).map((row) => keyOf(row, query.keys)));
    for (const key of mine) if (persons.has(key)) persons.set(key, persons.get(key)! + 1);
  }
  const fewest = Math.min(...persons.values());
  return fewest < UNITS_MIN ? `a shown group of ${fewest} persons` : null;
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
