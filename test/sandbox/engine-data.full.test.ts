import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Cell, SqlType, TableData } from '#policies';
import { BOUND_CELLS_MAX } from '../../sandbox/engines/duckdb/scratch.ts';
import type { Sandbox } from '../../sandbox/sandbox.ts';
import { asEmitted, openFixture, PEOPLE, type SandboxFixture, WAGES } from './sandbox-fixture.ts';

let fixture: SandboxFixture;
let sandbox: Sandbox;
beforeAll(async () => {
  fixture = await openFixture();
  sandbox = await fixture.open();
});
afterAll(() => fixture.close());

const job = { id: 'j', analyst: 'ada', tables: [PEOPLE], deadlineMs: 20_000 };
const query = (sql: string) => sandbox.run(job, (session) => session.query(asEmitted(sql)));

test.each([
  ['TRUE', 'boolean', true],
  ['7::TINYINT', 'integer', 7n],
  ['(-9223372036854775808)::BIGINT', 'integer', -9223372036854775808n],
  ['18446744073709551615::UBIGINT', 'hugeint', 18446744073709551615n],
  ['170141183460469231731687303715884105727::HUGEINT', 'hugeint', 170141183460469231731687303715884105727n],
  ['-0.05::DECIMAL(18,2)', 'decimal', '-0.05'],
  ['12345678901234567890.123456::DECIMAL(38,6)', 'decimal', '12345678901234567890.123456'],
  ['1.5::FLOAT', 'double', 1.5],
  ["'nan'::DOUBLE", 'double', Number.NaN],
  ["'inf'::DOUBLE", 'double', Number.POSITIVE_INFINITY],
  ["'数闸 𠮷'", 'text', '数闸 𠮷'],
  ["DATE '2024-02-29'", 'date', '2024-02-29'],
  ["DATE '0001-01-01'", 'date', '0001-01-01'],
  ["DATE '9999-12-31'", 'date', '9999-12-31'],
  ["TIMESTAMP '2024-02-29 23:59:59'", 'timestamp', '2024-02-29T23:59:59'],
  ["TIMESTAMP '1969-12-31 23:59:59.5'", 'timestamp', '1969-12-31T23:59:59.5'],
  ["TIMESTAMP '2024-01-01 00:00:00.000001'", 'timestamp', '2024-01-01T00:00:00.000001'],
  ["INTERVAL '14 months 3 days 1 second'", 'interval', '14 months 3 days 1000000 microseconds'],
  ['NULL::DATE', 'date', null],
] as [string, SqlType['kind'], Cell][])('%s is %s', async (expression, kind, cell) => {
  const table = await query(`SELECT ${expression} AS x`);
  expect(table.columns[0]?.type.kind).toBe(kind);
  expect(table.values).toEqual([[cell]]);
  expect(table.rowCount).toBe(1);
});

test.each(['[1, 2]', '{a: 1}', "'x'::BLOB", "TIMESTAMPTZ '2024-01-01 00:00:00+00'", 'uuid()'])(
  'a type outside the plan fails: %s',
  async (expression) => {
    await expect(query(`SELECT ${expression}`)).rejects.toMatchObject({ code: 'SANDBOX_FAILED' });
  },
);

test('reads every segment of a version, and an empty result keeps its columns', async () => {
  const all = await query('SELECT dept, count(*) AS n, sum(id) AS s FROM "people@1" GROUP BY dept ORDER BY dept');
  const expected = [0, 1, 2, 3, 4, 5, 6].map((dept) =>
    Array.from({ length: 1000 }, (_, id) => id).filter((id) => id % 7 === dept),
  );
  expect(all.values[1]).toEqual(expected.map((ids) => BigInt(ids.length)));
  expect(all.values[2]).toEqual(expected.map((ids) => BigInt(ids.reduce((sum, id) => sum + id, 0))));
  const none = await query('SELECT id FROM "people@1" WHERE id < 0');
  expect(none).toMatchObject({ columns: [{ name: 'id' }], values: [[]], rowCount: 0 });
});

const COLUMNS: TableData['columns'] = [
  { name: 'a', type: { kind: 'integer' } },
  { name: 'b', type: { kind: 'decimal', precision: 18, scale: 2 } },
  { name: 'c', type: { kind: 'text' } },
  { name: 'd', type: { kind: 'date' } },
  { name: 'e', type: { kind: 'timestamp' } },
  { name: 'f', type: { kind: 'double' } },
  { name: 'g', type: { kind: 'boolean' } },
  { name: 'h', type: { kind: 'hugeint' } },
  { name: 'i', type: { kind: 'interval' } },
];
const ROW: readonly Cell[] = [
  ...[-3n, '-0.05', "it's; DROP TABLE released_0 --", '2024-02-29', '1969-12-31T23:59:59.5', 0.1, false],
  ...[2n ** 100n, '14 months 3 days 1000000 microseconds'],
];

