import { existsSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { appendEntry, openStore, type Store } from '#catalog';
import { AppError } from '#policies';
import { openLog } from './log.ts';
import { copyKeyFile, homeLogKeys, type LogKeys, loadLogKeys, loadOrCreateLogKey, shredKeyFile } from './log-key.ts';

/** The keys before and after a change of keys, as vkeys. */
export interface KeyChange {
  readonly former: string;
  readonly current: string;
}

/**
 * Gives a home's log a new key. The old one signs a last head over the entry that names its successor; from then on both
 * sign, so that whoever keeps either can check, until `retireLogKey`. Cut off anywhere, it can be run again.
 *
 * @throws AppError `HOME_IN_USE` while a gateway runs on the home; `CONFIG_INVALID` when a former key still signs.
 */
export async function rotateLogKey(home: string): Promise<KeyChange> {
  const files = keyFiles(home);
  const keys = loadLogKeys(files.current, files.former);
  if (keys.former !== null) {
    throw new AppError('CONFIG_INVALID', {
      variable: 'log key',
      problem: 'the former key still signs: retire it first',
    });
  }
  const next = loadOrCreateLogKey(files.next, keys.key.name);
  await record(home, { key: keys.key, former: null }, `${next.vkey} takes over from ${keys.key.vkey}`);
  copyKeyFile(files.current, files.former);
  renameSync(files.next, files.current);
  await record(home, { key: next, former: keys.key }, null);
  return { former: keys.key.vkey, current: next.vkey };
}

/**
 * Ends the former key: the log is signed by its successor alone, and the former's private part is gone.
 *
 * @throws AppError `HOME_IN_USE`; `CONFIG_INVALID` when there is no former key.
 */
export async function retireLogKey(home: string): Promise<KeyChange> {
  const files = keyFiles(home);
  const { key, former } = loadLogKeys(files.current, files.former);
  if (former === null) {
    throw new AppError('CONFIG_INVALID', { variable: 'log key', problem: 'there is no former key to retire' });
  }
  await record(home, { key, former }, `${former.vkey} is retired`);
  await record(home, { key, former: null }, null);
  shredKeyFile(files.former);
  return { former: former.vkey, current: key.vkey };
}

/** Opens the log with these keys, so that every kept head bears their signatures; appends what is to be said. */
async function record(home: string, keys: LogKeys, note: string | null): Promise<void> {
  await withLog(home, keys, async (store) => {
    if (note !== null) await store.commit((tx) => appendEntry(tx, { v: 1, kind: 'log-key', at: tx.now(), note }));
  });
}

/**
 * Works on a home on which no gateway runs; what the work writes into the log is signed with it.
 *
 * @throws AppError `HOME_IN_USE`; `LOG_CORRUPT`.
 */
export function withClosedLog<T>(home: string, work: (store: Store) => Promise<T>): Promise<T> {
  return withLog(home, homeLogKeys(home, !existsSync(join(home, 'sluice.db'))), work);
}

async function withLog<T>(home: string, keys: LogKeys, work: (store: Store) => Promise<T>): Promise<T> {
  const store = openStore({ path: join(home, 'sluice.db'), now: () => new Date() });
  try {
    const log = await openLog({ store, ...keys });
    const done = await work(store);
    await log.close();
    return done;
  } finally {
    store.close();
  }
}

function keyFiles(home: string): { readonly current: string; readonly former: string; readonly next: string } {
  const file = (name: string) => join(home, 'keys', name);
  return { current: file('log.key'), former: file('log-former.key'), next: file('log-next.key') };
}
