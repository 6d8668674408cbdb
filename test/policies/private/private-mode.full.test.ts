import { beforeAll, describe, expect, test } from 'vitest';
import { AppError } from '../../../policies/errors.ts';
import { leavesBelow, treeShape } from '../../../policies/mechanisms/noisy-tree/tree-shape.ts';
import type { Cell } from '../../../policies/table-data.ts';
import type { SqlGateway } from '../../attack/sql-gateway.ts';
import { type Asked, boundedSums } from './bounded-model.ts';
import { KINDS, type Row } from './private-city.ts';
import { openPrivate, type PrivateEngine, people, trips } from './private-engine.ts';

/**
 * Goal: in mode `dp` what is released is the bounded statistic plus noise, and nothing else. Method: the noise is taken away in the test's
 * own source of chance; what is left is compared with a plain model, and between neighbours. Seeds: rows are a fixed function of their
 * number. Invariants: equal to the model; a unit changes no more than its declared sensitivity, whatever its rows.
 */

let gateway: SqlGateway;
let boundaryOf: PrivateEngine['boundaryOf'];
let sumsOf: PrivateEngine['sumsOf'];
let leavesOf: PrivateEngine['leavesOf'];
beforeAll(async () => {
  ({ gateway, boundaryOf, sumsOf, leavesOf } = await openPrivate());
});

const ROWS = { of: () => 1, low: 1, high: 1 };
const number = (name: string) => (row: Row) => (row[name] === null ? null : Number(row[name]));
const FARE = { of: number('fare'), low: -5, high: 100 };
const FARE_MIDDLE = {
  ...FARE,
  of: (row: Row) => (row['fare'] === null ? null : Number(row['fare']) - 47.5),
  low: -52.5,
  high: 52.5,
};
const HAS_FARE = { of: (row: Row) => (row['fare'] === null ? null : 1), low: 1, high: 1 };

/** The engine's order of a unit's groups, asked of the engine itself. */
async function engineOrder(key: string): Promise<(unit: Cell, a: string, b: string) => number> {
  const rows = await gateway.raw(
    `SELECT DISTINCT person, ${key}, CAST(hash(CAST(person AS UBIGINT), ${key}) >> 2 AS DOUBLE) FROM trips`,
  );
  const places = new Map(rows.map(([person, value, place]) => [JSON.stringify([person, [value]]), Number(place)]));
  const place = (unit: Cell, group: string) => places.get(JSON.stringify([unit, JSON.parse(group) as unknown]))!;
  return (unit, a, b) => place(unit, a) - place(unit, b);
}

