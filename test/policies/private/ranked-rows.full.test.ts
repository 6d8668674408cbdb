import { beforeAll, describe, expect, test } from 'vitest';
import { DEFAULT_PROFILE } from '../../../policies/levels.ts';
import type { PrivateLayout } from '../../../policies/sql/rewrite/private-layout.ts';
import { type Groups, openPrivate, type PrivateEngine, rowsOf } from './private-engine.ts';

/**
 * Goal: bounding by stored ranks. Invariants: an answer is the plain statistic over the rows of least rank; a unit that goes with all its
 * rows changes no more than its sensitivity, also where a row names units of two kinds; which way is taken says no row.
 * Control: with ranks over other units' rows too (by place in the table) the same queries break the bound.
 */
const ROWS_MAX = 5;
const asked = { ...DEFAULT_PROFILE, privacy: { ...DEFAULT_PROFILE.privacy, unitRowsMax: ROWS_MAX } };
let ranked: PrivateEngine;
let planned: PrivateEngine;
let plain: PrivateEngine;
beforeAll(async () => {
  ranked = await openPrivate(asked, true);
  planned = await openPrivate(DEFAULT_PROFILE, true);
  plain = await openPrivate(asked);
});

const boundingOf = async (engine: PrivateEngine, sql: string) => (await engine.boundaryOf(sql)).layout.bounding;

describe('by rank, an answer is the statistic over the first rows of each unit', () => {
  test('groups, conditions, joins', async () => {
    const statistics = 'count(*), sum(t.minutes), count(DISTINCT t.person), sum(t.fare)';
    const from = (trips: string, people: string) =>
      `FROM ${trips} t JOIN ${people} p ON p.person = t.person WHERE t.hour > 6 GROUP BY p.home`;
    const sql = `SELECT p.home, ${statistics} ${from('trips', 'people')}`;
    expect(await boundingOf(ranked, sql)).toEqual({ kind: 'ranked', rowsMax: ROWS_MAX });
    const first = `(SELECT * FROM "trips@1" WHERE _rank_person < ${ROWS_MAX})`;
    const expected = await ranked.gateway.raw(`SELECT p.home, ${statistics} ${from(first, '"people@1"')}`);
    const sums = await ranked.sumsOf(sql);
    for (const [home, n, minutes, persons, fares] of expected) {
      expect(sums.get(JSON.stringify([home]))).toEqual([n, minutes, persons, Math.round(Number(fares) * 100)]);
    }
  });

  test('what only has to match, and what the query groups by itself, is not cut', async () => {
    const EXISTS =
      'SELECT home, count(*), sum(income) FROM people p WHERE p.person IN (SELECT person FROM trips WHERE minutes > 300) GROUP BY home';
    const GROUPED =
      'SELECT count(*), sum(least(n, 900)) FROM (SELECT person, count(*) AS n, sum(minutes) AS m FROM trips GROUP BY person) AS u WHERE m > 60';
    for (const sql of [EXISTS, GROUPED]) {
      expect(await boundingOf(ranked, sql)).toEqual({ kind: 'declared' });
      expect(await ranked.sumsOf(sql)).toEqual(await plain.sumsOf(sql));
    }
  });
});

