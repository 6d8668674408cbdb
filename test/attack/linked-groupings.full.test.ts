import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DEFAULT_PROFILE } from '../../policies/levels.ts';
import type { Grouping } from '../../policies/mechanisms/suppression/linked-groupings.ts';
import type { Cell } from '../../policies/table-data.ts';
import { freshMemory } from '../policies/release/fresh-memory.ts';
import {
  computedIn,
  disclosedIn,
  type Person,
  readerView,
  type Sets,
  SPELLINGS,
  type Spelling,
  STATISTICS,
  stored,
  uneven,
  WAYS,
} from './linked-groupings.ts';
import { seededRandom } from './seeded-random.ts';
import { openGateway, type SqlGateway } from './sql-gateway.ts';

/**
 * Goal: from one answer with groupings that add up to each other, no hidden cell of too few people is computed or bounded
 * more closely than protection says.
 * Method: an interval audit. For each hidden cell the least and the greatest value over all tables that agree with what is
 * shown, by linear programming, from SQL text through compiler, engine and protector. Source: Fischetti, Salazar 2001.
 * Control: the same audit over the answer with the threshold alone.
 */

const UNITS_MIN = DEFAULT_PROFILE.unitsMin;
const SHAPES: Readonly<Record<string, Sets>> = {
  ROLLUP: [['a', 'b', 'c'], ['a', 'b'], ['a'], []],
  'CUBE of two': [['a', 'b'], ['a'], ['b'], []],
  CUBE: [['a', 'b', 'c'], ['a', 'b'], ['a', 'c'], ['b', 'c'], ['a'], ['b'], ['c'], []],
  'groups and a total': [['a', 'b'], []],
  'two margins': [
    ['a', 'b'],
    ['b', 'c'],
  ],
  'a ring': [
    ['a', 'b'],
    ['b', 'c'],
    ['a', 'c'],
  ],
};

type Rows = readonly (readonly Cell[])[];
const THRESHOLD_ALONE = (rows: Rows): Rows => rows.filter((row) => Number(row[4]) >= UNITS_MIN);

describe.each(Object.entries(SHAPES))('%s', (_name, sets) => {
  it('leaves every hidden cell open, in every spelling', async () => {
    let [disclosed, controlled, shown] = [0, 0, 0];
    for (const seed of [1, 2, 3, 4, 5]) {
      const people = uneven(seededRandom(seed), 200 + 40 * seed);
      const gateway = await openGateway(stored(people, {}));
      for (const sqlOf of Object.values(SPELLINGS)) {
        const sql = sqlOf(sets);
        const [{ rows }, raw] = [await gateway.ask(sql), await gateway.raw(sql)];
        for (const statistic of STATISTICS) {
          const view = readerView(people, sets, rows, statistic);
          disclosed += disclosedIn(people, view, statistic).length;
          shown += view.flatMap(({ cells }) => cells).filter(({ hidden }) => !hidden).length;
          const thresholded = readerView(people, sets, THRESHOLD_ALONE(raw), statistic);
          controlled += disclosedIn(people, thresholded, statistic).length;
        }
      }
    }
    expect(shown).toBeGreaterThan(0);
    expect(disclosed).toBe(0);
    expect(controlled, 'with the threshold alone').toBeGreaterThan(0);
  });
});

/**
 * Goal: what the differencing guard hides because of an earlier answer does not follow from the rest of this one.
 * Method: a group without three of its people, then all groups and their total. Control: unasked, every group is shown, and
 * with the total and the other groups the hidden one would be known.
 */
it('keeps what the guard hides out of the sums of the same answer', async () => {
  const groups = { a0: 40, a1: 45, a2: 30, a3: 20 };
  const people = Object.entries(groups).flatMap(([a, count]) =>
    Array.from(
      { length: count },
      (_, at): Person => ({ keys: { a, b: 'b0', c: at < 3 ? 'c1' : 'c0' }, pay: 100 + at }),
    ),
  );
  const sets: Sets = [['a'], []];
  const sql = SPELLINGS['grouping sets'](sets);
  const view = async (gateway: SqlGateway) => readerView(people, sets, (await gateway.ask(sql)).rows, 'count');
  const hidden = ([byA]: readonly Grouping[]) => byA!.cells.filter((cell) => cell.hidden).map(({ keys }) => keys[0]);

  const unasked = await view(await openGateway(stored(people, {})));
  expect(hidden(unasked)).toEqual([]);
  const alone = unasked.map(({ cells, ...rest }) => ({
    ...rest,
    cells: cells.map((cell) => (cell.keys[0] === 'a1' ? { ...cell, hidden: true } : cell)),
  }));
  expect(computedIn(people, alone, 'count')).toEqual(['a: a1']);

  const gateway = await openGateway(stored(people, {}), DEFAULT_PROFILE, undefined, freshMemory());
  expect((await gateway.ask("SELECT count(*) FROM p WHERE a = 'a1' AND c <> 'c1'")).rows).toEqual([[42]]);
  const asked = await view(gateway);
  expect(hidden(asked)).toContain('a1');
  expect(computedIn(people, asked, 'count')).toEqual([]);
});

const SEED = 20261127;
const anySets: fc.Arbitrary<Sets> = fc
  .uniqueArray(fc.subarray([...WAYS]), { minLength: 2, maxLength: 6, selector: (set) => set.join() })
  .filter((sets) => sets.some((set) => set.length > 0));

it(`holds for random tables and grouping sets (seed ${SEED})`, async () => {
  const found = { disclosed: 0, controlled: 0, answers: 0 };
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 1, max: 1e6 }),
      fc.integer({ min: 60, max: 500 }),
      anySets,
      fc.record({ listed: fc.boolean(), gaps: fc.boolean(), signed: fc.boolean() }),
      fc.constantFrom(...(Object.keys(SPELLINGS) as Spelling[])),
      async (seed, count, sets, table, spelling) => {
        const people = uneven(seededRandom(seed), count, table);
        const gateway = await openGateway(stored(people, table));
        const sql = SPELLINGS[spelling](sets);
        const [{ rows }, raw] = [await gateway.ask(sql), await gateway.raw(sql)];
        found.answers += 1;
        for (const statistic of STATISTICS) {
          const disclosed = disclosedIn(people, readerView(people, sets, rows, statistic), statistic, table.signed);
          expect(disclosed, sql).toEqual([]);
          const thresholded = readerView(people, sets, THRESHOLD_ALONE(raw), statistic);
          found.controlled += disclosedIn(people, thresholded, statistic, table.signed).length;
        }
      },
    ),
    { seed: SEED, numRuns: 40 },
  );
  expect(found.controlled, 'with the threshold alone').toBeGreaterThan(found.answers);
});
