import { afterAll, beforeAll, expect, test } from 'vitest';
import { ACCEPTED_QUERIES } from './accepted-queries.ts';
import { comparable } from './comparable-rows.ts';
import { type City, openCity } from './small-city.ts';

/**
 * Goal: what the project runs from its own plan is what the user asked.
 * Method: each accepted query, once compiled and once straight in DuckDB, over the same small tables.
 * Invariant: the same rows; doubles may differ in the last digits, because sums are made in fixed point.
 */
let city: City;
beforeAll(async () => {
  city = await openCity();
});
afterAll(() => city.close());

test.each(ACCEPTED_QUERIES)('%s', async (query) => {
  const { sql } = await city.compile(query);
  const [compiled, direct] = [await city.rows(sql), await city.rows(query)];
  const ordered = outside(query).includes('ORDER BY');
  expect(comparable(compiled, ordered)).toEqual(comparable(direct, ordered));
});

/** The query without what stands in parentheses. */
function outside(query: string): string {
  const next = query.replace(/\([^()]*\)/g, '');
  return next === query ? query : outside(next);
}
