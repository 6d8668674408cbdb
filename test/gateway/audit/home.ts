import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { appendEntry, openStore, type Store } from '../../../catalog/index.ts';
import { openLog } from '../../../gateway/audit/log.ts';
import { type LogKey, loadOrCreateLogKey } from '../../../gateway/audit/log-key.ts';
import { entry } from '../../catalog/memory-store.ts';

export const ORIGIN = 'sluice.example/log';

export interface Home {
  readonly dir: string;
  readonly storePath: string;
  readonly key: LogKey;
  remove(): void;
}

export function newHome(): Home {
  const dir = mkdtempSync(join(tmpdir(), 'sluice-log-'));
  const key = loadOrCreateLogKey(join(dir, 'log-key.pem'), ORIGIN);
  return { dir, storePath: join(dir, 'sluice.db'), key, remove: () => rmSync(dir, { recursive: true, force: true }) };
}

export function openHome(home: Home): Store {
  return openStore({ path: home.storePath, now: () => new Date() });
}

/** Appends `counts` entries, with a signed head after each batch, and closes. */
export async function fillHome(home: Home, counts: readonly number[]): Promise<void> {
  const store = openHome(home);
  const log = await openLog({ store, key: home.key });
  for (const count of counts) {
    const { size } = log.checkpoint();
    const one = (n: number) => store.commit((tx) => appendEntry(tx, entry({ note: `entry ${size + n}` })));
    await Promise.all(Array.from({ length: count }, (_, n) => one(n)));
    await log.advance();
  }
  await log.close();
  store.close();
}
