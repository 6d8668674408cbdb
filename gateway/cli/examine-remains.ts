import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { lockHome } from '#catalog';
import { AppError } from '#policies';
import { REMAINS, type Remains, scanClosedVault } from '#sandbox';
import type { Config } from '../config.ts';
import type { Finding } from './examine.ts';

const CHECK = 'plain data';
const PATHS_NAMED_MAX = 20;

/** Whether plain data lies where nobody works with it. Nothing where there is no home; a running gateway scans for itself. */
export async function examineRemains({ home, runDir }: Config): Promise<readonly Finding[]> {
  const store = join(home, 'sluice.db');
  if (!existsSync(store)) return [];
  const release = lockIfFree(store);
  if (release === null) {
    const fact = { en: 'not looked for: a gateway is running on this home', zh: '未检查：网关正在使用该主目录' };
    return [{ check: CHECK, state: 'ok', fact, remedy: null }];
  }
  try {
    const { files, found } = await scanClosedVault({ dir: join(home, 'vault'), runDir }, [home]);
    if (found.length > 0) return found.slice(0, PATHS_NAMED_MAX).map(findingOf);
    const fact = {
      en: `none in ${files} files of ${home} and ${runDir}`,
      zh: `${home} 与 ${runDir} 的 ${files} 个文件中没有`,
    };
    return [{ check: CHECK, state: 'ok', fact, remedy: null }];
  } finally {
    release();
  }
}

function lockIfFree(store: string): (() => void) | null {
  try {
    return lockHome(store);
  } catch (error) {
    if (error instanceof AppError) return null;
    throw error;
  }
}

/** What a gateway that was killed leaves in its folders for work is swept by its next start. */
function findingOf({ kind, path }: Remains): Finding {
  const words = REMAINS[kind];
  const isSwept = kind === 'work-file';
  return {
    check: CHECK,
    state: isSwept ? 'warning' : 'failure',
    fact: { en: `${words.en}: ${path}`, zh: `${words.zh}：${path}` },
    remedy: isSwept
      ? { en: 'the next start removes it; or remove it now', zh: '下次启动时自动清除，也可立即删除' }
      : { en: 'find out who put it there, then remove it', zh: '请查明来源后删除' },
  };
}
