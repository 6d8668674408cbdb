import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { columnsOf } from '../../../policies/sql/plan.ts';
import type { Cell } from '../../../policies/table-data.ts';
import type { ColumnSchema, TableSchema } from '../../../policies/table-schema.ts';
import { openGateway, type SqlGateway, type StoredTable } from '../../attack/sql-gateway.ts';

/**
 * Goal: what prints say of groups is what their rows say: numbers, units, bounds, and the sets by which the differencing guard knows them.
 * Method: random queries over a table with two kinds of units, rows of nobody and empty values, stored in two segments, asked of the same
 * table with prints and without: raw cells of the first statement, then answers. Controls: which of them are made of prints is counted, and prints
 * that a row is missing from are noticed.
 */
const SEED = 20_261_129;

const column = (name: string, type: ColumnSchema['type'], more: Partial<ColumnSchema> = {}): ColumnSchema => ({
  ...{ name, title: { zh: name, en: name }, type, level: 'general-2', role: 'attribute' },
  ...more,
});

function stays(level: ColumnSchema['level'], prints: boolean): StoredTable {
  const schema: TableSchema = {
    table: 'stays',
    level: 'general-2',
    columns: [
      column('pid', 'text', { role: 'identifier', unit: 'person' }),
      column('firm', 'text', { role: 'identifier', unit: 'enterprise' }),
      column('dept', 'text', { role: 'dimension', values: ['a', 'b', 'c', 'd'] }),
      column('day', 'date'),
      column('age', 'integer', { bounds: { min: 0, max: 99 } }),
      column('urgent', 'boolean'),
      column('note', 'text'),
      column('pay', 'decimal', { role: 'measure', level, bounds: { min: 0, max: 5000 } }),
      column('gain', 'integer', { role: 'measure', level, bounds: { min: -500, max: 500 } }),
      column('free', 'integer', { role: 'measure', level }),
    ],
  };
  const rows = Array.from({ length: 900 }, (_, i) => ({
    pid: i % 13 === 0 ? null : BigInt(1 + ((i * 7) % 240)),
    firm: i % 11 === 0 ? null : BigInt(9000 + ((i * 5) % 90)),
    dept: [...'abcd', null][(i * 3) % 5] ?? null,
    day: i % 17 === 0 ? null : `2026-0${1 + (i % 3)}-${String(10 + (i % 7))}`,
    age: i % 19 === 0 ? null : (i * 29) % 80,
    urgent: [true, false, null][i % 3] ?? null,
    note: `n${i % 4}`,
    pay: i % 5 === 0 ? null : ((i * 37) % 500) + 0.25,
    gain: i % 23 === 0 ? null : ((i * 31) % 200) - 90,
    free: i % 50,
  }));
  return { schema, rows, prints, rowsPerUnitMax: { person: 4, enterprise: 12 } };
}

const LEVELS = ['general-2', 'general-3'] as const;
let gateways: Record<(typeof LEVELS)[number], { readonly printed: SqlGateway; readonly plain: SqlGateway }>;
beforeAll(async () => {
  const both = async (level: ColumnSchema['level']) => ({
    printed: await openGateway([stays(level, true)]),
    plain: await openGateway([stays(level, false)]),
  });
  gateways = { 'general-2': await both('general-2'), 'general-3': await both('general-3') };
});

const KEYS = [
  'dept',
  'day',
  'month(day)',
  'age // 20',
  "CASE WHEN age < 30 THEN 'young' ELSE 'old' END",
  'urgent',
  'note',
];
const MEASURES = [
  'count(*)',
  'sum(pay)',
  'avg(pay)',
  'sum(gain)',
  'count(pay)',
  'count(dept)',
  'sum(free)',
  'count(DISTINCT pid)',
  'count(*) FILTER (WHERE age > 40)',
  "sum(pay) FILTER (WHERE dept <> 'a')",
  'stddev_samp(pay)',
];
const CONDITIONS = [
  "dept IN ('a', 'b')",
  'age BETWEEN 20 AND 60',
  "day >= '2026-02-01'",
  'NOT urgent',
  'pay > 100',
  'dept IS NULL',
];
const query = fc
  .record({
    keys: fc.subarray(KEYS, { maxLength: 2 }),
    measures: fc.subarray(MEASURES, { minLength: 1, maxLength: 3 }),
    conditions: fc.subarray(CONDITIONS, { maxLength: 1 }),
    isNested: fc.boolean(),
  })
  .map(({ keys, measures, conditions, isNested }) => {
    const where = conditions.length === 0 ? '' : ` WHERE ${conditions.join(' AND ')}`;
    const from = isNested ? `(SELECT * FROM stays${where})` : `stays${where}`;
    const list = [...keys, ...measures].map((expr, at) => `${expr} AS x${at}`).join(', ');
    const by = keys.length === 0 ? '' : ` GROUP BY ${keys.map((_, at) => at + 1).join(', ')}`;
    return `SELECT ${list} FROM ${from}${by}`;
  });

