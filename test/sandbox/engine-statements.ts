import { symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';

/** Statements by which an engine would reach the host or keep something, were the compiler to let them through. */

/** Files for them to read; `#` in a statement stands for their folder. */
export async function plantFiles(folder: string): Promise<void> {
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

export const READS = [
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

export const WRITES_AND_SETTINGS = [
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
export const REFUSED_BY_WORKER = [
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
