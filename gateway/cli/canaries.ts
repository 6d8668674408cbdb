import { text } from 'node:stream/consumers';
import { type Command, Option } from 'commander';
import { z } from 'zod';
import { CANARY_REACTIONS } from '#policies/vocabulary';
import { type Cli, printJson } from './cli.ts';
import { CliFailure } from './failure.ts';
import { addClientOptions, type ClientOptions, createClient, plain } from './http-client.ts';
import { textTable } from './text-table.ts';

const canary = z.looseObject({
  id: z.string(),
  label: z.string(),
  onHit: z.string(),
  createdBy: z.string(),
  createdAt: z.string(),
  retiredAt: z.string().nullable(),
});
const page = z.looseObject({ items: z.array(canary) });
const report = z.looseObject({
  id: z.string(),
  detected: z.boolean(),
  detectionMs: z.number().nullable(),
  closureMs: z.number().nullable(),
  jobsStopped: z.number(),
  workersStopped: z.number(),
  leftBehind: z.number(),
});

/** `sluice canary watch | list | retire` and `sluice drill`: for the security office. */
export function register(program: Command, cli: Cli): void {
  const group = program
    .command('canary')
    .description(cli.words({ en: 'values that must never leave', zh: '绝不允许流出的警戒值' }));
  registerWatch(group, cli);
  registerList(group, cli);
  registerRetire(group, cli);
  registerDrill(program, cli);
}

interface WatchOptions extends ClientOptions {
  readonly label: string;
  readonly onHit: string;
}

function registerWatch(group: Command, cli: Cli): void {
  const { words } = cli;
  const command = group
    .command('watch')
    .description(
      words({ en: 'watch for the value on stdin; kept as a keyed digest', zh: '监视标准输入中的值；仅存密钥摘要' }),
    )
    .requiredOption(
      '--label <text>',
      words({ en: 'by which people know it; not the value', zh: '名称；不得为该值本身' }),
    )
    .addOption(
      new Option('--on-hit <what>', words({ en: 'beyond stopping the release', zh: '除阻止放行外' }))
        .choices(CANARY_REACTIONS)
        .default('freeze'),
    );
  addClientOptions(command, cli).action(async (options: WatchOptions) => {
    // WHY stdin: arguments stand in the shell's history and in the process list.
    const value = (await text(process.stdin)).replace(/\r?\n$/, '');
    if (value === '') throw new CliFailure('USAGE', { en: 'the value comes on stdin', zh: '请从标准输入给出该值' });
    const client = await createClient(options, cli);
    const answer = await client.request({
      method: 'POST',
      path: '/v1/canaries',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ value, label: options.label, onHit: options.onHit }),
    });
    if (cli.json) return printJson(cli, answer);
    const { id, label, onHit } = canary.parse(answer);
    cli.out(
      `${plain(words({ en: `watching for ${label} (${onHit}): ${id}`, zh: `正在监视 ${label}（${onHit}）：${id}` }))}\n`,
    );
  });
}

function registerList(group: Command, cli: Cli): void {
  const { words } = cli;
  const command = group
    .command('list')
    .description(words({ en: 'list canaries, never their values', zh: '列出警戒值（不含值本身）' }));
  addClientOptions(command, cli).action(async (options: ClientOptions) => {
    const client = await createClient(options, cli);
    const answer = await client.request({ method: 'GET', path: '/v1/canaries?limit=200' });
    if (cli.json) return printJson(cli, answer);
    const head = words({ en: 'id label on-hit by since retired', zh: '编号 名称 命中时 登记人 起始 停用' }).split(' ');
    const rows = page
      .parse(answer)
      .items.map((one) => [one.id, one.label, one.onHit, one.createdBy, one.createdAt, one.retiredAt]);
    cli.out(textTable(head, rows));
  });
}

function registerRetire(group: Command, cli: Cli): void {
  const { words } = cli;
  const command = group
    .command('retire')
    .description(words({ en: 'watch for a canary no longer', zh: '停止监视' }))
    .argument('<id>', words({ en: 'of the canary', zh: '警戒值编号' }));
  addClientOptions(command, cli).action(async (id: string, options: ClientOptions) => {
    const client = await createClient(options, cli);
    const answer = await client.request({ method: 'DELETE', path: `/v1/canaries/${encodeURIComponent(id)}` });
    if (cli.json) return printJson(cli, answer);
    const { label } = canary.parse(answer);
    cli.out(`${plain(words({ en: `no longer watching for ${label}`, zh: `已停止监视 ${label}` }))}\n`);
  });
}

function registerDrill(program: Command, cli: Cli): void {
  const command = program.command('drill').description(
    cli.words({
      en: 'plant a canary, let it leak, and time detection and closure; exits 1 if it was not detected',
      zh: '演练：植入警戒值并使其泄露，测量发现与关闭用时；未发现则退出码为 1',
    }),
  );
  addClientOptions(command, cli).action(async (options: ClientOptions) => {
    const client = await createClient(options, cli);
    const answer = report.parse(await client.request({ method: 'POST', path: '/v1/drills' }));
    if (!answer.detected || answer.leftBehind > 0) cli.exitCode = 1;
    if (cli.json) printJson(cli, answer);
    else cli.out(`${plain(reportText(answer, cli))}\n`);
  });
}

function reportText(done: z.output<typeof report>, cli: Cli): string {
  const { id, detected, detectionMs, closureMs, jobsStopped, workersStopped, leftBehind } = done;
  const found = detected
    ? cli.words({
        en: `detected ${detectionMs} ms after the query came, closed ${closureMs} ms later (jobs ${jobsStopped}, workers ${workersStopped})`,
        zh: `查询到达后 ${detectionMs} 毫秒发现，再经 ${closureMs} 毫秒关闭（作业 ${jobsStopped}，沙箱进程 ${workersStopped}）`,
      })
    : cli.words({ en: 'NOT DETECTED: the canary left', zh: '未发现：警戒值已流出' });
  const cleaned =
    leftBehind === 0
      ? cli.words({ en: 'cleaned up', zh: '已清理' })
      : cli.words({ en: `${leftBehind} steps left behind: see the log`, zh: `${leftBehind} 步未能清理：见日志` });
  return `${cli.words({ en: 'drill', zh: '演练' })} ${id}: ${found}\n${cleaned}`;
}
