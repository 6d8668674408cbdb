import { createCipheriv, createHash } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type DuckDBBlobValue, type DuckDBConnection, DuckDBInstance } from '@duckdb/node-api';
import { type AsheThreads, openAsheThreads } from '../sandbox/homomorphic/ashe/ashe-threads.ts';
import { type AsheOptions, openAshe } from '../sandbox/homomorphic/ashe/ashe-v1.ts';
import { type RowSet, rowSetOf, rowSetSql } from '../sandbox/homomorphic/row-set.ts';
import { median, pairedTimes, rounded } from './paired-times.ts';
import { seededWords } from './seeded-words.ts';

const SEED = 20_261_127n;
const ROWS = 10_000_000;
const ROWS_TINY = 200_000;
const GROUPS = 10;
const CORES = 2;
const COLUMN: Omit<AsheOptions, 'threads'> = {
  dataKey: new Uint8Array(32).fill(1),
  column: { dataset: 'bench', version: '1', column: 'v', of: 'value' },
};

export async function asheFigures(tiny: boolean, log: (line: string) => void) {
  const rows = tiny ? ROWS_TINY : ROWS;
  const threads = openAsheThreads(2);
  const dir = mkdtempSync(join(tmpdir(), 'sluice-bench-ashe-'));
  try {
    const values = seededValues(rows);
    const cipher = openAshe({ ...COLUMN, threads });
    const words = await cipher.encrypt(0, values);
    const connection = await loadedTable(dir, values, words);
    const encrypting = await encryptTimes(threads, values);
    log(
      `ashe-v1 encrypt ${encrypting.ashe_encrypt_mvalues_s} M/s; AES alone ${encrypting.ashe_encrypt_limit_mvalues_s_by_cpu}`,
    );
    const summing = await groupTimes(connection, rows);
    log(
      `ashe-v1 group by ×${summing.ashe_groupby_overhead}, with row sets ×${summing.ashe_groupby_overhead_with_row_sets}`,
    );
    const opening = await openTimes(connection, threads, rows);
    log(`ashe-v1 open ${opening.ashe_open_mvalues_s} M/s; AES alone ${opening.ashe_open_limit_mvalues_s_by_cpu}`);
    return {
      homomorphic_seed: String(SEED),
      ashe_rows: rows,
      ashe_bytes_per_value: cipher.describe.bytesPerValue,
      ...encrypting,
      ...summing,
      ...opening,
    };
  } finally {
    await threads.close();
    rmSync(dir, { recursive: true });
  }
}

/** Up to a million, as hundredths of an amount are. */
function seededValues(rows: number): BigInt64Array {
  const next = seededWords(SEED);
  const values = new BigInt64Array(new SharedArrayBuffer(8 * rows));
  for (let row = 0; row < rows; row += 1) values[row] = next() >> 44n;
  return values;
}

/** One row of plaintext and one of ciphertext beside each other: `v`, `c`, `_idx` and a group by turns. */
async function loadedTable(dir: string, values: BigInt64Array, words: BigInt64Array): Promise<DuckDBConnection> {
  const connection = await (await DuckDBInstance.create(join(dir, 'bench.duckdb'), { threads: '2' })).connect();
  await connection.run('CREATE TABLE t (_idx BIGINT, g UTINYINT, v BIGINT, c BIGINT)');
  const next = seededWords(SEED + 1n);
  const appender = await connection.createAppender('t');
  for (let row = 0; row < values.length; row += 1) {
    appender.appendBigInt(BigInt(row));
    appender.appendUTinyInt(Number(next() % BigInt(GROUPS)));
    appender.appendBigInt(values[row]!);
    appender.appendBigInt(words[row]!);
    appender.endRow();
  }
  appender.closeSync();
  await connection.run('CHECKPOINT');
  return connection;
}

