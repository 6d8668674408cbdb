import { describe, expect, it } from 'vitest';
import { AppError } from '../../../policies/errors.ts';
import { DEFAULT_PROFILE } from '../../../policies/levels.ts';
import { decide } from '../../../policies/sql/decide.ts';
import type { Rel } from '../../../policies/sql/plan.ts';
import { INTEGER } from '../../../policies/sql/sql-type.ts';
import {
  agg,
  call,
  number,
  outputs,
  PEOPLE,
  PERSON,
  PlanMaker,
  PUBLIC,
  resolved,
  text,
  VISITS,
  when,
} from '../rewrite/plan-fixture.ts';

const decided = (plan: Rel, unitsMin: number | null = null) => decide(resolved(plan), DEFAULT_PROFILE, { unitsMin });

function problem(work: () => unknown): { code: string; facts: unknown } {
  try {
    work();
  } catch (error) {
    if (error instanceof AppError) return { code: error.code, facts: error.facts };
    throw error;
  }
  return { code: 'no error', facts: {} };
}

describe('decide', () => {
  it('serves public columns of a public table as rows', () => {
    const maker = new PlanMaker();
    const pub = maker.scan(PUBLIC);
    expect(decided(pub)).toMatchObject({ mode: 'rows', outputs: [{ mode: 'rows' }, { mode: 'rows' }] });
  });

  it('counts the mere rows of a table: count(*) has its floor', () => {
    const maker = new PlanMaker();
    const decision = decided(maker.group(maker.scan(PEOPLE), [], [agg('count_star')]));
    expect(decision.mode).toBe('aggregate');
    expect(decision.because).toEqual([{ column: 'people.*', level: 'general-2' }]);
  });

  it('leaves unread columns out of it', () => {
    const maker = new PlanMaker();
    const scan = maker.scan(PEOPLE);
    expect(
      decided(maker.group(scan, [scan.at['dept']!], [agg('count_star')])).because.map(({ column }) => column),
    ).toEqual(['people.*', 'people.dept']);
  });

  const clauses: Record<string, (maker: PlanMaker, scan: ReturnType<PlanMaker['scan']>) => Rel> = {
    output: (maker, scan) => maker.group(scan, [], [agg('sum', [scan.at['income']!])]),
    filter: (maker, scan) =>
      maker.group(
        { kind: 'filter', input: scan, predicate: call('gt', [scan.at['income']!, number(1)]) },
        [],
        [agg('count_star')],
      ),
    'join key': (maker, scan) =>
      maker.group(
        maker.join('inner', scan, maker.scan(PUBLIC), call('eq', [scan.at['income']!, number(1)])),
        [],
        [agg('count_star')],
      ),
    'semi join': (maker, scan) => {
      const other = maker.scan(VISITS);
      return maker.group(
        maker.join('semi', other, scan, call('eq', [other.at['fee']!, scan.at['income']!])),
        [],
        [agg('count_star')],
      );
    },
    grouping: (maker, scan) => maker.project(maker.group(scan, [scan.at['income']!], [agg('count_star')]), [number(1)]),
    ordering: (maker, scan) =>
      maker.project(
        { kind: 'sort', input: scan, keys: [{ expr: scan.at['income']!, descending: false, nullsFirst: false }] },
        [scan.at['dept']!],
      ),
    having: (maker, scan) => {
      const groups = maker.group(scan, [scan.at['dept']!], [agg('sum', [scan.at['income']!])]);
      const predicate = call('gt', [outputs(groups)[1]!, number(5)]);
      return maker.project({ kind: 'filter', input: groups, predicate }, [outputs(groups)[0]!]);
    },
    'CASE condition': (maker, scan) =>
      maker.group(
        scan,
        [],
        [agg('sum', [when(call('gt', [scan.at['income']!, number(1)]), scan.at['salary']!, number(0))])],
      ),
    'FILTER clause': (maker, scan) =>
      maker.group(scan, [], [agg('count_star', [], { filter: call('gt', [scan.at['income']!, number(1)]) })]),
    window: (maker, scan) => {
      const order = [{ expr: scan.at['income']!, descending: true, nullsFirst: false }];
      const made = {
        fn: 'row_number',
        args: [],
        partitionBy: [],
        orderBy: order,
        frame: null,
        type: INTEGER,
        at: null,
      };
      const window: Rel = { kind: 'window', input: scan, columns: [{ id: maker.next(), name: 'w', call: made }] };
      return maker.project(window, [outputs(window).at(-1)!]);
    },
    'set operation': (maker, scan) => {
      const sides = [maker.project(scan, [scan.at['income']!]), maker.project(scan, [scan.at['salary']!])] as const;
      return {
        kind: 'set-operation',
        op: 'union',
        all: true,
        left: sides[0],
        right: sides[1],
        columns: [{ id: maker.next(), name: 'u', type: INTEGER }],
      };
    },
  };
  it.each(Object.keys(clauses))('follows information through %s', (clause) => {
    const maker = new PlanMaker();
    const made = clauses[clause]!(maker, maker.scan(PEOPLE));
    const { mode, because } = decided(made);
    expect(mode).toBe('dp');
    expect(because).toContainEqual({ column: 'people.income', level: 'general-4' });
  });

  it('refuses a mode that is not built by its name', () => {
    const maker = new PlanMaker();
    const income = { ...PEOPLE.columns['income']!, level: 'important' } as const;
    const scan = maker.scan({ ...PEOPLE, columns: { ...PEOPLE.columns, income } });
    expect(problem(() => decided(maker.group(scan, [], [agg('sum', [scan.at['income']!])])))).toEqual({
      code: 'POLICY_MODE_NOT_AVAILABLE',
      facts: { mode: 'homomorphic', columns: ['people.income'] },
    });
  });

  it('denies core columns by name', () => {
    const maker = new PlanMaker();
    const scan = maker.scan(PEOPLE);
    expect(problem(() => decided(maker.group(scan, [], [agg('sum', [scan.at['secret']!])])))).toEqual({
      code: 'POLICY_MODE_DENY',
      facts: { columns: ['people.secret'] },
    });
  });

  it('raises the threshold for health columns and for the plan, never lowers it', () => {
    const maker = new PlanMaker();
    const scan = maker.scan(VISITS);
    const fees = maker.group(scan, [], [agg('sum', [scan.at['fee']!])]);
    const health = maker.group(scan, [], [agg('sum', [scan.at['health']!])]);
    expect([decided(fees).unitsMin, decided(fees, 15).unitsMin, decided(fees, 3).unitsMin]).toEqual([10, 15, 10]);
    expect([decided(health).unitsMin, decided(health, 50).unitsMin]).toEqual([20, 50]);
  });

  it('refuses identifiers as output, in functions, next to literals and in orders', () => {
    const maker = new PlanMaker();
    const scan = maker.scan(PEOPLE);
    const id = scan.at['id']!;
    const uses: readonly Rel[] = [
      maker.project(scan, [id]),
      maker.group(scan, [], [agg('max', [id], { type: PERSON })]),
      { kind: 'filter', input: scan, predicate: call('eq', [id, text('u7')]) },
      { kind: 'filter', input: scan, predicate: call('lt', [id, id]) },
      maker.project(scan, [{ kind: 'cast', arg: id, type: INTEGER, at: null }]),
      {
        kind: 'sort',
        input: maker.project(scan, [scan.at['dept']!]),
        keys: [{ expr: id, descending: false, nullsFirst: false }],
      },
    ];
    for (const use of uses) expect(problem(() => decided(use)).code).toBe('POLICY_IDENTIFIER_USE');
    expect(problem(() => decided(uses[0]!)).facts).toMatchObject({ column: 'people.id', use: 'output' });
  });
});
