import { describe, expect, it } from 'vitest';
import { AppError } from '../../../policies/errors.ts';
import type { Rel } from '../../../policies/sql/plan.ts';
import { relsWithin } from '../../../policies/sql/plan-walk.ts';
import type { Tables, Value } from './interpret-plan.ts';
import {
  agg,
  answer,
  call,
  FINDINGS,
  HOLDERS,
  number,
  outputs,
  PEOPLE,
  PlanMaker,
  PUBLIC,
  people,
  plan,
  text,
  unprotected,
  VISITS,
  when,
} from './plan-fixture.ts';

const TABLES: Tables = new Map<string, readonly Readonly<Record<string, Value>>[]>([
  ['people', [...people('a', 12, 1), ...people('b', 9, 101)]],
  [
    'visits',
    [...people('a', 12, 1), ...people('b', 9, 101)].flatMap(({ id, dept }) =>
      Array.from({ length: (id % 3) + 1 }, (_, visit) => ({ id, dept, fee: 10 + visit, health: 1 })),
    ),
  ],
  ['pub', ['a', 'b', 'c'].map((dept) => ({ dept, title: dept.toUpperCase() }))],
  [
    'holders',
    Array.from({ length: 30 }, (_, row) => ({
      id: row,
      uscc: 500 + (row % 15),
      dept: row < 24 ? 'a' : 'b',
      share: 10,
    })),
  ],
]);

function codeOf(work: () => unknown): string {
  try {
    work();
  } catch (error) {
    if (error instanceof AppError) return error.code;
    throw error;
  }
  return 'no error';
}

