import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { type Db, openStoreReader, storedVersions } from '#catalog';
import { AppError } from '#policies';
import { isWhole, versionsInVault } from '#sandbox';
import type { Config } from '../config.ts';
import type { Wording } from '../config-variables.ts';
import { openMasterKey } from '../keys/index.ts';
import { mixedHome, unknownVersions } from '../vault-moment.ts';
import type { Finding } from './examine.ts';
import { wordsOf } from './examine-keys.ts';

const PROBLEMS_NAMED_MAX = 10;

/** The store as a file, whether the vault is of its moment, and the tables that it says the vault has. Nothing where there is no home. Reads no data of a table. */
export async function examineStore(config: Config): Promise<readonly Finding[]> {
  const path = join(config.home, 'sluice.db');
  if (!existsSync(path)) return [];
  try {
    const { problems, stored, unknown } = look(path, await versionsInVault(vaultOf(config)));
    const [damage] = problems;
    if (damage !== undefined) return [found('store', 'failure', same(damage), RESTORE_STORE)];
    const mixed = mixedHome(unknown, null);
    if (mixed !== null) return [found('store', 'failure', wordsOf(mixed, 'detail'), wordsOf(mixed, 'hint'))];
    return [
      found('store', 'ok', { en: `${path} is whole`, zh: `${path} 完好` }),
      ...(await examineTables(config, stored)),
    ];
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    const remedy = error.code === 'HOME_NEWER' ? wordsOf(error, 'hint') : RESTORE_STORE;
    return [found('store', 'failure', wordsOf(error, 'detail'), remedy)];
  }
}

interface StoredVersion {
  readonly resource: string;
  readonly version: number;
}

interface Look {
  readonly problems: readonly string[];
  readonly stored: readonly StoredVersion[];
  /** In the vault, and not known to the store: a start would refuse such a home. */
  readonly unknown: readonly StoredVersion[];
}

/** @throws AppError `HOME_NEWER`, `STORE_FAILED`. */
function look(path: string, inVault: readonly StoredVersion[]): Look {
  const store = openStoreReader(path);
  try {
    return store.read((db) => {
      const problems = quickCheck(db).filter((line) => line !== 'ok');
      if (problems.length > 0) return { problems, stored: [], unknown: [] };
      return { problems, stored: storedVersions(db), unknown: unknownVersions(db, inVault) };
    });
  } finally {
    store.close();
  }
}

/** Of pages and their order (https://sqlite.org/pragma.html#pragma_quick_check); what rows say is the seals' part. */
function quickCheck({ client }: Db): readonly string[] {
  try {
    return client.prepare<[], string>('PRAGMA quick_check(1)').pluck().all();
  } catch {
    throw new AppError('STORE_FAILED');
  }
}

async function examineTables(config: Config, stored: readonly StoredVersion[]): Promise<readonly Finding[]> {
  const { masterKey, home } = config;
  // WHY: loading the key of a home makes one where there is none; that it is missing is said elsewhere.
  if (masterKey.from === 'home' && !existsSync(masterKey.path)) return [];
  const { wrapper } = await openMasterKey(config);
  const broken: StoredVersion[] = [];
  for (const name of stored) if (!(await isWhole(vaultOf(config), wrapper, name))) broken.push(name);
  if (broken.length > 0) return broken.slice(0, PROBLEMS_NAMED_MAX).map((name) => brokenFinding(home, name));
  const fact = { en: `${stored.length} versions, each with all of its files`, zh: `${stored.length} 个版本，文件齐全` };
  return [found('tables', 'ok', fact)];
}

function brokenFinding(home: string, { resource, version }: StoredVersion): Finding {
  const label = `${resource}@${version}`;
  const fact = { en: `${label} does not open, or files of it are missing`, zh: `${label} 无法打开或文件缺失` };
  const remedy = {
    en: `put \`${join(home, 'vault', 'versions', label)}\` back from a backup; or have its provider upload the table again`,
    zh: `请从备份恢复 \`${join(home, 'vault', 'versions', label)}\`，或由提供单位重新上传`,
  };
  return found('tables', 'failure', fact, remedy);
}

const vaultOf = ({ home }: Config): string => join(home, 'vault');
const same = (text: string): Wording => ({ en: text, zh: text });

function found(check: string, state: Finding['state'], fact: Wording, remedy: Wording | null = null): Finding {
  return { check, state, fact, remedy };
}

const RESTORE_STORE: Wording = {
  en: 'keep the file for the inquiry, and restore the whole home from a backup: store, vault and keys are of one moment',
  zh: '保留该文件以备调查，并用备份整体恢复主目录：存储、保管库与密钥须为同一时刻',
};
