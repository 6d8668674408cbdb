import { type DuckDBConnection, DuckDBInstance } from '@duckdb/node-api';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { DEFAULT_PROFILE } from '../../../policies/levels.ts';
import { emit } from '../../../policies/sql/compile.ts';
import { decide } from '../../../policies/sql/decide.ts';
import { readSyntaxTree, type UntrustedSql } from '../../../policies/sql/parse.ts';
import { type QueryCatalog, resolve } from '../../../policies/sql/resolve.ts';
import { rewrite } from '../../../policies/sql/rewrite.ts';
import { comparable } from './comparable-rows.ts';
import { FAMILIES, FAMILY_TABLES, familyQueries, familyRows } from './query-families.ts';
import { FACTS, serialize } from './small-city.ts';

/**
 * Goal: SQL as benchmarks, reporting tools and other privacy systems write it is taken and answered as DuckDB answers it.
 * Method: each query over public tables, once through the whole compiler and once straight in DuckDB, on rows made of
 * the literals that the queries look for.
 * Invariants: mode `rows`; the same rows; with the query's own LIMIT, as many rows (which ones, a tie may decide).
 */
const SEED = 20_261_127;
const ENGINE_TYPES = {
  boolean: 'BOOLEAN',
  integer: 'BIGINT',
  decimal: 'DECIMAL(18,2)',
  text: 'VARCHAR',
  date: 'DATE',
  timestamp: 'TIMESTAMP',
} as const;
const CATALOG: QueryCatalog = new Map(
  FAMILY_TABLES.map(({ schema }) => [schema.table, { resource: schema.table, version: 1, schema, rowsPerUnitMax: {} }]),
);

let connection: DuckDBConnection;
beforeAll(async () => {
  connection = await (await DuckDBInstance.create(':memory:', { threads: '2' })).connect();
  for (const { schema } of FAMILY_TABLES) {
    const columns = schema.columns.map(({ name, type }) => `"${name}" ${ENGINE_TYPES[type]}`).join(', ');
    await connection.run(`CREATE TABLE "${schema.table}" (${columns})`);
    await connection.run(`CREATE VIEW "${schema.table}@1" AS SELECT * FROM "${schema.table}"`);
  }
  for (const statement of familyRows(SEED)) await connection.run(statement);
});
afterAll(() => connection.closeSync());

async function rowsOf(sql: string): Promise<readonly (readonly unknown[])[]> {
  return (await connection.runAndReadAll(sql)).getRowsJson();
}

async function throughCompiler(sql: string): Promise<readonly (readonly unknown[])[]> {
  const parsed = readSyntaxTree(sql as UntrustedSql, await serialize(connection, sql));
  const resolved = resolve(parsed, CATALOG, FACTS);
  const decision = decide(resolved, DEFAULT_PROFILE, { unitsMin: null });
  const compiled = emit(resolved, decision, rewrite(resolved, decision, DEFAULT_PROFILE));
  expect(decision.mode).toBe('rows');
  expect(compiled.finish).toBeNull();
  const rows = await rowsOf(compiled.cells[0] ?? '');
  return rows.map((row) => compiled.finishColumns.map((index) => row[index]));
}

const LAST_LIMIT = /\s+LIMIT\s+\d+(\s+OFFSET\s+\d+)?$/i;

describe.each(FAMILIES)('%s', (family) => {
  let found = 0;
  const queries = familyQueries(family);

  test.each(queries.map(({ name, sql }) => [name, sql] as const))('%s', async (_name, sql) => {
    const unlimited = sql.replace(LAST_LIMIT, '');
    const [compiled, direct] = [await throughCompiler(unlimited), await rowsOf(unlimited)];
    expect(comparable(compiled, false)).toEqual(comparable(direct, false));
    if (direct.flat().some((cell) => cell !== null)) found += 1;
    if (unlimited !== sql) expect(await throughCompiler(sql)).toHaveLength((await rowsOf(sql)).length);
  });

  test('control: most answers hold something that could have differed', () => {
    expect(found / queries.length).toBeGreaterThan(0.7);
  });
});
