import { Argument, type Command } from 'commander';
import { z } from 'zod';
import { FREEZE_SCOPES } from '#policies/vocabulary';
import { type Cli, printJson } from './cli.ts';
import { CliFailure } from './failure.ts';
import { addClientOptions, type Client, type ClientOptions, createClient, plain } from './http-client.ts';
import { textTable } from './text-table.ts';

const freeze = z.looseObject({
  id: z.string(),
  scope: z.string(),
  target: z.string(),
  reason: z.string(),
  frozenBy: z.string(),
  frozenAt: z.string(),
  thawAskedBy: z.string().nullable(),
  thawAskedAt: z.string().nullable(),
  thawedBy: z.string().nullable(),
  thawedAt: z.string().nullable(),
});
type Freeze = z.output<typeof freeze>;
const effect = freeze.extend({ jobsStopped: z.number(), workersStopped: z.number(), closureMs: z.number() });
const page = z.looseObject({ items: z.array(freeze), next: z.string().nullable() });

/** Of a listing; a home with more freezes than this is read over HTTP. */
const PAGES_MAX = 50;
const PAGE = 100;
const EVERYTHING = '*';

/** `sluice freeze`, `sluice thaw`, `sluice freezes`: for the security office. */
export function register(program: Command, cli: Cli): void {
  registerFreeze(program, cli);
  registerThaw(program, cli);
  registerList(program, cli);
}

function registerFreeze(program: Command, cli: Cli): void {
  const { words } = cli;
  const command = program
    .command('freeze')
    .description(
      words({
        en: 'stop something at once: running jobs die, results that were released are held back',
        zh: '立即冻结：正在运行的作业终止，已放行的结果停止提供',
      }),
    )
    .addArgument(new Argument('<kind>', words({ en: 'what it is', zh: '冻结对象的类别' })).choices(FREEZE_SCOPES))
    .argument(
      '[target]',
      words({
        en: 'org, org/sub, plan, plan/resource or resource; none for the platform',
        zh: '机构、机构/使用者、方案、方案/资源 或 资源；平台不填',
      }),
    )
    .requiredOption('--reason <text>', words({ en: 'why; goes into the log', zh: '原因；写入日志' }));
  addClientOptions(command, cli).action(
    async (scope: string, target: string | undefined, options: ClientOptions & { readonly reason: string }) => {
      const order = { scope, target: targetOf(scope, target), reason: options.reason };
      const client = await createClient(options, cli);
      const answer = await client.request({
        method: 'POST',
        path: '/v1/freezes',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(order),
      });
      if (cli.json) printJson(cli, answer);
      else cli.out(plain(effectText(effect.parse(answer), cli)));
    },
  );
}

/** A platform has no name; everything else is nothing without one. */
function targetOf(scope: string, target: string | undefined): string {
  if (target !== undefined) return target;
  if (scope === 'platform') return EVERYTHING;
  throw new CliFailure('USAGE', { en: `which ${scope}? \`<target>\` is missing`, zh: '缺少 `<target>`：冻结哪一个？' });
}

function registerThaw(program: Command, cli: Cli): void {
  const { words } = cli;
  const command = program
    .command('thaw')
    .description(
      words({ en: 'ask for the end of a freeze, or agree to it: takes two people', zh: '申请或同意解冻：须两人' }),
    )
    .argument('<id>', words({ en: 'of the freeze', zh: '冻结编号' }));
  addClientOptions(command, cli).action(async (id: string, options: ClientOptions) => {
    const client = await createClient(options, cli);
    const answer = await client.request({ method: 'DELETE', path: `/v1/freezes/${encodeURIComponent(id)}` });
    if (cli.json) printJson(cli, answer);
    else cli.out(`${plain(thawText(freeze.parse(answer), cli))}\n`);
  });
}

