import { describe, expect, it } from 'vitest';
import type { Level } from '../../../policies/levels.ts';
import {
  type ColumnId,
  columnsOf,
  type Expr,
  type Rel,
  type Scan,
  type ScanColumn,
} from '../../../policies/sql/plan.ts';
import { idsAbove, named, ref } from '../../../policies/sql/rewrite/build.ts';
import { withTwin } from '../../../policies/sql/rewrite/twin.ts';
import { BOOLEAN, INTEGER, type SqlType, TEXT } from '../../../policies/sql/sql-type.ts';
import { storedTwins, twinsOf } from '../../../policies/stored-twins.ts';

/**
 * Goal: the twin of a column is found wherever the column still is the stored one, and nowhere else.
 * Method: plans by hand; control: the same table stored without twins.
 */
const PERSON: SqlType = { kind: 'token', domain: 'person' };
const column = (id: number, name: string, type: SqlType, more: Partial<ScanColumn> = {}): ScanColumn => ({
  id: id as ColumnId,
  name,
  column: name,
  type,
  level: 'general-2',
  role: 'attribute',
  unit: null,
  bounds: null,
  values: null,
  nullable: true,
  health: false,
  ...more,
});
const scan = (first: number, twins: readonly string[] = ['_class_pid', '_code_dept']): Scan => ({
  kind: 'scan',
  source: { kind: 'table', resource: 't', version: 1, table: 't', level: 'general-2', rowsPerUnitMax: {}, twins },
  columns: [
    column(first, 'pid', PERSON, { role: 'identifier', unit: 'person' }),
    column(first + 1, 'dept', TEXT, { values: ['a', 'b'] }),
  ],
});
const [PID, DEPT] = [1 as ColumnId, 2 as ColumnId];
const found = (rel: Rel, id: ColumnId, kind: 'class' | 'code') => withTwin(rel, id, kind, idsAbove(rel));
const join = (kind: 'inner' | 'left' | 'right' | 'full' | 'semi' | 'anti', left: Rel, right: Rel): Rel => ({
  kind: 'join',
  join: kind,
  left,
  right,
  on: { kind: 'literal', type: BOOLEAN, value: true, at: null } as Expr,
});

describe('withTwin', () => {
  it('finds it in the table, and the relation gives it out', () => {
    const twin = found(scan(1), PID, 'class')!;
    expect(columnsOf(twin.rel).map(({ name }) => name)).toEqual(['pid', 'dept', '_class_pid']);
    expect(twin).toMatchObject({ nullable: false, twin: { type: INTEGER } });
    expect(found(scan(1), DEPT, 'code')!.twin.type).toEqual(TEXT);
  });

  it('finds none where the version stores none', () => {
    expect(found(scan(1, []), PID, 'class')).toBeNull();
    expect(found(scan(1, ['_class_pid']), DEPT, 'code')).toBeNull();
    expect(found(scan(1), DEPT, 'class')).toBeNull();
  });

  it('follows a column under another name, and no computed one', () => {
    const renamed = named(7 as ColumnId, 'x', ref(DEPT, TEXT));
    const computed = named(8 as ColumnId, 'y', {
      kind: 'call',
      fn: 'upper',
      args: [ref(DEPT, TEXT)],
      type: TEXT,
      at: null,
    });
    const project: Rel = { kind: 'project', input: scan(1), columns: [renamed, computed] };
    expect(found(project, renamed.id, 'code')).not.toBeNull();
    expect(found(project, computed.id, 'code')).toBeNull();
  });

  it.each([
    ['inner', false, false],
    ['left', false, true],
    ['right', true, false],
    ['full', true, true],
  ] as const)('%s join: may be NULL on the side that may be missing', (kind, left, right) => {
    const rel = join(kind, scan(1), scan(3));
    expect(found(rel, PID, 'class')!.nullable).toBe(left);
    expect(found(rel, 3 as ColumnId, 'class')!.nullable).toBe(right);
  });

  it('does not come out of the inner side of a semi join, or through an aggregation', () => {
    expect(found(join('semi', scan(1), scan(3)), 3 as ColumnId, 'class')).toBeNull();
    const grouped: Rel = {
      kind: 'aggregate',
      input: scan(1),
      keys: [named(9 as ColumnId, 'd', ref(DEPT, TEXT))],
      sets: null,
      measures: [],
    };
    expect(found(grouped, 9 as ColumnId, 'code')).toBeNull();
  });
});

describe('twinsOf', () => {
  it('are classes of units and codes of listed texts', () => {
    const title = { zh: '', en: '' };
    const facts = { title, level: 'general-2', type: 'text' } as const;
    const values = ['a', 'b'];
    const many = Array.from({ length: 1001 }, (_, i) => `v${i}`);
    const columns = [
      { name: 'pid', role: 'identifier', unit: 'person', ...facts },
      { name: 'dept', role: 'dimension', values, ...facts },
      { name: 'card', role: 'identifier', values, ...facts },
      { name: 'many', role: 'dimension', values: many, ...facts },
      { name: 'size', role: 'dimension', values, ...facts, type: 'integer' },
      { name: 'note', role: 'attribute', ...facts },
    ] as const;
    expect(twinsOf(columns).map(({ name }) => name)).toEqual(['_class_pid', '_rank_pid', '_code_dept']);
    const single = [{ ...columns[0], rowsPerUnitMax: 1 }];
    expect(twinsOf(single).map(({ name }) => name)).toEqual(['_class_pid']);
  });

  it('are stored, ranks only beside levels of mode dp', () => {
    const pid = { name: 'pid', title: { zh: '', en: '' }, type: 'text', role: 'identifier', unit: 'person' } as const;
    const stored = (level: Level, rows: Level) =>
      storedTwins({ level: rows, columns: [{ ...pid, level }] }).map(({ kind }) => kind);
    expect(stored('general-3', 'general-3')).toEqual(['class']);
    expect(stored('general-4', 'general-2')).toEqual(['class', 'rank']);
    expect(stored('general-2', 'general-4')).toEqual(['class', 'rank']);
  });
});