describe('without its noise, an answer is the bounded statistic', () => {
  const byKind: Asked = {
    unit: 'person',
    keys: ['kind'],
    sums: [ROWS, FARE, { ...FARE_MIDDLE, averaged: true }, HAS_FARE],
  };
  test('a key that is never NULL, made in a subquery, has no group of NULL; one that may be has', async () => {
    const keysOf = async (sql: string) => [...(await sumsOf(sql)).keys()].map((key) => (JSON.parse(key) as [Cell])[0]);
    const tenths = 'SELECT tenth, count(*) FROM (SELECT minutes // 100 AS tenth FROM trips) AS t GROUP BY tenth';
    expect((await keysOf(tenths)).map(Number).sort()).toEqual([0, 1, 2, 3, 4, 5, 6]);
    const each = `SELECT n, count(*) FROM (SELECT person, least(count(*), 3) AS n, sum(minutes) AS m FROM trips GROUP BY person) AS u
      WHERE m > 0 GROUP BY n`;
    expect((await keysOf(each)).map(Number).sort()).toEqual([0, 1, 2, 3]);
    expect(await keysOf('SELECT kind, count(minutes) FROM trips GROUP BY kind')).toContain(null);
  });
  test('groups of a public list, each unit in four of them', async () => {
    const sums = await sumsOf('SELECT kind, count(*), sum(fare), avg(fare) FROM trips GROUP BY kind');
    const before = await engineOrder('kind');
    const model = boundedSums(trips, byKind, { groupsMax: 4, rowsMax: 4, before });
    expect([...sums.keys()].sort()).toEqual([...KINDS, null].map((kind) => JSON.stringify([kind])).sort());
    for (const [key, [n, fare, middle, count]] of sums) {
      const expected = model.get(key) ?? [0, 0, 0, 0];
      expect([n, count]).toEqual([expected[0], expected[3]]);
      expect(fare).toBeCloseTo(expected[1]! * 100, 3);
      // Each unit's mean is rounded to a hundredth.
      expect(Math.abs(middle! - expected[2]! * 100)).toBeLessThanOrEqual(300);
    }
  });

  test('everybody together', async () => {
    const sums = await sumsOf('SELECT count(*), sum(minutes), count(DISTINCT person) FROM trips WHERE hour >= 8');
    const asked: Asked = { unit: 'person', keys: [], sums: [ROWS, { of: number('minutes'), low: 0, high: 600 }] };
    const late = trips.filter(({ hour }) => Number(hour) >= 8);
    const [rows, minutes] = boundedSums(late, asked, { groupsMax: 1, rowsMax: 4, before: () => 0 }).get('[]')!;
    expect(sums.get('[]')).toEqual([rows, minutes, new Set(late.map(({ person }) => person)).size]);
  });

  test('a declared number of rows needs nothing left out: the plain answer', async () => {
    const sql =
      'SELECT home, count(*) AS n, sum(income) AS s, avg(income) AS m, stddev(income) AS d FROM people GROUP BY home';
    expect((await boundaryOf(sql)).layout.bounding).toEqual({ kind: 'declared' });
    const { rows, mode } = await gateway.ask(`${sql} ORDER BY home`);
    const raw = await gateway.raw(`${sql} ORDER BY home`);
    expect(mode).toBe('dp');
    expect(rows.map(([home, n, s]) => [home, n, s])).toEqual(raw.map(([home, n, s]) => [home, n, s]));
    for (const [index, [, , , m, d]] of rows.entries()) {
      expect(m).toBeCloseTo(raw[index]![3] as number, 6);
      expect(d).toBeCloseTo(raw[index]![4] as number, 4);
    }
  });

  test('every moment is that of SQL where nothing is left out', async () => {
    const moments = ['var_pop', 'var_samp', 'stddev_pop', 'sem'].map((fn) => `${fn}(income)`);
    const pairs = [
      'covar_samp',
      'covar_pop',
      'corr',
      'regr_slope',
      'regr_intercept',
      'regr_r2',
      'regr_avgx',
      'regr_avgy',
    ];
    const list = [...moments, ...pairs.map((fn) => `${fn}(income, person_half)`)].join(', ');
    const sql = `SELECT ${list} FROM (SELECT income, least(greatest(income % 1000, 0), 1000) AS person_half FROM people)`;
    const [[...ours]] = (await gateway.ask(sql)).rows as [Cell[]];
    const [[...theirs]] = (await gateway.raw(sql)) as [Cell[]];
    for (const [index, value] of ours.entries()) {
      expect(Math.abs(Number(value) / Number(theirs[index]) - 1)).toBeLessThan(1e-6);
    }
  });

  test('values per person, then over persons: each person is one', async () => {
    const sql = `SELECT avg(least(greatest(total, 0), 500)) AS m, count(*) AS n
      FROM (SELECT person, sum(fare) AS total FROM trips GROUP BY person) AS t`;
    expect((await boundaryOf(sql)).layout.bounding).toEqual({ kind: 'declared' });
    const [[mean, n]] = (await gateway.ask(sql)).rows as [[number, number]];
    const [[expected, count]] = (await gateway.raw(sql)) as [[number, number]];
    expect(n).toBe(count);
    expect(mean).toBeCloseTo(expected, 4);
  });
});

describe('groups whose keys are public are complete, whatever the data hold', () => {
  const cases: readonly (readonly [key: string, groups: readonly Cell[]])[] = [
    ['kind', [...KINDS, null]],
    ['hour', Array.from({ length: 24 }, (_, hour) => hour)],
    ['hour // 6', [0, 1, 2, 3]],
    ["CASE WHEN minutes < 60 THEN 'short' ELSE 'long' END", ['long', 'short']],
    ['minutes > 600', [false, true]],
    ['fare > 1000', [false, true, null]],
  ];
  test.each(cases)('%s', async (key, groups) => {
    const { rows } = await gateway.ask(
      `SELECT ${key} AS k, count(*) AS n, sum(minutes) AS s FROM trips WHERE stop = 3 GROUP BY k`,
    );
    expect(rows.map(([k]) => k)).toEqual(groups);
    const raw = await gateway.raw(`SELECT ${key} AS k, count(DISTINCT person) FROM trips WHERE stop = 3 GROUP BY k`);
    const persons = new Map(raw.map(([k, n]) => [k, Number(n)]));
    for (const [k, n] of rows) expect(Number(n) > 0).toBe((persons.get(k) ?? 0) > 0);
  });

  test('others are shown where chance selects them, small ones never', async () => {
    const { layout } = await boundaryOf('SELECT stop, count(*), sum(minutes) FROM trips GROUP BY stop');
    expect(layout.selection).toMatchObject({ groupsMax: 4, unitsMin: 10 });
    const { rows } = await gateway.ask(`SELECT weight // 50 AS w, count(*) AS n, sum(minutes) AS s
      FROM trips GROUP BY w`);
    const raw = await gateway.raw('SELECT weight // 50 AS w, count(DISTINCT person) FROM trips GROUP BY w');
    expect(rows.length).toBeLessThanOrEqual(raw.filter(([, n]) => Number(n) >= 10).length);
  });
});

