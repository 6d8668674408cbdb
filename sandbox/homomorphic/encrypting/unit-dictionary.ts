import type { DuckDBConnection } from '@duckdb/node-api';
import type { ColumnSchema, TableSchema } from '#policies/stored-tables';
import { quoteName, quoteText } from '../../ingest/column-sql.ts';
import { canonicalSql } from '../../ingest/token.ts';

/**
 * Numbers for the units of a table, from 0 in the order of first appearance, kept on disk: memory does not grow with them. Equal
 * where the gateway's tokens are equal.
 */
export interface UnitDictionary {
  readonly columns: readonly ColumnSchema[];
  /** Numbers what the open segment has that is new. */
  addSegment(): Promise<void>;
  /** SQL over `s`, the segment: joins, and the number per unit column. */
  readonly joins: string;
  readonly numbers: readonly string[];
  distinct(): Promise<readonly number[]>;
}

export async function openUnitDictionary(
  connection: DuckDBConnection,
  path: string,
  { columns: declared }: TableSchema,
): Promise<UnitDictionary> {
  const columns = declared.filter(({ unit }) => unit !== undefined);
  await connection.run(`ATTACH ${quoteText(path)} AS units`);
  for (const at of columns.keys()) {
    await connection.run(`CREATE TABLE IF NOT EXISTS ${tableOf(at)} (id VARCHAR, n UINTEGER)`);
  }
  return {
    columns,
    async addSegment() {
      for (const [at, column] of columns.entries()) await addNew(connection, tableOf(at), canonicalOf(column));
    },
    joins: columns
      .map((column, at) => `LEFT JOIN ${tableOf(at)} u${at} ON u${at}.id = ${canonicalOf(column)}`)
      .join(' '),
    numbers: columns.map((_, at) => `u${at}.n`),
    distinct: async () => {
      const counts = columns.map(async (_, at) => {
        const reader = await connection.runAndReadAll(`SELECT count(*) FROM ${tableOf(at)}`);
        return Number(reader.getRows()[0]?.[0] ?? 0);
      });
      return await Promise.all(counts);
    },
  };
}

const tableOf = (at: number): string => `units.unit_${at}`;

function canonicalOf({ name, type }: ColumnSchema): string {
  const value = `s.${quoteName(name)}`;
  return type === 'text' ? canonicalSql(value) : `CAST(${value} AS VARCHAR)`;
}

/** WHY ordered: work that is done again after a stop gives every unit the number that it had. */
async function addNew(connection: DuckDBConnection, table: string, canonical: string): Promise<void> {
  await connection.run(
    `INSERT INTO ${table} SELECT id, (SELECT count(*) FROM ${table}) + row_number() OVER (ORDER BY id) - 1 ` +
      `FROM (SELECT DISTINCT ${canonical} AS id FROM segment.data s) fresh ` +
      `WHERE id IS NOT NULL AND NOT EXISTS (SELECT 1 FROM ${table} known WHERE known.id = fresh.id) ORDER BY id`,
  );
}
