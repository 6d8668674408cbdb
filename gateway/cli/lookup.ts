import type { Command } from 'commander';
import { z } from 'zod';
import { type Cli, printJson } from './cli.ts';
import { addClientOptions, type ClientOptions, createClient, plain, readTextFile } from './http-client.ts';

const reply = z.looseObject({ answer: z.string(), reasons: z.array(z.string()), entry: z.number() });

interface LookupOptions extends ClientOptions {
  readonly product: string;
  readonly subject: string;
  readonly also: readonly string[];
  readonly consent: readonly string[];
}

/** `sluice lookup`: one question about one consenting subject. */
export function register(program: Command, cli: Cli): void {
  const { words } = cli;
  const collect = (value: string, before: readonly string[]) => [...before, value];
  const command = program
    .command('lookup')
    .description(
      words({ en: 'ask a published interface about one consenting subject', zh: '就一个已同意的主体询问数据接口' }),
    )
    .requiredOption('--product <id>', words({ en: 'the interface', zh: '数据接口' }))
    .requiredOption('--subject <identifier>', words({ en: 'whom or what it is about', zh: '被询问对象的标识' }))
    .option(
      '--also <identifier>',
      words({ en: 'a further identifier; may be repeated', zh: '其他标识，可重复' }),
      collect,
      [],
    )
    .option(
      '--consent <file>',
      words({ en: 'a file with a signed consent; may be repeated', zh: '同意令牌文件，可重复' }),
      collect,
      [],
    );
  addClientOptions(command, cli).action(async ({ product, subject, also, consent, ...options }: LookupOptions) => {
    const consents = await Promise.all(consent.map(async (file) => (await readTextFile(file)).trim()));
    const answer = await (await createClient(options, cli)).request({
      method: 'POST',
      path: '/v1/lookups',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ product, subject, also, consents }),
    });
    if (cli.json) return printJson(cli, answer);
    const told = reply.parse(answer);
    cli.out(plain(`${[told.answer, ...told.reasons].join(' ')}\n`));
  });
}