async function encryptTimes(threads: AsheThreads, values: BigInt64Array) {
  const encrypt = async () => {
    await openAshe({ ...COLUMN, threads }).encrypt(0, values);
  };
  const [own, aes] = await pairedTimes(encrypt, () => Promise.resolve(keyStream(values.length)));
  const perSecond = (ms: number) => rounded(values.length / ms / 1_000, 1);
  return {
    ashe_encrypt_mvalues_s: perSecond(own.ms),
    ashe_encrypt_mvalues_s_by_cpu: perSecond(own.cpuMs / CORES),
    // One thread's key stream, twice: what two cores could give if nothing but AES had to be done.
    ashe_encrypt_limit_mvalues_s_by_cpu: perSecond(aes.cpuMs / CORES),
  };
}

function keyStream(values: number): void {
  const cipher = createCipheriv('aes-256-ctr', Buffer.alloc(32, 1), Buffer.alloc(16));
  const zeros = Buffer.alloc(512 * 1024);
  for (let bytes = 0; bytes < 8 * values; bytes += zeros.length) cipher.update(zeros);
}

async function groupTimes(connection: DuckDBConnection, rows: number) {
  const ask = (select: string) => async () => {
    await connection.runAndReadAll(`SELECT g, count(*), ${select} FROM t GROUP BY g`);
  };
  const plain = ask('sum(v)');
  await plain();
  const [sums, reference] = await pairedTimes(ask('sum(c)'), plain);
  const [withSets, referenceAgain] = await pairedTimes(ask(`sum(c), ${rowSetSql('_idx', rows)}`), plain);
  return {
    ashe_groupby_ms: rounded(sums.ms, 1),
    ashe_groupby_plain_ms: rounded(median([reference.ms, referenceAgain.ms]), 1),
    ashe_groupby_overhead: rounded(sums.ms / reference.ms, 2),
    ashe_groupby_overhead_by_cpu: rounded(sums.cpuMs / reference.cpuMs, 2),
    ashe_groupby_with_row_sets_ms: rounded(withSets.ms, 1),
    ashe_groupby_overhead_with_row_sets: rounded(withSets.ms / referenceAgain.ms, 2),
    ashe_groupby_overhead_with_row_sets_by_cpu: rounded(withSets.cpuMs / referenceAgain.cpuMs, 2),
  };
}

interface GroupSum {
  readonly sum: bigint;
  readonly rows: RowSet;
  readonly plain: bigint;
}

async function openTimes(connection: DuckDBConnection, threads: AsheThreads, rows: number) {
  const reader = await connection.runAndReadAll(
    `SELECT sum(c), ${rowSetSql('_idx', rows)}, sum(v) FROM t GROUP BY g ORDER BY g`,
  );
  const groups = reader.getRows().map(
    ([sum, blob, plain]): GroupSum => ({
      sum: sum as bigint,
      rows: rowSetOf((blob as DuckDBBlobValue).bytes),
      plain: plain as bigint,
    }),
  );
  const cipher = openAshe({ ...COLUMN, threads });
  const opened = await cipher.open(groups);
  if (!opened.every((sum, at) => sum === groups[at]!.plain))
    throw new Error('an opened sum is another than the plain one');
  const open = async () => {
    await cipher.open(groups);
  };
  const [own, aes] = await pairedTimes(open, () => Promise.resolve(keyStream(rows)));
  const perSecond = (ms: number) => rounded(rows / ms / 1_000, 1);
  const setBytes = groups.reduce((bytes, group) => bytes + group.rows.bytes.length, 0);
  return {
    ashe_open_mvalues_s: perSecond(own.ms),
    ashe_open_mvalues_s_by_cpu: perSecond(own.cpuMs / CORES),
    ashe_open_limit_mvalues_s_by_cpu: perSecond(aes.cpuMs / CORES),
    ashe_row_set_bytes_per_row: rounded(setBytes / rows, 2),
    ashe_result_sha256: createHash('sha256').update(opened.join()).digest('hex').slice(0, 16),
  };
}