describe('quantiles', () => {
  test('are where the rows are, between the declared bounds', async () => {
    const sql = `SELECT home, median(income) AS m, quantile_cont(income, 0.1) AS q, min(income) AS a, max(income) AS z
      FROM people GROUP BY home`;
    const { layout } = await boundaryOf(sql);
    expect(layout.trees.map(({ questions }) => questions)).toEqual([4]);
    for (const [home, m, q, a, z] of (await gateway.ask(sql)).rows) {
      const incomes = people.filter((row) => row['home'] === home).map(({ income }) => Number(income));
      const share = (value: Cell) => incomes.filter((income) => income <= Number(value)).length / incomes.length;
      expect(Math.abs(share(m!) - 0.5)).toBeLessThan(0.02);
      expect(Math.abs(share(q!) - 0.1)).toBeLessThan(0.02);
      // Outermost is what stands out from the noise that there would be.
      expect(0 <= Number(a) && Number(a) <= Number(z) && Number(z) <= 1_000_000).toBe(true);
    }
  });
});

describe('a unit changes no more than its sensitivity', () => {
  const QUERIES = [
    'SELECT count(*), sum(minutes), avg(fare), var_pop(minutes) FROM trips',
    'SELECT district, kind, count(*), sum(fare), avg(minutes), corr(fare, minutes) FROM trips GROUP BY district, kind',
    'SELECT kind, count(fare), count(DISTINCT person), sum(least(greatest(weight, -1000), 1000)) FROM trips GROUP BY kind',
    'SELECT district, sum(least(greatest(minutes / (minutes - 259), -9), 9)), sum(CASE WHEN fare > 3 THEN 7 ELSE -2 END) FROM trips GROUP BY district',
    'SELECT hour % 3 AS h, sum(least(greatest(ln(minutes - 300), 0), 6)) FROM trips GROUP BY h',
  ];
  const ATTACKER = 1_000_003;
  const insert = `INSERT INTO "trips@1" SELECT ${ATTACKER}, ['centre','east','west'][1 + i % 3],
    ['bus','ferry','metro','taxi','tram',NULL][1 + i % 6], i % 24, i % 12, CASE i % 5 WHEN 0 THEN NULL WHEN 1 THEN -5 ELSE 100 END,
    CASE i % 4 WHEN 0 THEN 259 WHEN 1 THEN 300 ELSE 600 END, CASE i % 2 WHEN 0 THEN 9223372036854775807 ELSE -9223372036854775807 END,
    i FROM range(100000) t(i)`;

  test.each(QUERIES)('%s', async (sql) => {
    const { layout } = await boundaryOf(sql);
    const before = await sumsOf(sql);
    await gateway.raw(insert);
    const after = await sumsOf(sql);
    await gateway.raw(`DELETE FROM "trips@1" WHERE person = ${ATTACKER}`);
    const zeros = layout.terms.map(() => 0);
    const keys = [...new Set([...before.keys(), ...after.keys()])];
    if (layout.selection === null) expect([...after.keys()].sort()).toEqual([...before.keys()].sort());
    for (const [term, { sensitivity }] of layout.terms.entries()) {
      const changes = keys.map((key) => (after.get(key) ?? zeros)[term]! - (before.get(key) ?? zeros)[term]!);
      const [{ cell, squared }] = sensitivity as [{ cell: string; squared: string }];
      expect(Math.max(...changes.map(Math.abs))).toBeLessThanOrEqual(Number(cell));
      expect(changes.reduce((sum, change) => sum + change * change, 0)).toBeLessThanOrEqual(Number(squared));
    }
  });

  test('on every level of a tree', async () => {
    const sql = 'SELECT kind, median(fare), max(minutes) FROM trips GROUP BY kind';
    const { layout } = await boundaryOf(sql);
    const before = await leavesOf(sql);
    await gateway.raw(insert);
    const after = await leavesOf(sql);
    await gateway.raw(`DELETE FROM "trips@1" WHERE person = ${ATTACKER}`);
    for (const [tree, { low, high, leavesMax, sensitivity }] of layout.trees.entries()) {
      const shape = treeShape(BigInt(low), BigInt(high), { fanOut: 8, leavesMax });
      let squares = 0;
      for (let level = 1; level <= shape.height; level += 1) {
        const nodes = new Map<string, number>();
        for (const [sign, side] of [[-1, before] as const, [1, after] as const]) {
          for (const [key, leaf, rows] of side[tree]!) {
            const node = `${key} ${Math.floor(leaf / leavesBelow(shape, level))}`;
            nodes.set(node, (nodes.get(node) ?? 0) + sign * rows);
          }
        }
        squares += [...nodes.values()].reduce((sum, change) => sum + change * change, 0);
      }
      expect(squares).toBeGreaterThan(0);
      expect(squares).toBeLessThanOrEqual(Number(sensitivity[0]!.squared));
    }
  });

  test('control: without the bound on a unit, the same rows change the same statistic by far more', async () => {
    const sql = 'SELECT district, count(*), sum(fare) FROM trips GROUP BY district ORDER BY district';
    const { layout } = await boundaryOf(sql);
    const plain = 'SELECT district, count(*), sum(fare) FROM "trips@1" GROUP BY district ORDER BY district';
    const before = await gateway.raw(plain);
    await gateway.raw(insert);
    const after = await gateway.raw(plain);
    await gateway.raw(`DELETE FROM "trips@1" WHERE person = ${ATTACKER}`);
    const change = Number(after[0]![1]) - Number(before[0]![1]);
    expect(change).toBeGreaterThan(1_000 * Number(layout.terms[0]!.sensitivity[0]!.cell));
  });
});

