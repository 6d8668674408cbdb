import { beforeAll, describe, expect, test } from 'vitest';
import { openPrivate, type PrivateEngine, trips } from './private-engine.ts';

/**
 * Goal: what is public bounds an answer, and nothing else does. Groups by columns of a public table are those of the table, whatever the protected rows hold;
 * a value made of a unit's rows has the bounds of so many rows as are declared, else of a share, to which it is clamped.
 */
let engine: PrivateEngine;
beforeAll(async () => {
  engine = await openPrivate();
});

describe('groups by columns of a public table need no selection', () => {
  const FROM = 'FROM trips t JOIN hours h ON h.at = t.hour';
  const LABELS = ['h0', 'h1', 'h2', 'h3', 'night'];

  test('all of them are there, empty ones too, and nobody else decides which', async () => {
    const sql = `SELECT h.label, count(*), sum(t.minutes) ${FROM} WHERE t.hour < 20 GROUP BY h.label`;
    expect((await engine.boundaryOf(sql)).layout.selection).toBeNull();
    const groups = await engine.sumsOf(sql);
    expect([...groups.keys()].toSorted()).toEqual(LABELS.map((label) => JSON.stringify([label])));
    expect(groups.get(JSON.stringify(['night']))).toEqual([0, 0]);
    await engine.gateway.raw('CREATE TEMP TABLE kept AS SELECT * FROM "trips@1"');
    await engine.gateway.raw('DELETE FROM "trips@1" WHERE hour <> 7');
    const fewer = await engine.sumsOf(sql);
    await engine.gateway.raw('DELETE FROM "trips@1"');
    await engine.gateway.raw('INSERT INTO "trips@1" SELECT * FROM kept');
    expect([...fewer.keys()].toSorted()).toEqual([...groups.keys()].toSorted());
  });

  test('of one table, only combinations that it has; beside a list, each with each; expressions over it', async () => {
    const keysOf = async (sql: string) => [...(await engine.sumsOf(sql)).keys()].toSorted();
    const together = await engine.gateway.raw('SELECT DISTINCT label, upper(part) FROM "hours@1"');
    expect(await keysOf(`SELECT h.label, upper(h.part), sum(t.minutes) ${FROM} GROUP BY 1, 2`)).toEqual(
      together.map((row) => JSON.stringify(row)).toSorted(),
    );
    expect(await keysOf(`SELECT t.district, h.label, sum(t.minutes) ${FROM} GROUP BY 1, 2`)).toHaveLength(
      3 * LABELS.length,
    );
  });

  test.each([
    [
      'a side that may be missing',
      'SELECT h.label, sum(t.minutes) FROM trips t LEFT JOIN hours h ON h.at = t.hour GROUP BY h.label',
    ],
    ['a key that protected rows have a part in', `SELECT h.label || t.stop, sum(t.minutes) ${FROM} GROUP BY 1`],
  ])('not of %s', async (_, sql) => {
    expect((await engine.boundaryOf(sql)).layout.selection).not.toBeNull();
  });
});

describe('values made per unit', () => {
  const TAKEN = 16;

  test('without a declared bound are clamped to what a share of rows can make of them, and explain says so', async () => {
    const sql =
      'SELECT sum(n), sum(m) FROM (SELECT person, count(*) AS n, sum(minutes) AS m FROM trips GROUP BY person) AS u';
    const { layout } = await engine.boundaryOf(sql);
    expect(layout.rowsTaken).toBe(TAKEN);
    const [[, sums]] = [...(await engine.sumsOf(sql))] as [[string, readonly number[]]];
    expect(sums).toEqual([perPerson(() => 1, TAKEN), perPerson((row) => Number(row['minutes']), TAKEN * 600)]);
    expect(layout.terms.map(({ sensitivity }) => sensitivity[0]!.cell)).toEqual([TAKEN, TAKEN * 600].map(String));
  });

  test('with one have the bounds of so many rows, and nothing is taken for granted', async () => {
    const sql =
      'SELECT sum(n) FROM (SELECT person, count(*) AS n, max(income) AS m FROM people GROUP BY person) AS u WHERE m > 0';
    const { layout } = await engine.boundaryOf(sql);
    expect(layout).toMatchObject({ rowsTaken: null, terms: [{ sensitivity: [{ cell: '1' }] }] });
  });

  test('are no list of groups unless their bound is declared', async () => {
    const sql =
      'SELECT n, sum(m) FROM (SELECT person, count(*) AS n, sum(minutes) AS m FROM trips GROUP BY person) AS u GROUP BY n';
    expect((await engine.boundaryOf(sql)).layout.selection).not.toBeNull();
  });

  function perPerson(of: (row: (typeof trips)[number]) => number, most: number): number {
    const each = new Map<unknown, number>();
    for (const row of trips) each.set(row['person'], (each.get(row['person']) ?? 0) + of(row));
    return [...each.values()].reduce((sum, one) => sum + Math.min(one, most), 0);
  }
});

test('whole powers have the bounds of their base', async () => {
  const { layout } = await engine.boundaryOf(
    'SELECT sum((hour - 12) ^ 2), sum(pow(minutes - 300, 3)) FROM trips WHERE minutes > 5',
  );
  const digits = 10 ** 6;
  expect(layout.terms.map(({ sensitivity }) => Number(sensitivity[0]!.cell) / digits / 4)).toEqual([144, 300 ** 3]);
});
