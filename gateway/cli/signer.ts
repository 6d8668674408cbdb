import { createPrivateKey, createPublicKey, generateKeyPairSync } from 'node:crypto';
import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import type { Command } from 'commander';
import type { Signer } from '#sandbox';
import { type Cli, printJson } from './cli.ts';
import { CliFailure } from './failure.ts';
import { readTextFile } from './http-client.ts';

/** `sluice signer`: the provider's own key, which signs what `sluice encrypt` writes; its thumbprint goes into the declaration of the table. */
export function register(program: Command, cli: Cli): void {
  program
    .command('signer')
    .description(
      cli.words({
        en: 'the thumbprint of your signing key, created where there is none',
        zh: '显示您签名密钥的指纹；没有时创建',
      }),
    )
    .argument('<file>', cli.words({ en: 'Ed25519, PEM', zh: 'Ed25519，PEM' }))
    .option('--json', cli.words({ en: 'as JSON', zh: '以 JSON 输出' }))
    .action(async (file: string) => {
      const { thumbprintOf } = await import('#sandbox');
      await createSigner(file);
      const thumbprint = await thumbprintOf((await readSigner(file)).publicKey);
      if (cli.json) printJson(cli, { thumbprint });
      else cli.out(`${thumbprint}\n`);
    });
}

/** A key where there is none: readable by its owner alone, and never over another file. */
export async function createSigner(path: string): Promise<void> {
  if (existsSync(path)) return;
  const pem = generateKeyPairSync('ed25519').privateKey.export({ format: 'pem', type: 'pkcs8' });
  await writeFile(path, pem, { flag: 'wx', mode: 0o600 });
}

/** @throws CliFailure KEY_INVALID, FILE */
export async function readSigner(path: string): Promise<Signer> {
  const pem = await readTextFile(path);
  try {
    const privateKey = createPrivateKey(pem);
    if (privateKey.asymmetricKeyType === 'ed25519') return { privateKey, publicKey: createPublicKey(privateKey) };
  } catch {
    // Falls through: what is wrong with the text of a private key is nothing to repeat.
  }
  throw new CliFailure('KEY_INVALID', {
    en: `\`${path}\` is no Ed25519 private key`,
    zh: `\`${path}\` 不是 Ed25519 私钥`,
  });
}
