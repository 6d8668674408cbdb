import { statSync } from 'node:fs';
import { dirname } from 'node:path';
import { type Command, Option } from 'commander';
import type { KeyChange, LogProblem, NamesReport, VerifyReport } from '../audit/index.ts';
import type { Wording } from '../config-variables.ts';
import { registerExport } from './audit-export.ts';
import { type Cli, printJson } from './cli.ts';
import { CliFailure } from './failure.ts';
import { readTextFile } from './http-client.ts';
import { addLogOptions, type LogOptions, storePath, verifierKey } from './log-place.ts';
import { readVerifyState, writeVerifyState } from './verify-state.ts';

interface VerifyCommandOptions extends LogOptions {
  readonly tiles?: string;
  readonly known?: string;
  readonly state?: string;
}

/**
 * `sluice audit`: the access log checked and exported without a gateway. Store and engines load when a command needs
 * them: `sluice token` must not wait for a second.
 */
export function register(program: Command, cli: Cli): void {
  const { words } = cli;
  const audit = program
    .command('audit')
    .description(words({ en: 'check or export the access log, offline', zh: '离线核验或导出访问日志' }));
  const verify = audit
    .command('verify')
    .description(
      words({
        en: 'check every entry, the tree and its signatures; names the first entry that is wrong',
        zh: '核验每一条记录、日志树及签名；指出第一条有问题的记录',
      }),
    )
    .addOption(
      new Option(
        '--tiles <dir>',
        words({ en: 'a folder of tiles instead of a home', zh: '改为核验瓦片目录' }),
      ).conflicts('home'),
    )
    .addOption(
      new Option(
        '--known <file>',
        words({
          en: 'a checkpoint kept from earlier: the log must have grown from it',
          zh: '以前保存的检查点：日志须由它增长而来',
        }),
      ),
    )
    .addOption(
      new Option(
        '--state <file>',
        words({
          en: 'where an earlier check ended: goes on from there, and is written anew when all is well',
          zh: '上次核验的终点：从该处继续，核验通过后更新',
        }),
      ),
    );
  addLogOptions(verify, cli).action(async (options: VerifyCommandOptions) => {
    const { verifyHome, verifyNames, verifyTiles } = await import('../audit/index.ts');
    const { tiles, state } = options;
    const path = tiles === undefined ? storePath(options, cli) : tilesFolder(tiles);
    const key = await verifierKey(options, cli);
    const known = options.known === undefined ? undefined : await readTextFile(options.known);
    const resume = state === undefined ? undefined : await readVerifyState(state);
    const report = (tiles === undefined ? verifyHome : verifyTiles)(path, key, { known, resume });
    if (state !== undefined && report.isIntact) await writeVerifyState(state, report.state);
    // Tiles hold no names.
    const names = tiles === undefined && report.isIntact ? verifyNames(path) : null;
    const isGood = report.isIntact && names?.problem === undefined;
    cli.exitCode = isGood ? 0 : 1;
    if (cli.json) printJson(cli, { ok: isGood, ...report, ...(names === null ? {} : { names }) });
    else cli.out(`${words(report.isIntact ? intactWords(report) : brokenWords(report))}\n`);
    if (!cli.json && names !== null) cli.out(`${words(nameWords(names))}\n`);
  });
  const exported = audit
    .command('export-tiles')
    .description(
      words({ en: 'write the log as static files that anyone can check', zh: '把日志写成任何人都可核验的静态文件' }),
    )
    .argument('<dir>', words({ en: 'the folder', zh: '目录' }));
  addLogOptions(exported, cli).action(async (dir: string, options: LogOptions) => {
    const { exportTiles } = await import('../audit/index.ts');
    const { size, files } = exportTiles(storePath(options, cli), dir);
    if (cli.json) printJson(cli, { ok: true, size, files });
    else cli.out(`${words({ en: `${size} entries in ${files} files`, zh: `${size} 条记录，${files} 个文件` })}\n`);
  });
  registerExport(audit, cli);
  registerKeys(audit, cli);
}

/** Errors: CliFailure for what is no folder. WHY: a mistyped path must not read like a log whose tree heads are gone. */
function tilesFolder(path: string): string {
  if (statSync(path, { throwIfNoEntry: false })?.isDirectory() === true) return path;
  throw new CliFailure('FILE', { en: `\`${path}\` is no folder of tiles`, zh: `\`${path}\` 不是瓦片目录` });
}

