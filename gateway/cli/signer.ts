import type { Command } from 'commander';
import { type Cli, printJson } from './cli.ts';
import { createKeyFile, readKeyFile } from './key-file.ts';

/**
 * `sluice signer`: the provider's own key, which signs what `sluice encrypt` writes; its thumbprint goes into the declaration of the table.
 * `sluice sealing-key`: a developer's own, which a custodian seals answers for; its thumbprint goes to the custodian.
 */
export function register(program: Command, cli: Cli): void {
  const { words } = cli;
  program
    .command('signer')
    .description(
      words({
        en: 'the thumbprint of your signing key, created where there is none',
        zh: '显示您签名密钥的指纹；没有时创建',
      }),
    )
    .argument('<file>', words({ en: 'Ed25519, PEM', zh: 'Ed25519，PEM' }))
    .option('--json', words({ en: 'as JSON', zh: '以 JSON 输出' }))
    .action((file: string) => tell(file, 'ed25519', cli));
  program
    .command('sealing-key')
    .description(
      words({
        en: 'the thumbprint of the key that answers are sealed for, created where there is none',
        zh: '显示用于密封答案的密钥指纹；没有时创建',
      }),
    )
    .argument('<file>', words({ en: 'X25519, PEM', zh: 'X25519，PEM' }))
    .option('--json', words({ en: 'as JSON', zh: '以 JSON 输出' }))
    .action((file: string) => tell(file, 'x25519', cli));
}

async function tell(file: string, type: 'ed25519' | 'x25519', cli: Cli): Promise<void> {
  const { thumbprintOf } = await import('#sandbox');
  await createKeyFile(file, type);
  const thumbprint = await thumbprintOf((await readKeyFile(file, type)).publicKey);
  if (cli.json) printJson(cli, { thumbprint });
  else cli.out(`${thumbprint}\n`);
}
