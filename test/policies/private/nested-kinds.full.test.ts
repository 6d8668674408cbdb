import { beforeAll, describe, expect, test } from 'vitest';
import { DEFAULT_PROFILE } from '../../../policies/levels.ts';
import type { PrivateLayout } from '../../../policies/sql/rewrite/private-layout.ts';
import type { Cell } from '../../../policies/table-data.ts';
import { type Groups, openPrivate, type PrivateEngine, posts, rowsOf } from './private-engine.ts';

/**
 * Goal: rows of two kinds of units, grouped by one of them, then over its groups; both kinds are protected. Method: a person or a firm goes with all its
 * rows from all tables and the sums below the noise are compared; the sums themselves are compared with a plain evaluator. Invariant: what changes, and by how much in
 * one cell, is at most the sensitivity of that kind. Control: without the bound on a firm's rows the largest firm changes more.
 */
const ROWS_MAX = 5;
const asked = { ...DEFAULT_PROFILE, privacy: { ...DEFAULT_PROFILE.privacy, unitRowsMax: ROWS_MAX } };
let ranked: PrivateEngine;
let plain: PrivateEngine;
beforeAll(async () => {
  ranked = await openPrivate(asked, true);
  plain = await openPrivate(asked);
});

/** Per person, per firm, with a further key, filtered by what was made, made twice, joined again, and told apart by a value. */
const NESTED = [
  'SELECT count(*), sum(w), avg(w), count(DISTINCT person) FROM (SELECT person, least(sum(wage), 60000) AS w FROM posts GROUP BY person) AS u',
  'SELECT least(w // 20000, 4) AS band, count(*) FROM (SELECT person, sum(wage) AS w FROM posts GROUP BY person) AS u GROUP BY band',
  'SELECT count(*), sum(w) FROM (SELECT firm, avg(wage) AS w, max(wage) AS most FROM posts GROUP BY firm HAVING max(wage) > 30000) AS u',
  'SELECT site, count(*), sum(w) FROM (SELECT person, site, max(wage) AS w FROM posts GROUP BY person, site) AS u GROUP BY site',
  'SELECT s, count(*), sum(w) FROM (SELECT person, count(*) AS s, max(w) AS w FROM (SELECT person, site, max(wage) AS w FROM posts GROUP BY person, site) AS v GROUP BY person) AS u GROUP BY s',
  'SELECT p.home, count(*), sum(u.w), sum(p.income) FROM (SELECT person, least(sum(wage), 60000) AS w FROM posts GROUP BY person) AS u JOIN people p ON p.person = u.person GROUP BY p.home',
  'SELECT home, count(*), sum(income) FROM people p WHERE p.person IN (SELECT person FROM posts GROUP BY person HAVING sum(wage) > 900) GROUP BY home',
  'SELECT home, count(*), sum(income) FROM people p WHERE p.person NOT IN (SELECT person FROM posts GROUP BY person HAVING sum(wage) > 30000) GROUP BY home',
  'SELECT home, count(*), sum(income) FROM people p WHERE EXISTS (SELECT 1 FROM posts o WHERE o.person = p.person AND o.wage > 9000) GROUP BY home',
  'SELECT count(*), sum(w - 20000) FROM (SELECT person, firm, least(sum(wage), 60000) AS w FROM posts GROUP BY person, firm) AS u',
];

describe.each(['ranked', 'by keyed hash'] as const)(
  '%s: a unit gone changes no more than is charged for its kind',
  (how) => {
    test.each(NESTED)('%s', async (sql) => {
      const engine = how === 'ranked' ? ranked : plain;
      const kinds = (await engine.allSums(sql)).flatMap(({ layout }) => layout.units.map(({ unit }) => unit));
      expect(kinds).toEqual(expect.arrayContaining(['enterprise', 'person']));
      for (const kind of ['enterprise', 'person'])
        for (const id of [0, 7]) await expectBounded(engine, how === 'ranked', sql, kind, id);
    });

    test('sums are those of a plain evaluator over the rows that are left', async () => {
      const engine = how === 'ranked' ? ranked : plain;
      const sql = NESTED[0]!;
      if (how !== 'ranked')
        return expect((await engine.boundaryOf(sql)).layout.bounding).toEqual({ kind: 'nested', rowsMax: ROWS_MAX });
      const kept = await engine.gateway.raw(`SELECT person, wage FROM "posts@1" WHERE _rank_firm < ${ROWS_MAX}`);
      const [n, total, , persons] = evaluated(kept);
      const [[, sums]] = [...(await engine.sumsOf(sql))] as [[string, readonly number[]]];
      expect(sums.slice(0, 2)).toEqual([n, total]);
      expect(sums).toContain(persons);
      expect(kept.length).toBeLessThan(posts.length);
    });
  },
);

