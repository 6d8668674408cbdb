import { describe, expect, it } from 'vitest';
import { AppError, AssertionFailed } from '../../../policies/errors.ts';
import { DEFAULT_PROFILE, type PolicyProfile } from '../../../policies/levels.ts';
import { release } from '../../../policies/release/release.ts';
import { type CompiledQuery, emit } from '../../../policies/sql/compile.ts';
import { decide } from '../../../policies/sql/decide.ts';
import type { Rel } from '../../../policies/sql/plan.ts';
import { rewrite } from '../../../policies/sql/rewrite.ts';
import { asTable, interpret, type Tables, type Value } from '../rewrite/interpret-plan.ts';
import {
  agg,
  answer,
  call,
  outputs,
  PEOPLE,
  PlanMaker,
  PUBLIC,
  people,
  protectedOver,
  resolved,
} from '../rewrite/plan-fixture.ts';

const SMALL: PolicyProfile = { ...DEFAULT_PROFILE, rowsMax: 2, cellsMax: 2 };

function compiledOf(plan: Rel, profile: PolicyProfile): CompiledQuery {
  const query = resolved(plan);
  const decision = decide(query, profile, { unitsMin: null });
  return emit(query, decision, rewrite(query, decision, profile));
}

function protectedBy(plan: Rel, tables: Tables, profile: PolicyProfile) {
  const compiled = compiledOf(plan, profile);
  return { compiled, cells: protectedOver(compiled.private, tables, profile) };
}

const tables = (rows: Record<string, readonly Readonly<Record<string, Value>>[]>): Tables =>
  new Map(Object.entries(rows));
const PUB_ROWS = ['a', 'b', 'c'].map((dept) => ({ dept, title: dept.toUpperCase() }));

describe('rows', () => {
  it('caps public rows, in their order, and says so', () => {
    const maker = new PlanMaker();
    const pub = maker.scan(PUBLIC);
    const sorted: Rel = {
      kind: 'sort',
      input: pub,
      keys: [{ expr: pub.at['dept']!, descending: true, nullsFirst: false }],
    };
    const { compiled, cells } = protectedBy(sorted, tables({ pub: PUB_ROWS }), SMALL);
    const result = release(compiled, cells, null, SMALL);
    expect(result.mode).toBe('rows');
    expect(result.table.values[0]).toEqual(['c', 'b']);
    expect(result.table.columns.map(({ name }) => name)).toEqual(['dept', 'title']);
    expect(result.suppressed).toEqual({ cells: 0, groups: 0, reasons: ['row-cap'] });
  });

  it('never cuts public rows that an aggregate is joined with', () => {
    const maker = new PlanMaker();
    const scan = maker.scan(PEOPLE);
    const groups = maker.group(scan, [scan.at['dept']!], [agg('count_star')]);
    const pub = maker.scan(PUBLIC);
    const joined = maker.join('inner', groups, pub, call('eq', [outputs(groups)[0]!, pub.at['dept']!]));
    expect(() => protectedBy(joined, tables({ people: people('a', 12, 1), pub: PUB_ROWS }), SMALL)).toThrow(AppError);
  });
});

describe('cells', () => {
  it('limits the groups that are shown, not those that are hidden', () => {
    const maker = new PlanMaker();
    const scan = maker.scan(PEOPLE);
    const query = maker.group(scan, [scan.at['room']!], [agg('count_star')]);
    const rooms = (sizes: readonly number[]) =>
      tables({ people: sizes.flatMap((size, room) => people('a', size, room * 20).map((row) => ({ ...row, room }))) });
    expect(protectedBy(query, rooms([12, 12, 9, 9, 9]), SMALL).cells.tables[0]!.rowCount).toBe(2);
    expect(() => protectedBy(query, rooms([12, 12, 12]), SMALL)).toThrow(AppError);
  });

  it('receives groups that are too small as one row without their keys', () => {
    const maker = new PlanMaker();
    const scan = maker.scan(PEOPLE);
    const { private: cut } = answer(
      maker.group(scan, [scan.at['salary']!], [agg('count_star')]),
      tables({ people: [] }),
    );
    const rows = people('a', 9, 1, (index) => 36_963 + index);
    const [boundary] = cut.boundaries;
    const raw = asTable(boundary!.cells, interpret(boundary!.cells, tables({ people: rows })));
    expect(raw.rowCount).toBe(1);
    expect(raw.values.flat().map(String)).not.toContain('36963');
  });

  it('leaves a small group with a NULL key out, though the other keys are public', () => {
    const maker = new PlanMaker();
    const scan = maker.scan(PEOPLE);
    const query = maker.group(scan, [scan.at['dept']!], [agg('count_star')]);
    const rows = [...people('a', 12, 1), ...people('x', 3, 100).map((row) => ({ ...row, dept: null }))];
    expect(answer(query, tables({ people: rows })).rows.map(([dept]) => dept)).toEqual(['a', 'b', 'c']);
    const many = [...people('a', 12, 1), ...people('x', 10, 100).map((row) => ({ ...row, dept: null }))];
    expect(answer(query, tables({ people: many })).rows).toEqual([
      ['a', 12],
      ['b', null],
      ['c', null],
      [null, 10],
    ]);
  });

  it('orders groups by their keys, whatever order the engine found them in', () => {
    const maker = new PlanMaker();
    const scan = maker.scan(PEOPLE);
    const query = maker.group(scan, [scan.at['room']!], [agg('count_star')]);
    const rows = people('a', 60, 1);
    const forwards = answer(query, tables({ people: rows })).rows;
    expect(answer(query, tables({ people: [...rows].reverse() })).rows).toEqual(forwards);
  });

  it('gives an empty table and a table of nine the same answer', () => {
    const maker = new PlanMaker();
    const scan = maker.scan(PEOPLE);
    const query = maker.group(scan, [scan.at['room']!], [agg('count_star'), agg('sum', [scan.at['salary']!])]);
    const total = maker.group(scan, [], [agg('count_star')]);
    for (const asked of [query, total]) {
      const [none, nine] = [[], people('a', 9, 1)].map((rows) => answer(asked, tables({ people: rows })));
      expect(nine!.rows).toEqual(none!.rows);
      expect(nine!.cells.suppressed).toEqual(none!.cells.suppressed);
    }
  });
});

describe('release', () => {
  it('keeps one profile from decision to release', () => {
    const maker = new PlanMaker();
    const { compiled, cells } = protectedBy(maker.scan(PUBLIC), tables({ pub: PUB_ROWS }), DEFAULT_PROFILE);
    expect(() => release(compiled, cells, null, { ...DEFAULT_PROFILE, version: 'other' })).toThrow(AssertionFailed);
  });
});
