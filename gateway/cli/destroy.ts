import { writeFile } from 'node:fs/promises';
import type { Command } from 'commander';
import { z } from 'zod';
import { heldRows } from '../resources/held-rows.ts';
import { type Cli, printJson } from './cli.ts';
import { CliFailure } from './failure.ts';
import { addClientOptions, type ClientOptions, createClient, plain, readJsonFile } from './http-client.ts';
import { addLogOptions, type LogOptions, verifierKey } from './log-place.ts';

const certified = z.looseObject({
  certificate: z.looseObject({
    resource: z.string(),
    version: z.number(),
    rows: z.number().nullable(),
    orderedBy: z.string(),
    completedAt: z.string(),
    segments: z.array(z.looseObject({ rows: z.number(), heldBy: z.array(z.number()).optional() })).default([]),
    scan: z.looseObject({ files: z.number(), bytes: z.number(), pagesKnown: z.number() }),
  }),
});
type Certified = z.output<typeof certified>;

interface OutOptions extends ClientOptions {
  readonly out?: string;
}

/** `sluice destroy`, `sluice certificate get`, `sluice certificate verify`: the end of a table version, and the proof of it. */
export function register(program: Command, cli: Cli): void {
  registerDestroy(program, cli);
  const certificate = program
    .command('certificate')
    .description(cli.words({ en: 'destruction certificates', zh: '销毁证明' }));
  registerGet(certificate, cli);
  registerVerify(certificate, cli);
}

function registerDestroy(program: Command, cli: Cli): void {
  const description = {
    en: 'destroy a version of a table for good, and get the certificate',
    zh: '彻底销毁数据表的一个版本，并取得销毁证明',
  };
  const command = program.command('destroy').description(cli.words(description));
  addVersion(command, cli).action(async (id: string, number: string, options: OutOptions) => {
    await show(cli, options, 'DELETE', versionPath(id, number));
  });
}

function registerGet(program: Command, cli: Cli): void {
  const description = { en: 'get the certificate of a destroyed version', zh: '取得已销毁版本的证明' };
  const command = program.command('get').description(cli.words(description));
  addVersion(command, cli).action(async (id: string, number: string, options: OutOptions) => {
    await show(cli, options, 'GET', `${versionPath(id, number)}/certificate`);
  });
}

function addVersion(command: Command, cli: Cli): Command {
  const { words } = cli;
  command
    .argument('<resource>', words({ en: 'the table', zh: '数据表' }))
    .argument('<version>', words({ en: 'its number', zh: '版本号' }))
    .option('--out <file>', words({ en: 'keep the certificate there', zh: '将证明写入文件' }));
  return addClientOptions(command, cli);
}

function versionPath(id: string, number: string): string {
  return `/v1/resources/${encodeURIComponent(id)}/versions/${encodeURIComponent(number)}`;
}

async function show(cli: Cli, options: OutOptions, method: 'GET' | 'DELETE', path: string): Promise<void> {
  const client = await createClient(options, cli);
  const answer = await client.request({ method, path });
  if (options.out !== undefined) await keep(options.out, answer);
  if (cli.json) printJson(cli, answer);
  else cli.out(`${plain(certifiedText(certified.parse(answer), cli))}\n`);
}

/** Never over another file: a certificate is kept for good. */
async function keep(file: string, answer: unknown): Promise<void> {
  try {
    await writeFile(file, `${JSON.stringify(answer, null, 2)}\n`, { flag: 'wx' });
  } catch {
    throw new CliFailure('FILE', { en: `cannot write a new file \`${file}\``, zh: `无法写入新文件 \`${file}\`` });
  }
}

function certifiedText({ certificate }: Certified, cli: Cli): string {
  const { resource, version, rows, orderedBy, completedAt, scan } = certificate;
  const held = heldRows(certificate);
  const mib = Math.ceil(scan.bytes / 2 ** 20);
  return cli.words({
    en:
      `destroyed: ${resource} version ${version}, ${rows ?? '?'} rows, ordered by ${orderedBy}, complete at ${completedAt}\n` +
      `scan: ${scan.files} files, ${mib} MiB, ${scan.pagesKnown} known pages looked for, nothing found${heldText(held).en}`,
    zh:
      `已销毁：${resource} 第 ${version} 版，${rows ?? '?'} 行，指令人 ${orderedBy}，完成于 ${completedAt}\n` +
      `扫描：${scan.files} 个文件，${mib} MiB，比对 ${scan.pagesKnown} 个已知数据页，未发现残留${heldText(held).zh}`,
  });
}

const heldText = ({ rows, versions }: ReturnType<typeof heldRows>) =>
  rows === 0
    ? { en: '', zh: '' }
    : {
        en: `\nof its rows, ${rows} belong to version ${versions.join(', ')} too, and are gone only with that`,
        zh: `\n其中 ${rows} 行同属第 ${versions.join('、')} 版，须该版销毁后才不复存在`,
      };

function registerVerify(program: Command, cli: Cli): void {
  const { words } = cli;
  const command = program
    .command('verify')
    .description(words({ en: 'check a certificate against the signed log, offline', zh: '离线核验销毁证明' }))
    .argument('<file>', words({ en: 'as `--out` wrote it', zh: '由 `--out` 写入的文件' }));
  addLogOptions(command, cli).action(async (file: string, options: LogOptions) => {
    const { parseVkey } = await import('../audit/index.ts');
    const { verifyCertificate } = await import('../resources/verify-certificate.ts');
    const verifier = parseVkey(await verifierKey(options, cli));
    if (verifier === null) throw new CliFailure('USAGE', { en: '--key is no verifier key', zh: '--key 不是验证密钥' });
    const checked = verifyCertificate(await readJsonFile(file), verifier);
    cli.exitCode = checked === null ? 1 : 0;
    if (cli.json) printJson(cli, { ok: checked !== null, ...checked });
    else if (checked === null) cli.out(`${words(REFUSED)}\n`);
    else cli.out(`${plain(`${certifiedText(checked, cli)}\n${words(vouched(checked.index, checked.size))}`)}\n`);
  });
}

const REFUSED = {
  en: 'the certificate does not verify: certificate, log entry and signature do not fit together',
  zh: '销毁证明核验不通过：证明、日志记录与签名不相符',
};

const vouched = (index: number, size: number) => ({
  en: `the certificate is good: entry ${index} of the signed log of ${size} entries vouches for it`,
  zh: `销毁证明有效：由已签名日志（${size} 条）中的第 ${index} 条记录证明`,
});
