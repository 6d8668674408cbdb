import { DuckDBInstance } from '@duckdb/node-api';
import type { PolicyProfile } from '../../../policies/levels.ts';
import { type ProtectedCells, protect } from '../../../policies/release/protect.ts';
import { emitRel } from '../../../policies/sql/emit/emit-rel.ts';
import type { EmittedSql } from '../../../policies/sql/emit/emitted-sql.ts';
import { unitClassSql } from '../../../policies/sql/functions/unit-class.ts';
import { columnsOf, type OutputColumn } from '../../../policies/sql/plan.ts';
import type { PrivatePlan } from '../../../policies/sql/rewrite.ts';
import type { SqlType } from '../../../policies/sql/sql-type.ts';
import type { Cell, TableData } from '../../../policies/table-data.ts';
import { freshMemory } from '../release/fresh-memory.ts';
import type { Tables, Value } from './interpret-plan.ts';
import { CHANCE, engineAsk, statementOf, type TableSpec } from './plan-fixture.ts';

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
      await connection.run(`CREATE OR REPLACE TABLE "${table}@1" (${[...typed, '_row_key BIGINT'].join(', ')})`);
      const keyed = tables
        .get(table)!
        .map((row, index) => [...names.map((name) => sqlValue(row[name] ?? null)), index]);
      const rows = keyed.map((row) => `(${row.join(', ')})`);
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

  /** Protection with this engine. */
  async function protectedBy(cut: PrivatePlan, profile: PolicyProfile): Promise<ProtectedCells> {
    const dialogue = protect(cut, { profile, ...CHANCE, answer: 'answer', memory: freshMemory() });
    let step = dialogue.next();
    while (step.done !== true) {
      const { boundary, pass, tables } = engineAsk(step.value);
      const at = cut.boundaries[boundary]!;
      const rel = statementOf(at, pass);
      for (const { name, data } of tables) await loadOpen(name, data);
      step = dialogue.next(await query(emitRel(rel), columnsOf(rel)));
    }
    return step.value;
  }

  async function loadOpen(name: string, { columns, values, rowCount }: TableData): Promise<void> {
    const typed = columns.map((column) => `${column.name} ${ENGINE_TYPES[column.type.kind] ?? 'BIGINT'}`);
    await connection.run(`CREATE OR REPLACE TABLE ${name} (${typed.join(', ')})`);
    const rows = Array.from({ length: rowCount }, (_, row) => values.map((cells) => sqlValue(cells[row] as Value)));
    await connection.run(`INSERT INTO ${name} VALUES ${rows.map((row) => `(${row.join(', ')})`).join(', ')}`);
  }

  /** The classes of units 0 to `last`. */
  async function classes(last: number): Promise<ReadonlyMap<number, number>> {
    const sql = `SELECT unit, ${unitClassSql('unit::UBIGINT')} FROM range(${last + 1}) t(unit)`;
    const rows = (await connection.runAndReadAll(sql)).getRowsJS();
    return new Map(rows.map(([unit, one]) => [Number(unit), Number(one)]));
  }

  return { load, classes, protected: protectedBy, close: () => connection.closeSync() };
}

function sqlValue(value: Value): string {
  return value === null ? 'NULL' : typeof value === 'string' ? `'${value}'` : String(value);
}
