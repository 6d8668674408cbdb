import { closeSync, openSync, rmSync, statSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { type DuckDBConnection, DuckDBInstance } from '@duckdb/node-api';
import { assert } from '#policies/stored-tables';
import { openCiphertextReader } from './ciphertext-reader.ts';
import { type ColumnScan, openColumnScan } from './column-scan.ts';
import { columnChecks, quoteName, quoteText } from './column-sql.ts';
import type { IngestColumn, OpenRequest, RankRequest, SealOutcome, UnitCounts } from './ingest-protocol.ts';
import { writePrints } from './print-tables.ts';
import { ROW_KEY_DEFINITION, ROW_KEY_SCHEME_SQL } from './row-key.ts';
import { readQuality } from './segment-quality.ts';
import { type TwinColumn, twinColumns, twinDefinition } from './twin-columns.ts';
import { rankRows, rankRunSql, takeRanks, writeRanksBeside } from './unit-rank.ts';
import { RUN_ENTRY_BYTES } from './unit-runs.ts';

/**
 * The engine of the ingest worker: one locked DuckDB that may touch the shared folder only, and in it the open segment,
 * a database file with the table `data`.
 */
export interface SegmentStore {
  readonly connection: DuckDBConnection;
  readonly dir: string;
  readonly columns: readonly IngestColumn[];
  /** What is stored beside them. */
  readonly twins: readonly TwinColumn[];
  readonly rowSalt: Uint8Array;
  readonly scan: ColumnScan;
  /** Opens a segment if none is open; its file's name. `rowsPerMiB` of the text to come sizes its row groups. */
  begin(rowsPerMiB: number): Promise<string>;
  /** Rows and bytes of the open segment; 0 when none is. */
  size(): { readonly rows: number; readonly bytes: number };
  addRows(rows: number): void;
  /**
   * Closes the segment and counts its units; opens and closes an empty one when none is open. Without `runs` it is the only one, and its
   * rows get their ranks.
   */
  seal(runs: boolean): Promise<SealOutcome>;
  /** What `seal` tells, of a segment of the base. No segment is open. */
  review(file: string): Promise<SealOutcome>;
  /** Gives the rows of a segment, closed before, the ranks that the runs of all of them had. */
  rank(request: Pick<RankRequest, 'file' | 'beside' | 'ranks'>): Promise<void>;
}

export async function openSegmentStore(request: OpenRequest): Promise<SegmentStore> {
  const { dir, baseDir = null, columns, rowSalt, rankKey } = request;
  const twins = twinColumns(columns, request.twins);
  const ranked = request.twins.flatMap(({ kind, of }) => (kind === 'rank' ? [of] : []));
  const instance = await DuckDBInstance.create(':memory:', {
    threads: String(request.threads),
    memory_limit: `${String(request.memoryMb)}MB`,
    temp_directory: join(dir, 'spill'),
    max_temp_directory_size: `${String(request.memoryMb)}MB`,
    autoinstall_known_extensions: 'false',
    autoload_known_extensions: 'false',
    allow_community_extensions: 'false',
    allow_unsigned_extensions: 'false',
    allow_persistent_secrets: 'false',
    // Bits of keys up to which groups are addressed directly, as in the engine of queries: prints are grouped by classes and days.
    perfect_ht_threshold: '19',
    // A segment is written once: its log need not be folded in before the end.
    checkpoint_threshold: '16GB',
  });
  const connection = await instance.connect();
  const allowed = [dir, ...(baseDir === null ? [] : [baseDir])].map((one) => quoteText(`${one}/`)).join(', ');
  await connection.run(
    `SET allowed_directories = [${allowed}]; SET enable_external_access = false; SET lock_configuration = true`,
  );
  const ciphertext = openCiphertextReader(connection, columns);
  const scan = openColumnScan(connection, columns);
  let number = 0;
  let rows = 0;
  let file: string | null = null;

  const begin = async (rowsPerMiB: number): Promise<string> => {
    if (file !== null) return file;
    number += 1;
    const name = `segment-${String(number)}.duckdb`;
    file = name;
    rows = 0;
    await connection.run(
      `ATTACH ${quoteText(join(dir, name))} AS segment (STORAGE_VERSION 'v1.5.0', ROW_GROUP_SIZE ${String(rowGroupRows(rowsPerMiB))})`,
    );
    await connection.run(
      `CREATE TABLE segment.data (${[...columns.map(columnDefinition), ROW_KEY_DEFINITION, ...twins.map(twinDefinition)].join(', ')})`,
    );
    return name;
  };
  /** Of the attached segment. */
  const facts = async (name: string, runs: boolean): Promise<Omit<SealOutcome, 'rows' | 'ciphertext' | 'prints'>> => {
    const nulls = await countNulls(connection, columns);
    await scan.readSegment();
    const quality = await readQuality(connection, columns);
    const units = await countUnits(connection, columns);
    const written = runs ? await writeRuns(connection, dir, units, (unit) => runSql(unit, ranked, rankKey)) : units;
    const scheme = await connection.runAndReadAll(ROW_KEY_SCHEME_SQL);
    const rowKeyScheme = String(scheme.getRows()[0]?.[0]);
    return { file: name, nulls, units: written, rowKeyScheme, scan: scan.counts(), quality };
  };
  const attachBase = async (name: string): Promise<number> => {
    assert(file === null && baseDir !== null, 'a segment of the base is read while none is open');
    await connection.run(`ATTACH ${quoteText(join(baseDir, name))} AS segment (READ_ONLY)`);
    const counted = await connection.runAndReadAll('SELECT count(*) FROM segment.data');
    return Number(counted.getRows()[0]?.[0]);
  };
  return {
    connection,
    dir,
    columns,
    twins,
    rowSalt,
    scan,
    begin,
    size: () => ({ rows, bytes: file === null ? 0 : fileBytes(join(dir, file)) }),
    addRows(added) {
      rows += added;
    },
    async seal(runs) {
      const sealed = await begin(ROWS_PER_MIB_UNKNOWN);
      const digest = await ciphertext.readSegment();
      const found = await facts(sealed, runs);
      const schemas = columns.map(({ schema }) => schema);
      const filled = schemas.filter((_, place) => found.nulls[place] === 0).map(({ name }) => name);
      const segment = { name: 'segment', rows, columns: schemas, twins: request.twins, filled };
      const prints = await writePrints(connection, segment, request.prints ?? null);
      if (!runs) for (const unit of ranked) await rankRows(connection, unit, rankKey);
      await connection.run('CHECKPOINT segment');
      await connection.run('DETACH segment');
      file = null;
      return { ...found, rows, prints, ciphertext: digest };
    },
    async review(name) {
      const counted = await attachBase(name);
      const found = await facts(name, true);
      await connection.run('DETACH segment');
      return { ...found, rows: counted, prints: null, ciphertext: null };
    },
    async rank({ file: name, beside, ranks }) {
      if (beside === null) await connection.run(`ATTACH ${quoteText(join(dir, name))} AS segment`);
      else await attachBase(name);
      const given = ranks.map((one) => ({ unit: one.column, path: join(dir, one.file) }));
      if (beside === null) for (const { unit, path } of given) await takeRanks(connection, unit, rankKey, path);
      else await writeRanksBeside(connection, given, rankKey, join(dir, beside));
      if (beside === null) await connection.run('CHECKPOINT segment');
      await connection.run('DETACH segment');
    },
  };
}

const ROWS_PER_MIB_UNKNOWN = 10_000;
const VECTOR_ROWS = 2048;
const ROW_GROUP_ROWS_MAX = 122_880;
const ROW_GROUP_ROWS_MIN = 4 * VECTOR_ROWS;
/** Text that one thread of the engine's CSV reader turns into one batch of rows. */
const BATCH_MIB = 16;
const GROUPS_PER_BATCH = 2.75;

/**
 * Two full row groups and a half one to a batch. Each batch ends in a row group that is not full; a checkpoint joins two such
 * within three neighbours, and where every second one is, that means writing the whole segment again: twice the bytes,
 * and a quarter more time.
 */
function rowGroupRows(rowsPerMiB: number): number {
  const share = Math.floor((rowsPerMiB * BATCH_MIB) / GROUPS_PER_BATCH / VECTOR_ROWS) * VECTOR_ROWS;
  return Math.min(ROW_GROUP_ROWS_MAX, Math.max(ROW_GROUP_ROWS_MIN, share));
}

function columnDefinition(column: IngestColumn): string {
  return `${quoteName(column.schema.name)} ${columnChecks(column.schema, 'NULL', column.key).storedType}`;
}

function fileBytes(path: string): number {
  const bytes = (name: string) => statSync(name, { throwIfNoEntry: false })?.size ?? 0;
  return bytes(path) + bytes(`${path}.wal`);
}

async function countNulls(connection: DuckDBConnection, columns: readonly IngestColumn[]): Promise<readonly number[]> {
  const counts = columns.map(({ schema }) => `count(*) - count(${quoteName(schema.name)})`).join(', ');
  const reader = await connection.runAndReadAll(`SELECT ${counts} FROM segment.data`);
  return (reader.getRows()[0] ?? []).map(Number);
}

/** Per unit column: the most rows of one unit, and how many units there are. */
async function countUnits(
  connection: DuckDBConnection,
  columns: readonly IngestColumn[],
): Promise<readonly UnitCounts[]> {
  const counts: UnitCounts[] = [];
  for (const { schema, key } of columns) {
    if (schema.unit === undefined || key === null) continue;
    const reader = await connection.runAndReadAll(
      `SELECT coalesce(max(n), 0), count(*) FROM (${rowsByUnit(schema.name)})`,
    );
    const [rowsMax, distinct] = (reader.getRows()[0] ?? []).map(Number);
    counts.push({ column: schema.name, rowsMax: rowsMax ?? 0, distinct: distinct ?? 0, run: null });
  }
  return counts;
}

function rowsByUnit(column: string): string {
  const name = quoteName(column);
  return `SELECT ${name} AS unit, count(*)::UINTEGER AS n FROM segment.data WHERE ${name} IS NOT NULL GROUP BY 1`;
}

function runSql(unit: string, ranked: readonly string[], rankKey: Uint8Array): string {
  return ranked.includes(unit) ? rankRunSql(unit, rankKey) : `${rowsByUnit(unit)} ORDER BY 1`;
}

/** Names the files in the counts. */
async function writeRuns(
  connection: DuckDBConnection,
  dir: string,
  units: readonly UnitCounts[],
  sqlOf: (unit: string) => string,
): Promise<readonly UnitCounts[]> {
  const written: UnitCounts[] = [];
  for (const unit of units) {
    const run = `run-${String(written.length)}.bin`;
    await writeRun(connection, sqlOf(unit.column), join(dir, run));
    written.push({ ...unit, run });
  }
  return written;
}

/** Entries as unit-runs.ts reads them: the token and a word. */
async function writeRun(connection: DuckDBConnection, sql: string, path: string): Promise<void> {
  const file = openSync(path, 'wx', 0o600);
  try {
    const result = await connection.stream(sql);
    for (
      let chunk = await result.fetchChunk();
      chunk !== null && chunk.rowCount > 0;
      chunk = await result.fetchChunk()
    ) {
      const tokens = chunk.getColumnVector(0);
      const words = chunk.getColumnVector(1);
      const bytes = Buffer.alloc(chunk.rowCount * RUN_ENTRY_BYTES);
      for (let row = 0; row < chunk.rowCount; row += 1) {
        bytes.writeBigUInt64BE(tokens.getItem(row) as bigint, row * RUN_ENTRY_BYTES);
        bytes.writeUInt32BE(words.getItem(row) as number, row * RUN_ENTRY_BYTES + 8);
      }
      writeSync(file, bytes);
    }
  } finally {
    closeSync(file);
  }
}

export function removeFile(dir: string, name: string): void {
  rmSync(join(dir, name), { force: true });
}
