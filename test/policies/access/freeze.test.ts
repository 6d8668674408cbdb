import { expect, test } from 'vitest';
import { FREEZE_SCOPES, type FrozenThing, isFrozen } from '../../../policies/access/freeze.ts';

const job = { sub: 'alice', org: 'dev', plan: 'p1', resources: ['water', 'power'] };

/** What stops the job, and beside each what looks like it and must not. */
const TABLE: readonly (readonly [FrozenThing['scope'], string, boolean])[] = [
  ['platform', '*', true],
  ['organisation', 'dev', true],
  ['organisation', 'de', false],
  ['organisation', 'dev/alice', false],
  ['developer', 'dev/alice', true],
  ['developer', 'other/alice', false],
  ['developer', 'dev/alic', false],
  ['plan', 'p1', true],
  ['plan', 'p11', false],
  ['grant', 'p1/power', true],
  ['grant', 'p1/tax', false],
  ['grant', 'p2/power', false],
  ['resource', 'water', true],
  ['resource', 'p1', false],
];

test.each(TABLE)('%s %s: %s', (scope, target, isStopped) => {
  expect(isFrozen({ scope, target }, job)).toBe(isStopped);
});

test('every scope is in the table', () => {
  expect([...new Set(TABLE.map(([scope]) => scope))]).toEqual([...FREEZE_SCOPES]);
});
