import { type DuckDBConnection, DuckDBInstance } from '@duckdb/node-api';
import { emitRel } from '../../../policies/sql/emit/emit-rel.ts';
import { readSyntaxTree, type UntrustedSql } from '../../../policies/sql/parse.ts';
import { type QueryCatalog, type ResolvedQuery, resolve } from '../../../policies/sql/resolve.ts';
import { withStandardSigns } from '../../../policies/sql/text-words.ts';
import type { ColumnSchema, TableSchema } from '../../../policies/table-schema.ts';

/** A small city for tests of the compiler: four tables, every type, NULLs, duplicates, empty texts. */

type ColumnSpec = Partial<ColumnSchema> & Pick<ColumnSchema, 'name' | 'type'>;

const column = (spec: ColumnSpec): ColumnSchema => ({
  title: { zh: spec.name, en: spec.name },
  level: 'general-1',
  role: 'attribute',
  ...spec,
});

const person = column({ name: 'pid', type: 'text', role: 'identifier', unit: 'person' });
const firm = column({ name: 'uscc', type: 'text', role: 'identifier', unit: 'enterprise' });

const TABLES: readonly TableSchema[] = [
  {
    table: 'person',
    level: 'general-2',
    columns: [
      person,
      column({ name: 'age', type: 'integer', role: 'quasi-identifier', level: 'general-2' }),
      column({ name: 'sex', type: 'text', role: 'quasi-identifier', level: 'general-2' }),
      column({ name: 'div_code', type: 'text', role: 'dimension', values: ['100', '101', '102'], nullable: false }),
      column({ name: 'born', type: 'date', role: 'quasi-identifier', level: 'general-3' }),
      column({ name: 'income', type: 'decimal', role: 'measure', level: 'general-3', bounds: { min: -1e5, max: 1e6 } }),
      column({ name: 'active', type: 'boolean' }),
    ],
  },
  {
    table: 'visit',
    level: 'general-2',
    columns: [
      person,
      column({ name: 'dept', type: 'text', role: 'dimension' }),
      column({ name: 'seen', type: 'timestamp' }),
      column({ name: 'fee', type: 'decimal', role: 'measure' }),
      column({ name: 'days', type: 'integer', role: 'measure', bounds: { min: -3, max: 20 } }),
    ],
  },
  {
    table: 'job',
    level: 'general-2',
    columns: [
      person,
      firm,
      column({ name: 'since', type: 'date' }),
      column({ name: 'wage', type: 'decimal', role: 'measure' }),
    ],
  },
  {
    table: 'firm',
    level: 'general-1',
    columns: [
      firm,
      column({ name: 'name', type: 'text' }),
      column({ name: 'industry', type: 'text', role: 'dimension' }),
      column({ name: 'staff', type: 'integer' }),
      column({ name: 'div_code', type: 'text', role: 'dimension' }),
    ],
  },
];

export const CITY: QueryCatalog = new Map(
  TABLES.map((schema) => [schema.table, { resource: schema.table, version: 1, schema, rowsPerUnitMax: {} }]),
);
export const FACTS = { today: '2026-11-23', now: '2026-11-23T08:30:00' } as const;

const DDL = [
  `CREATE TABLE person AS SELECT (i % 37)::UBIGINT AS pid, CASE WHEN i % 11 <> 0 THEN (i * 7 % 90)::BIGINT END AS age,
     CASE i % 3 WHEN 0 THEN 'f' WHEN 1 THEN 'm' END AS sex, (100 + i % 3)::VARCHAR AS div_code,
     CASE WHEN i % 7 <> 0 THEN DATE '1950-01-31' + (i * 613 % 25000)::INTEGER END AS born,
     CASE WHEN i % 5 <> 0 THEN ((i * 7919 % 1000003) / 100.0 - 2000)::DECIMAL(18,2) END AS income,
     CASE WHEN i % 4 <> 0 THEN i % 8 < 5 END AS active FROM range(40) r(i)`,
  `CREATE TABLE visit AS SELECT (i * 5 % 41)::UBIGINT AS pid, CASE WHEN i % 9 <> 0 THEN 'd' || (i % 4) ELSE '' END AS dept,
     CASE WHEN i % 6 <> 0 THEN TIMESTAMP '2024-01-01 00:00:00' + to_hours(i * 37) END AS seen,
     CASE WHEN i % 10 <> 0 THEN (i * 131 % 5000 / 10.0)::DECIMAL(18,2) END AS fee, (i % 13 - 3)::BIGINT AS days FROM range(90) r(i)`,
  `CREATE TABLE job AS SELECT CASE WHEN i % 8 <> 0 THEN (i * 3 % 43)::UBIGINT END AS pid, CASE WHEN i % 10 <> 0 THEN (i % 6)::UBIGINT END AS uscc,
     DATE '2000-02-29' + (i * 97)::INTEGER AS since, (i * 1013 % 20000)::DECIMAL(18,2) AS wage FROM range(50) r(i)`,
  `CREATE TABLE firm AS SELECT i::UBIGINT AS uscc, CASE i WHEN 3 THEN NULL WHEN 4 THEN '企业 四' ELSE 'Firm_' || i END AS name,
     chr((65 + i % 3)::INTEGER) AS industry, (i * 10)::BIGINT AS staff, (100 + i % 4)::VARCHAR AS div_code FROM range(8) r(i)`,
] as const;

export interface City {
  readonly connection: DuckDBConnection;
  readonly compile: (
    sql: string,
    catalog?: QueryCatalog,
  ) => Promise<{ resolved: ResolvedQuery; sql: string; ms: number }>;
  readonly rows: (sql: string) => Promise<readonly (readonly unknown[])[]>;
  readonly close: () => void;
}

/** DuckDB in memory: the small city twice, under its own names and under those that emitted SQL uses. */
export async function openCity(): Promise<City> {
  const instance = await DuckDBInstance.create(':memory:', { threads: '2' });
  const connection = await instance.connect();
  for (const statement of DDL) await connection.run(statement);
  for (const { table } of TABLES) await connection.run(`CREATE VIEW "${table}@1" AS SELECT * FROM ${table}`);
  const rows = async (sql: string): Promise<readonly (readonly unknown[])[]> =>
    (await connection.runAndReadAll(sql)).getRowsJson();
  return {
    connection,
    rows,
    compile: async (sql, catalog = CITY) => {
      const serialized = await serialize(connection, sql);
      const start = performance.now();
      const resolved = resolve(readSyntaxTree(sql as UntrustedSql, serialized), catalog, FACTS);
      const emitted = emitRel(resolved.plan);
      return { resolved, sql: emitted, ms: performance.now() - start };
    },
    close: () => {
      connection.closeSync();
      instance.closeSync();
    },
  };
}

export async function serialize(connection: DuckDBConnection, sql: string): Promise<string> {
  const result = await connection.runAndReadAll('SELECT json_serialize_sql($1::VARCHAR)', [withStandardSigns(sql)]);
  return String(result.getRows()[0]?.[0]);
}
