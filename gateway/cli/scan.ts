import type { Command } from 'commander';
import type { Cli } from './cli.ts';
import { get, part, put, request } from './request-command.ts';

const PATH = (resource: string) => `/v1/resources/${part(resource)}/scan-findings`;

/** `sluice scan`: what uploads of a table were refused for, the provider's objection, the bureau's decision. Answers are JSON. */
export function register(program: Command, cli: Cli): void {
  const group = program
    .command('scan')
    .description(cli.words({ en: 'columns that look like identifiers', zh: '疑似标识符的列' }));
  request(
    group,
    cli,
    ['list <resource>', { en: 'what uploads were refused for', zh: '查看上传因何被拒' }],
    (client, [resource]) => get(client, PATH(resource!)),
  );
  request(
    group,
    cli,
    [
      'dispute <resource> <column> <kind> <reason>',
      { en: 'say that its values are no such identifiers', zh: '说明该列并非此类标识符' },
    ],
    (client, [resource, column, kind, reason]) =>
      put(client, `${PATH(resource!)}/${part(column!)}/${part(kind!)}/dispute`, { reason }),
  );
  for (const [command, verdict, words] of VERDICTS) {
    request(group, cli, [`${command} <resource> <column> <kind> <comment>`, words], (client, given) => {
      const [resource, column, kind, comment] = given;
      return put(client, `${PATH(resource!)}/${part(column!)}/${part(kind!)}/decision`, { verdict, comment });
    });
  }
}

const VERDICTS = [
  ['confirm', 'confirmed', { en: 'for the bureau: they are none', zh: '数据局：确认并非此类标识符' }],
  ['refuse', 'refused', { en: 'for the bureau: they are, or no more excused', zh: '数据局：不予确认，或撤销确认' }],
] as const;
