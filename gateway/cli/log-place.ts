import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { type Command, Option } from 'commander';
import { readConfig } from '../config.ts';
import type { Cli } from './cli.ts';
import { CliFailure } from './failure.ts';

/** Where a log is and with which key to check it. */
export interface LogOptions {
  readonly home?: string;
  readonly key?: string;
}

export function addLogOptions(command: Command, cli: Cli): Command {
  const { words } = cli;
  return command
    .addOption(
      new Option(
        '--home <dir>',
        words({ en: 'the home of a gateway; else SLUICE_HOME', zh: '网关主目录；缺省取 SLUICE_HOME' }),
      ),
    )
    .addOption(
      new Option(
        '--key <vkey>',
        words({ en: 'the verifier key that you keep: name+id+key', zh: '您保存的验证密钥：名称+编号+密钥' }),
      ),
    )
    .option('--json', words({ en: 'as JSON', zh: '以 JSON 输出' }));
}

/** The store of the home. Errors: CliFailure where there is none. */
export function storePath(options: LogOptions, cli: Cli): string {
  const path = join(homeOf(options, cli), 'sluice.db');
  if (existsSync(path)) return path;
  const home = homeOf(options, cli);
  throw new CliFailure('HOME', { en: `there is no gateway home at \`${home}\``, zh: `\`${home}\` 不是网关主目录` });
}

/**
 * The key to check against: the one that was given or, for a look from inside, the home's own. That one shows damage,
 * but whoever holds the home could have made both; stderr says so.
 */
export async function verifierKey(options: LogOptions, cli: Cli): Promise<string> {
  if (options.key !== undefined) return options.key;
  const path = join(homeOf(options, cli), 'keys', 'log.key');
  if (!existsSync(path)) {
    throw new CliFailure('USAGE', {
      en: 'no key: pass --key with the verifier key that you keep (GET /v1/audit/key shows it)',
      zh: '没有密钥：请用 --key 给出您保存的验证密钥（可从 GET /v1/audit/key 取得）',
    });
  }
  const warning = {
    en: 'checked with the key in the home itself; an outsider passes --key with the one it keeps',
    zh: '使用主目录自带的密钥核验；外部核验者应以 --key 给出自己保存的密钥',
  };
  if (!cli.json) cli.err(`${cli.words(warning)}\n`);
  const { LOG_ORIGIN, loadOrCreateLogKey } = await import('../audit/index.ts');
  return loadOrCreateLogKey(path, LOG_ORIGIN).vkey;
}

function homeOf(options: LogOptions, cli: Cli): string {
  return readConfig(options.home === undefined ? cli.env : { ...cli.env, SLUICE_HOME: options.home }).home;
}
