import { describe, expect, it } from 'vitest';
import type { GatewayAnswer } from '../attack/sql-gateway.ts';
import { CANARIES, canariesIn, FUZZED_TABLES } from './canary-city.ts';
import { type Failure, fuzz, judgeText } from './fuzz.ts';
import { type FuzzQuery, NOTHING_KNOWN } from './random-sql.ts';
import { openRawTables } from './raw-tables.ts';
import { type CheckedAnswer, checkAnswer } from './reference-check.ts';
import { shrunk } from './sql-noise.ts';

/**
 * Goal: the fuzzer runs, finds what is planted, and finds nothing new in the product. `npm run fuzz` is the long run.
 * Method: 300 queries of a fixed seed; the checks against answers that are wrong on purpose.
 */

const SEED = 300;
console.log(`fuzz seed ${SEED}`);

/** What the fuzzer found: each failed once. */
const FOUND: readonly (readonly [what: string, sql: string, keys?: number])[] = [
  ['groups of which only the number is asked', 'SELECT count(*) FROM (SELECT sum(age) AS a FROM person) w'],
  ['public rows of which only the number is asked', 'SELECT 7 FROM (SELECT sum(age) FROM person) w, pub LIMIT 2'],
  ['a sum of zeros over no rows is NULL', 'SELECT sum(0) FILTER (WHERE false) AS s FROM person'],
  ['a sum of nothing is NULL', 'SELECT city, sum(NULL) AS a FROM person GROUP BY city'],
  [
    'what small groups are gathered into is no group beside that of NULL',
    'SELECT dept, count(*) AS n, sum(fee) AS s FROM visit GROUP BY dept',
  ],
  [
    'a sum of rows per person is no number of persons',
    "SELECT '' AS k, sum(c) AS rows, count(*) AS n FROM (SELECT pid, count(*) AS c FROM visit GROUP BY pid) t GROUP BY k",
  ],
  [
    'equal keys by two names in grouping sets',
    'SELECT sex AS g0, sex AS g1, count(*) AS a0 FROM person GROUP BY CUBE (g0, g1)',
    2,
  ],
  [
    'nobody and one person, counted beside a list',
    "SELECT s.code, g.a FROM (VALUES ('f'), ('m')) s(code), LATERAL (SELECT count(*) AS a FROM person p WHERE p.sex = s.code AND p.pay <= p.code) g",
  ],
  ['GROUP BY ALL of constants alone', 'SELECT true AS k, count(*) FROM pub WHERE false GROUP BY ALL'],
];

describe('fuzz', () => {
  it('300 queries leak nothing and fail nowhere', { timeout: 300_000 }, async () => {
    const failures: Failure[] = [];
    const report = await fuzz({ queries: 300, seed: SEED, failed: (failure) => failures.push(failure) });
    expect(failures).toEqual([]);
    expect(report.canary_leaks).toBe(0);
    expect(report.accepted).toBeGreaterThan(50);
    expect(report.comparedValues).toBeGreaterThan(40);
    expect(report.countedUnits).toBeGreaterThan(0);
  });

  it.each(FOUND.map(([what, sql, keys = 1]) => ({ what, sql, keys })))(
    'found and mended: $what',
    async ({ sql, keys }) => {
      expect(await judgeText(sql, keys)).toBeNull();
    },
  );
});

const answerOf = (rows: GatewayAnswer['rows'], withheld = 1): CheckedAnswer => ({
  ...{ mode: 'aggregate', names: ['g0', 'a0'], rows, intervals: {} },
  suppressed: { cells: withheld, groups: 0, reasons: [] },
});

const nobody = async () => null;

describe('the checks can fail', () => {
  const query: FuzzQuery = {
    ...NOTHING_KNOWN,
    sql: '',
    used: new Set<string>(),
    units: ['person'],
    oracle: 'SELECT note AS g0, count(*) AS a0 FROM person GROUP BY note',
    probe: 'SELECT note AS g0, count(*) AS rows_of_it FROM person GROUP BY note',
    keys: 1,
    isPublic: false,
  };
  it.each([
    ['a true group of many', [['n0', 29]], null],
    ['a hidden value', [['n0', null]], null],
    ['another number', [['n0', 28]], 'a shown row is none of the true ones'],
    ['a group that does not exist', [['n9', 29]], 'a shown row is none of the true ones'],
    ['a group of one', [[CANARIES.note, 1]], 'a shown group of 1 of person'],
    ['a group of three', [[CANARIES.few, 3]], 'a shown group of 3 of person'],
  ])('%s', async (_what, rows, mismatch) => {
    const raw = await openRawTables(FUZZED_TABLES);
    expect((await checkAnswer(query, answerOf(rows), raw, true, nobody)).mismatch).toBe(mismatch);
    raw.close();
  });

  it('canaries: in any case, backwards, in part, as numbers', () => {
    for (const text of ['x ZQCANARYA NOTE', 'eton ayranacqz', 'zqcanarya', '87319465517.0'])
      expect(canariesIn(text).length, text).toBe(1);
    expect(canariesIn('zqcan 8731946')).toEqual([]);
  });

  it('shrinks to what fails', async () => {
    const small = await shrunk('SELECT a, b, error(c) FROM t WHERE d > 0', async (text) => text.includes('error'));
    expect(small).toBe('error');
  });
});
