/**
 * Goal: `npm run test:log` does not rot, and can fail.
 * Method: its tiny run, one change in 211; then what it would say of a check that sees nothing or blames another entry.
 */
import { expect, test } from 'vitest';
import type { VerifyReport } from '../../gateway/audit/index.ts';
import { judge, newTally } from './alteration.ts';
import { runLogCampaign } from './log-campaign.ts';

test('a sample of all changes is detected, vectors come out, crashes cost nothing', async () => {
  const summary = await runLogCampaign({ tiny: true }, () => undefined);
  expect(summary).toMatchObject({ ok: true, undetected: 0, misplaced: 0, vectorsFailed: [], crashFailures: [] });
  expect(summary.changes).toBeGreaterThan(1_000);
  expect(summary.crashes).toBeGreaterThan(10);
});

test('a check that sees nothing, or the wrong entry, fails it (control)', () => {
  const report = (change: Partial<VerifyReport>) => ({ isIntact: true, problem: null, ...change }) as VerifyReport;
  const tally = newTally('control');
  judge(tally, { what: 'unseen', entry: 7 }, () => report({}));
  judge(tally, { what: 'blamed another', entry: 7 }, () =>
    report({ isIntact: false, problem: { what: 'entry-changed', index: 8, indexMax: 9 } }),
  );
  judge(tally, { what: 'set back', entry: null }, (withKnown) => report({ isIntact: !withKnown }));
  judge(tally, { what: 'seen', entry: 8 }, () =>
    report({ isIntact: false, problem: { what: 'entry-changed', index: 8, indexMax: 9 } }),
  );
  expect(tally).toMatchObject({ changes: 4, undetected: ['unseen'], setBack: 1 });
  expect(tally.misplaced).toHaveLength(1);
});
