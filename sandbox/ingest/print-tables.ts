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
  /** Columns that have a value in every row. */
  readonly filled: readonly string[];
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
  for (const column of columns) await connection.run(ofRows(segment, wanted, column));
  const [any] = columns;
  await connection.run(any === undefined ? ofRows(segment, wanted, null) : ofPrints(segment, wanted, any));
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

/** Per value of a column and class of each unit. WHY by twins where there are any: they are what the engine groups by directly. */
function ofRows(segment: PrintedSegment, prints: StoredPrints, column: string | null): string {
  const { name, twins, filled } = segment;
  const twinOf = (kind: StoredTwin['kind'], of: string) => twins.find((twin) => twin.kind === kind && twin.of === of);
  const present = (of: string) => (filled.includes(of) ? 'count(*)' : `count(${quoteName(of)})`);
  const numbers = numbersOf(segment, prints, {
    ...{ rows: 'count(*)', keys: `sum(${ROW_KEY_COLUMN})` },
    ...{ sum: (of) => `sum(${quoteName(of)})`, present },
  });
  const code = column === null ? undefined : twinOf('code', column);
  const value = column === null ? [] : [`${quoteName(code?.name ?? column)} AS ${quoteName(column)}`];
  const text = code === undefined ? '*' : `* REPLACE (CAST(${quoteName(code.of)} AS VARCHAR) AS ${quoteName(code.of)})`;
  const ofUnits = prints.units.map((unit) => {
    const twin = twinOf('class', unit);
    const unitClass = twin === undefined ? unitClassSql(quoteName(unit)) : quoteName(twin.name);
    const keys = [`${unitClass} AS ${PRINT.class}`, ...value];
    const by = keys.map((_, at) => at + 1).join(', ');
    const grouped = `SELECT ${[...keys, ...numbers].join(', ')} FROM ${name}.data GROUP BY ${by}`;
    return `SELECT ${quoteText(unit)} AS ${PRINT.unit}, ${text} FROM (${grouped})`;
  });
  return `CREATE TABLE ${tableIn(segment, column)} AS ${ofUnits.join(' UNION ALL ')}`;
}

/** Of all rows, what the prints of any column add up to. */
function ofPrints(segment: PrintedSegment, prints: StoredPrints, column: string): string {
  const numbers = numbersOf(segment, prints, {
    ...{ rows: `sum(${PRINT.rows})`, keys: `sum(${PRINT.keys})` },
    sum: (of) => `sum(${quoteName(sumName(of))})`,
    present: (of) => `sum(${quoteName(presentName(of))})`,
  });
  const keys = `${PRINT.unit}, ${PRINT.class}`;
  return `CREATE TABLE ${tableIn(segment, null)} AS SELECT ${keys}, ${numbers.join(', ')} FROM ${tableIn(segment, column)} GROUP BY ${keys}`;
}

interface PrintNumbers {
  readonly rows: string;
  readonly keys: string;
  readonly sum: (column: string) => string;
  readonly present: (column: string) => string;
}

/** WHY in 64 bits, which neither keys nor measures of so many rows leave (`printsOf`): what adds them up again is several times as fast. */
function numbersOf({ columns }: PrintedSegment, { sums }: StoredPrints, made: PrintNumbers): readonly string[] {
  const typeOf = (name: string) => storedTypeOf(columns.find((one) => one.name === name)!);
  return [
    `CAST(${made.rows} AS BIGINT) AS ${PRINT.rows}`,
    `CAST(${made.keys} AS BIGINT) AS ${PRINT.keys}`,
    ...sums.flatMap((name) => [
      `CAST(${made.sum(name)} AS ${typeOf(name)}) AS ${quoteName(sumName(name))}`,
      `CAST(${made.present(name)} AS BIGINT) AS ${quoteName(presentName(name))}`,
    ]),
  ];
}

const tableIn = ({ name }: PrintedSegment, column: string | null): string => `${name}.${quoteName(printTable(column))}`;
