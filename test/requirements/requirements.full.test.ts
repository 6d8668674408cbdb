/**
 * Goal: what the source plan demands is enforced, and leaves evidence.
 * Method: the registry that `npm run test:requirements` runs, against one gateway; here those that have tests.
 */
import { expect, test } from 'vitest';
import { OPERATORS_AND_GRANTS } from './operators-and-grants.ts';
import { enforceAll } from './registry.ts';

test('grants, operators, affiliates and exits', async () => {
  const ids = OPERATORS_AND_GRANTS.map(({ id }) => id);
  const lines = await enforceAll(() => undefined, ids);
  const failed = lines.flatMap(({ requirement, tests }) =>
    tests.filter(({ ok }) => !ok).map(({ found }) => `${requirement}: ${found}`),
  );
  expect(failed).toEqual([]);
}, 240_000);
