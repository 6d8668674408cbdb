import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { AppError } from '#policies';
import { requireWrapper } from '#sandbox';
import type { Config } from '../config.ts';
import type { Wording } from '../config-variables.ts';
import { openMasterKey, readHomeSecrets } from '../keys/index.ts';
import { CATALOGUES, FILLINGS, type Language } from '../messages/language.ts';
import { fillTemplate } from '../messages/message.ts';
import type { Finding } from './examine.ts';

const CHECK = 'master key';

/** Whether the configured master key, or the service that has it, opens the keys of the home. Makes none. */
export async function examineKeys(config: Config): Promise<Finding> {
  const { home, masterKey } = config;
  const isFresh = !existsSync(join(home, 'sluice.db'));
  if (isFresh && masterKey.from === 'home') {
    return found('ok', { en: 'made on first start', zh: '首次启动时生成' });
  }
  try {
    const master = await openMasterKey(config);
    await readHomeSecrets(home, master);
    await requireWrapper(join(home, 'vault'), master.wrapper);
    const { id } = master.wrapper;
    return found('ok', { en: `${id} opens the keys of this home`, zh: `${id} 可打开该主目录的密钥` });
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    return found('failure', wordsOf(error, 'detail'), wordsOf(error, 'hint'));
  }
}

function found(state: Finding['state'], fact: Wording, remedy: Wording | null = null): Finding {
  return { check: CHECK, state, fact, remedy };
}

/** What the gateway would say of an error. */
export function wordsOf({ code, facts }: AppError, part: 'detail' | 'hint'): Wording {
  const inLanguage = (language: Language) => fillTemplate(CATALOGUES[language][code][part], facts, FILLINGS[language]);
  return { en: inLanguage('en'), zh: inLanguage('zh-CN') };
}
