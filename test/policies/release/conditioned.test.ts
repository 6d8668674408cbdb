import { describe, expect, it } from 'vitest';
import type { AggregateCall, Expr } from '../../../policies/sql/plan.ts';
import { agg, answer, call, number, PEOPLE, PlanMaker, people } from '../rewrite/plan-fixture.ts';

/** People by room; a count for all and one for each list of rooms, over the whole table or by department. */
function counted(rooms: readonly number[], lists: readonly (readonly number[])[], byDept = false) {
  const maker = new PlanMaker();
  const scan = maker.scan(PEOPLE);
  const among = (list: readonly number[]): Expr => {
    const each = list.map((room) => call('eq', [scan.at['room']!, number(room)]));
    return each.length === 1 ? each[0]! : call('or', each);
  };
  // A condition that all meet: the rows are not those of the whole table, whose complements the guard knows.
  const rel = { kind: 'filter', input: scan, predicate: call('gt', [scan.at['salary']!, number(0)]) } as const;
  const calls: AggregateCall[] = lists.map((list) => agg('count_star', [], { filter: among(list) }));
  const query = maker.group(rel, byDept ? [scan.at['dept']!] : [], [agg('count_star'), ...calls]);
  const rows = rooms.flatMap((count, room) => people('a', count, 100 * room).map((row) => ({ ...row, room })));
  return answer(query, new Map([['people', rows]])).rows[0]!.slice(byDept ? 1 : 0);
}

describe('conditions of one group', () => {
  it('hides a second part where the total and the others would give a small one', () => {
    expect(counted([20, 30, 3], [[0], [1], [2]])).toEqual([53, null, 30, null]);
    expect(counted([20, 30, 3], [[0], [1], [2]], true)).toEqual([53, null, 30, null]);
  });

  it('does so where nobody asked for the small one', () => {
    expect(counted([20, 30, 40, 50, 60, 3], [[0], [1], [2], [3], [4]])).toEqual([203, null, 30, 40, 50, 60]);
  });

  it('does so where parts overlap, and only there where a small part is told', () => {
    const nested = counted([20, 30, 3, 40], [[0, 1], [0, 1, 2], [3]]);
    expect(nested.filter((value) => value === null).length).toBeGreaterThan(0);
    const crossed = counted(
      [20, 30, 3, 40],
      [
        [0, 1],
        [1, 2],
        [0, 3],
      ],
    );
    expect(crossed).toEqual([93, 50, 33, 60]);
  });

  it('shows a table of one line that has no small part', () => {
    expect(counted([20, 30, 40], [[0], [1], [2]])).toEqual([90, 20, 30, 40]);
  });
});
