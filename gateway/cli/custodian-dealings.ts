import { readFile } from 'node:fs/promises';
import { type Command, Option } from 'commander';
import { z } from 'zod';
import { type Cli, printJson } from './cli.ts';
import { CliFailure } from './failure.ts';
import { readJsonFile } from './http-client.ts';

/** What others do with a custodian: providers send it packages, and developers check what it signed. */
export function registerDealings(custodian: Command, cli: Cli): void {
  const { words } = cli;
  custodian
    .command('send')
    .description(words({ en: 'give a custodian the package of an encrypted table', zh: '向托管方提交加密表的托管包' }))
    .argument(
      '<file>',
      words({ en: 'what `sluice encrypt` wrote, .custodian', zh: '`sluice encrypt` 写出的 .custodian 文件' }),
    )
    .addOption(new Option('--to <url>', words({ en: 'the custodian', zh: '托管方地址' })).makeOptionMandatory())
    .addOption(
      new Option('--signer <thumbprint>', words({ en: 'of your key', zh: '您的密钥指纹' })).makeOptionMandatory(),
    )
    .action((file: string, options: SendOptions) => send(file, options, cli));
  custodian
    .command('verify')
    .description(words({ en: 'check what a custodian signed of an answer', zh: '核验托管方对答案的签名' }))
    .argument('<file>', words({ en: 'the answer, JSON', zh: '答案 JSON' }))
    .addOption(
      new Option(
        '--signer <thumbprint>',
        words({ en: 'of the custodian', zh: '托管方签名密钥的指纹' }),
      ).makeOptionMandatory(),
    )
    .addOption(
      new Option('--log <vkey>', words({ en: 'the key of its log', zh: '托管方日志的验证密钥' })).makeOptionMandatory(),
    )
    .action((file: string, options: VerifyOptions) => verify(file, options, cli));
}

interface SendOptions {
  readonly to: string;
  readonly signer: string;
}

async function send(file: string, { to, signer }: SendOptions, cli: Cli): Promise<void> {
  const body = new Uint8Array(await readFile(file));
  const sent = await fetch(new URL('/v1/packages', to), { method: 'POST', body, headers: { 'sluice-signer': signer } });
  const told = z.looseObject({ detail: z.string().optional() }).parse(await sent.json());
  if (!sent.ok) {
    const why = told.detail ?? `HTTP ${sent.status}`;
    throw new CliFailure('CUSTODIAN', { en: `the custodian refuses: ${why}`, zh: `托管方拒绝：${why}` }, 1);
  }
  if (cli.json) printJson(cli, told);
  else cli.out(cli.words({ en: 'the custodian has it\n', zh: '托管方已接收\n' }));
}

interface VerifyOptions {
  readonly signer: string;
  readonly log: string;
}

const proofs = z.array(z.looseObject({ statement: z.string(), receipt: z.string(), entry: z.string() })).min(1);
/** A result, or the job around it. */
const answer = z.union([
  z.looseObject({ custody: proofs }).transform(({ custody }) => custody),
  z.looseObject({ result: z.looseObject({ custody: proofs }) }).transform(({ result }) => result.custody),
]);

async function verify(file: string, { signer, log }: VerifyOptions, cli: Cli): Promise<void> {
  const { isCustodyProof } = await import('../custodian/index.ts');
  const found = answer.safeParse(await readJsonFile(file));
  if (!found.success)
    throw new CliFailure('FILE', {
      en: `\`${file}\` has nothing that a custodian signed`,
      zh: `\`${file}\` 不含托管方签名`,
    });
  const good = await Promise.all(found.data.map((proof) => isCustodyProof(proof, { signer, log })));
  const ok = good.every((one) => one);
  cli.exitCode = ok ? 0 : 1;
  if (cli.json) return printJson(cli, { ok, statements: good.length });
  const said = ok
    ? {
        en: `good: the custodian signed ${good.length}, and its log has them`,
        zh: `有效：托管方已签名 ${good.length} 份，且均在其日志中`,
      }
    : { en: 'not good: signature, entry and proof do not fit together', zh: '无效：签名、记录与证明不相符' };
  cli.out(`${cli.words(said)}\n`);
}