describe('groups of protected rows', () => {
  it('shows groups of at least ten people and every declared group', () => {
    const maker = new PlanMaker();
    const scan = maker.scan(PEOPLE);
    const query = maker.group(scan, [scan.at['dept']!], [agg('count_star'), agg('sum', [scan.at['salary']!])]);
    const { rows, cells } = answer(query, TABLES);
    expect(rows).toEqual([
      ['a', 12, 1200],
      ['b', null, null],
      ['c', null, null],
    ]);
    expect(cells.suppressed).toEqual({ cells: 4, groups: 0, reasons: ['threshold', 'dominance'] });
  });

  it('leaves small groups of undeclared keys out and counts them when they stand for ten people', () => {
    const maker = new PlanMaker();
    const scan = maker.scan(PEOPLE);
    const query = maker.group(scan, [scan.at['room']!], [agg('count_star')]);
    const rooms = (sizes: readonly number[]) =>
      new Map([
        ['people', sizes.flatMap((size, room) => people('a', size, room * 16).map((row) => ({ ...row, room })))],
      ]);
    const { rows, cells } = answer(query, rooms([12, 9]));
    expect(rows).toEqual([[0, 12]]);
    expect(cells.suppressed.groups).toBe(0);
    const many = answer(query, rooms([9, 9, 9]));
    expect(many.rows).toEqual([]);
    expect(many.cells.suppressed.groups).toBe(3);
  });

  it('narrows the public list by the conditions on its columns', () => {
    const maker = new PlanMaker();
    const scan = maker.scan(PEOPLE);
    const filter: Rel = { kind: 'filter', input: scan, predicate: call('neq', [scan.at['dept']!, text('b')]) };
    const inner = maker.project(filter, [scan.at['dept']!]);
    const query = maker.group(inner, [outputs(inner)[0]!], [agg('count_star')]);
    expect(answer(query, TABLES).rows).toEqual([
      ['a', 12],
      ['c', null],
    ]);
  });

  it('counts people, not rows: fan-out by a public table changes no threshold', () => {
    const maker = new PlanMaker();
    const thrice = ['a', 'b', 'c'].flatMap((dept) => ['x', 'y', 'z'].map((title) => ({ dept, title })));
    const tables = new Map([...TABLES, ['pub', thrice] as const]);
    const scan = maker.scan(PEOPLE);
    const pub = maker.scan(PUBLIC);
    const crossed = maker.group(maker.join('cross', scan, pub, null), [scan.at['dept']!], [agg('count_star')]);
    expect(codeOf(() => plan(crossed))).toBe('POLICY_CONSTRUCT_REFUSED');
    const joined = maker.join('inner', scan, pub, call('eq', [scan.at['dept']!, pub.at['dept']!]));
    const query = maker.group(joined, [scan.at['dept']!], [agg('count_star')]);
    expect(unprotected(query, tables)).toEqual([
      ['a', 36],
      ['b', 27],
    ]);
    expect(answer(query, tables).rows).toEqual([
      ['a', 36],
      ['b', null],
      ['c', null],
    ]);
  });

  it('tracks the person through a per-person aggregate', () => {
    const maker = new PlanMaker();
    const scan = maker.scan(VISITS);
    const inner = maker.group(scan, [scan.at['id']!, scan.at['dept']!], [agg('sum', [scan.at['fee']!])]);
    const [, dept, total] = outputs(inner);
    const query = maker.group(inner, [dept!], [agg('avg', [total!]), agg('count_star')]);
    const { rows, private: cut } = answer(query, TABLES);
    expect(cut.boundaries).toHaveLength(1);
    const expected = unprotected(maker.group(inner, [dept!], [agg('sum', [total!]), agg('count_star')]), TABLES);
    const [, sum, count] = expected.find(([key]) => key === 'a')!;
    expect(rows).toEqual([
      ['a', Number(sum) / Number(count), 12],
      ['b', null, null],
      ['c', null, null],
    ]);
  });

  it('protects person and enterprise both', () => {
    const maker = new PlanMaker();
    const scan = maker.scan(HOLDERS);
    const query = maker.group(
      scan,
      [scan.at['dept']!],
      [agg('count_star'), agg('count', [scan.at['uscc']!], { distinct: true })],
    );
    const { rows, private: cut } = answer(query, TABLES);
    expect(rows[0]).toEqual(['a', 24, 15]);
    expect(rows[1]).toEqual(['b', null, null]);
    const [boundary] = cut.boundaries;
    expect(boundary?.kind === 'cells' && boundary.layout.units.map(({ unit }) => unit)).toEqual([
      'person',
      'enterprise',
    ]);
  });

  it('joins on the identifier: one person stays one unit', () => {
    const maker = new PlanMaker();
    const [a, b] = [maker.scan(PEOPLE), maker.scan(VISITS)];
    const joined = maker.join('inner', a, b, call('eq', [a.at['id']!, b.at['id']!]));
    const query = maker.group(joined, [a.at['dept']!], [agg('sum', [b.at['fee']!])]);
    const { rows, private: cut } = answer(query, TABLES);
    const [boundary] = cut.boundaries;
    expect(boundary?.kind === 'cells' && boundary.layout.units).toHaveLength(1);
    expect(rows[0]).toEqual(['a', unprotected(query, TABLES).find(([key]) => key === 'a')![1]]);
    expect(rows[1]).toEqual(['b', null]);
  });

  it('runs HAVING, ORDER and LIMIT on protected values', () => {
    const maker = new PlanMaker();
    const scan = maker.scan(PEOPLE);
    const groups = maker.group(scan, [scan.at['dept']!], [agg('count_star')]);
    const [, count] = outputs(groups);
    const having: Rel = { kind: 'filter', input: groups, predicate: call('lt', [count!, number(10)]) };
    expect(unprotected(having, TABLES)).toEqual([['b', 9]]);
    expect(answer(having, TABLES).rows).toEqual([]);
  });

  it('joins released cells with public rows above the boundary', () => {
    const maker = new PlanMaker();
    const scan = maker.scan(PEOPLE);
    const pub = maker.scan(PUBLIC);
    const groups = maker.group(scan, [scan.at['dept']!], [agg('count_star')]);
    const [dept, count] = outputs(groups);
    const joined = maker.join('inner', groups, pub, call('eq', [dept!, pub.at['dept']!]));
    const { rows, private: cut } = answer(maker.project(joined, [pub.at['title']!, count!]), TABLES);
    expect(cut.boundaries.map(({ kind }) => kind)).toEqual(['cells', 'rows']);
    expect(rows).toEqual([
      ['A', 12],
      ['B', null],
      ['C', null],
    ]);
  });

  it('releases the same aggregation once', () => {
    const maker = new PlanMaker();
    const cte = () => {
      const scan = maker.scan(PEOPLE);
      return maker.group(scan, [scan.at['dept']!], [agg('count_star')]);
    };
    const [a, b] = [cte(), cte()];
    const joined = maker.join('inner', a, b, call('eq', [outputs(a)[0]!, outputs(b)[0]!]));
    const { rows, private: cut } = answer(joined, TABLES);
    expect(cut.boundaries).toHaveLength(1);
    expect(rows[0]).toEqual(['a', 12, 'a', 12]);
  });

  it('finish reads released sources only', () => {
    const maker = new PlanMaker();
    const scan = maker.scan(PEOPLE);
    const { private: cut } = answer(maker.group(scan, [], [agg('avg', [scan.at['salary']!])]), TABLES);
    const scans = relsWithin(cut.finish).filter((rel) => rel.kind === 'scan');
    expect(scans.every((rel) => rel.kind === 'scan' && rel.source.kind === 'released')).toBe(true);
  });
});

