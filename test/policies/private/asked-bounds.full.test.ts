import { beforeAll, describe, expect, test } from 'vitest';
import { DEFAULT_PROFILE } from '../../../policies/levels.ts';
import type { Cell } from '../../../policies/table-data.ts';
import type { TableSchema } from '../../../policies/table-schema.ts';
import { openGateway, type SqlGateway } from '../../attack/sql-gateway.ts';
import { NO_NOISE } from './private-city.ts';

/**
 * Goal: what a query's own conditions say of a value is used as declared bounds and lists are. Method: no noise, one row a person, so that
 * answers are SQL's own; layouts for what the noise is made for.
 */
const general2 = { level: 'general-2', role: 'attribute' } as const;
const title = { zh: 'x', en: 'x' };
const VISITS: TableSchema = {
  table: 'visits',
  level: 'general-2',
  columns: [
    {
      ...{ name: 'person', title, type: 'integer', level: 'general-2', role: 'identifier', unit: 'person' },
      ...{ rowsPerUnitMax: 1, nullable: false },
    },
    { name: 'day', title, type: 'date', ...general2 },
    { name: 'seen', title, type: 'timestamp', ...general2 },
    { name: 'ward', title, type: 'text', ...general2 },
    { name: 'beds', title, type: 'integer', ...general2 },
    { name: 'cost', title, type: 'integer', level: 'general-4', role: 'measure', bounds: { min: 0, max: 1_000 } },
    { name: 'debt', title, type: 'decimal', level: 'general-4', role: 'measure' },
  ],
};
const HALF_DAY_MS = 43_200_000;
const rows = Array.from({ length: 500 }, (_, person) => {
  const iso = new Date(Date.UTC(2024, 11, 20) + ((person * 37) % 800) * HALF_DAY_MS).toISOString();
  return {
    person,
    day: person % 40 === 0 ? null : iso.slice(0, 10),
    seen: person % 41 === 0 ? null : iso.slice(0, 19).replace('T', ' '),
    ward: person % 9 === 0 ? null : `w${person % 5}`,
    beds: person % 30,
    cost: person,
    debt: ((person * 7) % 1_000) - 500,
  };
});

let gateway: SqlGateway;
beforeAll(async () => {
  gateway = await openGateway([{ schema: VISITS, rows }], DEFAULT_PROFILE, undefined, null, NO_NOISE);
});

const layoutOf = async (sql: string) => {
  const [boundary] = (await gateway.compile(sql)).private.boundaries;
  if (boundary?.kind !== 'private') throw new Error('a private boundary');
  return boundary.layout;
};
const text = (cell: Cell | Date | undefined): string => {
  const plain = cell instanceof Date ? cell.toISOString() : String(cell);
  return /^\d{4}-\d\d-\d\d/u.test(plain) ? plain.slice(0, 10) : plain;
};

describe('groups that WHERE names are a public list: complete, without selection', () => {
  const lists: readonly (readonly [key: string, where: string, groups: number])[] = [
    ['day', "day BETWEEN '2025-01-01' AND '2025-01-31'", 31],
    ['day', "day >= '2025-02-27' AND day < '2025-03-02'", 3],
    ["date_trunc('month', day)", 'year(day) = 2025', 12],
    ["date_trunc('week', seen)", "seen >= '2024-12-25' AND seen < '2025-03-01'", 10],
    ["date_trunc('quarter', day)", "day >= '2025-01-01' AND '2026-01-01' > day", 4],
    ['CAST(seen AS DATE)', "seen >= '2024-12-25 12:00:00' AND seen <= '2025-01-05 10:00:00'", 12],
    ['ward', "ward IN ('w1', 'w3', 'w9')", 3],
    ['upper(ward)', "'W1' = upper(ward)", 1],
    ['beds', 'beds BETWEEN 3 AND 6', 4],
    ['beds // 2', 'beds > 3 AND beds <= 9', 4],
  ];
  test.each(lists)('%s of rows where %s', async (key, where, groups) => {
    const sql = `SELECT ${key} AS k, count(*) AS n, sum(cost) AS s FROM visits WHERE ${where} GROUP BY k`;
    expect((await layoutOf(sql)).selection).toBeNull();
    const answered = (await gateway.ask(sql)).rows.map((row) => row.map(text).join(' '));
    expect(answered).toHaveLength(groups);
    for (const row of await gateway.raw(sql)) expect(answered).toContain(row.map(text).join(' '));
  });

  test('an open end names no last group, an OR none at all', async () => {
    for (const where of ["day >= '2025-01-01'", "day < '2025-01-01'", "ward = 'w1' OR cost > 3"]) {
      const key = where.startsWith('day') ? 'day' : 'ward';
      const sql = `SELECT ${key}, count(*), sum(cost) FROM visits WHERE ${where} GROUP BY ${key}`;
      expect((await layoutOf(sql)).selection).not.toBeNull();
    }
  });
});

