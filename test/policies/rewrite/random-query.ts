import fc from 'fast-check';
import { DEFAULT_PROFILE, type PolicyProfile } from '../../../policies/levels.ts';
import type { AggregateCall, ColumnRef, Expr, Rel } from '../../../policies/sql/plan.ts';
import { INTEGER, TEXT } from '../../../policies/sql/sql-type.ts';
import type { Tables, Value } from './interpret-plan.ts';
import {
  agg,
  call,
  ENTERPRISE,
  number,
  outputs,
  PERSON,
  PlanMaker,
  PUBLIC,
  type TableSpec,
  when,
} from './plan-fixture.ts';
import type { ModelMeasure, ModelRow, ModelRules } from './reference-model.ts';

/** Small thresholds, so that small tables meet every rule. */
export const SMALL: PolicyProfile = { ...DEFAULT_PROFILE, unitsMin: 3 };

export interface StoredRow {
  readonly id: number | null;
  readonly firm: number | null;
  readonly dept: string;
  readonly room: number;
  readonly x: number | null;
  readonly y: number | null;
}
export interface StoredVisit {
  readonly id: number;
  readonly v: number;
}
/** How the measured rows come about. */
export const SHAPES = [
  'plain',
  'two units',
  'fan-out',
  'padded',
  'join',
  'left join',
  'per person',
  'projected',
] as const;
export type Shape = (typeof SHAPES)[number];

export interface RandomQuery {
  readonly shape: Shape;
  readonly rows: readonly StoredRow[];
  readonly visits: readonly StoredVisit[];
  readonly keys: readonly ('dept' | 'room')[];
  readonly above: number | null;
  readonly measures: readonly ModelMeasure[];
}

const maybe = <T>(some: fc.Arbitrary<T>) => fc.option(some, { freq: 5, nil: null });
const small = fc.oneof(
  { weight: 4, arbitrary: fc.integer({ min: -2, max: 6 }) },
  { weight: 1, arbitrary: fc.constantFrom(15, 30) },
);
const column = fc.constantFrom('x', 'y');
const measure: fc.Arbitrary<ModelMeasure> = fc.oneof(
  fc.constant({ kind: 'rows' } as const),
  fc.record({ kind: fc.constantFrom('count', 'sum', 'avg', 'distinct'), column }),
  fc.record({ kind: fc.constantFrom('rows-above', 'sum-if-above'), column, limit: fc.integer({ min: -1, max: 4 }) }),
);

export const randomQuery: fc.Arbitrary<RandomQuery> = fc.record({
  shape: fc.constantFrom(...SHAPES),
  rows: fc.array(
    fc.record({
      id: fc.option(fc.integer({ min: 1, max: 12 }), { freq: 12, nil: null }),
      firm: fc.option(fc.integer({ min: 50, max: 58 }), { freq: 8, nil: null }),
      dept: fc.constantFrom('a', 'b', 'c'),
      room: fc.constantFrom(1, 2),
      x: maybe(small),
      y: maybe(small),
    }),
    { maxLength: 40 },
  ),
  visits: fc.array(fc.record({ id: fc.integer({ min: 1, max: 14 }), v: fc.integer({ min: 0, max: 3 }) }), {
    maxLength: 25,
  }),
  keys: fc.constantFrom([], ['dept'] as const, ['room'] as const, ['dept', 'room'] as const),
  above: fc.option(fc.integer({ min: -1, max: 3 }), { nil: null }),
  measures: fc.array(measure, { minLength: 1, maxLength: 4 }),
});

const DEPTS = ['a', 'b', 'c', 'd'];

/** One table in two declarations: owned by a person, or by a person and an enterprise. */
export function tableOf(shape: Shape): TableSpec {
  const two = shape === 'two units';
  return {
    table: 't',
    level: 'general-2',
    columns: {
      id: { type: PERSON, role: 'identifier', unit: 'person', level: 'general-2', nullable: !two },
      firm: { type: ENTERPRISE, role: 'identifier', unit: two ? 'enterprise' : null, level: 'general-2' },
      dept: { type: TEXT, level: 'general-1', role: 'dimension', values: DEPTS, nullable: false },
      room: { type: INTEGER, level: 'general-2' },
      x: { type: INTEGER, level: 'general-2', role: 'measure' },
      y: { type: INTEGER, level: 'general-2', role: 'measure' },
    },
  };
}
export const VISIT_TABLE: TableSpec = {
  table: 'v',
  level: 'general-2',
  columns: {
    id: { type: PERSON, role: 'identifier', unit: 'person', level: 'general-2', nullable: false },
    v: { type: INTEGER, level: 'general-2', role: 'measure' },
  },
};

