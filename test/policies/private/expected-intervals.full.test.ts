import { beforeAll, expect, test } from 'vitest';
import { DEFAULT_PROFILE } from '../../../policies/levels.ts';
import { expectedErrors } from '../../../policies/release/expected-errors.ts';
import { columnsOf } from '../../../policies/sql/plan.ts';
import { openPrivate, type PrivateEngine } from './private-engine.ts';

/**
 * Goal: what is said before an answer is what the answer says. Method: queries are explained, then answered; certainty of every column, and half of the
 * width of its intervals, row by row. Invariants: certainties are equal; where a width was told, every interval has it; where none was, widths differ or there are none.
 */
const TOLD = [
  'SELECT district, count(*) AS n, sum(minutes) AS m, count(*) / 10.0 AS tenth, avg(minutes) AS mean, median(minutes) AS middle FROM trips GROUP BY district',
  'SELECT home, sum(income) AS s, count(DISTINCT person) AS p, mode(income // 100000) AS most, stddev_samp(income) AS d, sum(income) > 5 AS many FROM people GROUP BY home',
  'SELECT kind, sum(2 * minutes - hour) AS x, sum(fare) AS f FROM trips GROUP BY kind HAVING count(*) > 100 ORDER BY x DESC LIMIT 3',
  'SELECT count(*) AS n, sum(w) AS w FROM (SELECT person, sum(wage) AS w FROM posts GROUP BY person) AS u',
] as const;

let engine: PrivateEngine;
beforeAll(async () => {
  engine = await openPrivate({ ...DEFAULT_PROFILE, privacy: { ...DEFAULT_PROFILE.privacy, rho: 1 } });
});

test.each(TOLD)('%s', async (sql) => {
  const compiled = await engine.gateway.compile(sql);
  const { outputs } = expectedErrors(compiled.private);
  const answer = await engine.gateway.ask(sql);
  expect(outputs.map(({ name }) => name)).toEqual(columnsOf(compiled.private.finish).map(({ name }) => name));
  expect(outputs.map(({ certainty }) => certainty)).toEqual(answer.certainty);
  let told = 0;
  for (const { name, halfWidth } of outputs) {
    if (halfWidth === null) continue;
    told += 1;
    const halves = answer.intervals?.[name]?.map((ends) => (ends === null ? null : (ends[1] - ends[0]) / 2));
    expect(halves).toHaveLength(answer.rows.length);
    for (const half of halves ?? []) expect(half).toBeCloseTo(halfWidth, 6);
  }
  expect(told).toBeGreaterThan(0);
});
