import type { DuckDBConnection } from '@duckdb/node-api';
import type { ColumnSchema } from '#policies/stored-tables';
import { quoteName } from './column-sql.ts';
import type { IngestColumn } from './ingest-protocol.ts';

/** Facts about the rows of one segment, for the quality report. */
export interface SegmentQuality {
  /** Rows that are equal to another one of the segment in every column, beyond the first of each. */
  readonly duplicates: number;
  /** Least and greatest value of each column, in declared order, as stored text; null where it has none or is no number or time. */
  readonly extremes: readonly (Extremes | null)[];
  /** Whether no two rows have one value of a column, in declared order; false where that was not looked at. */
  readonly unique: readonly boolean[];
}

export interface Extremes {
  readonly min: string;
  readonly max: string;
}

export async function readQuality(
  connection: DuckDBConnection,
  columns: readonly IngestColumn[],
): Promise<SegmentQuality> {
  // WHY no ciphertext: a value that was encrypted again is other words.
  const readable = columns.filter(({ schema }) => schema.encryption === undefined);
  const names = readable.map(({ schema }) => quoteName(schema.name)).join(', ');
  const [duplicates] = await firstRow(connection, `count(*) - count(DISTINCT hash(${names}))`);
  const ordered = columns.map(({ schema, key }) =>
    key === null && isOrdered(schema) ? quoteName(schema.name) : 'NULL',
  );
  const bounds = await firstRow(
    connection,
    ordered.map((name) => `CAST(min(${name}) AS VARCHAR), CAST(max(${name}) AS VARCHAR)`).join(', '),
  );
  const extremes = columns.map((_, place) => {
    const [min, max] = [bounds[2 * place], bounds[2 * place + 1]];
    return typeof min === 'string' && typeof max === 'string' ? { min, max } : null;
  });
  return { duplicates: Number(duplicates), extremes, unique: await readUnique(connection, columns) };
}

/** WHY of public tables only: of others it is a fact of the data that nobody is to be told. */
async function readUnique(connection: DuckDBConnection, columns: readonly IngestColumn[]): Promise<readonly boolean[]> {
  const isPublic = columns.every(({ schema }) => schema.level === 'general-1');
  if (!isPublic) return columns.map(() => false);
  const names = columns.map(({ schema }) => quoteName(schema.name));
  return (await firstRow(connection, names.map((name) => `count(${name}) = count(DISTINCT ${name})`).join(', '))).map(
    (one) => one === true,
  );
}

async function firstRow(connection: DuckDBConnection, select: string): Promise<readonly unknown[]> {
  return (await connection.runAndReadAll(`SELECT ${select} FROM segment.data`)).getRows()[0] ?? [];
}

function isOrdered({ type, encryption }: ColumnSchema): boolean {
  return encryption === undefined && type !== 'text' && type !== 'boolean';
}

/** Of a table whose segments come one after the other. */
export function addQuality(
  columns: readonly Pick<ColumnSchema, 'type'>[],
  sofar: SegmentQuality,
  next: SegmentQuality,
): SegmentQuality {
  const extremes = columns.map(({ type }, place) =>
    widened(type, sofar.extremes[place] ?? null, next.extremes[place] ?? null),
  );
  // Two segments may have one value each.
  return { duplicates: sofar.duplicates + next.duplicates, extremes, unique: columns.map(() => false) };
}

function widened(type: ColumnSchema['type'], one: Extremes | null, other: Extremes | null): Extremes | null {
  if (one === null || other === null) return one ?? other;
  const isLess = (a: string, b: string) => (type === 'integer' || type === 'decimal' ? scaled(a) < scaled(b) : a < b);
  return {
    min: isLess(other.min, one.min) ? other.min : one.min,
    max: isLess(one.max, other.max) ? other.max : one.max,
  };
}

/** Every value of a column has as many digits after the point as any other. */
function scaled(text: string): bigint {
  return BigInt(text.replace('.', ''));
}
