import { expect, test } from 'vitest';
import { openStage, SCENARIOS } from '../../gateway/cli/scenarios/index.ts';

/** Plays a scenario on a gateway of its own: every step is done, and everything that must be refused is, for its reason. */
export function playWhole(id: string): void {
  test(id, { timeout: 600_000 }, async () => {
    const scenario = SCENARIOS.find((one) => one.id === id)!;
    const silent = () => undefined;
    const { stage, close } = await openStage(scenario, {
      env: { SLUICE_WORKERS: '2' },
      scale: '0.01',
      say: silent,
      tell: silent,
    });
    try {
      await scenario.play(stage);
    } finally {
      await close();
    }
    expect(stage.findings.filter(({ isGood }) => !isGood)).toEqual([]);
    const refused = stage.findings.filter(({ kind }) => kind === 'refused');
    expect(refused.length, 'a scenario says what must be refused').toBeGreaterThan(3);
  });
}
