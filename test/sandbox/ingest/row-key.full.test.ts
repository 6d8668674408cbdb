import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { TableSchema } from '../../../policies/table-schema.ts';
import { ROW_KEY_SCHEME_SQL, ROW_SALT_BYTES, rowKeySql } from '../../../sandbox/ingest/row-key.ts';
import { column, type IngestFixture, openIngestFixture, table } from '../ingest-fixture.ts';

/**
 * Goal: a row's key is its content's: the guard takes sums of keys for sets of rows.
 * Method: the same rows through CSV (fast and exact pass), Parquet, other orders, other versions; one cell changed at a time.
 */
let fixture: IngestFixture;
beforeEach(async () => {
  fixture = await openIngestFixture();
});
afterEach(() => fixture.close());

const SCHEMA = table(
  column('uscc', 'text', { role: 'identifier', unit: 'enterprise' }),
  column('kwh', 'decimal', { scale: 2 }),
  column('read_date', 'date'),
  column('days', 'integer'),
  column('open', 'boolean'),
  column('seen', 'timestamp'),
  column('note', 'text'),
);
const NAMES = SCHEMA.columns.map(({ name }) => name);
const HEADER = `${NAMES.join(',')}\n`;
const GOOD = 'U1,1.50,2024-02-29,3,true,2024-01-01 10:00:00,a note that is longer than twelve bytes';
const EMPTY = ',,,,,,';
const ROWS = 5000;
/** NULL in every column of some row; texts short and long. */
const SELECT = `SELECT CASE WHEN i % 11 > 0 THEN 'U' || (i % 100) END AS uscc, CASE WHEN i % 13 > 0 THEN (i / 4)::DECIMAL(18,2) END AS kwh,
  CASE WHEN i % 17 > 0 THEN DATE '2024-01-01' + (i % 300)::INT END AS read_date, nullif(i % 7, 0) AS days,
  CASE WHEN i % 19 > 0 THEN i % 2 = 0 END AS open, CASE WHEN i % 23 > 0 THEN TIMESTAMP '2024-01-01 10:00:00' + to_seconds(i) END AS seen,
  CASE WHEN i % 29 > 0 THEN repeat('数a', (i % 9)::INT) || i END AS note FROM range(${ROWS}) t(i) ORDER BY i`;

async function exported(as: string): Promise<Buffer> {
  const scratch = mkdtempSync(join(tmpdir(), 'sluice-row-key-'));
  const path = join(scratch, 'made');
  try {
    const instance = await DuckDBInstance.create(':memory:');
    const connection = await instance.connect();
    await connection.run(`COPY (${SELECT}) TO '${path}' (${as})`);
    connection.closeSync();
    instance.closeSync();
    return readFileSync(path);
  } finally {
    rmSync(scratch, { recursive: true });
  }
}

async function keysOf(version: number, rows: readonly string[], schema: TableSchema = SCHEMA): Promise<number[]> {
  const header = `${schema.columns.map(({ name }) => name).join(',')}\n`;
  const report = await fixture.upload(schema, `${header}${rows.join('\n')}\n`, { version });
  expect(report.rejectedRows).toBe(0);
  return await fixture.keys(version);
}

describe('the key of a row', () => {
  it('is the same in a later version, from CSV by either pass, and from Parquet', async () => {
    const csv = (await exported('FORMAT csv, HEADER')).toString('utf8');
    await fixture.upload(SCHEMA, csv);
    const keys = await fixture.keys();
    expect(keys).toHaveLength(ROWS);
    // One row that the fast pass is not sure of sends its whole chunk through the exact one.
    const exact = await fixture.upload(SCHEMA, `${csv} u1 ,+1.5,2024-1-1,1.0,,,\n`, { version: 2 });
    expect(exact.rows).toBe(ROWS + 1);
    expect((await fixture.keys(2)).slice(0, ROWS)).toEqual(keys);
    const parquet = await exported('FORMAT parquet, ROW_GROUP_SIZE 2048');
    await fixture.upload(SCHEMA, parquet, { version: 3, format: 'parquet' });
    expect(await fixture.keys(3)).toEqual(keys);
  });

  it('is a signed 32-bit integer, another one for every content, evenly spread', async () => {
    await fixture.upload(SCHEMA, (await exported('FORMAT csv, HEADER')).toString('utf8'));
    const keys = await fixture.keys();
    expect(keys.every((key) => Number.isInteger(key) && key >= -(2 ** 31) && key < 2 ** 31)).toBe(true);
    expect(new Set(keys).size).toBeGreaterThanOrEqual(ROWS - 1); // two alike: 0.3% of all salts
    // Each of 32 bits is set in half of them: 6 standard deviations of a binomial.
    for (let bit = 0; bit < 32; bit += 1) {
      const set = keys.filter((key) => ((key >>> bit) & 1) === 1).length;
      expect(Math.abs(set - ROWS / 2)).toBeLessThan((6 * Math.sqrt(ROWS)) / 2);
    }
  });

  it('is that of the content alone, and changes with any one cell', async () => {
    const changes = [
      'U2',
      '1.51',
      '2024-03-01',
      '4',
      'false',
      '2024-01-01 10:00:01',
      'a note that is longer than twelve byteS',
    ];
    const cells = GOOD.split(',');
    const oneChanged = changes.map((value, at) => cells.with(at, value).join(','));
    const oneNull = cells.map((_, at) => cells.with(at, '').join(','));
    const rows = [GOOD, ...oneChanged, ...oneNull, EMPTY];
    const keys = await keysOf(1, [...rows, GOOD]);
    expect(new Set(keys).size).toBe(rows.length);
    expect(keys.at(-1)).toBe(keys[0]);
    expect(await keysOf(2, rows.toReversed())).toEqual(keys.slice(0, -1).toReversed());
  });

  it('tells a value in one column from the same value in the next, and NULL from what hashes to nothing', async () => {
    const schema = table(column('a', 'integer'), column('b', 'integer'), column('c', 'integer'));
    const rows = ['1,,', ',1,', ',,1', '1,1,', '0,,', ',0,', ',,0', '0,0,0', ',,', '1,2,3', '3,2,1', '2,1,3'];
    expect(new Set(await keysOf(1, rows, schema)).size).toBe(rows.length);
  });

  it('is another one in another resource', async () => {
    const instance = await DuckDBInstance.create(':memory:');
    const connection = await instance.connect();
    const keyed = async (salt: number) =>
      (
        await connection.runAndReadAll(`SELECT ${rowKeySql(Buffer.alloc(ROW_SALT_BYTES, salt), ['1', "'a'"])}`)
      ).getRows();
    expect(await keyed(1)).not.toEqual(await keyed(2));
    expect(await keyed(1)).toEqual(await keyed(1));
    connection.closeSync();
    instance.closeSync();
  });

  it('is made under a scheme that the report names, and that changes with the engine’s hash alone', async () => {
    const report = await fixture.upload(SCHEMA, HEADER);
    const instance = await DuckDBInstance.create(':memory:');
    const connection = await instance.connect();
    const scheme = async (sql: string) => (await connection.runAndReadAll(sql)).getRows()[0]?.[0];
    expect(report.rowKeyScheme).toBe(await scheme(ROW_KEY_SCHEME_SQL));
    // Keys of this engine's releases so far. A new value means that stored versions can no longer be compared: see row-key.ts.
    expect(report.rowKeyScheme).toBe('73fc74d94316c367');
    connection.closeSync();
    instance.closeSync();
  });
});
