import { join } from 'node:path';
import { type ExactOutcome, insertExact, insertFast, isOutOfMemory, LINE_COLUMN, rawName } from './checked-insert.ts';
import { quoteName, quoteText } from './column-sql.ts';
import type { IngestFailure, ParquetChunk } from './ingest-protocol.ts';
import { removeFile, type SegmentStore } from './segment-store.ts';

/** The file cannot be read as the Parquet that it says it is. */
export class ParquetRefused extends Error {
  override readonly name = 'ParquetRefused';
  readonly failure: IngestFailure;

  constructor(failure: IngestFailure) {
    super(failure);
    this.failure = failure;
  }
}

/** One row group into the open segment. Every value goes through its text, so that the checks are those of CSV. */
export async function appendParquet(store: SegmentStore, chunk: ParquetChunk): Promise<ExactOutcome> {
  try {
    const file = `read_parquet(${quoteText(join(store.dir, chunk.file))}, file_row_number = true)`;
    const { rows, names } = await describe(store, file);
    const raws = names.map((name, index) => `nullif(CAST(${quoteName(name)} AS VARCHAR), '') AS ${rawName(index)}`);
    const fields = names.map((name) => name.toLowerCase());
    const fast = await insertFast(store, `(SELECT ${raws.join(', ')} FROM ${file})`, fields, rows);
    if (fast !== null) return { rows: fast, rejectedRows: 0, rejected: [] };
    const line = `file_row_number + ${String(chunk.firstRow)} AS ${LINE_COLUMN}`;
    return await insertExact(store, `(SELECT ${line}, ${raws.join(', ')} FROM ${file})`, fields);
  } catch (error) {
    if (error instanceof ParquetRefused || isOutOfMemory(error)) throw error;
    throw new ParquetRefused('parquet');
  } finally {
    removeFile(store.dir, chunk.file);
  }
}

const FLAT_TYPES =
  /^(BOOLEAN|U?(TINY|SMALL|BIG|HUGE)INT|U?INTEGER|FLOAT|DOUBLE|DECIMAL\(.*\)|VARCHAR|DATE|TIME|TIMESTAMP(_S|_MS|_NS)?|UUID)$/;

async function describe(store: SegmentStore, file: string): Promise<{ rows: number; names: readonly string[] }> {
  const { connection } = store;
  const columns = (
    await connection.runAndReadAll(`DESCRIBE SELECT * EXCLUDE (file_row_number) FROM ${file}`)
  ).getRows();
  if (columns.some(([, type]) => !FLAT_TYPES.test(String(type)))) throw new ParquetRefused('nested');
  const counted = await connection.runAndReadAll(`SELECT count(*) FROM ${file}`);
  return { rows: Number(counted.getRows()[0]?.[0] ?? 0), names: columns.map(([name]) => String(name)) };
}
