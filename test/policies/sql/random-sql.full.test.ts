import { afterAll, beforeAll, expect, test } from 'vitest';
import { AppError } from '../../../policies/errors.ts';
import { comparable } from './comparable-rows.ts';
import { randomFrom } from './query-families.ts';
import { randomSql } from './random-sql.ts';
import { type City, openCity } from './small-city.ts';

/**
 * Goal: `resolve` and `emit` keep the meaning of a query, whatever it is put together from.
 * Method: random queries, through the plan and straight in DuckDB, over the same small tables.
 * Invariants: none is refused (but for its size); DuckDB reads what comes out; the same rows.
 * Control: the answers differ from query to query, so that a wrong one would be seen.
 */
const SEED = Number(process.env['SLUICE_SEED'] ?? 20_261_127);
const RUNS = Number(process.env['SLUICE_RUNS'] ?? 400);

let city: City;
beforeAll(async () => {
  city = await openCity();
});
afterAll(() => city.close());

/** The rows, or null where DuckDB itself cannot answer the text (a type that fits no operator, an overflow). */
async function directly(sql: string): Promise<readonly string[] | null> {
  return city.rows(sql).then(
    (rows) => comparable(rows, false),
    () => null,
  );
}

test(`random queries give DuckDB's own answers (seed ${SEED}, ${RUNS} runs)`, async () => {
  const next = randomSql(randomFrom(SEED));
  const answers: string[] = [];
  for (let run = 0; run < RUNS; run++) {
    const sql = next();
    const direct = await directly(sql);
    if (direct === null) continue;
    const compiled = await city.compile(sql).catch((error: unknown) => {
      if (error instanceof AppError && error.code === 'SQL_TOO_COMPLEX') return null;
      throw new Error(`${String(error)} ${JSON.stringify((error as AppError).facts)}\n${sql}`);
    });
    if (compiled === null) continue;
    const rows = await city.rows(compiled.sql);
    expect(comparable(rows, false), sql).toEqual(direct);
    answers.push(direct.join('\n'));
  }
  expect(answers.length).toBeGreaterThan(RUNS * 0.7);
  expect(new Set(answers).size).toBeGreaterThan(answers.length / 2);
}, 300_000);
