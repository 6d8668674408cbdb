import fc from 'fast-check';
import { expect, it } from 'vitest';
import { unitClass } from './interpret-plan.ts';
import { answer } from './plan-fixture.ts';
import { modelRows, planOf, type RandomQuery, randomQuery, rulesOf, SMALL, tablesOf } from './random-query.ts';
import { modelAnswer } from './reference-model.ts';

/**
 * Goal: rewriting and protection show exactly what release.md allows, for every way in which rows come about.
 * Method: random small tables and queries; the rewritten cells are read by a plain interpreter, protected, finished,
 * and compared with a reference model that knows no plan.
 * Invariants: same groups, same values, same hidden cells; nothing below the threshold, fan-out and padding included.
 */
const SEED = 20261123;

it(`agrees with the reference model (seed ${SEED})`, () => {
  fc.assert(
    fc.property(randomQuery, (query) => {
      const expected = modelAnswer(modelRows(query), query.measures, rulesOf(query, unitClass));
      const { rows } = answer(planOf(query), tablesOf(query), SMALL);
      const width = query.keys.length;
      const actual = new Map(rows.map((row) => [JSON.stringify(row.slice(0, width)), row.slice(width)]));
      expect(new Map([...actual].sort())).toEqual(new Map([...expected].sort()));
    }),
    { seed: SEED, numRuns: 400 },
  );
});

it(`shows nothing more for fan-out or padding (seed ${SEED})`, () => {
  fc.assert(
    fc.property(randomQuery, fc.constantFrom('fan-out', 'padded'), (drawn, trick) => {
      const plain = shownPlaces({ ...drawn, shape: 'plain' });
      const tricked = shownPlaces({ ...drawn, shape: trick });
      for (const place of tricked) expect(plain).toContain(place);
    }),
    { seed: SEED, numRuns: 400 },
  );
});

/** Groups and measures that show a value. */
function shownPlaces(query: RandomQuery): readonly string[] {
  const { rows } = answer(planOf(query), tablesOf(query), SMALL);
  const width = query.keys.length;
  return rows.flatMap((row) =>
    row.slice(width).flatMap((value, index) => (value === null ? [] : [JSON.stringify([row.slice(0, width), index])])),
  );
}
