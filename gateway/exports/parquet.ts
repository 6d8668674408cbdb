import { mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import { FORMAT_LINE } from './formats.ts';
import { ALL_TAKEN, type Receiver } from './receiver.ts';

/** Columns of an export in Parquet: those of NDJSON. */
const COLUMNS: Readonly<Record<string, string>> = {
  uid: 'VARCHAR',
  index: 'BIGINT',
  time: 'TIMESTAMPTZ',
  kind: 'VARCHAR',
  job: 'VARCHAR',
  person: 'VARCHAR',
  org: 'VARCHAR',
  role: 'VARCHAR',
  plan: 'VARCHAR',
  purpose: 'VARCHAR',
  resources: 'VARCHAR[]',
  columns: 'VARCHAR[]',
  levels: 'VARCHAR[]',
  mode: 'VARCHAR',
  decision: 'VARCHAR',
  code: 'VARCHAR',
  queryHash: 'VARCHAR',
  resultSha256: 'VARCHAR',
  note: 'VARCHAR',
  risks: 'VARCHAR[]',
  entry: 'VARCHAR',
};

/**
 * A file `access-<first>-<last>.parquet` a batch in a folder, each there whole or not at all. DuckDB reads nothing but the
 * log's own records here: no table, no query of anybody.
 */
export function parquetReceiver(dir: string): Receiver {
  return {
    async send(records) {
      const [first, last] = [records[0]?.index ?? 0, records.at(-1)?.index ?? 0];
      await mkdir(dir, { recursive: true, mode: 0o700 });
      const scratch = await mkdtemp(join(dir, '.parquet-'));
      try {
        const [lines, made] = [join(scratch, 'records.ndjson'), join(scratch, 'records.parquet')];
        await writeFile(lines, records.map(FORMAT_LINE.ndjson).join(''), { mode: 0o600 });
        await convert(lines, made);
        await rename(made, join(dir, `access-${first}-${last}.parquet`));
      } finally {
        await rm(scratch, { recursive: true, force: true });
      }
      return ALL_TAKEN;
    },
  };
}

async function convert(lines: string, parquet: string): Promise<void> {
  const quoted = (text: string) => `'${text.replaceAll("'", "''")}'`;
  const columns = Object.entries(COLUMNS).map(([name, type]) => `${quoted(name)}: ${quoted(type)}`);
  const instance = await DuckDBInstance.create(':memory:');
  const connection = await instance.connect();
  try {
    const source = `read_json(${quoted(lines)}, format = 'newline_delimited', columns = {${columns.join(', ')}})`;
    await connection.run(`COPY (SELECT * FROM ${source}) TO ${quoted(parquet)} (FORMAT parquet)`);
  } finally {
    connection.closeSync();
    instance.closeSync();
  }
}
