import { createPublicKey } from 'node:crypto';
import type { Command } from 'commander';
import { z } from 'zod';
import { type Cli, printJson } from './cli.ts';
import { CliFailure } from './failure.ts';
import { readJsonFile } from './http-client.ts';
import { readKeyFile } from './key-file.ts';
import { get, group, part, post, request } from './request-command.ts';
import { type SignOptions, signStatement } from './sign-statement.ts';

/** `sluice party-keys`, `sluice grants`, `sluice operators`: what bureau, providers and operators do by hand. Answers are JSON. */
export function register(program: Command, cli: Cli): void {
  registerKeys(
    group(program.command('party-keys'), cli, { en: 'keys that organisations sign with', zh: '机构签署用密钥' }),
    cli,
  );
  registerGrants(group(program.command('grants'), cli, { en: 'what operators may use', zh: '授权' }), cli);
  registerOperators(
    group(program.command('operators'), cli, { en: 'agreements and incidents', zh: '运营协议与安全事件' }),
    cli,
  );
}

function registerKeys(keys: Command, cli: Cli): void {
  request(
    keys,
    cli,
    ['register <file>', { en: 'your organisation’s key (PEM)', zh: '登记本机构密钥（PEM）' }],
    async (client, [file]) => {
      const { publicKey } = await readKeyFile(file!, 'ed25519');
      return post(client, '/v1/party-keys', {
        x: createPublicKey(publicKey.export({ format: 'pem', type: 'spki' })).export({ format: 'jwk' }).x,
      });
    },
  );
  request(
    keys,
    cli,
    ['confirm <org> <thumbprint>', { en: 'vouch for a key', zh: '确认密钥' }],
    (client, [org, thumbprint]) => post(client, `/v1/party-keys/${part(org!)}/${part(thumbprint!)}/confirmation`),
  );
  request(keys, cli, ['list <org>', { en: 'list keys', zh: '列出密钥' }], (client, [org]) =>
    get(client, `/v1/party-keys?org=${part(org!)}`),
  );
}

function registerGrants(grants: Command, cli: Cli): void {
  request(
    grants,
    cli,
    ['propose <file>', { en: 'propose a grant (JSON)', zh: '提出授权（JSON）' }],
    async (client, [file]) => post(client, '/v1/grants', await readJsonFile(file!)),
  );
  request(grants, cli, ['list', { en: 'list grants', zh: '列出授权' }], (client) => get(client, '/v1/grants'));
  request(grants, cli, ['show <id>', { en: 'show a grant', zh: '查看授权' }], (client, [id]) =>
    get(client, `/v1/grants/${part(id!)}`),
  );
  request(
    grants,
    cli,
    ['revoke <id> <reason>', { en: 'end a grant at once', zh: '立即撤销授权' }],
    (client, [id, reason]) => post(client, `/v1/grants/${part(id!)}/revocation`, { reason }),
  );
  request<SignOptions>(
    grants,
    cli,
    ['sign <id>', { en: 'sign a grant', zh: '签署授权' }],
    async (client, [id], options) => {
      const { grantHash } = await import('#catalog');
      const grant = grantSchema.parse(await get(client, `/v1/grants/${part(id!)}`));
      // WHY computed here: what is signed is what was shown, not what the gateway says its hash is.
      const hash = grantHash(grant);
      return post(client, `/v1/grants/${part(id!)}/signatures`, {
        jws: await signStatement('grant', { ...grant, hash }, options, cli),
      });
    },
  ).requiredOption('--key <file>', cli.words({ en: 'your key (PEM)', zh: '您的密钥（PEM）' }));
}