test('control: with all its rows the largest firm has a part in more persons than is charged', async () => {
  const { layout } = await ranked.boundaryOf(NESTED[0]!);
  const firm = layout.units.findIndex(({ unit }) => unit === 'enterprise');
  const persons = new Set(posts.filter((row) => row['firm'] === 0).map((row) => row['person']));
  expect(persons.size).toBeGreaterThan(Number(layout.terms[0]!.sensitivity[firm]!.cell));
});

describe('what is refused says what would be answered', () => {
  test.each([
    [
      'beside rows without a bound per unit',
      'SELECT count(*), sum(t.minutes) FROM (SELECT person, sum(wage) AS w FROM posts GROUP BY person) AS u JOIN trips t ON t.person = u.person WHERE u.w > 100',
      'rowsPerUnitMax',
    ],
    [
      'a window over what others have a part in',
      'SELECT sum(x) FROM (SELECT person, least(sum(w) OVER (PARTITION BY person), 9) AS x FROM (SELECT person, site, max(wage) AS w FROM posts GROUP BY person, site) AS v) AS u',
      'window over grouped results',
    ],
  ])('%s', async (_, sql, accepted) => {
    await expect(ranked.boundaryOf(sql)).rejects.toMatchObject({
      code: 'POLICY_CONSTRUCT_REFUSED',
      facts: { accepted: expect.stringContaining(accepted) as string },
    });
  });
});

/** As slow and as plain as can be: count(*), sum(least(sum(wage), 60000)), –, count(DISTINCT person). */
function evaluated(rows: readonly (readonly Cell[])[]): readonly [number, number, null, number] {
  const wages = new Map<Cell, number>();
  for (const [person, wage] of rows) wages.set(person!, (wages.get(person!) ?? 0) + Number(wage));
  const total = [...wages.values()].reduce((sum, wage) => sum + Math.min(wage, 60_000), 0);
  return [wages.size, total, null, wages.size];
}

async function expectBounded(
  { gateway, allSums }: PrivateEngine,
  isRanked: boolean,
  sql: string,
  kind: string,
  id: number,
) {
  const column = kind === 'enterprise' ? 'firm' : 'person';
  const before = await allSums(sql);
  const place = (table: string) => (isRanked && table !== 'people' ? rowsOf(table) : `"${table}@1"`);
  const places = (column === 'firm' ? ['posts'] : ['posts', 'people', 'trips']).map(place);
  for (const [index, stored] of places.entries()) {
    await gateway.raw(`CREATE OR REPLACE TEMP TABLE kept_${index} AS SELECT * FROM ${stored}`);
    await gateway.raw(`DELETE FROM ${stored} WHERE ${column} = ${id}`);
  }
  const after = await allSums(sql);
  for (const [index, stored] of places.entries()) {
    await gateway.raw(`DELETE FROM ${stored}`);
    await gateway.raw(`INSERT INTO ${stored} SELECT * FROM kept_${index}`);
  }
  for (const [index, { layout, sums }] of before.entries()) expectWithin(layout, sums, after[index]!.sums, kind);
}

function expectWithin({ terms, units }: PrivateLayout, before: Groups, after: Groups, kind: string): void {
  const unit = units.findIndex((one) => one.unit === kind);
  for (const [term, { sensitivity }] of terms.entries()) {
    const keys = [...new Set([...before.keys(), ...after.keys()])];
    const changes = keys.map((key) => (after.get(key)?.[term] ?? 0) - (before.get(key)?.[term] ?? 0));
    const squares = changes.reduce((sum, change) => sum + change * change, 0);
    expect(squares).toBeLessThanOrEqual(Number(sensitivity[unit]?.squared ?? 0));
    expect(Math.max(0, ...changes.map(Math.abs))).toBeLessThanOrEqual(Number(sensitivity[unit]?.cell ?? 0));
  }
}
