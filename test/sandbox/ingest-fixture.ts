import { createHash, randomBytes } from 'node:crypto';
import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import type { ColumnSchema, TableSchema } from '../../policies/table-schema.ts';
import {
  DEFAULT_INGEST_LIMITS,
  type IngestLimits,
  type IngestReport,
  ingest,
  type Upload,
} from '../../sandbox/ingest/index.ts';
import { detectTier } from '../../sandbox/isolation/detect.ts';
import type { IsolationTier } from '../../sandbox/isolation/spawn.ts';
import { masterKeyWrapper, openVault, type Vault } from '../../sandbox/vault/index.ts';
import { memoryDir } from './memory-dir.ts';

export function column(name: string, type: ColumnSchema['type'], more: Partial<ColumnSchema> = {}): ColumnSchema {
  return { name, title: { zh: name, en: name }, type, level: 'general-2', role: 'attribute', ...more };
}

export function table(...columns: readonly ColumnSchema[]): TableSchema {
  return { table: 'elec', level: 'general-2', columns };
}

export const unitKey = (domain: string): Uint8Array => createHash('sha512').update(`test ${domain}`).digest();

export async function* bodyOf(bytes: Uint8Array, pieceBytes = 50_000): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += pieceBytes) yield bytes.subarray(at, at + pieceBytes);
}

export interface IngestFixture {
  readonly vault: Vault;
  readonly tier: IsolationTier;
  readonly dir: string;
  readonly runDir: string;
  upload(
    schema: TableSchema,
    body: Uint8Array | string,
    more?: Partial<Upload>,
    limits?: Partial<IngestLimits>,
  ): Promise<IngestReport>;
  /** The stored rows as text, in stored order. */
  rows(version?: number): Promise<(string | null)[][]>;
  /** The keys of the stored rows, in stored order. */
  keys(version?: number): Promise<number[]>;
  /** The stored rows by a select list. */
  read<Row>(version: number, select: string): Promise<Row[]>;
  /** Files at rest and in memory. */
  files(): string[];
  close(): void;
}

/** A vault of its own and the strictest tier that this machine has. */
export async function openIngestFixture(): Promise<IngestFixture> {
  const dir = mkdtempSync(join(tmpdir(), 'sluice-ingest-'));
  const runDir = memoryDir();
  const vault = await openVault({ dir, keys: masterKeyWrapper(randomBytes(32)), runDir });
  const tier = await strictestTier(runDir);
  const filesBelow = (root: string): string[] =>
    readdirSync(root, { recursive: true })
      .map((name) => join(root, String(name)))
      .filter((path) => statSync(path).isFile());
  /** Rows of the stored segments, as one select list gives them. */
  const read = async <Row>(version: number, select: string): Promise<Row[]> => {
    const attached = await vault.attach('elec', version);
    const instance = await DuckDBInstance.create(':memory:');
    const connection = await instance.connect();
    try {
      const rows: Row[] = [];
      for (const file of attached.files) {
        await connection.run(`ATTACH '${file}' AS s (READ_ONLY)`);
        const reader = await connection.runAndReadAll(`SELECT ${select} FROM s.data`);
        for (const row of reader.getRows()) rows.push(row as Row);
        await connection.run('DETACH s');
      }
      return rows;
    } finally {
      connection.closeSync();
      instance.closeSync();
      await attached.release();
    }
  };
  return {
    vault,
    tier,
    dir,
    runDir,
    async upload(schema, body, more = {}, limits = {}) {
      const bytes = typeof body === 'string' ? Buffer.from(body, 'utf8') : body;
      const dependencies = { vault, tier, unitKeys: unitKey, limits: { ...DEFAULT_INGEST_LIMITS, ...limits } };
      return await ingest(dependencies, {
        resource: 'elec',
        version: 1,
        schema,
        format: 'csv',
        body: bodyOf(bytes),
        declaredBytes: bytes.length,
        rejectShareMax: 1,
        ...more,
      });
    },
    rows: (version = 1) => read<(string | null)[]>(version, "COLUMNS(c -> NOT starts_with(c, '_'))::VARCHAR"),
    read,
    keys: async (version = 1) => (await read<[number]>(version, '_row_key')).map(([key]) => key),
    files: () => [...filesBelow(dir), ...filesBelow(runDir)],
    close() {
      rmSync(dir, { recursive: true, force: true });
      rmSync(runDir, { recursive: true, force: true });
    },
  };
}

async function strictestTier(scratchDir: string): Promise<IsolationTier> {
  try {
    return (await detectTier('auto', false, scratchDir)).tier;
  } catch {
    console.log('no isolation on this machine: the ingest tests run under tier `none`');
    return 'none';
  }
}
