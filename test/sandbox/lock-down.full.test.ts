import { existsSync } from 'node:fs';
import { mkdir, readdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type DuckDBConnection, DuckDBInstance } from '@duckdb/node-api';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { lockedInstance } from '../../sandbox/engines/duckdb/lock-down.ts';
import type { Sandbox } from '../../sandbox/sandbox.ts';
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
  await plant(host);
});
afterAll(() => fixture.close());

async function plant(folder: string): Promise<void> {
  await writeFile(join(folder, 'c.csv'), 'a,b\nHOST-CANARY,1\n');
  await writeFile(join(folder, 'c.json'), '[{"a":"HOST-CANARY"}]');
  await symlink(join(folder, 'c.csv'), join(folder, 'link.csv'));
  const instance = await DuckDBInstance.create(join(folder, 'c.duckdb'));
  const connection = await instance.connect();
  await connection.run("CREATE TABLE t AS SELECT 'HOST-CANARY' AS a");
  await connection.run(`COPY t TO '${join(folder, 'c.parquet')}'`);
  connection.closeSync();
  instance.closeSync();
}

/** `#` stands for the folder of the host. */
const READS = [
  "SELECT * FROM read_text('#/c.csv')",
  "SELECT content::VARCHAR FROM read_blob('#/c.csv')",
  "SELECT * FROM read_csv('#/c.csv')",
  "SELECT * FROM read_csv_auto('#/c.csv')",
  "SELECT * FROM sniff_csv('#/c.csv')",
  "SELECT * FROM read_json('#/c.json')",
  "SELECT * FROM read_json_auto('#/c.json')",
  "SELECT * FROM read_json_objects('#/c.json')",
  "SELECT * FROM read_ndjson('#/c.json')",
  "SELECT * FROM read_parquet('#/c.parquet')",
  "SELECT * FROM parquet_scan('#/c.parquet')",
  "SELECT * FROM parquet_metadata('#/c.parquet')",
  "SELECT * FROM parquet_schema('#/c.parquet')",
  "SELECT * FROM parquet_file_metadata('#/c.parquet')",
  "SELECT * FROM parquet_kv_metadata('#/c.parquet')",
  "SELECT * FROM read_duckdb('#/c.duckdb')",
  "SELECT * FROM glob('#/*')",
  "FROM '#/c.csv'",
  "FROM '#/c.parquet'",
  "FROM '#/c.duckdb'",
  "SELECT * FROM read_csv('#/../host/c.csv')",
  "SELECT * FROM read_csv('#/link.csv')",
  "SELECT * FROM read_text('file://#/c.csv')",
  "SELECT * FROM query('SELECT * FROM read_text(''#/c.csv'')')",
  "SELECT * FROM query_table(['#/c.csv'])",
  "SELECT * FROM json_execute_serialized_sql(json_serialize_sql('SELECT * FROM read_text(''#/c.csv'')'))",
  "PREPARE p AS SELECT * FROM read_text('#/c.csv'); EXECUTE p",
  "CREATE MACRO m() AS TABLE SELECT * FROM read_text('#/c.csv'); SELECT * FROM m()",
  "CREATE VIEW v AS SELECT * FROM read_csv('#/c.csv'); SELECT * FROM v",
  "CREATE TABLE z (a VARCHAR, b INT); COPY z FROM '#/c.csv'; SELECT * FROM z",
  "ATTACH '#/c.duckdb' AS z; SELECT * FROM z.t",
  "ATTACH '#/c.duckdb' AS z (READ_ONLY); SELECT * FROM z.t",
];

const WRITES_AND_SETTINGS = [
  "COPY (SELECT 'x') TO '#/out.csv'",
  "COPY (SELECT 'x' AS a) TO '#/out.parquet'",
  "EXPORT DATABASE '#/exported'",
  "ATTACH '#/new.duckdb' AS z",
  "SET log_query_path = '#/queries'",
  "SET allowed_directories = ['#']",
  "SET allowed_paths = ['#/c.csv']",
  "SET disabled_filesystems = ''",
  "SET temp_directory = '#'",
  "SET extension_directory = '#'",
  "SET secret_directory = '#'",
  "SET home_directory = '#'",
  "SET file_search_path = '#'",
  "SET memory_limit = '100GB'",
  'SET threads = 64',
  'SET lock_configuration = false',
  'RESET lock_configuration',
  'SET autoinstall_known_extensions = true',
  'SET allow_persistent_secrets = true',
  "PRAGMA memory_limit = '100GB'",
];

/** What the lock-down lets pass or the control cannot show; the worker refuses it all the same. */
const REFUSED_BY_WORKER = [
  ["CALL enable_logging(storage = 'file', storage_path = '#/logs')", 'every later statement fails, the process aborts'],
  ["CALL enable_logging(storage = 'file', storage_config = {'path': '#/logs'})", 'the same'],
  ["CALL enable_logging('QueryLog')", 'keeps other queries of the process'],
  ['PRAGMA enable_profiling', 'prints to standard output'],
  ['SET VARIABLE x = 1', 'a channel between queries'],
  ['CREATE TABLE kept AS SELECT 1', 'the same'],
  ['CREATE SECRET s (TYPE http)', 'the same'],
  ['CREATE MACRO m() AS 1', 'the same'],
  ['SELECT 1; SELECT 2', 'two statements'],
  ['EXPLAIN ANALYZE SELECT 1', 'sizes and times of the data'],
  ['PREPARE p AS SELECT 1', 'a channel between queries'],
  ['INSTALL httpfs', 'needs a network to work in the control'],
  ["LOAD '#/x.duckdb_extension'", 'needs a built extension in the control'],
  ['CHECKPOINT', 'no query'],
  ["IMPORT DATABASE '#'", 'no query'],
  ['DETACH memory', 'no query'],
  ['USE memory', 'no query'],
] as const;

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