/** In the two-unit table every row has a person. */
export function storedRows({ shape, rows }: RandomQuery): readonly StoredRow[] {
  return shape === 'two units' ? rows.map((row, index) => ({ ...row, id: row.id ?? 20 + index })) : rows;
}

export function tablesOf(query: RandomQuery): Tables {
  const rows = storedRows(query).map((row) => ({ ...row }));
  return new Map<string, readonly Readonly<Record<string, Value>>[]>([
    ['t', rows],
    ['v', query.visits.map((row) => ({ ...row }))],
    ['pub', ['a', 'b', 'c'].flatMap((dept) => ['x', 'y', 'z'].map((title) => ({ dept, title })))],
  ]);
}

interface Source {
  readonly rel: Rel;
  readonly at: Readonly<Record<string, Expr>>;
}

/** The plan as `resolve` would give it. */
export function planOf(query: RandomQuery): Rel {
  const maker = new PlanMaker();
  const { rel, at } = sourceOf(query, maker);
  const filtered: Rel =
    query.above === null ? rel : { kind: 'filter', input: rel, predicate: call('gt', [at['x']!, number(query.above)]) };
  const keys = query.keys.map((key) => at[key]!);
  const calls = query.measures.map((one) => callOf(one, at));
  return query.shape === 'projected' ? overSubquery(filtered, keys, calls, maker) : maker.group(filtered, keys, calls);
}

/** The same with keys, arguments and filters computed in a subquery: nothing may be lost on the way up. */
function overSubquery(rel: Rel, keys: readonly Expr[], calls: readonly AggregateCall[], maker: PlanMaker): Rel {
  const read = calls.flatMap(({ args, filter }) => (filter === null ? args : [...args, filter]));
  const inner = maker.project(rel, [...keys, ...read]);
  const [columns, computed] = [outputs(inner).slice(0, keys.length), [...outputs(inner).slice(keys.length)]];
  const lifted = calls.map((one): AggregateCall => {
    const args = computed.splice(0, one.args.length);
    return { ...one, args, filter: one.filter === null ? null : computed.shift()! };
  });
  return maker.group(inner, columns, lifted);
}

function sourceOf(query: RandomQuery, maker: PlanMaker): Source {
  const scan = maker.scan(tableOf(query.shape));
  switch (query.shape) {
    case 'plain':
    case 'projected':
    case 'two units':
      return { rel: scan, at: scan.at };
    case 'fan-out': {
      const open = maker.scan(PUBLIC);
      const rel = maker.join('inner', scan, open, call('eq', [scan.at['dept']!, open.at['dept']!]));
      return { rel, at: scan.at };
    }
    case 'padded':
      return padded(scan, maker);
    case 'join':
    case 'left join': {
      const visits = maker.scan(VISIT_TABLE);
      const kind = query.shape === 'join' ? 'inner' : 'left';
      const rel = maker.join(kind, scan, visits, call('eq', [scan.at['id']!, visits.at['id']!]));
      return { rel, at: { ...scan.at, y: visits.at['v']! } };
    }
    case 'per person': {
      const keys = [scan.at['id']!, scan.at['dept']!, scan.at['room']!];
      const inner = maker.group(scan, keys, [agg('sum', [scan.at['x']!]), agg('count', [scan.at['y']!])]);
      const [, dept, room, x, y] = outputs(inner);
      return { rel: inner, at: { dept: dept!, room: room!, x: x!, y: y! } };
    }
  }
}

