import type { AddressInfo } from 'node:net';
import { type Command, Option } from 'commander';
import { type Cli, printJson } from './cli.ts';
import { registerDealings } from './custodian-dealings.ts';
import { CliFailure } from './failure.ts';

interface Place {
  readonly dir: string;
}
interface ServeOptions extends Place {
  readonly host: string;
  readonly port: string;
}
interface TrustOptions extends Place {
  readonly gateway: readonly string[];
  readonly provider: readonly string[];
  readonly recipient: readonly string[];
}

/**
 * `sluice custodian`: the process that holds the keys of encrypted columns, on a machine of its own where it can be. It opens sums by its
 * own rules, and tells nobody anything else.
 */
export function register(program: Command, cli: Cli): void {
  const { words } = cli;
  const custodian = program
    .command('custodian')
    .description(words({ en: 'hold the keys of encrypted columns', zh: '托管加密列的密钥' }));
  const command = (name: string, description: string) => {
    const dir = new Option('--dir <dir>', words({ en: 'its keys, state and log', zh: '密钥、状态与日志目录' }));
    return custodian.command(name).description(description).addOption(dir.makeOptionMandatory());
  };
  command('serve', words({ en: 'open sums by its own rules', zh: '按自有规则解密求和' }))
    .option('--host <host>', words({ en: 'where it listens', zh: '监听地址' }), '127.0.0.1')
    .option('--port <port>', words({ en: '0: the system chooses', zh: '0：由系统选择' }), '8789')
    .action((options: ServeOptions) => serve(options, cli));
  command('trust', words({ en: 'listen to a gateway, or a provider', zh: '信任网关或数据提供方' }))
    .option('--gateway <thumbprint...>', words({ en: 'of a gateway’s key', zh: '网关密钥的指纹' }), [])
    .option('--provider <thumbprint...>', words({ en: 'of a provider’s key', zh: '提供方密钥的指纹' }), [])
    .option(
      '--recipient <thumbprint...>',
      words({
        en: 'of a developer’s key: from the first on, answers are sealed for these alone',
        zh: '开发者密钥的指纹：自第一个起，答案只为这些密钥密封',
      }),
      [],
    )
    .action((options: TrustOptions) => trust(options, cli));
  command(
    'shares',
    words({ en: 'back up the key: three shares, any two of which restore it', zh: '备份密钥：三份中任两份可恢复' }),
  ).action((options: Place) => shares(options, cli));
  command('recover', words({ en: 'restore the key from two shares', zh: '以两份恢复密钥' }))
    .addOption(
      new Option('--share <share...>', words({ en: 'two of the three', zh: '三份中的两份' })).makeOptionMandatory(),
    )
    .action((options: Place & { readonly share: readonly string[] }) => recover(options, cli));
  registerDealings(custodian, cli);
  command(
    'rotate',
    words({ en: 'make a new key; providers then encrypt anew', zh: '生成新密钥；随后由提供方重新加密' }),
  ).action((options: Place) => rotate(options, cli));
}

/** Of one package: tables of some ten million rows. */
const PACKAGE_BYTES_MAX = 2 ** 30;

async function serve({ dir, host, port }: ServeOptions, cli: Cli): Promise<void> {
  const { openCustodianHome, createCustodianServer } = await import('../custodian/index.ts');
  let failed: (cause: unknown) => void = () => undefined;
  const broken = new Promise<never>((_, reject) => {
    failed = reject;
  });
  const parts = await openCustodianHome({ dir, fatal: (cause) => failed(cause) });
  const { signing, log, keys } = parts;
  const key = keys[0]!;
  const server = createCustodianServer({ ...parts, key, packageBytesMax: PACKAGE_BYTES_MAX });
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(Number(port), host, resolve));
  const { port: chosen } = server.address() as AddressInfo;
  cli.out(`custodian http://${host}:${chosen}\nkey ${key.id}\nsigner ${signing.thumbprint}\nlog ${log.verifierKey}\n`);
  const told = new Promise<void>((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => resolve());
  });
  await Promise.race([told, broken]);
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  await parts.close();
}

async function trust({ dir, gateway, provider, recipient }: TrustOptions, cli: Cli): Promise<void> {
  const { addTrust } = await import('../custodian/index.ts');
  const isThumbprint = (text: string) => /^[A-Za-z0-9_-]{43}$/.test(text);
  const told = [...gateway, ...provider, ...recipient];
  if (told.length === 0 || !told.every(isThumbprint)) {
    throw new CliFailure('USAGE', {
      en: '--gateway, --provider and --recipient are thumbprints of 43 characters',
      zh: '--gateway、--provider 与 --recipient 应为 43 个字符的指纹',
    });
  }
  const known = await addTrust(dir, {
    gateways: [...gateway],
    providers: [...provider],
    recipients: [...recipient],
  });
  if (cli.json) return printJson(cli, known);
  cli.out(
    `${known.gateways.length} gateways, ${known.providers.length} providers, ${known.recipients.length} recipients\n`,
  );
}

async function shares({ dir }: Place, cli: Cli): Promise<void> {
  const { currentShares } = await import('../custodian/index.ts');
  const made = await currentShares(dir);
  if (cli.json) return printJson(cli, made);
  cli.out(`${made.join('\n')}\n`);
  cli.err(
    `${cli.words({
      en: 'give each to another person; one alone tells nothing, any two restore the key',
      zh: '请分别交予不同人员保管：单份不泄露任何信息，任两份可恢复密钥',
    })}\n`,
  );
}

async function recover({ dir, share }: Place & { readonly share: readonly string[] }, cli: Cli): Promise<void> {
  const { recoverSecret } = await import('../custodian/index.ts');
  const { id } = await recoverSecret(dir, share);
  if (cli.json) printJson(cli, { key: id });
  else cli.out(`key ${id}\n`);
}

/** While no custodian is running on the directory: it is opened for the log. */
async function rotate({ dir }: Place, cli: Cli): Promise<void> {
  const { openCustodianHome, rotateKey } = await import('../custodian/index.ts');
  const parts = await openCustodianHome({
    dir,
    fatal: (cause) => {
      throw cause;
    },
  });
  try {
    const { id } = await rotateKey(dir, parts);
    if (cli.json) printJson(cli, { key: id });
    else cli.out(`key ${id}\n`);
  } finally {
    await parts.close();
  }
}