/** Both ways in: few cells as bound lists, many as a temporary table. */
describe.each([
  ['few', 3],
  ['many', BOUND_CELLS_MAX + 1],
])('finish over %s rows', (_, rowCount) => {
  const row = (index: number): readonly Cell[] => (index % 2 === 1 ? COLUMNS.map(() => null) : ROW);
  const values = COLUMNS.map((_column, c) => Array.from({ length: rowCount }, (_row, r) => row(r)[c] ?? null));
  const tables = [{ name: 'released_0', data: { columns: COLUMNS, values, rowCount } }];
  const finish = (sql: string) => sandbox.run(job, (session) => session.finish(tables, asEmitted(sql)));

  test('cells come back as they went in', async () => {
    const list = COLUMNS.map((_column, c) => `c${String(c)}`).join(', ');
    const back = await finish(`SELECT ${list} FROM released_0`);
    expect(back.values).toEqual(values);
    expect(back.columns.map(({ type }) => type)).toEqual(COLUMNS.map(({ type }) => type));
  });

  test.each([
    'SELECT count(*) AS n FROM "released_0"',
    'WITH x AS (SELECT c0 FROM released_0) SELECT count(*) AS n FROM x',
    'with recursive x AS (SELECT count(*) AS n FROM released_0) SELECT n FROM x',
    '(SELECT count(*) AS n FROM released_0) ORDER BY n',
    'SELECT sum(n)::BIGINT FROM (SELECT count(*) AS n FROM released_0 UNION ALL SELECT 0)',
  ])('%s', async (sql) => {
    expect((await finish(sql)).values).toEqual([[BigInt(rowCount)]]);
    expect((await finish(sql)).values).toEqual([[BigInt(rowCount)]]); // the plan that was kept
  });
});

const integers = (count: number): TableData => ({
  columns: [{ name: 'n', type: { kind: 'integer' } }],
  values: [Array.from({ length: count }, (_, row) => BigInt(row))],
  rowCount: count,
});

test('finish: fifty thousand rows, several tables, none', async () => {
  await sandbox.run(job, async (session) => {
    const tables = [
      { name: 'released_0', data: integers(50_000) },
      { name: 'released_1', data: integers(0) },
    ];
    const sums = 'SELECT (SELECT sum(c0) FROM released_0) AS a, (SELECT count(*) FROM released_1) AS b';
    expect((await session.finish(tables, asEmitted(sums))).values).toEqual([[1_249_975_000n], [0n]]);
    expect((await session.finish([], asEmitted('SELECT 1'))).values).toEqual([[1n]]);
  });
});

test('finish sees the released tables and nothing of the raw data, nor of the last finish', async () => {
  const everything =
    "SELECT database_name || '.' || table_name AS t FROM duckdb_tables() UNION ALL SELECT database_name FROM duckdb_databases() WHERE NOT internal";
  await sandbox.run({ ...job, tables: [PEOPLE, WAGES] }, async (session) => {
    await session.query(asEmitted('SELECT count(*) FROM "people@1"'));
    await session.finish([{ name: 'released_9', data: integers(1) }], asEmitted('SELECT c0 FROM released_9'));
    const few = await session.finish([{ name: 'released_0', data: integers(1) }], asEmitted(everything));
    expect(few.values).toEqual([['memory']]);
    const many = await session.finish([{ name: 'released_0', data: integers(5_000) }], asEmitted(everything));
    expect(many.values).toEqual([['temp.released_0', 'memory']]);
    expect((await session.finish([], asEmitted(everything))).values).toEqual([['memory']]);
  });
  for (const name of ['"people@1"', 'released_9', 'data']) {
    const finish = sandbox.run(job, (session) => session.finish([], asEmitted(`SELECT * FROM ${name}`)));
    await expect(finish).rejects.toMatchObject({ code: 'SANDBOX_FAILED' });
  }
  // Control: the query side does see them.
  expect((await query('SELECT count(*) FROM "people@1"')).values).toEqual([[1000n]]);
});

test.each([
  ['too much text', "SELECT repeat('x', 1000000) AS x FROM range(80)"],
  ['one text too long', "SELECT repeat('x', 150000000) AS x"],
  ['too many cells', 'SELECT range AS x FROM range(2000001)'],
  ['cells that take more room than the worker has', 'SELECT to_seconds(range) AS x FROM range(2000000)'],
])('a result beyond what the gateway holds is refused in the worker: %s', async (_, sql) => {
  await expect(query(sql)).rejects.toMatchObject({ code: 'SANDBOX_MEMORY' });
  // Control: what fits comes back, from a worker that has taken its place.
  expect((await query("SELECT repeat('数', 1000000) AS x FROM range(4)")).rowCount).toBe(4);
});
