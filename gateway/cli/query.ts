import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Command } from 'commander';
import type { JWK } from 'jose';
import { z } from 'zod';
import { answerTable, answerTableFields } from './answer-table.ts';
import { type Cli, printJson } from './cli.ts';
import { CliFailure } from './failure.ts';
import { addClientOptions, type Client, type ClientOptions, createClient, plain } from './http-client.ts';
import { createKeyFile, readKeyFile } from './key-file.ts';
import type { Opener } from './sealed-result.ts';
import { addSqlOptions, readSql, requestBody, type SqlOptions } from './sql-source.ts';

const result = z.looseObject({
  mode: z.string(),
  ...answerTableFields,
  suppressed: z.looseObject({ cells: z.number(), groups: z.number(), reasons: z.array(z.string()) }),
  cost: z.looseObject({ rho: z.number(), remaining: z.number().nullable() }),
  receipt: z.looseObject({ index: z.number(), href: z.string() }),
});
const job = z.looseObject({
  id: z.string(),
  state: z.string(),
  problem: z.looseObject({ code: z.string(), detail: z.string(), hint: z.string() }).nullable(),
  result: result.nullable(),
});
type Job = z.output<typeof job>;

const RUNNING = ['queued', 'running'];
const WAIT_SECONDS = 30;
const POLLS_MAX = 120;

/** `sluice query`: the protected answer as a table, with what was withheld, the cost and the receipt. */
export function register(program: Command, cli: Cli): void {
  const command = program.command('query').description(
    cli.words({
      en: 'run a query under a plan and print the protected answer',
      zh: '在方案下执行查询，打印受保护的结果',
    }),
  );
  const sealing = [
    [
      '--seal-key <file>',
      {
        en: 'mode homomorphic: your X25519 key, PEM, that the custodian seals the answer for; made where there is none',
        zh: 'homomorphic 模式：您的 X25519 私钥（PEM），托管方以其密封答案；没有时创建',
      },
    ],
    [
      '--custodian <thumbprint>',
      {
        en: 'with it: of the key that the custodian signs with, as it told you',
        zh: '同时给出：托管方告知的签名密钥指纹',
      },
    ],
  ] as const;
  for (const [flags, wording] of sealing) command.option(flags, cli.words(wording));
  addClientOptions(addSqlOptions(command, cli), cli).action(async (file: string | undefined, options: QueryOptions) => {
    const sql = await readSql(file, options);
    const seal = await sealOf(options);
    const client = await createClient(options, cli);
    const answered = await runQuery(client, requestBody(sql, { ...options, sealFor: seal?.sealFor }));
    if (answered.problem !== null) throw refused(answered.problem, answered);
    const ended = seal === null ? answered : await opened(answered, seal);
    if (cli.json) printJson(cli, ended);
    else cli.out(answerText(ended, cli));
  });
}

interface QueryOptions extends SqlOptions, ClientOptions {
  readonly sealKey?: string;
  readonly custodian?: string;
}

interface Seal extends Opener {
  readonly sealFor: JWK;
}

/** Whom the answer is sealed for; null: the gateway reads it. */
async function sealOf({ sealKey, custodian }: QueryOptions): Promise<Seal | null> {
  if (sealKey === undefined && custodian === undefined) return null;
  if (sealKey === undefined || custodian === undefined)
    throw new CliFailure('USAGE', {
      en: '--seal-key and --custodian go together',
      zh: '--seal-key 与 --custodian 应同时给出',
    });
  await createKeyFile(sealKey, 'x25519');
  const { privateKey, publicKey } = await readKeyFile(sealKey, 'x25519');
  return { key: privateKey, custodian, sealFor: publicKey.export({ format: 'jwk' }) };
}

/** Where nothing was there to be opened, nothing is sealed. */
async function opened(answered: Job, seal: Seal): Promise<Job> {
  const { openSealed, sealedJob } = await import('./sealed-result.ts');
  const sealed = sealedJob.safeParse(answered);
  return sealed.success ? job.parse(await openSealed(sealed.data, seal)) : answered;
}

async function runQuery(client: Client, body: string): Promise<Job> {
  const submitted = await client.request({
    method: 'POST',
    path: '/v1/jobs',
    headers: { 'content-type': 'application/json', prefer: `wait=${WAIT_SECONDS}`, 'idempotency-key': randomUUID() },
    body,
  });
  let current = job.parse(submitted);
  for (let polls = 0; RUNNING.includes(current.state); polls++) {
    if (polls === POLLS_MAX) throw stillRunning(current);
    await sleep(500);
    current = job.parse(await client.request({ method: 'GET', path: `/v1/jobs/${encodeURIComponent(current.id)}` }));
  }
  return current;
}

function answerText(ended: Job, cli: Cli): string {
  const { words } = cli;
  const answer = ended.result;
  if (answer === null) return `${words({ en: 'no result', zh: '没有结果' })}: ${ended.state}\n`;
  const { cells, groups, reasons } = answer.suppressed;
  const why = reasons.length === 0 ? '' : ` (${reasons.join(', ')})`;
  const left =
    answer.cost.remaining === null
      ? ''
      : words({ en: `, ${answer.cost.remaining} left`, zh: `，剩余 ${answer.cost.remaining}` });
  return [
    answerTable(answer),
    plain(
      words({
        en: `${answer.rows.length} rows, mode ${answer.mode}`,
        zh: `${answer.rows.length} 行，模式 ${answer.mode}`,
      }),
    ),
    plain(
      words({ en: `withheld: ${cells} cells, ${groups} groups${why}`, zh: `已隐藏：${cells} 格、${groups} 组${why}` }),
    ),
    `${words({ en: 'cost', zh: '费用' })}: ρ ${answer.cost.rho}${left}`,
    plain(`${words({ en: 'receipt', zh: '回执' })}: #${answer.receipt.index} ${answer.receipt.href}`),
    '',
  ].join('\n');
}

function refused(problem: NonNullable<Job['problem']>, ended: Job): CliFailure {
  const text = plain(`${problem.detail}\n  ${problem.hint}  [${problem.code}]`);
  return new CliFailure(problem.code, { en: text, zh: text }, 1, { job: ended.id, problem });
}

function stillRunning(current: Job): CliFailure {
  const id = plain(current.id);
  return new CliFailure('JOB_RUNNING', { en: `job ${id} still runs`, zh: `作业 ${id} 仍在运行` }, 1, { job: id });
}
