import { existsSync } from 'node:fs';
import { type Command, Option } from 'commander';
import { type Config, type Environment, readConfig } from '../config.ts';
import type { MasterKey, MasterKeyChange } from '../keys/index.ts';
import { type Cli, printJson } from './cli.ts';
import { storePath } from './log-place.ts';

interface RotateOptions {
  readonly home?: string;
  readonly toFile?: string;
  readonly toCommand?: string;
  readonly toUrl?: string;
  readonly toName?: string;
  readonly toTokenFile?: string;
}

/** `sluice keys rotate`: a new master key for a home, with the gateway stopped. */
export function register(program: Command, cli: Cli): void {
  const { words } = cli;
  const keys = program.command('keys').description(words({ en: 'the keys of a home', zh: '主目录的密钥' }));
  const option = (flags: string, en: string, zh: string) => new Option(flags, words({ en, zh }));
  keys
    .command('rotate')
    .description(
      words({
        en: 'wrap all keys of a home under a new master key; no data is rewritten; the gateway is stopped',
        zh: '用新的主密钥重新封装主目录的全部密钥，不改写数据；须先停止网关',
      }),
    )
    .addOption(option('--home <dir>', 'the home; else SLUICE_HOME', '主目录；缺省取 SLUICE_HOME'))
    .addOption(option('--to-file <file>', 'the new key; made where there is none', '新主密钥文件；不存在则生成'))
    .addOption(option('--to-command <path>', 'a command of a key management service', '密钥管理服务的命令'))
    .addOption(option('--to-url <url>', 'an endpoint of one', '密钥管理服务的地址'))
    .addOption(option('--to-name <name>', 'the name of the key there', '密钥在该服务中的名称'))
    .addOption(option('--to-token-file <file>', 'the token for it', '访问该服务的令牌文件'))
    .option('--json', words({ en: 'as JSON', zh: '以 JSON 输出' }))
    .action(async (options: RotateOptions) => {
      const env = options.home === undefined ? cli.env : { ...cli.env, SLUICE_HOME: options.home };
      const config = readConfig(env);
      storePath({ home: config.home }, cli);
      const { change, place } = await rotate(config, env, options);
      if (cli.json) printJson(cli, { ok: true, ...change });
      else cli.out(`${words(rotatedWords(change, place))}\n`);
    });
}

type Place = 'home' | 'elsewhere';

async function rotate(
  config: Config,
  env: Environment,
  options: RotateOptions,
): Promise<{ readonly change: MasterKeyChange; readonly place: Place }> {
  const { openMasterKey, rotateMasterKey } = await import('../keys/index.ts');
  const from = await openMasterKey(config);
  if (config.masterKey.from !== 'home' || namesNewKey(options)) {
    return { change: await rotateMasterKey(config.home, from, await openNewKey(env, options)), place: 'elsewhere' };
  }
  const { replaceSecret } = await import('#sandbox');
  const next = `${config.masterKey.path}.next`;
  const change = await rotateMasterKey(config.home, from, await openNewKey(env, { toFile: next }));
  await replaceSecret(next, config.masterKey.path);
  return { change, place: 'home' };
}

function namesNewKey({ toFile, toCommand, toUrl }: RotateOptions): boolean {
  return toFile !== undefined || toCommand !== undefined || toUrl !== undefined;
}

/** By the rules of the configuration: as if the new key's variables were set, and those of the one in use were not. */
async function openNewKey(env: Environment, options: RotateOptions): Promise<MasterKey> {
  const { createMasterKeyFile, openMasterKey } = await import('../keys/index.ts');
  const { toFile } = options;
  if (toFile !== undefined && !existsSync(toFile)) await createMasterKeyFile(toFile, 'SLUICE_MASTER_KEY_FILE');
  const config = readConfig({
    ...env,
    SLUICE_MASTER_KEY: undefined,
    SLUICE_MASTER_KEY_FILE: toFile,
    SLUICE_MASTER_KEY_COMMAND: options.toCommand,
    SLUICE_MASTER_KEY_URL: options.toUrl,
    SLUICE_MASTER_KEY_NAME: options.toName,
    SLUICE_MASTER_KEY_TOKEN_FILE: options.toTokenFile,
  });
  return await openMasterKey(config);
}

function rotatedWords({ former, current, rewrapped, before }: MasterKeyChange, place: Place) {
  const counted = {
    en: `master key ${current} in place of ${former}: ${rewrapped} keys wrapped anew${before === 0 ? '' : `, ${before} were already`}`,
    zh: `主密钥 ${current} 取代 ${former}：重新封装 ${rewrapped} 个密钥${before === 0 ? '' : `，另有 ${before} 个此前已封装`}`,
  };
  if (place === 'home') return counted;
  return {
    en: `${counted.en}\nnow configure the new key for the gateway, then destroy the former one`,
    zh: `${counted.zh}\n请为网关配置新主密钥，然后销毁旧主密钥`,
  };
}
