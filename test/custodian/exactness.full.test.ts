import { expect, it } from 'vitest';
import { runExactness } from './exactness/campaign.ts';

const SEED = 20_261_127n;
const QUERIES = 24;
console.log(`exactness seed ${SEED}, ${QUERIES} queries; all 1,000 by npm run test:custodian -- --exactness`);

it('generated queries over ciphertext say what the plain data say, to the last digit', {
  timeout: 240_000,
}, async () => {
  const summary = await runExactness(SEED, QUERIES, () => undefined);
  expect(summary).toMatchObject({ differing: [], refused: [] });
  expect(summary.shown).toBeGreaterThan(QUERIES);
  expect(summary.controls).toBeGreaterThan(QUERIES / 2);
});