describe('rows of two kinds of units', () => {
  const SQL = 'SELECT site, count(*), sum(wage), count(DISTINCT person), count(DISTINCT firm) FROM posts GROUP BY site';
  const changesWithout = async (condition: string) => {
    const before = await sumsOf(SQL);
    await gateway.raw('CREATE OR REPLACE TEMP TABLE kept AS SELECT * FROM "posts@1"');
    await gateway.raw(`DELETE FROM "posts@1" WHERE ${condition}`);
    const after = await sumsOf(SQL);
    await gateway.raw('DELETE FROM "posts@1"');
    await gateway.raw('INSERT INTO "posts@1" SELECT * FROM kept');
    return [...before].map(([key, sums]) => sums.map((sum, term) => after.get(key)![term]! - sum));
  };

  test.each(['person', 'firm'])('removing one %s changes no more than is charged for it', async (column) => {
    const { layout } = await boundaryOf(SQL);
    const unit = layout.units.findIndex(({ names }) => names.some((name) => name.column === column));
    for (const id of [0, 1, 2, 7]) {
      const changes = await changesWithout(`${column} = ${id}`);
      for (const [term, { sensitivity }] of layout.terms.entries()) {
        const squared = changes.reduce((sum, change) => sum + change[term]! ** 2, 0);
        expect(squared).toBeLessThanOrEqual(Number(sensitivity[unit]!.squared));
      }
    }
  });

  test('both are charged; the one that changes less pays less', async () => {
    const { charges } = await gateway.compile(SQL);
    expect(charges.map(({ resource, unit }) => [resource, unit])).toEqual([
      ['posts', 'person'],
      ['posts', 'firm'],
    ]);
    expect(charges[1]!.rho).toBeLessThan(charges[0]!.rho);
  });
});

describe('what cannot be bounded is refused by name, whatever the data', () => {
  const refusals: readonly (readonly [string, string])[] = [
    ['SELECT sum(weight + minutes) FROM trips', 'without declared bounds'],
    ['SELECT mode(stop), sum(minutes) FROM trips', 'mode'],
    ['SELECT bool_and(minutes > 3) FROM trips', 'bool_and'],
    ['SELECT sum(p.wage) FROM posts p LEFT JOIN trips t ON p.person = t.person', 'several kinds of units'],
  ];
  test.each(refusals)('%s', async (sql, words) => {
    const refused = await gateway.compile(sql).then(
      () => null,
      (error: unknown) => error,
    );
    expect(refused).toBeInstanceOf(AppError);
    expect(JSON.stringify((refused as AppError).facts)).toContain(words);
  });
});
