import { expect, test } from 'vitest';
import { type CustodianFigure, runCustodianAttacks } from './custodian-suite.ts';

/** The tiny run of `npm run test:custodian`. */
test('a custodian opens nothing that its rules forbid, and would without them', async () => {
  const figures: CustodianFigure[] = [];
  const summary = await runCustodianAttacks({ tiny: true, report: (figure) => figures.push(figure) });
  expect(figures.length).toBeGreaterThan(10);
  expect(summary).toMatchObject({ leaks: 0, unclear: [], unlogged: [], controlsFailing: [], ok: true });
}, 300_000);