/** The attacker's own rows in a UNION ALL. */
function padded(scan: ReturnType<PlanMaker['scan']>, maker: PlanMaker): Source {
  const types = [TEXT, INTEGER, INTEGER, INTEGER];
  const own: Rel = {
    kind: 'values',
    columns: types.map((type) => ({ id: maker.next(), name: 'own', type })),
    rows: OWN_ROWS.map(({ dept, room, x, y }) => [
      { kind: 'literal', type: TEXT, value: dept, at: null },
      number(room),
      number(x),
      number(y),
    ]),
  };
  const theirs = maker.project(scan, [scan.at['dept']!, scan.at['room']!, scan.at['x']!, scan.at['y']!]);
  const columns = types.map((type) => ({ id: maker.next(), name: 'u', type }));
  const rel: Rel = { kind: 'set-operation', op: 'union', all: true, left: theirs, right: own, columns };
  const [dept, room, x, y] = outputs(rel);
  return { rel, at: { dept: dept!, room: room!, x: x!, y: y! } };
}
const OWN_ROWS = Array.from({ length: 6 }, (_, index) => ({ dept: 'a', room: 1, x: 2 - index, y: 1 }));

function callOf(one: ModelMeasure, at: Source['at']): AggregateCall {
  const arg = one.kind === 'rows' ? null : (at[one.column] as ColumnRef);
  switch (one.kind) {
    case 'rows':
      return agg('count_star');
    case 'count':
    case 'sum':
    case 'avg':
      return agg(one.kind, [arg!]);
    case 'distinct':
      return agg('count', [arg!], { distinct: true });
    case 'rows-above':
      return agg('count_star', [], { filter: call('gt', [arg!, number(one.limit)]) });
    case 'sum-if-above':
      return agg('sum', [when(call('gt', [arg!, number(one.limit)]), arg!, number(0))]);
  }
}

/** The same rows for the reference model. */
export function modelRows(query: RandomQuery): readonly ModelRow[] {
  const rows = sourceRows(query).filter((row) => query.above === null || (row.x !== null && row.x > query.above));
  return rows.map(({ owners, dept, room, x, y }) => ({
    owners,
    keys: query.keys.map((key) => (key === 'dept' ? dept : room)),
    cells: { x, y },
  }));
}

interface OpenRow extends Omit<StoredRow, 'id' | 'firm'> {
  readonly owners: readonly (number | null)[];
}
function sourceRows(query: RandomQuery): readonly OpenRow[] {
  const stored = storedRows(query).map((row) => ({
    ...row,
    owners: query.shape === 'two units' ? [row.id, row.firm] : [row.id],
  }));
  const visitsOf = (id: number | null) => query.visits.filter((visit) => visit.id === id);
  switch (query.shape) {
    case 'plain':
    case 'projected':
    case 'two units':
      return stored;
    case 'fan-out':
      return stored.flatMap((row) => [row, row, row]);
    case 'padded':
      return [...stored, ...OWN_ROWS.map((row) => ({ ...row, owners: [null] }))];
    case 'join':
      return stored.flatMap((row) => visitsOf(row.id).map(({ v }) => ({ ...row, y: v })));
    case 'left join':
      return stored.flatMap((row): readonly OpenRow[] => {
        const visits = visitsOf(row.id);
        return visits.length === 0 ? [{ ...row, y: null }] : visits.map(({ v }) => ({ ...row, y: v }));
      });
    case 'per person': {
      const people = Map.groupBy(stored, ({ id, dept, room }) => JSON.stringify([id, dept, room]));
      return [...people.values()].map((own) => {
        const xs = own.flatMap(({ x }) => (x === null ? [] : [x]));
        const sum = xs.length === 0 ? null : xs.reduce((a, b) => a + b, 0);
        return { ...own[0]!, x: sum, y: own.filter(({ y }) => y !== null).length };
      });
    }
  }
}

/** @param classOf as the engine at hand puts units into classes */
export function rulesOf(query: RandomQuery, classOf: ModelRules['classOf']): ModelRules {
  const two = query.shape === 'two units';
  return {
    unitsMin: SMALL.unitsMin,
    // An inner join on the identifier leaves no row without it; where everyone has a person, a missing firm is nobody's.
    unowned: two ? [false, false] : [query.shape !== 'join'],
    enterprise: two ? [false, true] : [false],
    classOf,
    listed:
      query.keys.length === 0
        ? [[]]
        : query.keys.join() === 'dept' && query.shape !== 'padded'
          ? DEPTS.map((dept) => [dept])
          : null,
  };
}
