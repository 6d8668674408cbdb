import type { Command } from 'commander';
import { type Cli, printJson } from './cli.ts';
import type { Finding } from './examine.ts';

const MARK = { ok: '✓', warning: '!', failure: '✗' } as const;

/** `sluice doctor`: whether a gateway can run here, and for everything that is amiss the command that mends it. */
export function register(program: Command, cli: Cli): void {
  program
    .command('doctor')
    .description(
      cli.words({
        en: 'check this machine and its configuration, with the remedy for what is amiss',
        zh: '检查本机与配置，并给出修复办法',
      }),
    )
    .option('--json', cli.words({ en: 'as JSON', zh: '以 JSON 输出' }))
    .action(async () => {
      const { examine } = await import('./examine.ts');
      const findings = await examine(cli.env);
      const healthy = findings.every(({ state }) => state !== 'failure');
      cli.exitCode = healthy ? 0 : 1;
      if (cli.json) printJson(cli, { ok: healthy, checks: findings.map((finding) => inLanguage(finding, cli)) });
      else cli.out(findings.map((finding) => lineOf(finding, cli)).join(''));
    });
}

function inLanguage({ check, state, fact, remedy }: Finding, cli: Cli): Record<string, string | null> {
  return { check, state, fact: cli.words(fact), remedy: remedy === null ? null : cli.words(remedy) };
}

function lineOf({ check, state, fact, remedy }: Finding, cli: Cli): string {
  const line = `${MARK[state]} ${check.padEnd(22)} ${cli.words(fact)}\n`;
  return remedy === null ? line : `${line}    → ${cli.words(remedy)}\n`;
}
