import type { Environment } from '../config.ts';
import type { Wording } from '../config-variables.ts';
import { chooseLanguage, type Language } from '../messages/language.ts';

/** 0: done. 1: the answer is no (refused, does not verify, not healthy). 2: the command could not be carried out. */
export type ExitCode = 0 | 1 | 2;

/** What a command has of the terminal. Commands write nowhere else. */
export interface Cli {
  readonly env: Environment;
  readonly language: Language;
  /** Whether `--json` was given: then stdout holds one JSON document and nothing else, failures included. */
  readonly json: boolean;
  exitCode: ExitCode;
  /** The one of the two that the user reads. */
  words(wording: Wording): string;
  /** The result, to stdout, as it stands. */
  out(text: string): void;
  /** Everything else, to stderr, as it stands. */
  err(text: string): void;
}

export function createCli(env: Environment, args: readonly string[]): Cli {
  const language = languageOf(env);
  return {
    env,
    language,
    json: args.includes('--json'),
    exitCode: 0,
    words: (wording) => (language === 'en' ? wording.en : wording.zh),
    out: (text) => {
      process.stdout.write(text);
    },
    err: (text) => {
      process.stderr.write(text);
    },
  };
}

/** POSIX: LC_ALL over LC_MESSAGES over LANG. Chinese where it says so, else English. */
function languageOf(env: Environment): Language {
  const locale = [env['LC_ALL'], env['LC_MESSAGES'], env['LANG']].find((value) => value !== undefined && value !== '');
  return /^zh\b|^zh_/i.test(locale ?? '') ? chooseLanguage('zh-CN') : 'en';
}

/** `value` as the one JSON document of stdout. */
export function printJson(cli: Cli, value: unknown): void {
  cli.out(`${JSON.stringify(value, null, 2)}\n`);
}
