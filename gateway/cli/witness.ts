import { existsSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { type Command, Option } from 'commander';
import type { Cli } from './cli.ts';
import { CliFailure } from './failure.ts';

interface WitnessOptions {
  readonly dir: string;
  readonly name: string;
  readonly log: readonly string[];
  readonly host: string;
  readonly port: string;
}

/**
 * `sluice witness`: the security office's own process, on a machine of its own. It cosigns what has grown from what it
 * cosigned before, so that the gateway cannot show one history today and another tomorrow.
 */
export function register(program: Command, cli: Cli): void {
  const { words } = cli;
  program
    .command('witness')
    .description(
      words({ en: 'cosign the log of a gateway (C2SP tlog-witness)', zh: '为网关日志作见证签名（C2SP tlog-witness）' }),
    )
    .addOption(
      new Option('--dir <dir>', words({ en: 'its keys and state', zh: '密钥与状态目录' })).makeOptionMandatory(),
    )
    .addOption(
      new Option(
        '--name <name>',
        words({ en: 'its name in cosignatures', zh: '见证签名中的名称' }),
      ).makeOptionMandatory(),
    )
    .addOption(
      new Option(
        '--log <vkey...>',
        words({
          en: 'verifier keys of the logs that it watches, one for each gateway; while a new key takes over, both',
          zh: '所见证日志的验证密钥，每个网关一个；更换密钥期间新旧均须给出',
        }),
      ).makeOptionMandatory(),
    )
    .option('--host <host>', words({ en: 'where it listens', zh: '监听地址' }), '127.0.0.1')
    .option('--port <port>', words({ en: '0: the system chooses', zh: '0：由系统选择' }), '8788')
    .action((options: WitnessOptions) => serveWitness(options, cli));
}

async function serveWitness({ dir, name, log, host, port }: WitnessOptions, cli: Cli): Promise<void> {
  const { createWitnessServer, loadOrCreateCosignerKey, openWitnessState } = await import('../witness/index.ts');
  const { parseVkey } = await import('../audit/index.ts');
  const { lockHome } = await import('#catalog');
  if (/[+\s]/u.test(name) || name === '') {
    throw new CliFailure('USAGE', { en: '--name has neither spaces nor plus signs', zh: '--name 不得含空格或加号' });
  }
  const logs = log.map((vkey) => parseVkey(vkey));
  if (!logs.every((one) => one !== null)) {
    throw new CliFailure('USAGE', { en: '--log is no verifier key', zh: '--log 不是验证密钥' });
  }
  await mkdir(dir, { recursive: true, mode: 0o700 });
  const unlock = lockHome(join(dir, 'witness'));
  const [ed25519, mlDsa] = [join(dir, 'ed25519.key'), join(dir, 'ml-dsa-44.key')];
  const state = openWitnessState(join(dir, 'state.json'), !existsSync(ed25519) && !existsSync(mlDsa));
  const keys = await Promise.all([
    loadOrCreateCosignerKey(ed25519, name, 'ed25519'),
    loadOrCreateCosignerKey(mlDsa, name, 'ml-dsa-44'),
  ]);
  const now = () => Math.floor(Date.now() / 1_000);
  const server = createWitnessServer({ logs, keys, state, now });
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(Number(port), host, resolve));
  const address = server.address() as AddressInfo;
  cli.out(`witness http://${host}:${address.port}\n${keys.map(({ vkey }) => `${vkey}\n`).join('')}`);
  await new Promise<void>((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => resolve());
  });
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  unlock();
}
