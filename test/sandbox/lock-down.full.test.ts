import { existsSync } from 'node:fs';
import { mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { type DuckDBConnection, DuckDBInstance } from '@duckdb/node-api';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { lockedInstance } from '../../sandbox/engines/duckdb/lock-down.ts';
import type { Sandbox } from '../../sandbox/sandbox.ts';
import { plantFiles, READS, REFUSED_BY_WORKER, WRITES_AND_SETTINGS } from './engine-statements.ts';
import { asEmitted, openFixture, PEOPLE, type SandboxFixture, WAGES } from './sandbox-fixture.ts';

/**
 * Goal: were the compiler to fail and let any statement through, the engine would still reach nothing.
 * Method: each statement runs three times: in an unlocked DuckDB (the control: it must work, or it proves nothing), in a
 * DuckDB with the lock-down alone, without isolation, in this very process; and in a worker, which also refuses what is
 * no single SELECT.
 * Invariants: the lock-down refuses; the worker refuses, its pool is whole afterwards; no canary comes back, no file is
 * written.
 */
let fixture: SandboxFixture;
let sandbox: Sandbox;
let host: string;

beforeAll(async () => {
  fixture = await openFixture();
  // WHY none: here the paths of the host exist for the worker, so that only DuckDB's own lock stands before them.
  sandbox = await fixture.open({ tier: 'none', limits: { sparesMin: 3 } });
  host = join(fixture.runDir, 'host');
  await mkdir(host);
  await plantFiles(host);
});
afterAll(() => fixture.close());

const at = (statement: string) => statement.replaceAll('#', host);

async function withDatabase<T>(
  open: () => Promise<DuckDBInstance>,
  work: (c: DuckDBConnection) => Promise<T>,
): Promise<T> {
  const instance = await open();
  const connection = await instance.connect();
  try {
    return await work(connection);
  } finally {
    connection.closeSync();
    instance.closeSync();
  }
}

const inUnlocked = (statement: string) =>
  withDatabase(
    () => DuckDBInstance.create(':memory:'),
    async (connection) => (await connection.runAndReadAll(at(statement))).getRowsJson(),
  );
const inLocked = (statement: string) =>
  withDatabase(
    () => lockedInstance({ threads: 1, memoryMb: 128 }),
    async (connection) => (await connection.runAndReadAll(at(statement))).getRowsJson(),
  );
const inWorker = (statement: string) =>
  sandbox.run({ id: 'j', analyst: 'mallory', tables: [PEOPLE], deadlineMs: 10_000 }, (session) =>
    session.query(asEmitted(at(statement))),
  );

async function expectPoolWhole(): Promise<void> {
  const job = { id: 'j', analyst: 'mallory', tables: [PEOPLE], deadlineMs: 10_000 };
  const table = await sandbox.run(job, (session) => session.query(asEmitted('SELECT count(*) FROM "people@1"')));
  expect(table.values).toEqual([[1000n]]);
}

describe('reading files of the host', () => {
  test.each(READS)('%s', async (statement) => {
    const seen = JSON.stringify(await inUnlocked(statement)); // control
    expect(seen.length).toBeGreaterThanOrEqual(2);
    await expect(inLocked(statement)).rejects.toThrow();
    await expect(inWorker(statement)).rejects.toMatchObject({ code: 'SANDBOX_FAILED', facts: {} });
    await expectPoolWhole();
  });
});

describe('writing, and changing what is locked', () => {
  test.each(WRITES_AND_SETTINGS)('%s', async (statement) => {
    const before = await readdir(host);
    await expect(inLocked(statement)).rejects.toThrow();
    await expect(inWorker(statement)).rejects.toMatchObject({ code: 'SANDBOX_FAILED' });
    expect(await readdir(host)).toEqual(before);
    await expectPoolWhole();
  });

  test('control: an unlocked DuckDB does it all', async () => {
    const control = join(fixture.runDir, 'control');
    await mkdir(control);
    for (const statement of WRITES_AND_SETTINGS) await inUnlocked(statement.replaceAll('#', control));
    expect(await readdir(control)).toEqual(
      expect.arrayContaining(['out.csv', 'out.parquet', 'exported', 'new.duckdb']),
    );
  });
});

describe('what the lock-down alone does not stop', () => {
  test.each(REFUSED_BY_WORKER)('%s (%s)', async (statement) => {
    await expect(inWorker(statement)).rejects.toMatchObject({ code: 'SANDBOX_FAILED' });
    await expectPoolWhole();
    expect(existsSync(join(host, 'logs'))).toBe(false);
  });

  test('control: the lock-down lets some of them through, so the check of the worker is needed', async () => {
    for (const statement of ['SET VARIABLE x = 1', 'CREATE TABLE kept AS SELECT 1', 'EXPLAIN ANALYZE SELECT 1']) {
      await inLocked(statement);
    }
  });
});

describe('metadata functions, which work with DuckDB locked', () => {
  const LISTINGS = [
    'SELECT * FROM pragma_database_size()',
    'SELECT database_name, path FROM duckdb_databases()',
    'SELECT table_name FROM duckdb_tables()',
    'SELECT view_name, sql FROM duckdb_views() WHERE NOT internal',
    "SELECT * FROM query('SELECT * FROM duckdb_columns() WHERE NOT internal')",
  ];

  test.each(LISTINGS)('%s shows nothing of another grant', async (statement) => {
    await sandbox.run({ id: 'j', analyst: 'mallory', tables: [WAGES], deadlineMs: 10_000 }, (session) =>
      session.query(asEmitted('SELECT sum(amount) FROM "wages@1"')),
    );
    const shown = await inWorker(statement).then(
      (table) => JSON.stringify(table, (_, value: unknown) => (typeof value === 'bigint' ? String(value) : value)),
      () => '',
    );
    expect(shown).not.toMatch(/wages|amount|canary/);
  });

  test('a column that is not granted is not in the view, and the segment’s name cannot be guessed', async () => {
    await expect(inWorker('SELECT secret FROM "people@1"')).rejects.toMatchObject({ code: 'SANDBOX_FAILED' });
    await expect(inWorker('SELECT * FROM "wages@1"')).rejects.toMatchObject({ code: 'SANDBOX_FAILED' });
    await expect(inWorker('SELECT * FROM segment_0_0.data')).rejects.toMatchObject({ code: 'SANDBOX_FAILED' });
    const granted = await inWorker('SELECT * FROM "people@1" LIMIT 1');
    expect(granted.columns.map(({ name }) => name)).toEqual(['dept', 'id', '_row_key']);
  });
});