/** Classes of a print stand in any order. */
const sortedText = (cell: Cell): Cell =>
  typeof cell === 'string' && cell.includes(';') ? cell.split(';').sort().join(';') : cell;

async function cellsOf(gateway: SqlGateway, sql: string) {
  const compiled = await gateway.compile(sql);
  const [boundary] = compiled.private.boundaries;
  const { values, rowCount } = await gateway.engineOf(compiled).query(compiled.cells[0]!, []);
  const rows = Array.from({ length: rowCount }, (_, row) => values.map((cells) => sortedText(cells[row]!)));
  const texts = rows.map((row) => row.map(String).join(' | ')).sort();
  return {
    texts,
    names: columnsOf(boundary!.cells).map(({ type }) => type),
    sql: compiled.cells[0]!,
    hash: compiled.planHash,
  };
}

describe('groups of prints', () => {
  it.each(LEVELS)('say what their rows say, at %s', { timeout: 240_000 }, async (level) => {
    const { printed, plain } = gateways[level];
    let made = 0;
    await fc.assert(
      fc.asyncProperty(query, async (sql) => {
        const [one, other] = [await cellsOf(printed, sql), await cellsOf(plain, sql)];
        expect(other.sql).not.toContain('_print_');
        made += one.sql.includes('_print_') ? 1 : 0;
        expect(one.texts, sql).toEqual(other.texts);
        expect([one.names, one.hash]).toEqual([other.names, other.hash]);
        expect(await printed.ask(sql), sql).toEqual(await plain.ask(sql));
      }),
      { seed: SEED, numRuns: 60 },
    );
    expect(made).toBeGreaterThan(12);
  });

  it.each([
    ['all rows', 'SELECT count(*), sum(pay), avg(gain) FROM stays', '_print_"'],
    ['a column', 'SELECT dept, count(*), avg(pay) FROM stays GROUP BY dept', '_print_dept'],
    ['a function of it', 'SELECT month(day) AS m, sum(pay) FROM stays GROUP BY m', '_print_day'],
    ['conditions in it', 'SELECT count(*) FROM stays WHERE age BETWEEN 20 AND 60 AND age <> 33', '_print_age'],
    ['a condition of a number', 'SELECT count(*) FILTER (WHERE age > 40), count(*) FROM stays', '_print_age'],
    ['what another statement counts apart', 'SELECT dept, count(DISTINCT pid) FROM stays GROUP BY dept', '_print_dept'],
  ])('are read for %s', async (_title, sql, print) => {
    expect((await cellsOf(gateways['general-2'].printed, sql)).sql).toContain(print);
  });

  it.each([
    ['two columns', 'SELECT dept, urgent, count(*) FROM stays GROUP BY ALL'],
    ['a column of many values', 'SELECT note, count(*) FROM stays GROUP BY note'],
    ['a condition in a measure', 'SELECT count(*) FROM stays WHERE pay > 100'],
    ['a sum without declared bounds', 'SELECT sum(free) FROM stays'],
    ['squares', 'SELECT var_samp(pay) FROM stays'],
    ['values per person', 'SELECT count(*), avg(n) FROM (SELECT pid, count(*) AS n FROM stays GROUP BY pid)'],
    ['a join', 'SELECT count(*) FROM stays AS a JOIN stays AS b ON a.pid = b.pid'],
  ])('leave %s to the rows', async (_title, sql) => {
    expect((await cellsOf(gateways['general-2'].printed, sql)).sql).toContain('"stays@1" AS');
  });

  it('that miss a row are another set (control)', async () => {
    const { printed, plain } = gateways['general-2'];
    const sql = 'SELECT dept, count(*), sum(pay) FROM stays GROUP BY dept';
    await printed.raw(
      `DELETE FROM "stays 0"."_print_dept" WHERE _class = (SELECT min(_class) FROM "stays 0"."_print_dept")`,
    );
    expect((await cellsOf(printed, sql)).texts).not.toEqual((await cellsOf(plain, sql)).texts);
  });
});
