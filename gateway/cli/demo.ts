import { type Command, InvalidArgumentError } from 'commander';
import type { Cli } from './cli.ts';
import { CliFailure } from './failure.ts';

/** `sluice demo`: the life of real jobs, or one of the city's plans end to end; exit code 1 if one step is not as it should be. */
export function register(program: Command, cli: Cli): void {
  const { words } = cli;
  program
    .command('demo')
    .description(
      words({ en: 'watch the life of real jobs, checked step by step', zh: '观看真实作业的全过程并逐步核对' }),
    )
    .argument(
      '[scenario]',
      words({ en: 'S1 to S4: one of the city’s plans, end to end', zh: 'S1 至 S4：一个完整场景' }),
      scenarioId,
    )
    .option('--scale <share>', words({ en: 'share of the city to generate', zh: '生成的城市规模比例' }), '0.01')
    .action(async (scenario: string | undefined, { scale }: { scale: string }) => {
      if (scenario !== undefined) return playScenario(cli, scenario, scale);
      const { runDemo } = await import('./demo-run.ts');
      await runDemo(cli, scale);
    });
}

function scenarioId(text: string): string {
  if (/^S[1-4]$/.test(text)) return text;
  throw new InvalidArgumentError('S1, S2, S3, S4');
}

async function playScenario(cli: Cli, id: string, scale: string): Promise<void> {
  const { openStage, SCENARIOS } = await import('./scenarios/index.ts');
  const scenario = SCENARIOS.find((one) => one.id === id);
  if (scenario === undefined) throw new CliFailure('USAGE', { en: `there is no scenario ${id}`, zh: `没有场景 ${id}` });
  const { words } = cli;
  cli.out(`${scenario.id} ${words(scenario.title)}\n`);
  const labels = { done: words({ en: 'done', zh: '完成' }), refused: words({ en: 'must refuse', zh: '必须拒绝' }) };
  const { stage, close } = await openStage(scenario, {
    env: cli.env,
    scale,
    say: (line) => cli.out(`${line}\n`),
    tell: ({ what, kind, isGood, got }) => cli.out(`${isGood ? '✓' : '✗'} ${labels[kind]}: ${what} → ${got}\n`),
  });
  try {
    await scenario.play(stage);
  } finally {
    await close();
  }
  const wrong = stage.findings.filter(({ isGood }) => !isGood);
  if (wrong.length > 0) {
    const list = wrong.map(({ what, got }) => `${what} → ${got}`).join('; ');
    throw new CliFailure('DEMO', { en: `not as it should be: ${list}`, zh: `与预期不符：${list}` }, 1);
  }
}
