import { DuckDBInstance } from '@duckdb/node-api';
import type { EmittedSql } from '../../../policies/sql/emit/emitted-sql.ts';
import type { OutputColumn } from '../../../policies/sql/plan.ts';
import type { SqlType } from '../../../policies/sql/sql-type.ts';
import type { Cell, TableData } from '../../../policies/table-data.ts';
import type { Tables, Value } from './interpret-plan.ts';
import type { TableSpec } from './plan-fixture.ts';

const ENGINE_TYPES: Partial<Record<SqlType['kind'], string>> = {
  token: 'UBIGINT',
  text: 'VARCHAR',
  integer: 'BIGINT',
  boolean: 'BOOLEAN',
};

/** A bare DuckDB in this process with the tables of a test, as a worker would name them. */
export async function openEngine() {
  const instance = await DuckDBInstance.create(':memory:', { threads: '2' });
  const connection = await instance.connect();

  async function load(specs: readonly TableSpec[], tables: Tables): Promise<void> {
    for (const { table, columns } of specs) {
      const names = Object.keys(columns);
      const typed = names.map((name) => `"${name}" ${ENGINE_TYPES[columns[name]!.type.kind] ?? 'BIGINT'}`);
      await connection.run(`CREATE OR REPLACE TABLE "${table}@1" (${typed.join(', ')})`);
      const rows = tables.get(table)!.map((row) => `(${names.map((name) => sqlValue(row[name] ?? null)).join(', ')})`);
      if (rows.length > 0) await connection.run(`INSERT INTO "${table}@1" VALUES ${rows.join(', ')}`);
    }
  }

  async function query(sql: EmittedSql, columns: readonly OutputColumn[]): Promise<TableData> {
    const reader = await connection.runAndReadAll(sql);
    const values = reader.getColumnsJS();
    return {
      columns: columns.map(({ name, type }) => ({ name, type })),
      values: columns.map((_, index) => (values[index] ?? []).map((value) => value as Cell)),
      rowCount: reader.currentRowCount,
    };
  }

  return { load, query, close: () => connection.closeSync() };
}

function sqlValue(value: Value): string {
  return value === null ? 'NULL' : typeof value === 'string' ? `'${value}'` : String(value);
}
