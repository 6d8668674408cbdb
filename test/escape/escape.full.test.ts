import { expect, test } from 'vitest';
import { availableTiers, type EscapeFigure, runEscapes } from './escape-suite.ts';

/** The tiny run of `npm run test:escape`. */
test('nothing gets out of the sandbox, and everything would without it', async () => {
  if (!availableTiers().includes('bubblewrap')) console.log('tier bubblewrap is not tested: bwrap is not installed');
  const figures: EscapeFigure[] = [];
  const summary = await runEscapes({ tiny: true, report: (figure) => figures.push(figure) });
  expect(figures.filter(({ escaped }) => escaped)).toEqual([]);
  expect(summary.controlsFailing).toEqual([]);
  expect(figures.filter(({ control }) => control === true).length).toBeGreaterThanOrEqual(60);
}, 300_000);