function registerOperators(operators: Command, cli: Cli): void {
  request(
    operators,
    cli,
    ['open <file>', { en: 'open an agreement (JSON)', zh: '发起遴选（JSON）' }],
    async (client, [file]) => post(client, '/v1/agreements', await readJsonFile(file!)),
  );
  request(operators, cli, ['list', { en: 'list agreements', zh: '列出协议' }], (client) =>
    get(client, '/v1/agreements'),
  );
  request(
    operators,
    cli,
    ['step <id> <step> <note>', { en: 'take the next step', zh: '完成下一步' }],
    (client, [id, step, note]) => post(client, `/v1/agreements/${part(id!)}/steps`, { step, note }),
  );
  request<SignOptions>(
    operators,
    cli,
    ['sign <id> <step>', { en: 'sign an agreement', zh: '签署协议' }],
    async (client, [id, step], options) => {
      const all = z.object({ items: z.array(agreementSchema) }).parse(await get(client, '/v1/agreements'));
      const agreement = all.items.find((one) => one.id === id);
      if (agreement === undefined) throw new CliFailure('USAGE', { en: 'no such agreement', zh: '没有这份协议' });
      const jws = await signStatement('agreement', agreement, options, cli);
      return post(client, `/v1/agreements/${part(id!)}/steps`, { step, note: 'signed', jws });
    },
  ).requiredOption('--key <file>', cli.words({ en: 'your key (PEM)', zh: '您的密钥（PEM）' }));
  request(
    operators,
    cli,
    ['incident <file>', { en: 'record an incident (JSON)', zh: '登记安全事件（JSON）' }],
    async (client, [file]) => post(client, '/v1/incidents', await readJsonFile(file!)),
  );
  request(
    operators,
    cli,
    ['incident-decide <id> <verdict>', { en: 'dismissed or confirmed', zh: '处理安全事件' }],
    (client, [id, verdict]) => post(client, `/v1/incidents/${part(id!)}/decision`, { verdict }),
  );
  request(operators, cli, ['affiliates <org>', { en: 'who belongs to whom', zh: '查看关联方' }], (client, [org]) =>
    get(client, `/v1/affiliations/${part(org!)}`),
  );
  request(
    operators,
    cli,
    ['exit <operator> <cause> <reason>', { en: 'end an operator at once', zh: '立即退出' }],
    (client, [operator, cause, reason]) => post(client, '/v1/exits', { operator, cause, reason }),
  );
  request(operators, cli, ['hand-over <operator>', { en: 'get the package', zh: '取得移交包' }], (client, [operator]) =>
    get(client, `/v1/exits/${part(operator!)}/package`),
  );
  request(
    operators,
    cli,
    ['destroy <operator> <package-sha256>', { en: 'destroy what is left', zh: '销毁残留' }],
    (client, [operator, sha256]) => post(client, `/v1/exits/${part(operator!)}/destruction`, { packageSha256: sha256 }),
  );
  registerVerify(operators, cli);
}

function registerVerify(operators: Command, cli: Cli): void {
  operators
    .command('verify <file>')
    .description(cli.words({ en: 'check a hand-over package, offline', zh: '离线核验移交包' }))
    .requiredOption('--log-key <vkey>', cli.words({ en: 'the verifier key of the log', zh: '日志验证密钥' }))
    .action(async (file: string, { logKey }: { readonly logKey: string }) => {
      const { parseVkey } = await import('../audit/index.ts');
      const { verifyHandOver } = await import('../operators/verify-hand-over.ts');
      const verifier = parseVkey(logKey);
      if (verifier === null)
        throw new CliFailure('USAGE', { en: '--log-key is no verifier key', zh: '--log-key 不是验证密钥' });
      const checked = verifyHandOver(await readJsonFile(file), verifier);
      cli.exitCode = checked === null ? 1 : 0;
      printJson(cli, {
        ok: checked !== null,
        artefacts: checked?.package.artefacts.length ?? null,
        entry: checked?.index ?? null,
      });
    });
}

const grantSchema = z.object({
  id: z.string(),
  kind: z.enum(['whole', 'individual']),
  operator: z.string(),
  providers: z.array(z.string()),
  tables: z.array(z.object({ resource: z.string(), columns: z.array(z.string()) })),
  classes: z.array(z.enum(['governance', 'welfare', 'industry'])),
  purpose: z.string(),
  validFrom: z.string(),
  validUntil: z.string(),
  org: z.string(),
  author: z.string(),
  home: z.string(),
});
const agreementSchema = z.object({ id: z.string(), hash: z.string(), home: z.string() });
