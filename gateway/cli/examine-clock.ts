import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { entryCount, openStoreReader, readEntries } from '#catalog';
import { AppError } from '#policies';
import type { Wording } from '../config-variables.ts';
import type { Finding } from './examine.ts';

const CHECK = 'clock';
/** A minute is what clocks without a common source differ by. */
const BEHIND_MS_MAX = 60_000;
/** Left by systemd-timesyncd once it has set the clock; other services leave nothing to look at. */
const SYNCHRONISED = '/run/systemd/timesync/synchronized';

/** Tokens, terms of plans and the log's times rest on the clock. Whether it was set back shows in the home's own log. */
export function examineClock(home: string, now: Date): Finding {
  const newest = newestEntryAt(join(home, 'sluice.db'));
  const at = now.toISOString();
  if (newest !== null && Date.parse(newest) - now.getTime() > BEHIND_MS_MAX) {
    const fact = {
      en: `${at}, but the log's newest entry is of ${newest}`,
      zh: `${at}，但日志最新条目的时间为 ${newest}`,
    };
    return { check: CHECK, state: 'failure', fact, remedy: SET_IT };
  }
  const isSet = existsSync(SYNCHRONISED);
  const fact: Wording = {
    en: `${at}${isSet ? ', kept by systemd-timesyncd' : ', not before the log; whether anything keeps it is not known'}`,
    zh: `${at}${isSet ? '，由 systemd-timesyncd 校准' : '，不早于日志；是否有服务校准未知'}`,
  };
  return { check: CHECK, state: 'ok', fact, remedy: null };
}

const SET_IT: Wording = {
  en: 'tokens would seem to come from the future and plans to last longer: set it, with `timedatectl set-ntp true` or `chronyc makestep`',
  zh: '令牌会显得来自未来，方案会显得更久有效：请校准，执行 `timedatectl set-ntp true` 或 `chronyc makestep`',
};

/** Null where there is no log, or none that this version reads: other checks say so. */
function newestEntryAt(path: string): string | null {
  if (!existsSync(path)) return null;
  try {
    const store = openStoreReader(path);
    try {
      return store.read((db) => readEntries(db, entryCount(db) - 1, entryCount(db)))[0]?.at ?? null;
    } finally {
      store.close();
    }
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    return null;
  }
}
