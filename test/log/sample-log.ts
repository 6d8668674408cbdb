import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { appendEntry, openStore } from '../../catalog/index.ts';
import { exportTiles, LOG_ORIGIN, type LogKey, loadOrCreateLogKey, openLog } from '../../gateway/audit/index.ts';

/** A log of a home on the disk, its static copy, and what an office and developers keep of it. */
export interface SampleLog {
  readonly dir: string;
  readonly storePath: string;
  readonly tilesDir: string;
  readonly key: LogKey;
  readonly size: number;
  /** The newest checkpoint, as an office keeps it. */
  readonly known: string;
  /** Receipts by the index of their entry. */
  readonly receipts: ReadonlyMap<number, string>;
  remove(): void;
}

/** @param counts entries of each batch; a signed head follows each. */
export async function makeSampleLog(counts: readonly number[]): Promise<SampleLog> {
  const dir = mkdtempSync(join(tmpdir(), 'sluice-log-'));
  const [storePath, tilesDir] = [join(dir, 'sluice.db'), join(dir, 'tiles')];
  const key = loadOrCreateLogKey(join(dir, 'log.key'), LOG_ORIGIN);
  const store = openStore({ path: storePath, now: () => new Date() });
  const log = await openLog({ store, key });
  let size = 0;
  for (const count of counts) {
    const who = { org: 'acme', sub: 'alice', role: 'developer' };
    const append = (index: number) =>
      store.commit((tx) =>
        appendEntry(tx, { v: 1, kind: 'intent', at: '2026-03-01T00:00:00.000Z', who, note: `${index}` }),
      );
    await Promise.all(Array.from({ length: count }, (_, n) => append(size + n)));
    size += count;
    await log.advance();
  }
  const indices = [0, 1, 255, 256, size - 1].filter((index) => index < size);
  const receipts = new Map(indices.map((index) => [index, log.receipt(index)]));
  await log.close();
  store.close();
  exportTiles(storePath, tilesDir);
  const known = readFileSync(join(tilesDir, 'checkpoint'), 'utf8');
  const remove = () => rmSync(dir, { recursive: true, force: true });
  return { dir, storePath, tilesDir, key, size, known, receipts, remove };
}