function registerList(program: Command, cli: Cli): void {
  const { words } = cli;
  const command = program
    .command('freezes')
    .description(words({ en: 'list what is frozen and what was', zh: '列出现有及以往的冻结' }))
    .option('--active', words({ en: 'only what is frozen now', zh: '只列仍在冻结的' }));
  addClientOptions(command, cli).action(async (options: ClientOptions & { readonly active?: true }) => {
    const found = await readFreezes(await createClient(options, cli), options.active === true);
    if (cli.json) printJson(cli, { items: found });
    else cli.out(listText(found, cli));
  });
}

/** The latest first. */
async function readFreezes(client: Client, isActive: boolean): Promise<readonly Freeze[]> {
  const found: Freeze[] = [];
  let after = '';
  for (let pages = 0; pages < PAGES_MAX; pages++) {
    const path = `/v1/freezes?limit=${PAGE}${isActive ? '&active=true' : ''}${after}`;
    const { items, next } = page.parse(await client.request({ method: 'GET', path }));
    found.push(...items);
    if (next === null) break;
    after = `&after=${encodeURIComponent(next)}`;
  }
  return found.toSorted((a, b) => (a.frozenAt < b.frozenAt ? 1 : -1));
}

function effectText(done: z.output<typeof effect>, cli: Cli): string {
  const { id, scope, target, frozenBy, frozenAt, jobsStopped, workersStopped } = done;
  const tookMs = Math.ceil(done.closureMs);
  return cli.words({
    en:
      `frozen: ${scope} ${target}, by ${frozenBy} since ${frozenAt}\n` +
      `stopped: jobs ${jobsStopped}, workers ${workersStopped}; closed after ${tookMs} ms\n` +
      `to end it, two people: sluice thaw ${id}\n`,
    zh:
      `已冻结：${scope} ${target}，执行人 ${frozenBy}，自 ${frozenAt}\n` +
      `已终止：作业 ${jobsStopped}，沙箱进程 ${workersStopped}；${tookMs} 毫秒内关闭\n` +
      `解冻须两人：sluice thaw ${id}\n`,
  });
}

function thawText({ id, scope, target, thawAskedBy, thawedBy, thawedAt }: Freeze, cli: Cli): string {
  if (thawedAt === null) {
    return cli.words({
      en: `still frozen: ${scope} ${target}; ${thawAskedBy} asked to thaw it, another person has to agree: sluice thaw ${id}`,
      zh: `仍在冻结：${scope} ${target}；${thawAskedBy} 已申请解冻，须另一人同意：sluice thaw ${id}`,
    });
  }
  return cli.words({
    en: `thawed: ${scope} ${target}, asked for by ${thawAskedBy}, agreed to by ${thawedBy} at ${thawedAt}`,
    zh: `已解冻：${scope} ${target}，${thawAskedBy} 申请，${thawedBy} 于 ${thawedAt} 同意`,
  });
}

function listText(found: readonly Freeze[], cli: Cli): string {
  if (found.length === 0) return `${cli.words({ en: 'nothing is frozen', zh: '没有冻结' })}\n`;
  const head = { en: 'id kind target by since state reason', zh: '编号 类别 对象 执行人 起始 状态 原因' };
  const rows = found.map((one) => [
    one.id,
    one.scope,
    one.target,
    one.frozenBy,
    one.frozenAt,
    stateText(one, cli),
    one.reason,
  ]);
  return textTable(cli.words(head).split(' '), rows);
}

function stateText({ thawAskedBy, thawedBy, thawedAt }: Freeze, cli: Cli): string {
  if (thawedAt !== null)
    return cli.words({ en: `thawed ${thawedAt} by ${thawedBy}`, zh: `${thawedBy} 于 ${thawedAt} 解冻` });
  if (thawAskedBy === null) return cli.words({ en: 'in force', zh: '生效' });
  return cli.words({ en: `in force, ${thawAskedBy} asks to thaw`, zh: `生效，${thawAskedBy} 申请解冻` });
}
