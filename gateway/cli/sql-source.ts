import { text } from 'node:stream/consumers';
import { type Command, Option } from 'commander';
import type { JWK } from 'jose';
import type { Cli } from './cli.ts';
import { CliFailure } from './failure.ts';
import { readTextFile } from './http-client.ts';

/** How `query` and `explain` take their SQL: a file, `-` for stdin, or `--sql`. */
export interface SqlOptions {
  readonly plan: string;
  readonly sql?: string;
  readonly rho?: number;
  readonly epsilon?: number;
  readonly delta?: number;
  readonly targetError?: number;
}

/** Whom a custodian seals the answer for. */
export interface Sealing {
  readonly sealFor?: JWK | undefined;
}

export function addSqlOptions(command: Command, cli: Cli): Command {
  const { words } = cli;
  return command
    .argument(
      '[file]',
      words({ en: 'a file with one SELECT; - reads stdin', zh: '含一条 SELECT 的文件；- 为标准输入' }),
    )
    .requiredOption('--plan <id>', words({ en: 'the usage plan to run under', zh: '数据使用方案' }))
    .option('--sql <text>', words({ en: 'the SELECT itself', zh: '直接给出 SELECT' }))
    .addOption(
      privacyOption('--rho <ρ>', words({ en: 'mode dp: what the answer may cost', zh: 'dp 模式：结果可花费的隐私' })),
    )
    .addOption(privacyOption('--epsilon <ε>', words({ en: 'the same as ε', zh: '同上，以 ε 表示' })))
    .addOption(privacyOption('--delta <δ>', words({ en: 'at which ε is meant; 1e-6', zh: 'ε 对应的 δ；缺省 1e-6' })))
    .addOption(
      privacyOption(
        '--target-error <σ>',
        words({ en: 'the same by the largest standard error', zh: '同上，以最大标准误差表示' }),
      ),
    );
}

const PRIVACY = ['rho', 'epsilon', 'targetError'] as const;

/** The gateway says what is in range; here it is a number, and one of the three ways. */
function privacyOption(flags: string, description: string): Option {
  const option = new Option(flags, description).argParser(Number);
  return option.conflicts(PRIVACY.filter((name) => name !== option.attributeName() && flags !== '--delta <δ>'));
}

/** The body of a request to ask or to explain. */
export function requestBody(
  sql: string,
  { plan, rho, epsilon, delta, targetError, sealFor }: SqlOptions & Sealing,
): string {
  const given = Object.entries({ rho, epsilon, delta, targetError }).filter(([, value]) => value !== undefined);
  const options = given.length === 0 ? {} : { options: { privacy: Object.fromEntries(given) } };
  return JSON.stringify({ plan, sql, ...(sealFor === undefined ? {} : { sealFor }), ...options });
}

export async function readSql(file: string | undefined, options: SqlOptions): Promise<string> {
  if ((file === undefined) === (options.sql === undefined)) {
    throw new CliFailure('USAGE', { en: 'give either a file or --sql', zh: '请给出文件或 --sql，二者取一' });
  }
  if (options.sql !== undefined) return options.sql;
  return file === undefined || file === '-' ? await text(process.stdin) : await readTextFile(file);
}
