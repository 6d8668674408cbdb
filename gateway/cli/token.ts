import { type Command, InvalidArgumentError, Option } from 'commander';
import { readConfig } from '../config.ts';
import {
  type Caller,
  ORG_PATTERN,
  ROLES,
  type Role,
  SUB_PATTERN,
  TOKEN_TTL_SECONDS,
  TOKEN_TTL_SECONDS_MAX,
} from '../identity/caller.ts';
import { type Cli, printJson } from './cli.ts';
import { CliFailure } from './failure.ts';

interface TokenOptions {
  readonly role: Role;
  readonly sub: string;
  readonly org: string;
  readonly ttl: number;
}

/** `sluice token`: the token alone on stdout, so that `$(…)` can take it. */
export function register(program: Command, cli: Cli): void {
  const { words } = cli;
  program
    .command('token')
    .description(
      words({
        en: 'print a token of the embedded issuer (not in production)',
        zh: '打印内置签发者的令牌（生产环境不可用）',
      }),
    )
    .addOption(
      new Option('--role <role>', words({ en: 'what the caller is', zh: '角色' })).choices(ROLES).makeOptionMandatory(),
    )
    .requiredOption('--sub <name>', words({ en: 'who the caller is', zh: '使用者' }))
    .requiredOption('--org <id>', words({ en: 'the organisation it acts for', zh: '所属机构' }))
    .option(
      '--ttl <time>',
      words({ en: 'how long it is valid: 900, 30m, 8h', zh: '有效期：900、30m、8h' }),
      ttlSeconds,
      TOKEN_TTL_SECONDS,
    )
    .option('--json', words({ en: 'as JSON', zh: '以 JSON 输出' }))
    .action(async (options: TokenOptions) => {
      const token = await mintToken(cli, options, options.ttl);
      if (cli.json) printJson(cli, { token, expiresInSeconds: options.ttl });
      else cli.out(`${token}\n`);
    });
}

/** A token signed with the key in SLUICE_HOME. Errors: CONFIG_INVALID in production. */
export async function mintToken(cli: Cli, caller: Caller, ttl = TOKEN_TTL_SECONDS): Promise<string> {
  if (!SUB_PATTERN.test(caller.sub)) throw notAccepted('--sub', 128);
  if (!ORG_PATTERN.test(caller.org)) throw notAccepted('--org', 64);
  const { home, production, audience } = readConfig(cli.env);
  const { openEmbeddedIssuer } = await import('../identity/embedded-issuer.ts'); // JOSE is much to load for other commands
  const issuer = await openEmbeddedIssuer({ home, production, audience, clock: () => new Date() });
  return await issuer.issue({ sub: caller.sub, org: caller.org, role: caller.role }, ttl);
}

/** `900`, `900s`, `30m` or `8h` in seconds. */
export function ttlSeconds(text: string): number {
  const [, digits, unit = 's'] = /^(\d{1,6})([smh]?)$/.exec(text) ?? [];
  const seconds = Number(digits) * ({ m: 60, h: 3600 }[unit] ?? 1);
  if (!(seconds >= 1 && seconds <= TOKEN_TTL_SECONDS_MAX)) throw new InvalidArgumentError('1s to 24h');
  return seconds;
}

function notAccepted(option: string, lengthMax: number): CliFailure {
  return new CliFailure('USAGE', {
    en: `${option} takes 1 to ${lengthMax} letters, digits and . _ : - and starts with a letter or digit`,
    zh: `${option} 只接受 1 到 ${lengthMax} 个字母、数字和 . _ : -，且以字母或数字开头`,
  });
}
