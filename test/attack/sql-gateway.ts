import { randomFillSync, randomUUID } from 'node:crypto';
import { type DuckDBConnection, DuckDBInstance } from '@duckdb/node-api';
import { AppError } from '../../policies/errors.ts';
import { DEFAULT_PROFILE, type Mode, type PolicyProfile } from '../../policies/levels.ts';
import { drawnNoise } from '../../policies/release/drawn-noise.ts';
import type { GuardMemory } from '../../policies/release/guarded.ts';
import type { PrivacyNoise } from '../../policies/release/private-groups.ts';
import type { ReleasePolicy } from '../../policies/release/protect.ts';
import { type CellsEngine, protectThrough } from '../../policies/release/protect-through.ts';
import { release } from '../../policies/release/release.ts';
import type { ReleasedResult, Suppressed } from '../../policies/release/released-result.ts';
import { type CompiledQuery, emit, exactStatement } from '../../policies/sql/compile.ts';
import { decide } from '../../policies/sql/decide.ts';
import { readSyntaxTree, type UntrustedSql } from '../../policies/sql/parse.ts';
import { columnsOf } from '../../policies/sql/plan.ts';
import { type QueryCatalog, resolve } from '../../policies/sql/resolve.ts';
import { rewrite } from '../../policies/sql/rewrite.ts';
import type { SqlType } from '../../policies/sql/sql-type.ts';
import { withStandardSigns } from '../../policies/sql/text-words.ts';
import { printsOf, printViews, storedTable } from '../../policies/stored-prints.ts';
import type { Cell, TableData } from '../../policies/table-data.ts';
import type { TableSchema } from '../../policies/table-schema.ts';
import { writePrints } from '../../sandbox/ingest/print-tables.ts';
import { freshMemory } from '../policies/release/fresh-memory.ts';

/** A stored table: identifiers are numbers here, as tokens are in the vault. */
export interface StoredTable {
  readonly schema: TableSchema;
  readonly rowsPerUnitMax?: QueryCatalog extends ReadonlyMap<string, infer T extends { rowsPerUnitMax: unknown }>
    ? T['rowsPerUnitMax']
    : never;
  readonly rows: readonly Readonly<Record<string, Cell>>[];
  /** Of a public table, as ingest finds them. By default what its rows say; none where it has none. */
  readonly uniqueColumns?: readonly string[];
  /** Hidden columns that the caller adds to the stored table by itself. */
  readonly twins?: readonly string[];
  /** Whether it is stored with its prints, in two segments. Default true. */
  readonly prints?: boolean;
}
export interface GatewayAnswer {
  readonly mode: Mode;
  readonly names: readonly string[];
  readonly rows: readonly (readonly Cell[])[];
  readonly suppressed: Suppressed;
  readonly intervals: ReleasedResult['intervals'];
  readonly certainty: ReleasedResult['certainty'];
}
/** The day on which every query is asked. */
export const TODAY = '2026-11-23';

function uniqueIn({ columns }: TableSchema, rows: StoredTable['rows']): readonly string[] {
  if (rows.length === 0) return [];
  const isUnique = (name: string) => {
    const values = rows.flatMap((row) => row[name] ?? []);
    return new Set(values).size === values.length;
  };
  return columns.flatMap(({ name }) => (isUnique(name) ? [name] : []));
}

const TYPES = {
  boolean: 'BOOLEAN',
  integer: 'BIGINT',
  decimal: 'DECIMAL(18,2)',
  text: 'VARCHAR',
  date: 'DATE',
  timestamp: 'TIMESTAMP',
} as const;
const ENGINE_TYPES: Readonly<Record<SqlType['kind'], string>> = {
  ...TYPES,
  hugeint: 'HUGEINT',
  double: 'DOUBLE',
  token: 'UBIGINT',
  interval: 'INTERVAL',
  null: 'INTEGER',
};

/**
 * The compiler and the protector from SQL text to released rows around a DuckDB in this process: everything between a
 * route and a worker, without either. `raw` runs the same text straight in DuckDB: protection off.
 */
export async function openGateway(
  stored: readonly StoredTable[],
  profile: PolicyProfile = DEFAULT_PROFILE,
  noiseSecret: Uint8Array = new Uint8Array(32).fill(7),
  /** What earlier answers left behind; by default every answer is the first. */
  memory: GuardMemory | null = null,
  privacyNoise: PrivacyNoise = drawnNoise((bytes) => randomFillSync(bytes)),
) {
  return gatewayOver(await openEngines(stored), profile, noiseSecret, memory, privacyNoise);
}
export type SqlGateway = ReturnType<typeof gatewayOver>;

