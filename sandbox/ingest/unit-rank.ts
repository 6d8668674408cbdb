import type { DuckDBConnection } from '@duckdb/node-api';
import { assert, RANK_LAST, ROW_KEY_COLUMN, twinName } from '#policies/stored-tables';
import { quoteName, quoteText } from './column-sql.ts';

/**
 * The place of each row among the rows of its unit, in a random order: mode `dp` looks at the first of them (`_rank_… < C`).
 *
 * Guarantee: where a row stands depends on the key of the version and on the rows of its unit alone: on what they hold, and for equal ones on the
 * order in which they came. So another unit with all its rows gone leaves every rank as it was.
 * Source: a keyed hash of the row's key (row-key.ts), the key fresh for each version: which rows come first says nothing of what they
 * hold. Limits: no cryptographic hash. Nothing rests on that but that the choice is fair.
 */
export const RANK_KEY_BYTES = 16;

/** Orders rows: by unit, then by chance. The second word is what runs carry (unit-runs.ts). */
function chanceSql(key: Uint8Array): string {
  assert(key.byteLength === RANK_KEY_BYTES, 'a rank key has 16 bytes');
  const words = Buffer.from(key);
  const [first, last] = [words.readBigUInt64BE(0), words.readBigUInt64BE(8)].map((word) => `${String(word)}::UBIGINT`);
  return `CAST(hash(xor(hash(${first}, ${ROW_KEY_COLUMN}), ${last})) >> 32 AS UINTEGER)`;
}

/** Where all rows of the version are in one segment. */
export async function rankRows(connection: DuckDBConnection, unit: string, key: Uint8Array): Promise<void> {
  const name = quoteName(unit);
  const place = `row_number() OVER (PARTITION BY ${name} ORDER BY ${chanceSql(key)}, rowid) - 1`;
  await setRanks(
    connection,
    unit,
    `SELECT rowid AS id, least(${place}, ${String(RANK_LAST)}) AS rank FROM segment.data WHERE ${name} IS NOT NULL`,
  );
}

/** The rows of one segment of several as a run: token and chance, in order. */
export function rankRunSql(unit: string, key: Uint8Array): string {
  const name = quoteName(unit);
  return `SELECT ${name} AS unit, ${chanceSql(key)} AS chance FROM segment.data WHERE ${name} IS NOT NULL ORDER BY ${name}, chance, rowid`;
}

/** The ranks that came of all runs together, one a line in the order of this segment's run. */
export async function takeRanks(
  connection: DuckDBConnection,
  unit: string,
  key: Uint8Array,
  path: string,
): Promise<void> {
  await setRanks(connection, unit, givenRanksSql(unit, key, path));
}

function givenRanksSql(unit: string, key: Uint8Array, path: string): string {
  const name = quoteName(unit);
  const rows = `SELECT rowid AS id FROM segment.data WHERE ${name} IS NOT NULL ORDER BY ${name}, ${chanceSql(key)}, rowid`;
  const ranks = `read_csv(${quoteText(path)}, auto_detect = false, header = false, parallel = false, columns = {'rank': 'UTINYINT'})`;
  return `SELECT id, rank FROM (${rows}) POSITIONAL JOIN ${ranks}`;
}

/**
 * The same for a segment that several versions share and nobody writes to: a database of its own at `target`, whose `data` has for each of the
 * segment's rows, in their order, a row of ranks.
 */
export async function writeRanksBeside(
  connection: DuckDBConnection,
  given: readonly { readonly unit: string; readonly path: string }[],
  key: Uint8Array,
  target: string,
): Promise<void> {
  await connection.run(`ATTACH ${quoteText(target)} AS beside (STORAGE_VERSION 'v1.5.0')`);
  const names = given.map(({ unit }) => quoteName(twinName('rank', unit)));
  await connection.run(`CREATE TABLE beside.data (${names.map((name) => `${name} UTINYINT`).join(', ')})`);
  for (const [place, { unit, path }] of given.entries()) {
    await connection.run(`CREATE TEMP TABLE given_${place} AS ${givenRanksSql(unit, key, path)}`);
  }
  const reader = await connection.runAndReadAll('SELECT count(*) FROM segment.data');
  const rows = Number(reader.getRows()[0]?.[0]);
  for (let from = 0; from < rows; from += SLICE_ROWS) {
    const slice = `BETWEEN ${String(from)} AND ${String(from + SLICE_ROWS - 1)}`;
    const joins = given.map(
      (_, place) => `LEFT JOIN (FROM given_${place} WHERE id ${slice}) AS g${place} ON g${place}.id = s.id`,
    );
    const ranks = given.map((_, place) => `coalesce(g${place}.rank, 0)`).join(', ');
    await connection.run(
      `INSERT INTO beside.data SELECT ${ranks} FROM (SELECT rowid AS id FROM segment.data WHERE rowid ${slice}) AS s ${joins.join(' ')} ORDER BY s.id`,
    );
  }
  const written = await connection.runAndReadAll('SELECT count(*) FROM beside.data');
  assert(Number(written.getRows()[0]?.[0]) === rows, 'each row of the segment has its ranks');
  for (const place of given.keys()) await connection.run(`DROP TABLE given_${place}`);
  await connection.run('CHECKPOINT beside; DETACH beside');
}

/** WHY in slices: what an update holds until its checkpoint is no part of the engine's own memory limit. */
async function setRanks(connection: DuckDBConnection, unit: string, ranked: string): Promise<void> {
  const column = quoteName(twinName('rank', unit));
  await connection.run(`CREATE TEMP TABLE given AS ${ranked}`);
  const reader = await connection.runAndReadAll('SELECT coalesce(max(id), -1) FROM given');
  const last = Number(reader.getRows()[0]?.[0]);
  for (let from = 0; from <= last; from += SLICE_ROWS) {
    const slice = `BETWEEN ${String(from)} AND ${String(from + SLICE_ROWS - 1)}`;
    await connection.run(
      `UPDATE segment.data SET ${column} = given.rank FROM given WHERE data.rowid = given.id AND given.id ${slice} AND data.rowid ${slice}`,
    );
    await connection.run('CHECKPOINT segment');
  }
  await connection.run('DROP TABLE given');
}

const SLICE_ROWS = 1_000_000;
