import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { tokenOf } from '../../../sandbox/ingest/index.ts';
import { readParquetFooter } from '../../../sandbox/ingest/parquet-footer.ts';
import { bodyOf, column, type IngestFixture, openIngestFixture, table, unitKey } from '../ingest-fixture.ts';

let fixture: IngestFixture;
let scratch: string;
beforeEach(async () => {
  fixture = await openIngestFixture();
  scratch = mkdtempSync(join(tmpdir(), 'sluice-parquet-'));
});
afterEach(() => {
  fixture.close();
  rmSync(scratch, { recursive: true, force: true });
});

/** A Parquet file as DuckDB writes it. */
async function parquet(select: string, options = ''): Promise<Buffer> {
  const path = join(scratch, 'made.parquet');
  const instance = await DuckDBInstance.create(':memory:');
  const connection = await instance.connect();
  await connection.run(`COPY (${select}) TO '${path}' (FORMAT parquet ${options})`);
  connection.closeSync();
  instance.closeSync();
  const bytes = readFileSync(path);
  rmSync(path);
  return bytes;
}

const SCHEMA = table(
  column('uscc', 'text', { role: 'identifier', unit: 'enterprise' }),
  column('kwh', 'decimal', { scale: 2, bounds: { min: 0, max: 1000 } }),
  column('read_date', 'date'),
  column('days', 'integer'),
  column('open', 'boolean'),
  column('seen', 'timestamp'),
  column('note', 'text'),
);
const ROWS = `SELECT 'U' || (i % 100) AS USCC, ((i % 1000) / 4)::DOUBLE AS kwh, DATE '2024-01-01' + (i % 300)::INT AS read_date,
  nullif(i % 7, 0)::INT AS days, i % 2 = 0 AS open, TIMESTAMP '2024-01-01 10:00:00' AS seen, CASE WHEN i % 3 = 0 THEN '' ELSE '数' || i END AS note
  FROM range(10000) t(i)`;

const upload = (bytes: Buffer, more = {}) => fixture.upload(SCHEMA, bytes, { format: 'parquet', ...more });

describe('a Parquet file', () => {
  it.each(['', ', ROW_GROUP_SIZE 2048', ', ROW_GROUP_SIZE 2048, CODEC zstd', ', PARQUET_VERSION v2'])(
    'written with %j is stored like its CSV',
    async (options) => {
      const bytes = await parquet(ROWS, options);
      const report = await upload(bytes);
      expect(report).toMatchObject({
        rows: 10_000,
        rejectedRows: 0,
        bytes: bytes.length,
        encoding: null,
        rowsPerUnitMax: { enterprise: 100 },
        unitsDistinct: { enterprise: 100 },
        contentSha256: createHash('sha256').update(bytes).digest('hex'),
      });
      expect(report.columns.map(({ nulls }) => nulls)).toEqual([0, 0, 0, 1429, 0, 0, 3334]);
      const stored = await fixture.rows();
      const token = (value: string) => String(tokenOf(unitKey('enterprise'), value));
      expect(stored[0]).toEqual([token('U0'), '0.00', '2024-01-01', null, 'true', '2024-01-01 10:00:00', null]);
      expect(stored[9_999]).toEqual([token('U99'), '249.75', '2024-04-09', '3', 'false', '2024-01-01 10:00:00', null]);
    },
  );

  it('is checked like CSV, with the number of the row', async () => {
    const bytes = await parquet(
      `SELECT * EXCLUDE (i) REPLACE (CASE WHEN i = 4999 THEN 2000 WHEN i = 5001 THEN 0.001 ELSE kwh END AS kwh) FROM (SELECT (row_number() OVER ()) - 1 AS i, * FROM (${ROWS}))`,
      ', ROW_GROUP_SIZE 2048',
    );
    expect(await upload(bytes)).toMatchObject({
      rows: 9998,
      rejected: [
        { line: 5000, column: 'kwh', reason: 'bounds' },
        { line: 5002, column: 'kwh', reason: 'scale' },
      ],
    });
  });

  it('may be without rows', async () => {
    expect(await upload(await parquet(`${ROWS} LIMIT 0`))).toMatchObject({ rows: 0 });
  });

  it.each([
    ['nested', 'SELECT [1, 2] AS uscc', 'parquet-nested'],
    ['struct', "SELECT {'a': 1} AS uscc", 'parquet-nested'],
  ])('is refused when it has a %s column', async (_, select, problem) => {
    await expect(upload(await parquet(select))).rejects.toMatchObject({ code: 'UPLOAD_FORMAT', facts: { problem } });
  });

  it('is refused when its columns are others, when it is cut, and when it is none', async () => {
    await expect(upload(await parquet('SELECT 1 AS other'))).rejects.toMatchObject({ code: 'UPLOAD_HEADER' });
    const bytes = await parquet(ROWS);
    await expect(upload(bytes.subarray(0, -5))).rejects.toMatchObject({ facts: { problem: 'parquet-malformed' } });
    await expect(upload(Buffer.from('uscc,kwh\n1,2\n'))).rejects.toMatchObject({ facts: { problem: 'not-parquet' } });
    await expect(upload(bytes, { declaredBytes: bytes.length + 1 })).rejects.toMatchObject({
      code: 'UPLOAD_INTERRUPTED',
    });
    expect(fixture.files()).toEqual([]);
  });

  it('that was damaged is refused or read, and leaves nothing when refused', async () => {
    const bytes = await parquet(`${ROWS} LIMIT 500`);
    const footer = bytes.length - 8 - bytes.readUInt32LE(bytes.length - 8);
    for (const at of [4, 40, footer + 1, footer + 30]) {
      const damaged = Buffer.from(bytes);
      damaged[at] = (damaged[at] as number) ^ 0x15;
      const outcome = await upload(damaged, { version: at, body: bodyOf(damaged) }).catch((error: unknown) => error);
      if (outcome instanceof Error) {
        expect(outcome).toMatchObject({
          code: expect.stringMatching(/^(UPLOAD_FORMAT|UPLOAD_HEADER|SANDBOX_FAILED)$/),
        });
        await expect(fixture.vault.attach('elec', at)).rejects.toMatchObject({ code: 'VAULT_CORRUPT' });
      } else await fixture.vault.destroy('elec', at);
    }
    expect(fixture.files()).toEqual([]);
  });
});

describe('the footer reader', () => {
  it('answers any damage with a typed refusal', async () => {
    const bytes = await parquet(ROWS, ', ROW_GROUP_SIZE 2048');
    const footer = bytes.subarray(bytes.length - 8 - bytes.readUInt32LE(bytes.length - 8), bytes.length - 8);
    expect(readParquetFooter(footer, bytes.length).rowGroups.map(({ rows }) => rows)).toEqual([
      2048, 2048, 2048, 2048, 1808,
    ]);
    for (let at = 0; at < footer.length; at += 1) {
      for (const change of [0xff, 0x01, 0x80]) {
        const damaged = Buffer.from(footer);
        damaged[at] = (damaged[at] as number) ^ change;
        try {
          readParquetFooter(damaged, bytes.length);
        } catch (error) {
          expect(error).toMatchObject({ code: 'UPLOAD_FORMAT' });
        }
      }
    }
    for (let length = 0; length < footer.length; length += 7) {
      expect(() => readParquetFooter(footer.subarray(0, length), bytes.length)).toThrow('UPLOAD_FORMAT');
    }
  });
});
