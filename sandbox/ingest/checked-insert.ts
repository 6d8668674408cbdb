import { columnChecks } from './column-sql.ts';
import { REJECT_REASONS, REJECTED_LISTED_MAX, type RejectedRow } from './ingest-report.ts';
import { rowKeySql } from './row-key.ts';
import type { SegmentStore } from './segment-store.ts';
import { twinValue } from './twin-columns.ts';

/** Raw text into the open segment, under the checks of the declaration. */

/** Name of a column of raw text; `fields[i]` is the declared name of column `r<i>` of the source. */
export function rawName(index: number): string {
  return `r${String(index)}`;
}

/** Name of the row's number in sources of `insertExact`. */
export const LINE_COLUMN = 'line';

interface SourceColumn {
  readonly name: string;
  readonly isCiphertext: boolean;
  readonly raw: string;
  readonly value: string;
  readonly checks: ReturnType<typeof columnChecks>;
}

/** In declared order, whatever the order of the file. */
function sourceColumns(store: SegmentStore, fields: readonly string[]): readonly SourceColumn[] {
  return store.columns.map(({ schema, key }, index) => {
    const raw = rawName(fields.indexOf(schema.name));
    const isCiphertext = schema.encryption !== undefined;
    return { name: schema.name, isCiphertext, raw, value: `v${String(index)}`, checks: columnChecks(schema, raw, key) };
  });
}

/**
 * WHY the casts, which cost nothing where the type is right already: a key is of what is stored. WHY no ciphertext: a value
 * encrypted again is other words, and the row is the same.
 */
function rowKey(store: SegmentStore, columns: readonly SourceColumn[]): string {
  const readable = columns.filter(({ isCiphertext }) => !isCiphertext);
  return rowKeySql(
    store.rowSalt,
    readable.map(({ value, checks }) => `CAST(${value} AS ${checks.storedType})`),
  );
}

/** In the order of the store's twins. */
function twinValues(store: SegmentStore, columns: readonly SourceColumn[]): readonly string[] {
  return store.twins.map((one) => {
    const { value, checks } = columns.find(({ name }) => name === one.twin.of)!;
    return twinValue(one, `CAST(${value} AS ${checks.storedType})`);
  });
}

/**
 * One pass that takes all rows of `source` or none: null when any row is not surely good (nothing is inserted then).
 * WHY one condition on the first column: the engine looks at it once per row and stores the other columns untouched.
 */
export async function insertFast(
  store: SegmentStore,
  source: string,
  fields: readonly string[],
  rowsExpected: number,
): Promise<number | null> {
  const columns = sourceColumns(store, fields);
  const raws = columns.map(({ raw }) => raw).join(', ');
  const values = columns.map(({ checks, value }) => `${checks.fast.value} AS ${value}`).join(', ');
  const sure = columns.map(({ checks, raw, value }) => checks.fast.sure(raw, value)).filter((rule) => rule !== 'true');
  const condition = sure.length === 0 ? 'true' : sure.join(' AND ');
  const [first, ...others] = columns.map(({ value }) => value);
  const beside = [rowKey(store, columns), ...twinValues(store, columns)];
  const select = [`CASE WHEN ${condition} THEN ${first} ELSE error('') END`, ...others, ...beside].join(', ');
  const { connection } = store;
  await connection.run('BEGIN');
  let taken: number | null = null;
  try {
    const sql = `INSERT INTO segment.data SELECT ${select} FROM (SELECT ${raws}, ${values} FROM ${source})`;
    const inserted = (await connection.run(sql)).rowsChanged;
    if (inserted === rowsExpected) {
      await connection.run('COMMIT');
      taken = inserted;
    }
  } catch (error) {
    // Any failure of the fast pass is settled by the exact one; only the engine's memory is not.
    if (isOutOfMemory(error)) throw error;
  }
  if (taken === null) {
    await connection.run('ROLLBACK');
    return null;
  }
  store.addRows(taken);
  await store.scan.readChunk(source, fields);
  return taken;
}

export function isOutOfMemory(error: unknown): boolean {
  return error instanceof Error && /out of memory/i.test(error.message);
}

export interface ExactOutcome {
  readonly rows: number;
  readonly rejectedRows: number;
  readonly rejected: readonly RejectedRow[];
}

/** Takes the good rows of `source`, which has a column `line`, and tells the bad ones by their first bad column. */
export async function insertExact(
  store: SegmentStore,
  source: string,
  fields: readonly string[],
): Promise<ExactOutcome> {
  const columns = sourceColumns(store, fields);
  const { connection } = store;
  const raws = columns.map(({ raw }) => raw).join(', ');
  const values = columns.map(({ checks, value }) => `${checks.exact.value} AS ${value}`).join(', ');
  const reasons = columns.map(
    ({ checks, raw, value }, index) =>
      `${String(index * REJECT_REASONS.length)} + (${checks.exact.reason(raw, value)})`,
  );
  const bad = `coalesce(${reasons.join(', ')}, -1)`;
  const kept = columns.map(({ value }) => value).join(', ');
  await connection.run(
    `CREATE OR REPLACE TEMP TABLE checked AS SELECT ${LINE_COLUMN}, ${bad} AS bad, ${kept} ` +
      `FROM (SELECT ${LINE_COLUMN}, ${raws}, ${values} FROM ${source})`,
  );
  const inserted = await connection.run(
    `INSERT INTO segment.data SELECT ${[kept, rowKey(store, columns), ...twinValues(store, columns)].join(', ')} FROM checked WHERE bad < 0`,
  );
  const counted = await connection.runAndReadAll('SELECT count(*) FROM checked WHERE bad >= 0');
  const listed = await connection.runAndReadAll(
    `SELECT ${LINE_COLUMN}, bad FROM checked WHERE bad >= 0 ORDER BY 1 LIMIT ${String(REJECTED_LISTED_MAX)}`,
  );
  await connection.run('DROP TABLE checked');
  store.addRows(inserted.rowsChanged);
  await store.scan.readChunk(source, fields);
  return {
    rows: inserted.rowsChanged,
    rejectedRows: Number(counted.getRows()[0]?.[0] ?? 0),
    rejected: listed.getRows().map(([line, code]) => rejectedRow(columns, Number(line), Number(code))),
  };
}

function rejectedRow(columns: readonly SourceColumn[], line: number, code: number): RejectedRow {
  const column = columns[Math.floor(code / REJECT_REASONS.length)];
  const reason = REJECT_REASONS[code % REJECT_REASONS.length];
  return { line, column: column?.name ?? null, reason: reason ?? 'type' };
}

/** A `read_csv` whose every column is text; `names` in the order of the file. */
export function csvSource(
  path: string,
  names: readonly string[],
  options: { readonly delimiter: string; readonly quoted: boolean; readonly parallel: boolean },
): string {
  const types = names.map((name) => `'${name}': 'VARCHAR'`).join(', ');
  const quote = options.quoted ? `quote = '"', escape = '"'` : `quote = '', escape = ''`;
  return (
    `read_csv('${path}', auto_detect = false, header = false, delim = '${options.delimiter}', ${quote}, ` +
    `columns = {${types}}, nullstr = '', max_line_size = 4194304, parallel = ${String(options.parallel)})`
  );
}
