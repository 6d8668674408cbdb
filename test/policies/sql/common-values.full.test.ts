import { expect, it } from 'vitest';
import type { Cell } from '../../../policies/table-data.ts';
import { openGateway, type StoredTable } from '../../attack/sql-gateway.ts';

/**
 * Goal: `count(DISTINCT column)` in mode `aggregate` counts the values that many persons have, and rare ones where many persons have one of these;
 * no few persons decide it.
 * Method: visits of persons to wards, from SQL text. Control: the engine itself counts each value.
 */
const PERSONS = 400;

interface Visit {
  readonly pid: number;
  readonly ward: string | null;
}

async function askedOf(visits: readonly Visit[], select: string) {
  const column = (name: string) => ({ name, title: { zh: name, en: name }, type: 'text', level: 'general-2' }) as const;
  const table: StoredTable = {
    schema: {
      table: 'visit',
      level: 'general-2',
      columns: [
        { ...column('pid'), role: 'identifier', unit: 'person', nullable: false },
        { ...column('ward'), role: 'attribute' },
        { ...column('ticket'), role: 'attribute' },
        { ...column('half'), role: 'attribute' },
      ],
    },
    rowsPerUnitMax: { person: 2 },
    rows: visits.map(({ pid, ward }, at) => ({ pid: BigInt(pid), ward, ticket: `t${at}`, half: `h${pid % 2}` })),
  };
  const gateway = await openGateway([table]);
  return { shown: (await gateway.ask(select)).rows, raw: await gateway.raw(select) };
}

/** Everybody in one of four wards; then the first `few` persons in a ward of their own as well. */
const visitsWith = (few: number, each: (pid: number) => string | null = () => 'rare'): readonly Visit[] => [
  ...Array.from({ length: PERSONS }, (_, pid) => ({ pid, ward: `w${pid % 4}` })),
  ...Array.from({ length: few }, (_, pid) => ({ pid, ward: each(pid) })),
];

const numbers = (rows: readonly (readonly Cell[])[]) =>
  rows.map((row) => row.map((cell) => (cell === null ? null : Number(cell))));

it.each([
  { title: 'no rare value', visits: visitsWith(0), expected: 4 },
  { title: 'a value of one person', visits: visitsWith(1), expected: 4 },
  { title: 'nine persons, each with a value', visits: visitsWith(9, (pid) => `own ${pid}`), expected: 4 },
  { title: 'many persons, each with a value', visits: visitsWith(40, (pid) => `own ${pid}`), expected: 44 },
  { title: 'one value of many', visits: visitsWith(40), expected: 5 },
  { title: 'NULL is no value', visits: visitsWith(40, () => null), expected: 4 },
])('counts values of many: $title', async ({ visits, expected }) => {
  const { shown, raw } = await askedOf(visits, 'SELECT count(DISTINCT ward) FROM visit');
  expect(numbers(shown)).toEqual([[expected]]);
  expect(Number(raw[0]![0]), 'the engine').toBe(new Set(visits.flatMap(({ ward }) => ward ?? [])).size);
});

it('counts persons, and tickets of which each is one person’s, as they are', async () => {
  const select = 'SELECT count(DISTINCT pid), count(DISTINCT ticket) FROM visit';
  const { shown, raw } = await askedOf(visitsWith(1), select);
  expect(numbers(shown)).toEqual(numbers(raw));
});

it('by group, under a condition, beside other numbers of values', async () => {
  const select = `SELECT half, count(DISTINCT ward), count(DISTINCT ward) FILTER (WHERE ward IN ('w0', 'w1', 'rare')), count(DISTINCT ticket) FROM visit GROUP BY half ORDER BY half`;
  const { shown, raw } = await askedOf(visitsWith(1), select);
  expect(numbers(shown.map((row) => row.slice(1)))).toEqual([
    [2, 1, 201],
    [2, 1, 200],
  ]);
  expect(numbers(raw.map((row) => row.slice(1)))[0]).toEqual([3, 2, 201]);
});

it('ten persons whose values are all rare are not zero values', async () => {
  const few = Array.from({ length: 12 }, (_, pid) => ({ pid, ward: `own ${pid}` }));
  const { shown } = await askedOf(few, 'SELECT count(DISTINCT ward) FROM visit');
  expect(numbers(shown)).toEqual([[12]]);
});