describe('one unit gone changes no more than its sensitivity', () => {
  const TRIPS = [
    'SELECT count(*), sum(minutes), avg(fare), count(DISTINCT person) FROM trips',
    'SELECT district, kind, count(*), sum(fare) FROM trips WHERE hour BETWEEN 6 AND 18 GROUP BY district, kind',
    'SELECT stop, count(*), sum(minutes) FROM trips GROUP BY stop',
    'SELECT p.home, t.kind, count(*), sum(t.minutes), sum(p.income) FROM trips t LEFT JOIN people p ON p.person = t.person GROUP BY p.home, t.kind',
    'SELECT kind, sum(x) FROM (SELECT kind, person AS who, minutes + hour AS x FROM trips) AS t GROUP BY kind',
  ];
  test.each(TRIPS)('%s', async (sql) => {
    expect(await boundingOf(ranked, sql)).toEqual({ kind: 'ranked', rowsMax: ROWS_MAX });
    for (const person of [0, 1, 7, 40]) await expectBounded(sql, ['trips', 'people'], 'person', person, 0);
  });

  const WITH_PUBLIC = [
    'SELECT h.part, count(*), sum(t.minutes) FROM trips t JOIN hours h ON h.at = t.hour GROUP BY h.part',
    'SELECT h.part, count(*), sum(t.minutes + h.price), count(DISTINCT t.kind) FROM hours h JOIN trips t ON h.at = t.hour WHERE t.hour > 5 GROUP BY h.part',
    'SELECT h.label, p.home, count(*), sum(t.minutes + p.income) FROM trips t JOIN people p ON p.person = t.person JOIN hours h ON h.at = t.hour GROUP BY h.label, p.home',
    'SELECT h.part, g.price, count(*), sum(t.minutes) FROM trips t JOIN hours h ON h.at = t.hour JOIN hours g ON g.at = t.hour GROUP BY h.part, g.price',
  ];
  test.each(WITH_PUBLIC)('beside public rows whose keys may repeat: %s', async (sql) => {
    expect(await boundingOf(ranked, sql)).toEqual({ kind: 'ranked', rowsMax: ROWS_MAX });
    for (const hour of ['hour', '7']) {
      await ranked.gateway.raw(`UPDATE ${rowsOf('trips')} SET hour = ${hour} WHERE person = 7`);
      for (const person of [0, 7, 40]) await expectBounded(sql, ['trips', 'people'], 'person', person, 0);
    }
  });

  test('public rows whose keys do not repeat leave the first rows as they are', async () => {
    const sql = 'SELECT h.part, count(*), sum(t.minutes) FROM trips t JOIN hours h ON h.at = t.hour GROUP BY h.part';
    await ranked.gateway.raw('CREATE TEMP TABLE all_hours AS SELECT * FROM "hours@1"');
    await ranked.gateway.raw('DELETE FROM "hours@1" WHERE "at" = 7 AND price <> 7');
    const first = `(SELECT * FROM "trips@1" WHERE _rank_person < ${ROWS_MAX})`;
    const expected = await ranked.gateway.raw(
      `SELECT h.part, count(*), sum(t.minutes) FROM ${first} t JOIN "hours@1" h ON h.at = t.hour GROUP BY h.part`,
    );
    const sums = await ranked.sumsOf(sql);
    await ranked.gateway.raw('DELETE FROM "hours@1"');
    await ranked.gateway.raw('INSERT INTO "hours@1" SELECT * FROM all_hours');
    for (const [part, n, minutes] of expected)
      expect(sums.get(JSON.stringify([part]))).toEqual([n, minutes].map(Number));
  });

  const POSTS = [
    'SELECT site, count(*), sum(wage), count(DISTINCT person), count(DISTINCT firm) FROM posts GROUP BY site',
    'SELECT p.home, count(*), sum(j.wage) FROM posts j JOIN people p ON p.person = j.person GROUP BY p.home',
    'SELECT j.site, count(*), sum(t.minutes) FROM posts j JOIN trips t ON t.person = j.person GROUP BY j.site',
  ];
  test.each(POSTS)('%s', async (sql) => {
    const { layout } = await ranked.boundaryOf(sql);
    expect(layout.bounding).toEqual({ kind: 'ranked', rowsMax: ROWS_MAX });
    for (const [unit, { names }] of layout.units.entries()) {
      const column = names.some((name) => name.column === 'firm') ? 'firm' : 'person';
      const tables = column === 'firm' ? ['posts'] : ['posts', 'trips', 'people'];
      for (const id of [0, 1, 2, 7]) await expectBounded(sql, tables, column, id, unit);
    }
  });

  test('control: ranked over the rows of others too, it may change more', async () => {
    const sql = TRIPS[0]!;
    const { layout } = await ranked.boundaryOf(sql);
    const first = `SELECT count(*) FROM (SELECT *, row_number() OVER (ORDER BY hash(_row_key, 7)) AS place FROM ${rowsOf('trips')})
      WHERE place <= 1500 AND person = 0`;
    const [[rows]] = (await ranked.gateway.raw(first)) as [[number]];
    expect(rows).toBeGreaterThan(Number(layout.terms[0]!.sensitivity[0]!.cell));
  });

  async function expectBounded(sql: string, tables: readonly string[], column: string, id: number, unit: number) {
    const before = await ranked.allSums(sql);
    const places = tables.map((table) => (table === 'people' ? '"people@1"' : rowsOf(table)));
    for (const [index, place] of places.entries()) {
      await ranked.gateway.raw(`CREATE OR REPLACE TEMP TABLE kept_${index} AS SELECT * FROM ${place}`);
      await ranked.gateway.raw(`DELETE FROM ${place} WHERE ${column} = ${id}`);
    }
    const after = await ranked.allSums(sql);
    for (const [index, place] of places.entries()) {
      await ranked.gateway.raw(`DELETE FROM ${place}`);
      await ranked.gateway.raw(`INSERT INTO ${place} SELECT * FROM kept_${index}`);
    }
    for (const [index, { layout, sums }] of before.entries()) expectWithin(layout, sums, after[index]!.sums, unit);
  }

  function expectWithin({ terms }: PrivateLayout, before: Groups, after: Groups, unit: number): void {
    for (const [term, { sensitivity }] of terms.entries()) {
      const keys = [...new Set([...before.keys(), ...after.keys()])];
      const changes = keys.map((key) => (after.get(key)?.[term] ?? 0) - (before.get(key)?.[term] ?? 0));
      const squares = changes.reduce((sum, change) => sum + change * change, 0);
      expect(squares).toBeLessThanOrEqual(Number(sensitivity[unit]!.squared));
      expect(Math.max(0, ...changes.map(Math.abs))).toBeLessThanOrEqual(Number(sensitivity[unit]!.cell));
    }
  }
});