/** What a gateway stands on: nothing of an answer stays in it. */
interface Engines {
  readonly engine: DuckDBConnection;
  readonly scratch: DuckDBConnection;
  readonly catalog: QueryCatalog;
}

async function openEngines(stored: readonly StoredTable[]): Promise<Engines> {
  const instance = await DuckDBInstance.create(':memory:', { threads: '2' });
  const engine = await instance.connect();
  const scratch = await (await DuckDBInstance.create(':memory:')).connect();
  const catalog: QueryCatalog = new Map(
    stored.map(
      ({ schema, rowsPerUnitMax = {}, twins = [], prints = true, rows, uniqueColumns = uniqueIn(schema, rows) }) => {
        const beside = prints ? printsOf(schema) : null;
        const isPublic = [schema, ...schema.columns].every(({ level }) => level === 'general-1');
        const counted = isPublic ? { rows: rows.length, uniqueColumns } : {};
        return [
          schema.table,
          {
            resource: schema.table,
            version: 1,
            schema,
            rowsPerUnitMax,
            twins,
            ...counted,
            ...(beside === null ? {} : { prints: beside }),
          },
        ];
      },
    ),
  );
  for (const { schema, rows, prints = true } of stored) {
    const columns = schema.columns.map(
      ({ name, role, type }) => [name, role === 'identifier' ? 'UBIGINT' : TYPES[type]] as const,
    );
    await fill(
      engine,
      schema.table,
      columns,
      rows.map((row) => columns.map(([name]) => row[name] ?? null)),
    );
    const list = columns.map(([name]) => `"${name}"`).join(', ');
    await engine.run(
      `CREATE OR REPLACE TABLE "${schema.table}@1" AS SELECT *, CAST(hash(${list}) & 4294967295 AS BIGINT) - 2147483648 AS _row_key FROM "${schema.table}"`,
    );
    if (prints) await storePrints(engine, schema, rows.length);
  }
  return { engine, scratch, catalog };
}

function gatewayOver(
  engines: Engines,
  profile: PolicyProfile,
  noiseSecret: Uint8Array,
  memory: GuardMemory | null,
  privacyNoise: PrivacyNoise,
) {
  const { engine, scratch, catalog } = engines;

  async function compile(sql: string) {
    const read = await engine.runAndReadAll('SELECT json_serialize_sql($1::VARCHAR)', [withStandardSigns(sql)]);
    const parsed = readSyntaxTree(sql as UntrustedSql, String(read.getRowsJS()[0]![0]));
    const resolved = resolve(parsed, catalog, { today: TODAY, now: `${TODAY}T08:00:00` });
    const decision = decide(resolved, profile, { unitsMin: null });
    return emit(resolved, decision, rewrite(resolved, decision, profile));
  }

  /** What protection asks, answered by the engine of this process. */
  function engineOf(compiled: CompiledQuery): CellsEngine {
    const columns = new Map<string, Named>(
      compiled.private.boundaries.flatMap((boundary, index) => [
        [compiled.cells[index]!, columnsOf(boundary.cells)] as const,
        ...(boundary.kind === 'cells' ? [[exactStatement(compiled, index)!, columnsOf(boundary.exact)] as const] : []),
        ...(boundary.kind === 'cells' && boundary.small !== null && compiled.small[index]
          ? [[compiled.small[index], columnsOf(boundary.small)] as const]
          : []),
      ]),
    );
    return {
      query: async (statement, tables) => {
        for (const { name, data } of tables) await load(engine, name, data);
        return tableOf(engine, statement, columns.get(statement)!);
      },
      finish: async (tables, statement) => {
        for (const { name, data } of tables) await load(scratch, name, data);
        const { rel } = compiled.private.givens[compiled.givens.indexOf(statement)]!;
        const named = columnsOf(rel).map(({ type }, index) => ({ name: `c${index}`, type }));
        return tableOf(scratch, statement, named);
      },
    };
  }

  const policyOf = (answer: string): ReleasePolicy => ({
    ...{ profile, noiseSecret, privacyNoise, answer },
    memory: memory ?? freshMemory(),
  });

  async function ask(sql: string): Promise<GatewayAnswer> {
    const compiled = await compile(sql);
    return answerFrom(compiled, engineOf(compiled).query);
  }

  /** An answer out of raw cells, wherever they come from. */
  async function answerFrom(compiled: CompiledQuery, query: CellsEngine['query'], noise = privacyNoise) {
    const policy = { ...policyOf(randomUUID()), privacyNoise: noise };
    const cells = await protectThrough({ ...engineOf(compiled), query }, compiled, policy);
    let answer: TableData | null = null;
    if (compiled.finish !== null) {
      for (const [index, table] of cells.tables.entries()) {
        await load(scratch, `released_${index}`, table);
      }
      answer = await tableOf(scratch, compiled.finish, columnsOf(compiled.private.uncertainty.finish));
    }
    const { table, suppressed, intervals, certainty } = release(compiled, cells, answer, profile);
    const rows = Array.from({ length: table.rowCount }, (_, row) => table.values.map((values) => plain(values[row]!)));
    const names = table.columns.map(({ name }) => name);
    return { mode: compiled.decision.mode, names, rows, suppressed, intervals, certainty };
  }

  /** The rows, or the code of the refusal. */
  async function attempt(sql: string): Promise<readonly (readonly Cell[])[] | string> {
    try {
      return (await ask(sql)).rows;
    } catch (error) {
      if (error instanceof AppError) return error.code;
      throw error;
    }
  }

  async function raw(sql: string): Promise<readonly (readonly Cell[])[]> {
    const read = await engine.runAndReadAll(sql);
    return read.getRowsJS().map((row) => row.map((cell) => plain(cell as Cell)));
  }

  return { ask, answerFrom, attempt, compile, raw, engineOf, policyOf, unasked };

  /** The same tables behind a guard that remembers from here on: of one gateway, one at a time. */
  function unasked(): SqlGateway {
    return gatewayOver(engines, profile, noiseSecret, freshMemory(), privacyNoise);
  }
}

