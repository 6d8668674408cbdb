import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { openStoreReader, type TamperedRow } from '#catalog';
import { AppError } from '#policies';
import type { Config } from '../config.ts';
import type { Wording } from '../config-variables.ts';
import { openMasterKey, readHomeSecrets } from '../keys/index.ts';
import type { Finding } from './examine.ts';

const CHECK = 'seals';
const ROWS_NAMED_MAX = 10;

/** Whether the rows that decide who may ask what are as the gateway wrote them. Nothing where there is no home, or no key for it. */
export async function examineSeals(config: Config): Promise<readonly Finding[]> {
  const path = join(config.home, 'sluice.db');
  const { masterKey } = config;
  // WHY: loading the key of a home makes one where there is none.
  if (!existsSync(path) || (masterKey.from === 'home' && !existsSync(masterKey.path))) return [];
  try {
    const secrets = await readHomeSecrets(config.home, await openMasterKey(config));
    if (secrets === null) return [];
    const store = openStoreReader(path);
    try {
      return findingsOf(store.tamperedRows(secrets.catalogue));
    } finally {
      store.close();
    }
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    const fact = { en: `cannot be checked: ${error.code}`, zh: `无法检查：${error.code}` };
    // A home of a newer version is whole; the store's own check says what mends it.
    return [{ check: CHECK, state: 'failure', fact, remedy: error.code === 'HOME_NEWER' ? null : RESTORE }];
  }
}

function findingsOf(rows: readonly TamperedRow[] | null): readonly Finding[] {
  if (rows === null) {
    const fact = { en: 'of an older version: the next start checks them', zh: '由旧版本写入：下次启动时检查' };
    return [{ check: CHECK, state: 'ok', fact, remedy: null }];
  }
  if (rows.length === 0) {
    const fact = { en: 'every sealed row is as the gateway wrote it', zh: '所有受保护的记录均与网关写入时一致' };
    return [{ check: CHECK, state: 'ok', fact, remedy: null }];
  }
  const more = rows.length - ROWS_NAMED_MAX;
  const named = rows.slice(0, ROWS_NAMED_MAX).map(findingOf);
  const rest = { en: `${more} more rows`, zh: `另有 ${more} 条记录` };
  return more > 0 ? [...named, { check: CHECK, state: 'failure', fact: rest, remedy: RESTORE }] : named;
}

function findingOf({ table, key }: TamperedRow): Finding {
  const whole: Wording = {
    en: 'rows are missing, or were put back as they once were, or the master key is another',
    zh: '记录缺失、被还原为旧值，或主密钥不符',
  };
  const row: Wording = {
    en: `${table} ${key} is not as the gateway wrote it, and is not used`,
    zh: `${table} ${key} 与网关写入时不一致，已停用`,
  };
  return { check: CHECK, state: 'failure', fact: table === 'catalogue' ? whole : row, remedy: RESTORE };
}

const RESTORE: Wording = {
  en: 'keep the home for the inquiry, then restore it whole from a backup from before the change; `sluice audit verify --known` tells whether one is',
  zh: '保留现场以备调查，然后用改动之前的备份整体恢复主目录；可用 `sluice audit verify --known` 检验备份',
};
