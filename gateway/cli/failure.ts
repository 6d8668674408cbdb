import { CommanderError } from 'commander';
import { AppError } from '#policies/vocabulary';
import type { Environment } from '../config.ts';
import type { Wording } from '../config-variables.ts';
import { CATALOGUES, FILLINGS } from '../messages/language.ts';
import { fillTemplate } from '../messages/message.ts';
import { type Cli, createCli, type ExitCode, printJson } from './cli.ts';

/** What a command says when it ends without its result: words in both languages, no stack. */
export class CliFailure extends Error {
  override readonly name = 'CliFailure';
  readonly code: string;
  readonly wording: Wording;
  readonly exitCode: ExitCode;
  /** Goes into the JSON document beside code and message. */
  readonly details: Readonly<Record<string, unknown>>;

  constructor(code: string, wording: Wording, exitCode: ExitCode = 2, details: Readonly<Record<string, unknown>> = {}) {
    super(code);
    this.code = code;
    this.wording = wording;
    this.exitCode = exitCode;
    this.details = details;
  }
}

interface Failure {
  readonly code: string;
  readonly message: string;
  readonly hint: string;
  readonly exitCode: ExitCode;
  readonly details: Readonly<Record<string, unknown>>;
}

/** Why a process of ours ended, in a line or two for the terminal: what `serve.ts` prints last. */
export function explainFailure(error: unknown, env: Environment = process.env): string {
  const { message, hint } = failureOf(error, createCli(env, []));
  return `sluice: ${message}${hint === '' ? '' : `\n  ${hint}`}`;
}

/** Prints why a command failed and returns its exit code. */
export function reportFailure(error: unknown, cli: Cli): ExitCode {
  if (error instanceof CommanderError && error.exitCode === 0) return 0; // --help, --version
  const { code, message, hint, exitCode, details } = failureOf(error, cli);
  if (cli.json) printJson(cli, { ok: false, error: { code, message, hint, ...details } });
  else cli.err(`sluice: ${message}\n${hint === '' ? '' : `  ${hint}\n`}`);
  return exitCode;
}

function failureOf(error: unknown, cli: Cli): Failure {
  if (error instanceof CliFailure) {
    return {
      code: error.code,
      message: cli.words(error.wording),
      hint: '',
      exitCode: error.exitCode,
      details: error.details,
    };
  }
  if (error instanceof AppError) {
    const { title, detail, hint } = CATALOGUES[cli.language][error.code];
    const fill = (template: string) => fillTemplate(template, error.facts, FILLINGS[cli.language]);
    const message = fill(detail) || fill(title);
    return {
      code: error.code,
      message,
      hint: fill(hint),
      exitCode: exitCodeOf(error),
      details: { facts: error.facts },
    };
  }
  if (error instanceof CommanderError) return usageFailure(error, cli);
  return isSystemError(error) ? systemFailure(error, cli) : { ...INTERNAL, message: cli.words(BUG) };
}

const INTERNAL = { code: 'INTERNAL', hint: '', exitCode: 2, details: {} } as const;
const BUG = { en: 'a bug in sluice; please report the command', zh: '这是 sluice 的缺陷，请报告所执行的命令' };
const LOOK = {
  en: '`sluice doctor` looks at home, disk and run directory',
  zh: '`sluice doctor` 可检查主目录、磁盘与运行目录',
};

/** A disk that is full or read-only, a folder of somebody else: where, for whoever runs it here. */
function systemFailure({ code, path }: NodeJS.ErrnoException, cli: Cli): Failure {
  const at = path === undefined ? '' : `, \`${path}\``;
  const message = cli.words({ en: `the system refused: ${code}${at}`, zh: `系统拒绝了操作：${code}${at}` });
  return { ...INTERNAL, message, hint: cli.words(LOOK) };
}

/** A log that does not verify is an answer; everything else stopped the command. */
function exitCodeOf(error: AppError): ExitCode {
  return error.code === 'LOG_CORRUPT' ? 1 : 2;
}

const USAGE: Readonly<Record<string, Wording>> = {
  'commander.missingMandatoryOptionValue': { en: 'an option is missing', zh: '缺少选项' },
  'commander.optionMissingArgument': { en: 'an option lacks its value', zh: '选项缺少取值' },
  'commander.missingArgument': { en: 'an argument is missing', zh: '缺少参数' },
  'commander.unknownOption': { en: 'there is no such option', zh: '没有这个选项' },
  'commander.unknownCommand': { en: 'there is no such command', zh: '没有这个命令' },
  'commander.excessArguments': { en: 'there are too many arguments', zh: '参数过多' },
  'commander.invalidArgument': { en: 'a value is not accepted', zh: '取值不被接受' },
  'commander.conflictingOption': { en: 'two options exclude each other', zh: '两个选项不能同时使用' },
  'commander.help': { en: 'a command is needed', zh: '需要一个命令' },
};

/** Commander's own sentence is English: the user's word is taken out of it, and ours put around. */
function usageFailure(error: CommanderError, cli: Cli): Failure {
  const wording = USAGE[error.code] ?? { en: 'the command line is not accepted', zh: '命令行不被接受' };
  const quoted = /'([^']*)'/.exec(error.message)?.[1];
  const choices = /Allowed choices are (.*)\.$/m.exec(error.message)?.[1];
  const suggestion = /Did you mean (?:one of )?([^?]*)\?/.exec(error.message)?.[1];
  const message = `${cli.words(wording)}${quoted === undefined ? '' : ` \`${quoted}\``}`;
  const near = { en: `did you mean ${suggestion}?`, zh: `是否想用 ${suggestion}？` };
  const help = { en: 'see `sluice --help`', zh: '参见 `sluice --help`' };
  const accepted = { en: `accepted are ${choices}`, zh: `可用：${choices?.replaceAll(', ', '、')}` };
  const hint = cli.words(choices !== undefined ? accepted : suggestion === undefined ? help : near);
  return { code: 'USAGE', message, hint, exitCode: 2, details: {} };
}

function isSystemError(error: unknown): error is Error & { code: string } {
  return error instanceof Error && 'code' in error && 'syscall' in error && typeof error.code === 'string';
}
