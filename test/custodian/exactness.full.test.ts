import { expect, it } from 'vitest';
import { runExactness } from './exactness/campaign.ts';

const SEED = 20_261_127n;
/** Of `bgv-v1` a question starts three processes. */
const QUERIES = { 'ashe-v1': 24, 'bgv-v1': 6 } as const;
console.log(
  `exactness seed ${SEED}, ${JSON.stringify(QUERIES)}; all 1,000 by npm run test:custodian -- --exactness [--cipher bgv-v1]`,
);

it.each(['ashe-v1', 'bgv-v1'] as const)(
  'generated queries over %s say what the plain data say, to the last digit',
  {
    timeout: 240_000,
  },
  async (scheme) => {
    const queries = QUERIES[scheme];
    const summary = await runExactness(scheme, SEED, queries, () => undefined);
    expect(summary).toMatchObject({ differing: [], refused: [] });
    expect(summary.shown).toBeGreaterThan(queries);
    expect(summary.controls).toBeGreaterThanOrEqual(queries / 2);
  },
);