describe('values', () => {
  const two = (salary: (index: number) => number, count = 20) => new Map([['people', people('a', count, 1, salary)]]);
  type People = ReturnType<PlanMaker['scan']>;
  const measured = (made: (people: People) => ReturnType<typeof agg>, tables: Tables) => {
    const maker = new PlanMaker();
    const scan = maker.scan(PEOPLE);
    return answer(maker.group(scan, [], [made(scan)]), tables).rows[0]![0];
  };
  const salaryOf = (scan: People) => scan.at['salary']!;

  it('hides a dominated sum', () => {
    const sum = (scan: People) => agg('sum', [salaryOf(scan)]);
    expect(
      measured(
        sum,
        two(() => 5),
      ),
    ).toBe(100);
    expect(
      measured(
        sum,
        two((index) => (index === 0 ? 1000 : 5)),
      ),
    ).toBe(null);
  });

  it('hides a sum to which fewer than ten contribute, and a sum of zeros', () => {
    const sum = (scan: People) => agg('sum', [salaryOf(scan)]);
    expect(
      measured(
        sum,
        two((index) => (index < 9 ? 5 : 0)),
      ),
    ).toBe(null);
    expect(
      measured(
        sum,
        two((index) => (index < 10 ? 5 : 0)),
      ),
    ).toBe(50);
    expect(
      measured(
        sum,
        two(() => 0),
      ),
    ).toBe(null);
  });

  it('hides a condition that holds for all, for few, or for all but few', () => {
    const under = (scan: People) => agg('count_star', [], { filter: call('lt', [salaryOf(scan), number(10)]) });
    expect(
      measured(
        under,
        two(() => 5),
      ),
    ).toBe(null);
    expect(
      measured(
        under,
        two((index) => (index < 9 ? 50 : 5)),
      ),
    ).toBe(null);
    expect(
      measured(
        under,
        two((index) => (index < 11 ? 50 : 5)),
      ),
    ).toBe(null);
    expect(
      measured(
        under,
        two((index) => (index < 10 ? 50 : 5)),
      ),
    ).toBe(10);
  });

  it('hides a condition dressed up as arithmetic', () => {
    const dressed = (scan: People) =>
      agg('sum', [when(call('lt', [salaryOf(scan), number(10)]), number(2), number(1))]);
    expect(
      measured(
        dressed,
        two((index) => (index === 0 ? 5 : 50)),
      ),
    ).toBe(null);
    expect(
      measured(
        dressed,
        two((index) => (index < 10 ? 5 : 50)),
      ),
    ).toBe(30);
  });

  it('hides what would let a hidden sum be computed from the others', () => {
    const maker = new PlanMaker();
    const scan = maker.scan(PEOPLE);
    const [salary, room] = [scan.at['salary']!, scan.at['room']!];
    const both = call('add', [salary, room], salary.type);
    const query = maker.group(scan, [], [agg('sum', [salary]), agg('sum', [room]), agg('sum', [both])]);
    const rows = people('a', 40, 1, (index) => (index === 0 ? 60 : 0)).map((row) => ({ ...row, room: 3 }));
    expect(unprotected(query, new Map([['people', rows]]))).toEqual([[60, 120, 180]]);
    expect(answer(query, new Map([['people', rows]])).rows).toEqual([[null, 120, null]]);
  });

  it('gives variances more units than the threshold', () => {
    const spread = (scan: People) => agg('var_samp', [salaryOf(scan)]);
    expect(
      measured(
        spread,
        two((index) => 5 + index, 10),
      ),
    ).toBe(null);
    expect(
      measured(
        spread,
        two((index) => 5 + index, 11),
      ),
    ).toBeCloseTo(11, 9);
  });

  it('refuses what shows one row', () => {
    for (const fn of ['min', 'max', 'median', 'quantile_cont', 'mode', 'any_value', 'bool_and', 'bool_or']) {
      expect(
        codeOf(() =>
          measured(
            (scan) => agg(fn, [salaryOf(scan)]),
            two(() => 5),
          ),
        ),
      ).toBe('POLICY_AGGREGATE_REFUSED');
    }
  });
});

