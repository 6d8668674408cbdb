import { describe, expect, it } from 'vitest';
import { DEFAULT_PROFILE } from '../../../policies/levels.ts';
import type { GuardMemory } from '../../../policies/release/guarded.ts';
import type { Aggregate, AggregateCall } from '../../../policies/sql/plan.ts';
import type { Tables } from '../rewrite/interpret-plan.ts';
import { agg, answer, PEOPLE, PlanMaker, people, plan, protectedOver } from '../rewrite/plan-fixture.ts';
import { freshMemory } from './fresh-memory.ts';

/** People by department (a public list) and room (no list). */
function offices(counts: Readonly<Record<string, readonly number[]>>): Tables {
  const rows = Object.entries(counts).flatMap(([dept, rooms], at) =>
    rooms.flatMap((count, room) => people(dept, count, 1000 * at + 100 * room).map((row) => ({ ...row, room }))),
  );
  return new Map([['people', rows]]);
}

/** Counts by department and room, with these groupings. */
function grouped(sets: readonly (readonly number[])[], measures: readonly AggregateCall[] = [agg('count_star')]) {
  const maker = new PlanMaker();
  const scan = maker.scan(PEOPLE);
  return { ...maker.group(scan, [scan.at['dept']!, scan.at['room']!], measures), sets } satisfies Aggregate;
}
const CUBE = [[0, 1], [0], [1], []];

describe('a table with its margins', () => {
  it('hides three cells beside the one that is too small (the example of mechanisms/suppression/PROOF.md)', () => {
    const { rows, cells } = answer(grouped(CUBE), offices({ a: [12, 15, 30], b: [14, 11, 25], c: [3, 20, 40] }));
    expect(rows).toEqual([
      ['a', 0, 12],
      ['a', 1, 15],
      ['a', 2, 30],
      ['b', 2, 25],
      ['c', 2, 40],
      ['a', null, 57],
      ['b', null, 50],
      ['c', null, 63],
      [null, 0, 29],
      [null, 1, 46],
      [null, 2, 95],
      [null, null, 170],
    ]);
    expect(cells.suppressed).toEqual({ cells: 0, groups: 4, reasons: ['threshold', 'dominance', 'complementary'] });
  });

  it('hides nothing where nothing was hidden', () => {
    const { rows, cells } = answer(grouped(CUBE), offices({ a: [12, 15], b: [14, 11] }));
    expect(rows).toHaveLength(4 + 3 + 2 + 1);
    // The department without anybody is on the public list: it is no group to protect.
    expect(rows.filter((row) => row[2] === null)).toEqual([['c', null, null]]);
    expect(cells.suppressed.cells).toBe(1);
  });

  it('leaves a group out whose only value it hides, as it does with one that is too small', () => {
    const { rows } = answer(grouped([[1], []]), offices({ a: [12, 15, 30, 4] }));
    expect(rows).toEqual([
      [null, 1, 15],
      [null, 2, 30],
      [null, null, 61],
    ]);
  });

  it('hides every value of a group whose count it hides', () => {
    const { rows } = answer(
      grouped([[0], []], [agg('count_star'), agg('sum', [new PlanMaker().scan(PEOPLE).at['salary']!])]),
      offices({ a: [12], b: [40], c: [4] }),
    );
    expect(rows.filter(([dept]) => dept !== null)).toEqual([
      ['a', null, null, null],
      ['b', null, 40, 4000],
      ['c', null, null, null],
    ]);
  });
});

describe('what cannot be looked at cell by cell', () => {
  it('keeps the grouping that shows more, and no sum of it', () => {
    const profile = { ...DEFAULT_PROFILE, cellsMax: 5 };
    const { rows } = answer(grouped([[1], []]), offices({ a: [12, 15, 30, 4, 50] }), profile);
    expect(rows.map(([, , count]) => count)).toEqual([12, 15, 30, 50, null]);
  });

  it('hides the total of more small groups than it looks at', () => {
    const profile = { ...DEFAULT_PROFILE, cellsMax: 6 };
    const few = answer(grouped([[1], []]), offices({ a: [12, 15, 30, 4, 3] }), profile);
    expect(few.rows.map(([, , count]) => count)).toEqual([15, 30, 64]);
    const many = answer(grouped([[1], []]), offices({ a: [12, 15, 30, 4, 3, 2, 1, 5, 6, 7] }), profile);
    expect(many.rows.map(([, , count]) => count)).toEqual([12, 15, 30, null]);
  });

  it('hides what is linked where guard and complements do not come to an end', () => {
    const tables = offices({ a: [12, 15, 30, 4, 50, 60, 70, 80, 90, 91, 92] });
    const cells = protectedOver(plan(grouped([[1], []])), tables, DEFAULT_PROFILE, hidingOneMore());
    expect(cells.tables.map(({ rowCount }) => rowCount)).toEqual([0, 1]);
    expect(cells.tables[1]!.values).toEqual([[null]]);
  });
});

/** A guard that finds one more cell near, whenever it is asked. */
function hidingOneMore(): GuardMemory {
  const memory = freshMemory();
  return {
    ...memory,
    hold(part, partition) {
      const { shown, held } = memory.hold(part, partition);
      const last = shown.length > 1 ? shown.lastIndexOf(true) : -1;
      return { shown: shown.map((is, at) => is && at !== last), held };
    },
  };
}