describe('a value that is written in several ways is one group: noise of its own for each would be averaged', () => {
  test.each([
    'CASE WHEN beds < 3 THEN 1.0 WHEN beds < 9 THEN 1 ELSE 1.00 END',
    'CASE WHEN beds < 3 THEN 1.0::DOUBLE WHEN beds < 9 THEN 1e0 ELSE 0.1e1 END',
    'CASE WHEN beds < 3 THEN 0e0 ELSE -0e0 END',
    "CASE WHEN beds < 3 THEN DATE '2025-01-01' ELSE DATE '2025-1-1' END",
    "CASE WHEN beds < 3 THEN TIMESTAMP '2025-01-01 00:00:00' ELSE TIMESTAMP '2025-01-01 0:00:00.000' END",
    "CASE WHEN beds < 3 THEN TIMESTAMP '2025-01-01 00:00:00.12' ELSE TIMESTAMP '2025-01-01 00:00:00.120' END",
  ])('labels %s', async (key) => {
    const answered = await gateway.ask(`SELECT ${key} AS k, count(*) AS n, sum(cost) AS s FROM visits GROUP BY k`);
    expect(answered.rows.map(([, n]) => n)).toEqual([rows.length]);
  });

  test.each([
    ['debt', '(1, 1.0, 1.00)'],
    ['beds', '(3, 3.0)'],
    ['day', "('2025-01-01', '2025-1-1')"],
    ['seen', "('2025-01-01', '2025-01-01 00:00:00', '2025-01-01 00:00:00.000')"],
  ])('%s IN %s', async (key, list) => {
    const sql = `SELECT ${key}, count(*) AS n, sum(cost) AS s FROM visits WHERE ${key} IN ${list} GROUP BY ${key}`;
    expect((await layoutOf(sql)).selection).toBeNull();
    expect((await gateway.ask(sql)).rows).toHaveLength(1);
  });
});

describe('WHERE narrows the bounds of a sum', () => {
  const sums: readonly (readonly [condition: string, low: number, high: number])[] = [
    ['cost <= 50', 0, 50],
    ['cost < 50', 0, 49],
    ['cost BETWEEN 100 AND 120', 100, 120],
    ['20 < cost AND cost < 30.5', 21, 30],
    ['cost = 7', 7, 7],
    ['cost IN (3, 9)', 3, 9],
    ['cost <= 50 OR beds > 3', 0, 1_000],
    ['NOT cost > 50', 0, 50],
    ['cost + 1 < 50', 0, 1_000],
    ['cost = 7.5', 0, 1_000],
    ['cost > 5000', 0, 1_000],
  ];
  test.each(sums)('%s', async (condition, low, high) => {
    const sql = `SELECT sum(cost) AS s, count(*) AS n FROM visits WHERE ${condition}`;
    const [sum] = (await layoutOf(sql)).terms;
    expect(sum!.statistic).toContain(`["integer","${low}"],["integer","${high}"]`);
    expect(sum!.sensitivity).toEqual([{ cell: String(high), squared: String(high ** 2) }]);
    const [[expected]] = (await gateway.raw(sql)) as [[number]];
    expect((await gateway.ask(sql)).rows[0]![0]).toBe(expected ?? 0);
  });

  test('a measure without declared bounds has those of its condition, also per person and in a mean', async () => {
    for (const of of ['sum(debt)', 'avg(debt)', 'median(debt)']) {
      const plain = `SELECT ${of} AS x FROM visits`;
      await expect(gateway.compile(plain)).rejects.toMatchObject({ code: 'POLICY_CONSTRUCT_REFUSED' });
      await gateway.compile(`${plain} WHERE debt BETWEEN -100 AND 100`);
    }
    const each = `SELECT sum(d) AS s FROM (SELECT person, sum(debt) AS d FROM visits WHERE debt BETWEEN -100 AND 250 GROUP BY person)`;
    expect((await layoutOf(each)).terms[0]!.sensitivity[0]!.cell).toBe('25000');
    expect((await gateway.ask(each)).rows[0]![0]).toBeCloseTo(Number((await gateway.raw(each))[0]![0]), 6);
  });
});
