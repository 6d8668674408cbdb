import { afterAll, beforeAll, expect, test } from 'vitest';
import { OTHER_FORMS } from '../../../policies/sql/forms/other-systems.ts';
import { aggregateSpelled, scalarSpelled } from '../../../policies/sql/functions/registry.ts';
import { type City, openCity } from './small-city.ts';

/**
 * Goal: what other systems write in other words is read as the form that the reference page names.
 * Method: the plan of each example beside the plan of what it stands for.
 * Invariant: the same plan, but for places in the text.
 */
let city: City;
beforeAll(async () => {
  city = await openCity();
});
afterAll(() => city.close());

async function planOf(expr: string): Promise<unknown> {
  const { resolved } = await city.compile(`SELECT ${expr} AS x FROM person`);
  return JSON.parse(JSON.stringify(resolved.plan, (key, value: unknown) => (key === 'at' ? undefined : value)));
}

test.each(OTHER_FORMS.map(({ example, means }) => [example, means] as const))('%s is %s', async (example, means) => {
  expect(await planOf(example)).toEqual(await planOf(means));
});

/** Without a name of their own to stand under: names in backticks, operators, and words that are no function. */
test.each([
  ['`sex`', 'sex'],
  ['age DIV 10 * 10', 'age // 10 * 10'],
  ["{fn YEAR(born)} + (born > {d '2024-01-31'})::int", "(year(born)) + (born > '2024-01-31')::int"],
  ['`person`.`age` + 1', 'person.age + 1'],
  ["sex + '-' + div_code", "sex || '-' || div_code"],
  ['date_diff(day, born, SYSDATE)', "date_diff('day', born, current_date)"],
  ["born >= '2024-01-31T00:00:00Z'", "born >= '2024-01-31'"],
  ['[person].[age] + 1', 'person.age + 1'],
  ['census.person.age + 1', 'person.age + 1'],
])('%s is %s', async (written, means) => {
  expect(await planOf(written)).toEqual(await planOf(means));
});

test('a form never takes a name from a function of the list, but where it only adds a way to call it', () => {
  const added = new Set([
    'date_trunc',
    'datetrunc',
    'date_part',
    'datepart',
    'datediff',
    'date_diff',
    'contains',
    'date_sub',
    'trunc',
    'to_timestamp',
    'date_add',
    'time_bucket',
    'year',
  ]);
  const taken = OTHER_FORMS.flatMap(({ names }) => names).filter(
    (name) => !added.has(name) && (scalarSpelled(name) ?? aggregateSpelled(name)) !== undefined,
  );
  expect(taken).toEqual([]);
});
