import type { Command } from 'commander';
import type { Cli } from './cli.ts';

/** `sluice demo`: the life of real jobs, checked step by step; exit code 1 if one step is not as it should be. */
export function register(program: Command, cli: Cli): void {
  program
    .command('demo')
    .description(
      cli.words({ en: 'watch the life of real jobs, checked step by step', zh: '观看真实作业的全过程并逐步核对' }),
    )
    .option('--scale <share>', cli.words({ en: 'share of the city to generate', zh: '生成的城市规模比例' }), '0.01')
    .action(async ({ scale }: { scale: string }) => {
      const { runDemo } = await import('./demo-run.ts');
      await runDemo(cli, scale);
    });
}
