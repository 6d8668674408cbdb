import { expect, test } from 'vitest';
import { firstBatch, updateDueAt } from '../../catalog/index.ts';

const AT = '2026-01-31T08:00:00.000Z';

test.each([
  ['daily', '2026-02-01T08:00:00.000Z'],
  ['每日', '2026-02-01T08:00:00.000Z'],
  [' Monthly ', '2026-03-03T08:00:00.000Z'],
  ['quarterly', '2026-05-03T08:00:00.000Z'],
  ['每年', '2027-02-01T08:00:00.000Z'],
  ['when it changes', null],
  ['', null],
])('%s', (frequency, due) => expect(updateDueAt(frequency, AT)).toBe(due));

test('every frequency of the first batch is known', () => {
  expect(firstBatch.filter(({ frequency }) => updateDueAt(frequency, AT) === null).map(({ id }) => id)).toEqual([]);
});
