/**
 * Goal: what the source plan demands is enforced, and leaves evidence.
 * Method: the registry that `npm run test:requirements` runs, a gateway for each group; here those that have tests.
 */
import { expect, test } from 'vitest';
import { enforceGroup, GROUP_NAMES } from './registry.ts';

test.each(GROUP_NAMES)('%s', { timeout: 240_000 }, async (name) => {
  const lines = await enforceGroup(name);
  expect(lines.length).toBeGreaterThan(0);
  const failed = lines.flatMap(({ requirement, tests }) =>
    tests.filter(({ ok }) => !ok).map(({ found }) => `${requirement}: ${found}`),
  );
  expect(failed).toEqual([]);
});
