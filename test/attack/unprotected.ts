import { type DuckDBConnection, DuckDBInstance } from '@duckdb/node-api';
import { P_SCHEMA, PUB_SCHEMA, PUBLIC_ROWS, peopleOf, type World } from './attacked-table.ts';

/** Rows with numbers as numbers; `error` where the engine raised. */
export interface Outcome {
  readonly rows: readonly (readonly unknown[])[] | null;
  readonly error: string | null;
}
export interface Unprotected {
  /** Stopped after `deadlineMs`, which is an error. */
  run(sql: string, deadlineMs?: number): Promise<Outcome>;
}

const TYPES: Readonly<Record<string, string>> = { text: 'VARCHAR', integer: 'BIGINT', date: 'DATE' };

/** The same tables straight in DuckDB: what an attack learns with the protection off. */
export async function openUnprotected(world: World): Promise<Unprotected> {
  const connection = await (await DuckDBInstance.create(':memory:', { threads: '1' })).connect();
  await create(connection, P_SCHEMA, peopleOf(world));
  await create(connection, PUB_SCHEMA, PUBLIC_ROWS);
  return {
    async run(sql, deadlineMs) {
      const deadline = deadlineMs === undefined ? null : setTimeout(() => connection.interrupt(), deadlineMs);
      try {
        const read = await connection.runAndReadAll(sql);
        return { rows: read.getRowsJson().map((row) => row.map(numeric)), error: null };
      } catch (error) {
        return { rows: null, error: String(error) };
      } finally {
        if (deadline !== null) clearTimeout(deadline);
      }
    },
  };
}

async function create(
  connection: DuckDBConnection,
  { table, columns }: typeof PUB_SCHEMA,
  rows: readonly (readonly unknown[])[],
): Promise<void> {
  await connection.run(
    `CREATE TABLE ${table} (${columns.map(({ name, type }) => `${name} ${TYPES[type]}`).join(', ')})`,
  );
  const lists = rows.map(
    (row) => `(${row.map((cell) => (typeof cell === 'string' ? `'${cell}'` : String(cell))).join(', ')})`,
  );
  await connection.run(`INSERT INTO ${table} VALUES ${lists.join(', ')}`);
}

/** DuckDB gives large integers and decimals as text in JSON. */
function numeric(value: unknown): unknown {
  return typeof value === 'string' && /^-?\d+(\.\d+)?$/.test(value) ? Number(value) : value;
}
