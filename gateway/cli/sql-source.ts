import { text } from 'node:stream/consumers';
import type { Command } from 'commander';
import type { Cli } from './cli.ts';
import { CliFailure } from './failure.ts';
import { readTextFile } from './http-client.ts';

/** How `query` and `explain` take their SQL: a file, `-` for stdin, or `--sql`. */
export interface SqlOptions {
  readonly plan: string;
  readonly sql?: string;
}

export function addSqlOptions(command: Command, cli: Cli): Command {
  const { words } = cli;
  return command
    .argument(
      '[file]',
      words({ en: 'a file with one SELECT; - reads stdin', zh: '含一条 SELECT 的文件；- 为标准输入' }),
    )
    .requiredOption('--plan <id>', words({ en: 'the usage plan to run under', zh: '数据使用方案' }))
    .option('--sql <text>', words({ en: 'the SELECT itself', zh: '直接给出 SELECT' }));
}

export async function readSql(file: string | undefined, options: SqlOptions): Promise<string> {
  if ((file === undefined) === (options.sql === undefined)) {
    throw new CliFailure('USAGE', { en: 'give either a file or --sql', zh: '请给出文件或 --sql，二者取一' });
  }
  if (options.sql !== undefined) return options.sql;
  return file === undefined || file === '-' ? await text(process.stdin) : await readTextFile(file);
}
