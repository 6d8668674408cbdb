import type { Command } from 'commander';
import { z } from 'zod';
import { type Cli, printJson } from './cli.ts';
import { addClientOptions, type Client, type ClientOptions, createClient, plain, readJsonFile } from './http-client.ts';

const product = z.looseObject({ id: z.string(), version: z.number(), state: z.string(), hash: z.string() });

/** `sluice product`: makers submit and publish, the bureau and providers review, everybody reads what is delivered. */
export function register(program: Command, cli: Cli): void {
  const { words } = cli;
  const group = program
    .command('product')
    .description(words({ en: 'products: submit, review, publish', zh: '数据产品：提交、审查、发布' }));
  const submit = group
    .command('submit')
    .description(
      words({
        en: 'submit a product (JSON as POST /v1/products takes it)',
        zh: '提交产品（JSON，格式同 POST /v1/products）',
      }),
    )
    .argument('<file>', words({ en: 'the product', zh: '产品文件' }));
  addClientOptions(submit, cli).action(async (file: string, options: ClientOptions) => {
    const body = JSON.stringify(await readJsonFile(file));
    tell(await post(await createClient(options, cli), '/v1/products', body), cli);
  });
  for (const verdict of ['approve', 'refuse'] as const) {
    const decide = step(
      group,
      verdict,
      { en: `${verdict} what it is now`, zh: verdict === 'approve' ? '审查通过' : '审查不通过' },
      cli,
    );
    addClientOptions(decide, cli).action(async (id: string, version: string, options: ClientOptions) => {
      const client = await createClient(options, cli);
      const path = pathOf(id, version);
      const { hash } = product.parse(await client.request({ method: 'GET', path }));
      tell(await post(client, `${path}/decisions`, JSON.stringify({ verdict, hash })), cli);
    });
  }
  const publish = step(group, 'publish', { en: 'publish what was reviewed', zh: '发布审查通过的版本' }, cli);
  addClientOptions(publish, cli).action(async (id: string, version: string, options: ClientOptions) => {
    tell(await post(await createClient(options, cli), `${pathOf(id, version)}/publication`), cli);
  });
  const readings = [
    ['material', { en: 'what it delivers, as JSON', zh: '产品交付内容（JSON）' }],
    ['lineage', { en: 'what it is made of, and what is made of it', zh: '产品血缘：来源与去向' }],
  ] as const;
  for (const [name, wording] of readings) {
    const reading = step(group, name, wording, cli);
    addClientOptions(reading, cli).action(async (id: string, version: string, options: ClientOptions) => {
      const client = await createClient(options, cli);
      printJson(cli, await client.request({ method: 'GET', path: `${pathOf(id, version)}/${name}` }));
    });
  }
}

function step(group: Command, name: string, wording: { readonly en: string; readonly zh: string }, cli: Cli): Command {
  return group
    .command(name)
    .description(cli.words(wording))
    .argument('<id>', cli.words({ en: 'of the product', zh: '产品编号' }))
    .argument('<version>', cli.words({ en: 'its version', zh: '版本' }));
}

const pathOf = (id: string, version: string) => `/v1/products/${encodeURIComponent(id)}/${encodeURIComponent(version)}`;

function post(client: Client, path: string, body?: string): Promise<unknown> {
  const headers = { 'content-type': 'application/json' };
  return client.request({ method: 'POST', path, ...(body === undefined ? {} : { headers, body }) });
}

function tell(answer: unknown, cli: Cli): void {
  const { id, version, state, hash } = product.parse(answer);
  if (cli.json) printJson(cli, answer);
  else cli.out(plain(`${id} ${version} ${state} ${hash}\n`));
}
