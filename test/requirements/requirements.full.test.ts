/**
 * Goal: what the source plan demands is enforced, and leaves evidence.
 * Method: the registry that `npm run test:requirements` runs, against one gateway; here those that have tests.
 */
import { expect, test } from 'vitest';
import { CATALOGUE } from './catalogue.ts';
import { OPERATORS_AND_GRANTS } from './operators-and-grants.ts';
import { OWN_DATA } from './own-data.ts';
import { PLAN_LIFE } from './plan-life.ts';
import { PRODUCTS } from './products.ts';
import { enforceAll } from './registry.ts';
import { SHARED_BUDGET } from './shared-budget.ts';

test.each([
  ['catalogue and plans', [...CATALOGUE, ...PLAN_LIFE]],
  ['grants, operators, affiliates and exits', [...OPERATORS_AND_GRANTS, ...SHARED_BUDGET]],
  ['developers’ own data and products', [...OWN_DATA, ...PRODUCTS]],
])('%s', { timeout: 240_000 }, async (_, requirements) => {
  const lines = await enforceAll(
    () => undefined,
    requirements.map(({ id }) => id),
  );
  const failed = lines.flatMap(({ requirement, tests }) =>
    tests.filter(({ ok }) => !ok).map(({ found }) => `${requirement}: ${found}`),
  );
  expect(failed).toEqual([]);
});
