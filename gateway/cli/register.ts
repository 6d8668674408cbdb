import type { Command } from 'commander';
import { z } from 'zod';
import { type Cli, printJson } from './cli.ts';
import { addClientOptions, type ClientOptions, createClient, plain, readJsonFile } from './http-client.ts';

const resource = z.looseObject({ id: z.string(), state: z.string() });

/** `sluice register`: a provider declares a table from a JSON file, as `POST /v1/resources` takes it. */
export function register(program: Command, cli: Cli): void {
  const command = program
    .command('register')
    .description(
      cli.words({
        en: 'declare a table: title, columns, levels (JSON as POST /v1/resources takes it)',
        zh: '登记数据表：名称、列、级别（JSON，格式同 POST /v1/resources）',
      }),
    )
    .argument('<file>', cli.words({ en: 'the declaration', zh: '登记文件' }));
  addClientOptions(command, cli).action(async (file: string, options: ClientOptions) => {
    const declaration = await readJsonFile(file);
    const client = await createClient(options, cli);
    const answer = await client.request({
      method: 'POST',
      path: '/v1/resources',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(declaration),
    });
    if (cli.json) return printJson(cli, answer);
    const { id, state } = resource.parse(answer);
    const done = {
      en: `registered ${id} (${state}); next: sluice upload ${id} FILE.csv`,
      zh: `已登记 ${id}（${state}）；下一步：sluice upload ${id} 文件.csv`,
    };
    cli.out(`${plain(cli.words(done))}\n`);
  });
}