/** Commands that change the keys of a stopped gateway's log. */
function registerKeys(audit: Command, cli: Cli): void {
  const { words } = cli;
  const home = [
    '--home <dir>',
    words({ en: 'the home of a gateway; else SLUICE_HOME', zh: '网关主目录；缺省取 SLUICE_HOME' }),
  ] as const;
  const told = ({ former, current }: KeyChange): void => {
    if (cli.json) printJson(cli, { ok: true, former, current });
    else cli.out(`${words({ en: `the log's key is ${current}`, zh: `日志密钥为 ${current}` })}\n`);
  };
  audit
    .command('rotate-key')
    .description(
      words({
        en: 'give the log a new key; the old one signs as well until it is retired',
        zh: '更换日志密钥；旧密钥在停用前一并签名',
      }),
    )
    .option(...home)
    .option('--json', words({ en: 'as JSON', zh: '以 JSON 输出' }))
    .action(async (options: LogOptions) => {
      const { rotateLogKey } = await import('../audit/index.ts');
      told(await rotateLogKey(dirname(storePath(options, cli))));
    });
  audit
    .command('retire-key')
    .description(words({ en: 'end the former key of the log', zh: '停用日志的旧密钥' }))
    .option(...home)
    .option('--json', words({ en: 'as JSON', zh: '以 JSON 输出' }))
    .action(async (options: LogOptions) => {
      const { retireLogKey } = await import('../audit/index.ts');
      told(await retireLogKey(dirname(storePath(options, cli))));
    });
}

function nameWords({ kept, erased, problem }: NamesReport): Wording {
  if (problem === undefined)
    return {
      en: `names: ${kept} kept, ${erased} erased on record`,
      zh: `姓名：保留 ${kept} 处，按记录抹除 ${erased} 处`,
    };
  return problem.what === 'name-changed'
    ? {
        en: `the name at entry ${problem.index} is not the logged one`,
        zh: `第 ${problem.index} 条记录的姓名与所记不符`,
      }
    : {
        en: `names are missing that no erasure in the log accounts for, the first at entry ${problem.index}`,
        zh: `有姓名缺失且日志中无相应抹除记录，首见于第 ${problem.index} 条记录`,
      };
}

function intactWords({ size, root, unsigned }: VerifyReport): Wording {
  const behind =
    unsigned === 0
      ? { en: '', zh: '' }
      : { en: `; ${unsigned} newer ones not signed yet`, zh: `；另有 ${unsigned} 条较新的尚未签名` };
  return {
    en: `the log is intact: ${size} entries, root ${root}${behind.en}`,
    zh: `日志完好：${size} 条记录，树根 ${root}${behind.zh}`,
  };
}

const PROBLEMS: Readonly<Record<LogProblem['what'], Wording>> = {
  'entry-changed': { en: 'was changed', zh: '被改动' },
  'entry-dropped': { en: 'was dropped', zh: '被删除' },
  'entry-reordered': { en: 'is not in its place', zh: '次序被调换' },
  'leaf-changed': { en: 'has a changed leaf hash', zh: '叶散列被改动' },
  'tree-changed': { en: 'lies under a changed part of the tree', zh: '所在的树被改动' },
  'checkpoint-changed': {
    en: 'a tree head is not signed with this key, or does not fit the log',
    zh: '有树头不是由此密钥签名，或与日志不符',
  },
  'checkpoint-missing': { en: 'there is no signed tree head', zh: '没有已签名的树头' },
  'checkpoint-older': { en: 'the log is older than what is known of it', zh: '日志比已知的更旧' },
  unreadable: { en: 'cannot be read', zh: '无法读取' },
};

function brokenWords({ problem }: VerifyReport): Wording {
  const what = problem?.what ?? 'unreadable';
  const words = PROBLEMS[what];
  if (what.startsWith('checkpoint'))
    return { en: `the log does not verify: ${words.en}`, zh: `日志核验不通过：${words.zh}` };
  const place =
    problem === null
      ? ''
      : problem.index === problem.indexMax
        ? `${problem.index}`
        : `${problem.index}–${problem.indexMax}`;
  return {
    en: `the log does not verify: entry ${place} ${words.en}`,
    zh: `日志核验不通过：第 ${place} 条记录${words.zh}`,
  };
}