type Named = readonly { readonly name: string; readonly type: SqlType }[];

async function tableOf(connection: DuckDBConnection, sql: string, columns: Named): Promise<TableData> {
  const reader = await connection.runAndReadAll(sql);
  const values = reader.getColumnsJson();
  return {
    columns: columns.map(({ name, type }) => ({ name, type })),
    values: columns.map(({ type }, index) => (values[index] ?? []).map((value) => cellOf(value, type))),
    rowCount: reader.currentRowCount,
  };
}

function cellOf(value: unknown, type: SqlType): Cell {
  if (value === null || value === undefined) return null;
  if (type.kind === 'integer' || type.kind === 'hugeint' || type.kind === 'token') return BigInt(String(value));
  return type.kind === 'decimal' ? String(value) : (value as Cell);
}

/** As ingest does, in two segments. */
async function storePrints(engine: DuckDBConnection, schema: TableSchema, rows: number): Promise<void> {
  const prints = printsOf(schema);
  if (prints === null) return;
  const stored = storedTable(`${schema.table}@1`);
  const segments = [`"${schema.table} 0"`, `"${schema.table} 1"`];
  for (const [place, name] of segments.entries()) {
    await engine.run(`CREATE SCHEMA ${name}`);
    await engine.run(`CREATE TABLE ${name}.data AS FROM "${stored}" WHERE (rowid % 3 = 0) = (${String(place)} = 0)`);
    const found = await writePrints(engine, { name, rows, columns: schema.columns, twins: [], filled: [] }, prints);
    if (found?.columns.length !== prints.columns.length) throw new Error('a table of a test has few dates');
  }
  for (const { table } of printViews(prints)) {
    const parts = segments.map((name) => `FROM ${name}."${table}"`);
    await engine.run(`CREATE VIEW "${storedTable(`${schema.table}@1`, table)}" AS ${parts.join(' UNION ALL ')}`);
  }
}

const plain = (cell: Cell): Cell => (typeof cell === 'bigint' ? Number(cell) : cell);

const engineTypeOf = (type: SqlType): string =>
  type.kind === 'decimal' ? `DECIMAL(${type.precision},${type.scale})` : ENGINE_TYPES[type.kind];

async function load(
  connection: DuckDBConnection,
  name: string,
  { columns, values, rowCount }: TableData,
): Promise<void> {
  const types = columns.map(({ name: column, type }) => [column, engineTypeOf(type)] as const);
  const rows = Array.from({ length: rowCount }, (_, row) => values.map((cells) => cells[row]!));
  await fill(connection, name, types, rows);
}

async function fill(
  connection: DuckDBConnection,
  name: string,
  columns: readonly (readonly [name: string, type: string])[],
  rows: readonly (readonly Cell[])[],
): Promise<void> {
  await connection.run(
    `CREATE OR REPLACE TABLE "${name}" (${columns.map(([column, type]) => `"${column}" ${type}`).join(', ')})`,
  );
  if (rows.length === 0) return;
  const lists = rows.map((row) => `(${row.map(sqlText).join(', ')})`);
  await connection.run(`INSERT INTO "${name}" VALUES ${lists.join(', ')}`);
}

function sqlText(cell: Cell): string {
  if (cell === null) return 'NULL';
  return typeof cell === 'string' ? `'${cell.replaceAll("'", "''")}'` : String(cell);
}