describe('which way is taken', () => {
  test.each([
    ['SELECT count(*), sum(minutes) FROM trips', { kind: 'groups', groupsMax: 1, rowsMax: 4 }],
    ['SELECT kind, sum(minutes) FROM trips GROUP BY kind', { kind: 'groups', groupsMax: 4, rowsMax: 4 }],
    ['SELECT hour, sum(minutes) FROM trips GROUP BY hour', { kind: 'ranked', rowsMax: 8 }],
    ['SELECT home, sum(income) FROM people GROUP BY home', { kind: 'declared' }],
    ['SELECT site, sum(wage) FROM posts GROUP BY site', { kind: 'ranked', rowsMax: 6 }],
  ])('unasked, by what is public alone: %s', async (sql, bounding) => {
    expect(await boundingOf(planned, sql)).toEqual(bounding);
  });

  test.each([
    ['no ranks are stored', 'SELECT kind, sum(minutes) FROM trips GROUP BY kind', 'rows'],
    [
      'first rows meet first rows',
      'SELECT a.kind, count(*), sum(b.minutes) FROM trips a JOIN trips b ON a.person = b.person GROUP BY a.kind',
      'rows',
    ],
    [
      'ranks do not bound it',
      'SELECT home, sum(x) FROM (SELECT home, person, income AS x FROM people UNION ALL SELECT district, person, minutes FROM trips) AS u GROUP BY home',
      'rows',
    ],
  ])('asked, exactly where %s', async (title, sql, kind) => {
    const engine = title === 'no ranks are stored' ? plain : ranked;
    expect(await boundingOf(engine, sql)).toMatchObject({ kind, rowsMax: ROWS_MAX });
  });

  test('what is equal within one table says nothing of how many rows meet', async () => {
    const sql = `SELECT a.site, count(*), sum(a.wage) FROM posts a JOIN posts b ON a.firm = b.firm AND b.person = b.person GROUP BY a.site`;
    await expect(plain.boundaryOf(sql)).rejects.toMatchObject({ code: 'POLICY_CONSTRUCT_REFUSED' });
  });
});
