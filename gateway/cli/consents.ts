import { createPublicKey, randomUUID } from 'node:crypto';
import type { Command } from 'commander';
import { z } from 'zod';
import { type Cli, printJson } from './cli.ts';
import { CliFailure } from './failure.ts';
import { addClientOptions, type ClientOptions, createClient, plain, readTextFile } from './http-client.ts';
import { createKeyFile, readKeyFile } from './key-file.ts';

/** `sluice consent`: for who issues consents, for subjects with a key of their own, and for the bureau that registers keys. */
export function register(program: Command, cli: Cli): void {
  const consent = program
    .command('consent')
    .description(cli.words({ en: 'sign, register keys for, and withdraw consents', zh: '签署、登记密钥及撤回同意' }));
  registerSign(consent, cli);
  registerTrust(consent, cli);
  registerWithdraw(consent, cli);
}

interface Terms {
  readonly by: string;
  readonly about?: string;
  readonly to: string;
  readonly plan: string;
  readonly purpose: string;
  readonly product: string;
  readonly uses: string;
  readonly days: string;
}

const DAY_SECONDS = 86_400;

function registerSign(consent: Command, cli: Cli): void {
  const { words } = cli;
  consent
    .command('sign')
    .description(
      words({
        en: 'print a consent, signed with a key (created where there is none)',
        zh: '用密钥签署并打印同意（无密钥则创建）',
      }),
    )
    .argument('<key>', words({ en: 'Ed25519, PEM', zh: 'Ed25519，PEM' }))
    .requiredOption('--by <identifier>', words({ en: 'who consents', zh: '同意人标识' }))
    .option(
      '--about <identifier>',
      words({ en: 'what is asked about, if not who consents', zh: '被询问对象（若非同意人本身）' }),
    )
    .requiredOption('--to <org>', words({ en: 'who may ask', zh: '可询问的机构' }))
    .requiredOption('--plan <id>', words({ en: 'under which plan', zh: '方案' }))
    .requiredOption('--purpose <text>', words({ en: 'the plan’s purpose, word for word', zh: '方案用途原文' }))
    .requiredOption('--product <id>', words({ en: 'the interface', zh: '数据接口' }))
    .option('--uses <n>', words({ en: 'how many questions', zh: '可用次数' }), '1')
    .option('--days <n>', words({ en: 'how long', zh: '有效天数' }), '30')
    .action(async (key: string, terms: Terms) => {
      const { signConsent } = await import('../verify/consent-tokens.ts');
      await createKeyFile(key, 'ed25519');
      const { privateKey, publicKey } = await readKeyFile(key, 'ed25519');
      const { by, about = null, to: org, plan, purpose, product } = terms;
      const issuedAt = Math.floor(Date.now() / 1000);
      const expiresAt = issuedAt + count(terms.days, '--days') * DAY_SECONDS;
      const content = {
        by,
        about,
        org,
        plan,
        purpose,
        product,
        uses: count(terms.uses, '--uses'),
        issuedAt,
        expiresAt,
      };
      cli.out(
        `${await signConsent({ ...content, id: randomUUID() }, privateKey, publicKey.export({ format: 'jwk' }))}\n`,
      );
    });
}

function count(text: string, option: string): number {
  if (/^[1-9]\d{0,3}$/.test(text)) return Number(text);
  throw new CliFailure('USAGE', { en: `${option} takes a whole number`, zh: `${option} 应为正整数` });
}

const keyAnswer = z.looseObject({ id: z.string(), kind: z.string() });

function registerTrust(consent: Command, cli: Cli): void {
  const { words } = cli;
  const command = consent
    .command('trust')
    .description(
      words({ en: 'register a key whose signatures make consents (bureau)', zh: '登记可签署同意的密钥（数据局）' }),
    )
    .argument('<key>', words({ en: 'Ed25519, PEM; created where there is none', zh: 'Ed25519，PEM；无则创建' }))
    .requiredOption('--title <text>', words({ en: 'whose it is', zh: '密钥归属' }))
    .option(
      '--subject <identifier>',
      words({ en: 'the one that it consents for; none: an issuer', zh: '仅代表的主体；缺省为签发机构' }),
    );
  addClientOptions(command, cli).action(
    async (path: string, options: ClientOptions & { readonly title: string; readonly subject?: string }) => {
      await createKeyFile(path, 'ed25519');
      const jwk = createPublicKey((await readKeyFile(path, 'ed25519')).privateKey).export({ format: 'jwk' });
      const { title, subject = null } = options;
      const answer = await (await createClient(options, cli)).request({
        method: 'POST',
        path: '/v1/consent-keys',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ title, jwk, subject }),
      });
      if (cli.json) return printJson(cli, answer);
      const { id, kind } = keyAnswer.parse(answer);
      cli.out(plain(`${words({ en: `registered key ${id}: ${kind}`, zh: `已登记密钥 ${id}：${kind}` })}\n`));
    },
  );
}

function registerWithdraw(consent: Command, cli: Cli): void {
  const { words } = cli;
  const command = consent
    .command('withdraw')
    .description(words({ en: 'withdraw a consent, at once and for good', zh: '立即永久撤回同意' }))
    .argument('<file>', words({ en: 'the token', zh: '同意令牌文件' }));
  addClientOptions(command, cli).action(async (file: string, options: ClientOptions) => {
    const token = (await readTextFile(file)).trim();
    const answer = await (await createClient(options, cli)).request({
      method: 'POST',
      path: '/v1/consents/withdrawals',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ consent: token }),
    });
    if (cli.json) printJson(cli, answer);
    else cli.out(`${words({ en: 'withdrawn', zh: '已撤回' })}\n`);
  });
}
