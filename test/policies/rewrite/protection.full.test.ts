import fc from 'fast-check';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { openEngine } from './duckdb-tables.ts';
import { finishOver, PUBLIC, plan } from './plan-fixture.ts';
import { modelRows, planOf, randomQuery, rulesOf, SMALL, tableOf, tablesOf, VISIT_TABLE } from './random-query.ts';
import { modelAnswer } from './reference-model.ts';

/**
 * Goal: what DuckDB computes from the emitted cells, protected, is what release.md allows.
 * Method: the random queries of `protection.property.full.test.ts`, with DuckDB in the interpreter's place.
 * Invariants: same groups, values and hidden cells as the reference model.
 */
const SEED = 20261124;
/** No unit of a random query has a larger number. */
const UNITS_LAST = 100;
let engine: Awaited<ReturnType<typeof openEngine>>;
let classes: ReadonlyMap<number, number>;
beforeAll(async () => {
  engine = await openEngine();
  classes = await engine.classes(UNITS_LAST);
});
afterAll(() => engine.close());

it(`agrees with the reference model in DuckDB (seed ${SEED})`, async () => {
  await fc.assert(
    fc.asyncProperty(randomQuery, async (query) => {
      const expected = modelAnswer(
        modelRows(query),
        query.measures,
        rulesOf(query, (owner) => classes.get(Number(owner))),
      );
      await engine.load([tableOf(query.shape), VISIT_TABLE, PUBLIC], tablesOf(query));
      const cut = plan(planOf(query), SMALL);
      const rows = finishOver(cut, await engine.protected(cut, SMALL));
      const width = query.keys.length;
      const actual = new Map(rows.map((row) => [JSON.stringify(row.slice(0, width)), row.slice(width)]));
      expect(new Map([...actual].sort())).toEqual(new Map([...expected].sort()));
    }),
    { seed: SEED, numRuns: 150 },
  );
});