describe('refusals', () => {
  it('rows of protected columns', () => {
    const maker = new PlanMaker();
    const scan = maker.scan(PEOPLE);
    expect(codeOf(() => plan(maker.project(scan, [scan.at['salary']!])))).toBe('POLICY_ROWS_REFUSED');
    const perPerson = maker.group(scan, [scan.at['id']!], [agg('sum', [scan.at['salary']!])]);
    expect(codeOf(() => plan(maker.project(perPerson, [outputs(perPerson)[1]!])))).toBe('POLICY_ROWS_REFUSED');
  });

  it('identifiers as output and as group key', () => {
    const maker = new PlanMaker();
    const scan = maker.scan(HOLDERS);
    expect(codeOf(() => plan(maker.project(scan, [scan.at['id']!])))).toBe('POLICY_IDENTIFIER_USE');
    const byFirm = maker.group(scan, [scan.at['uscc']!], [agg('count_star')]);
    // A firm's number of holders is one firm's own.
    expect(codeOf(() => plan(maker.project(byFirm, [outputs(byFirm)[1]!])))).toBe('POLICY_ROWS_REFUSED');
  });

  it('rows whose owner is unknown, unless a join names it', () => {
    const maker = new PlanMaker();
    const findings = maker.scan(FINDINGS);
    expect(codeOf(() => plan(maker.group(findings, [], [agg('sum', [findings.at['result']!])])))).toBe(
      'POLICY_UNIT_MISSING',
    );
    const crossed = maker.join('cross', findings, maker.scan(PEOPLE), null);
    expect(codeOf(() => plan(maker.group(crossed, [], [agg('sum', [findings.at['result']!])])))).toBe(
      'POLICY_CONSTRUCT_REFUSED',
    );
  });

  it('one person deciding about the others by IN', () => {
    const maker = new PlanMaker();
    const [a, b] = [maker.scan(PEOPLE), maker.scan(PEOPLE)];
    const byDept = maker.join('semi', a, b, call('eq', [a.at['dept']!, b.at['dept']!]));
    expect(codeOf(() => plan(maker.group(byDept, [], [agg('count_star')])))).toBe('POLICY_CONSTRUCT_REFUSED');
    const byId = maker.join('semi', a, b, call('eq', [a.at['id']!, b.at['id']!]));
    expect(answer(maker.group(byId, [], [agg('count_star')]), TABLES).rows).toEqual([[21]]);
  });

  it('a limit below an aggregate', () => {
    const maker = new PlanMaker();
    const a = maker.scan(PEOPLE);
    const limited: Rel = { kind: 'limit', input: a, count: 10, offset: 0 };
    expect(codeOf(() => plan(maker.group(limited, [], [agg('count_star')])))).toBe('POLICY_CONSTRUCT_REFUSED');
  });
});
