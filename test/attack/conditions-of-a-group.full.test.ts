import fc from 'fast-check';
import { expect, it } from 'vitest';
import { DEFAULT_PROFILE } from '../../policies/levels.ts';
import { Span } from '../../policies/mechanisms/suppression/span.ts';
import type { Cell } from '../../policies/table-data.ts';
import type { TableSchema } from '../../policies/table-schema.ts';
import { seededRandom } from './seeded-random.ts';
import { openGateway, type StoredTable } from './sql-gateway.ts';

/**
 * Goal: of a group's values under several conditions no hidden one can be computed from the others, and nothing about fewer
 * people than are needed: a table of one line by FILTER.
 * Method: random people, random conditions as lists of values, from SQL text. The reader knows which values each list has,
 * adds and subtracts. Control: the same over each value by itself, of enough people inside and outside.
 */

const VALUES = ['u', 'v', 'w', 'x', 'y', 'z'] as const;
type Value = (typeof VALUES)[number];
interface Person {
  readonly group: string;
  readonly value: Value;
}
const UNITS_MIN = DEFAULT_PROFILE.unitsMin;
const SEED = 20261129;

function stored(people: readonly Person[]): readonly StoredTable[] {
  const column = (name: string) => ({ name, title: { zh: name, en: name }, type: 'text', level: 'general-2' }) as const;
  const schema: TableSchema = {
    table: 'q',
    level: 'general-2',
    columns: [
      { ...column('id'), role: 'identifier', unit: 'person', nullable: false },
      { ...column('d'), role: 'attribute' },
      { ...column('b'), role: 'attribute' },
    ],
  };
  const rows = people.map(({ group, value }, at) => ({ id: BigInt(at), d: group, b: value }));
  return [{ schema, rowsPerUnitMax: { person: 1 }, rows }];
}

/** A list of values; all of them: the group's own count. */
type Condition = readonly Value[];

function sqlOf(conditions: readonly Condition[], where: string): string {
  const counts = conditions.map((values, at) => {
    const list = values.map((value) => `'${value}'`).join(', ');
    return values.length === VALUES.length ? `count(*) AS c${at}` : `count(*) FILTER (WHERE b IN (${list})) AS c${at}`;
  });
  return `SELECT d, ${counts.join(', ')} FROM q ${where} GROUP BY d ORDER BY d`;
}

/** What a reader gets out of one group's line that no value of its own would be shown for. */
function learned(line: readonly Cell[], conditions: readonly Condition[], sizes: ReadonlyMap<Value, number>): string[] {
  const vectorOf = (condition: Condition) => Float64Array.from(VALUES, (value) => (condition.includes(value) ? 1 : 0));
  // Nobody has a value that is not there: a reader cannot tell, but nothing is learned about anybody either.
  const present = (vector: Float64Array) => vector.map((entry, at) => ((sizes.get(VALUES[at]!) ?? 0) > 0 ? entry : 0));
  const shown = conditions
    .filter((_, at) => line[at] !== null)
    .map(vectorOf)
    .map(present);
  const hidden = conditions
    .filter((_, at) => line[at] === null)
    .map(vectorOf)
    .map(present);
  const span = new Span(shown);
  const computed = hidden.filter(
    (vector) => vector.some((entry) => entry !== 0) && span.combinationOf(vector) !== null,
  );
  const few = [...signs(Math.min(shown.length, 6))].filter((factors) => {
    const touched = VALUES.filter(
      (_, at) => factors.reduce((sum, factor, i) => sum + factor * shown[i]![at]!, 0) !== 0,
    );
    const people = touched.reduce((sum, value) => sum + (sizes.get(value) ?? 0), 0);
    return factors.filter((factor) => factor !== 0).length <= 4 && people > 0 && people < UNITS_MIN;
  });
  return [...computed.map((vector) => `computed ${vector}`), ...few.map((factors) => `few ${factors}`)];
}

function* signs(count: number): Generator<readonly number[]> {
  if (count === 0) yield [];
  else for (const rest of signs(count - 1)) for (const sign of [-1, 0, 1]) yield [...rest, sign];
}

const THRESHOLD_ALONE = (line: readonly Cell[], people: number): readonly Cell[] =>
  line.map((value) => {
    const count = Number(value);
    return count >= UNITS_MIN && (count === people || people - count >= UNITS_MIN) ? value : null;
  });

it(`gives no few people away (seed ${SEED})`, async () => {
  const found = { lines: 0, shown: 0, controlled: 0 };
  const condition = fc.subarray([...VALUES], { minLength: 1 });
  const conditions = fc.uniqueArray(condition, { minLength: 2, maxLength: 6, selector: (values) => values.join() });
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 1, max: 1e6 }),
      fc.integer({ min: 80, max: 400 }),
      conditions,
      fc.boolean(),
      async (seed, count, asked, narrowed) => {
        const random = seededRandom(seed);
        const people = Array.from({ length: count }, (): Person => {
          return { group: `d${random.below(2)}`, value: VALUES[Math.floor(VALUES.length * random.next() ** 2.5)]! };
        });
        const gateway = await openGateway(stored(people));
        const sql = sqlOf(asked, narrowed ? "WHERE b <> 'z'" : '');
        const [{ rows }, raw] = [await gateway.ask(sql), await gateway.raw(sql)];
        for (const [at, [group, ...line]] of rows.entries()) {
          const inside = people.filter((one) => one.group === group && !(narrowed && one.value === 'z'));
          const sizes = new Map(
            [...Map.groupBy(inside, ({ value }) => value)].map(([value, all]) => [value, all.length]),
          );
          expect(learned(line, asked, sizes), `${sql} ${line}`).toEqual([]);
          found.lines += 1;
          found.shown += line.filter((value) => value !== null).length;
          found.controlled += learned(THRESHOLD_ALONE(raw[at]!.slice(1), inside.length), asked, sizes).length;
        }
      },
    ),
    { seed: SEED, numRuns: 60 },
  );
  expect(found.shown).toBeGreaterThan(found.lines);
  expect(found.controlled, 'with each value judged by itself').toBeGreaterThan(found.lines / 4);
});
