import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import type { EmittedSql, UntrustedSql } from '#policies';
import { openSandbox, type Sandbox, type SandboxOptions } from '../../sandbox/sandbox.ts';
import type { SandboxEvent } from '../../sandbox/sandbox-event.ts';
import { masterKeyWrapper, openVault, type Vault } from '../../sandbox/vault/index.ts';

/** What the tests of the sandbox stand on: a real vault with two tables, on a tmpfs of its own. */
export interface SandboxFixture {
  readonly runDir: string;
  readonly vault: Vault;
  readonly events: SandboxEvent[];
  open(options?: Partial<SandboxOptions>): Promise<Sandbox>;
  /** Closes every sandbox that it opened, and removes its folder. */
  close(): Promise<void>;
}

/** `people@1`: 1,000 rows in two segments. `wages@1`: 100 rows. `secret` and `canary` are granted to nobody. */
const TABLES = [
  {
    resource: 'people',
    segments: [
      "SELECT i AS id, i % 7 AS dept, 'canary-' || i AS secret FROM range(600) t(i)",
      "SELECT i AS id, i % 7 AS dept, 'canary-' || i AS secret FROM range(600, 1000) t(i)",
    ],
  },
  { resource: 'wages', segments: ["SELECT i AS id, i * 100 AS amount, 'wage-canary' AS canary FROM range(100) t(i)"] },
];

export const PEOPLE = { resource: 'people', version: 1, columns: ['id', 'dept'] };
export const WAGES = { resource: 'wages', version: 1, columns: ['id', 'amount'] };

/** WHY a cast: these tests play a compiler that has failed; nothing but `emit` makes such text in the product. */
export const asEmitted = (sql: string): EmittedSql => sql as EmittedSql;
export const asUntrusted = (sql: string): UntrustedSql => sql as UntrustedSql;

export async function openFixture(): Promise<SandboxFixture> {
  const runDir = await mkdtemp('/dev/shm/sluice-test-');
  const vault = await openVault({ dir: join(runDir, 'at-rest'), keys: masterKeyWrapper(randomBytes(32)), runDir });
  for (const { resource, segments } of TABLES) await writeTable(vault, resource, segments);
  const events: SandboxEvent[] = [];
  const opened: Sandbox[] = [];
  return {
    runDir,
    vault,
    events,
    async open(options = {}) {
      const sandbox = await openSandbox({
        tier: 'auto',
        production: false,
        workers: 2,
        engineThreads: 1,
        memoryMbMax: 256,
        runDir,
        vault,
        log: (event) => events.push(event),
        ...options,
      });
      opened.push(sandbox);
      return sandbox;
    },
    async close() {
      for (const sandbox of opened) await sandbox.close();
      await rm(runDir, { recursive: true, force: true });
    },
  };
}

async function writeTable(vault: Vault, resource: string, segments: readonly string[]): Promise<void> {
  const writer = await vault.create(resource, 1);
  const scratch = await vault.scratch();
  for (const [index, select] of segments.entries()) {
    const path = join(scratch.dir, `${String(index)}.duckdb`);
    const instance = await DuckDBInstance.create(path);
    const connection = await instance.connect();
    await connection.run(`CREATE TABLE data AS SELECT *, id::INTEGER AS _row_key FROM (${select})`);
    connection.closeSync();
    instance.closeSync();
    await writer.addSegment(path, 0);
  }
  await writer.commit();
  await scratch.wipe();
}
