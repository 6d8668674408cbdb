import type { Command } from 'commander';
import type { Cli } from './cli.ts';
import { CliFailure } from './failure.ts';
import type { ClientOptions } from './http-client.ts';
import { get, part, put, request } from './request-command.ts';

interface SetOptions extends ClientOptions {
  readonly versions: string;
  readonly days?: string;
}

const PATH = (resource: string) => `/v1/resources/${part(resource)}/retention`;

/** `sluice retention`: how long versions of a table are kept that another one has replaced. Answers are JSON. */
export function register(program: Command, cli: Cli): void {
  const { words } = cli;
  const group = program
    .command('retention')
    .description(words({ en: 'how long replaced versions are kept', zh: '被替换版本的保留期限' }));
  request(group, cli, ['show <resource>', { en: 'what holds', zh: '查看现行规则' }], (client, [resource]) =>
    get(client, PATH(resource!)),
  );
  request<SetOptions>(
    group,
    cli,
    ['set <resource>', { en: 'declare it; what is past it is destroyed', zh: '设定规则；逾期版本将被销毁' }],
    (client, [resource], { versions, days }) =>
      put(client, PATH(resource!), {
        versionsMax: wholeNumber(versions, '--versions'),
        daysMax: days === undefined ? null : wholeNumber(days, '--days'),
      }),
  )
    .requiredOption(
      '--versions <n>',
      words({ en: 'newest versions that stay, the current one among them', zh: '保留的最新版本数，含当前版本' }),
    )
    .option(
      '--days <n>',
      words({
        en: 'days after a version was replaced; no such bound, if absent',
        zh: '版本被替换后的保留天数；缺省不限',
      }),
    );
}

function wholeNumber(text: string, option: string): number {
  if (/^\d{1,9}$/.test(text)) return Number(text);
  throw new CliFailure('USAGE', { en: `${option} takes a whole number`, zh: `${option} 须为整数` });
}
