import type { DuckDBConnection } from '@duckdb/node-api';
import {
  type ColumnSchema,
  PRINT,
  PRINTED_ROWS_MAX,
  PRINTED_VALUES_MAX,
  presentName,
  printTable,
  ROW_KEY_COLUMN,
  type StoredPrints,
  type StoredTwin,
  sumName,
  unitClassSql,
} from '#policies/stored-tables';
import { quoteName, quoteText, storedTypeOf } from './column-sql.ts';

/** A segment that is attached, with its rows in `data`. */
export interface PrintedSegment {
  /** The name under which it is attached. */
  readonly name: string;
  readonly rows: number;
  readonly columns: readonly ColumnSchema[];
  /** Stored beside them. */
  readonly twins: readonly StoredTwin[];
}

/** Writes the tables of prints of a segment beside its rows (policies/stored-prints.ts): which of `wanted` it has then, null for none. */
export async function writePrints(
  connection: DuckDBConnection,
  segment: PrintedSegment,
  wanted: StoredPrints | null,
): Promise<StoredPrints | null> {
  if (wanted === null || segment.rows > PRINTED_ROWS_MAX) return null;
  const columns: string[] = [];
  for (const name of wanted.columns) if (await hasFewValues(connection, segment, name)) columns.push(name);
  for (const column of [null, ...columns]) await connection.run(printSql(segment, wanted, column));
  return { ...wanted, columns };
}

async function hasFewValues(
  connection: DuckDBConnection,
  { name, columns }: PrintedSegment,
  column: string,
): Promise<boolean> {
  // What is declared to have few values has.
  if (columns.find((one) => one.name === column)?.type !== 'date') return true;
  const values = `SELECT DISTINCT ${quoteName(column)} FROM ${name}.data LIMIT ${String(PRINTED_VALUES_MAX + 1)}`;
  const reader = await connection.runAndReadAll(`SELECT count(*) FROM (${values})`);
  return Number(reader.getRows()[0]?.[0]) <= PRINTED_VALUES_MAX;
}

/** WHY by twins where there are any: they are what the engine groups by directly. */
function printSql(
  { name: segment, columns, twins }: PrintedSegment,
  { units, sums }: StoredPrints,
  column: string | null,
) {
  const twinOf = (kind: StoredTwin['kind'], of: string) => twins.find((twin) => twin.kind === kind && twin.of === of);
  const sumSql = (name: string): string => {
    const type = storedTypeOf(columns.find((one) => one.name === name)!);
    return `CAST(sum(${quoteName(name)}) AS ${type}) AS ${quoteName(sumName(name))}`;
  };
  const numbers = [
    `count(*) AS ${PRINT.rows}`,
    // WHY 64 bits, which the keys of so many rows do not leave: what adds them up again is several times as fast.
    `CAST(sum(${ROW_KEY_COLUMN}) AS BIGINT) AS ${PRINT.keys}`,
    ...sums.flatMap((name) => [sumSql(name), `count(${quoteName(name)}) AS ${quoteName(presentName(name))}`]),
  ];
  const code = column === null ? undefined : twinOf('code', column);
  const value = column === null ? [] : [`${quoteName(code?.name ?? column)} AS ${quoteName(column)}`];
  const text = code === undefined ? '*' : `* REPLACE (CAST(${quoteName(code.of)} AS VARCHAR) AS ${quoteName(code.of)})`;
  const ofUnits = units.map((unit) => {
    const twin = twinOf('class', unit);
    const unitClass = twin === undefined ? unitClassSql(quoteName(unit)) : quoteName(twin.name);
    const keys = [`${unitClass} AS ${PRINT.class}`, ...value];
    const grouped = `SELECT ${[...keys, ...numbers].join(', ')} FROM ${segment}.data GROUP BY ${keys.map((_, at) => at + 1).join(', ')}`;
    return `SELECT ${quoteText(unit)} AS ${PRINT.unit}, ${text} FROM (${grouped})`;
  });
  return `CREATE TABLE ${segment}.${quoteName(printTable(column))} AS ${ofUnits.join(' UNION ALL ')}`;
}
