import { randomFillSync } from 'node:crypto';
import { DEFAULT_PROFILE, type Level, type PolicyProfile } from '../../../policies/levels.ts';
import { drawnNoise } from '../../../policies/release/drawn-noise.ts';
import type { GuardMemory } from '../../../policies/release/guarded.ts';
import { type Ask, type AskEngine, type ProtectedCells, protect } from '../../../policies/release/protect.ts';
import { decide } from '../../../policies/sql/decide.ts';
import type { UntrustedSql } from '../../../policies/sql/parse.ts';
import type {
  Aggregate,
  AggregateCall,
  ColumnId,
  ColumnRef,
  Expr,
  Join,
  NamedExpr,
  Project,
  Rel,
  Scan,
  ScanColumn,
} from '../../../policies/sql/plan.ts';
import { columnsOf } from '../../../policies/sql/plan.ts';
import { prune } from '../../../policies/sql/prune.ts';
import type { ResolvedQuery } from '../../../policies/sql/resolve.ts';
import { type Boundary, type PrivatePlan, rewrite } from '../../../policies/sql/rewrite.ts';
import { BOOLEAN, DOUBLE, HUGEINT, INTEGER, type SqlType, TEXT } from '../../../policies/sql/sql-type.ts';
import type { TableData } from '../../../policies/table-data.ts';
import type { UnitKind } from '../../../policies/table-schema.ts';
import { freshMemory } from '../release/fresh-memory.ts';
import { asTable, interpret, type Tables, type Value } from './interpret-plan.ts';

export const PERSON: SqlType = { kind: 'token', domain: 'person' };
export const ENTERPRISE: SqlType = { kind: 'token', domain: 'enterprise' };

type ColumnSpec = Partial<Omit<ScanColumn, 'id' | 'name'>> & { readonly type: SqlType };
export interface TableSpec {
  readonly table: string;
  readonly level: Level;
  readonly rowsPerUnitMax?: Partial<Record<UnitKind, number>>;
  readonly columns: Readonly<Record<string, ColumnSpec>>;
}

const identifier = (type: SqlType, unit: UnitKind | null, nullable = false): ColumnSpec => ({
  type,
  role: 'identifier',
  unit,
  nullable,
  level: 'general-2',
});

/** People with one row each, their visits, and the firms that some of them own. */
export const PEOPLE: TableSpec = {
  table: 'people',
  level: 'general-2',
  rowsPerUnitMax: { person: 1 },
  columns: {
    id: identifier(PERSON, 'person'),
    dept: { type: TEXT, level: 'general-1', role: 'dimension', values: ['a', 'b', 'c'], nullable: false },
    room: { type: INTEGER, level: 'general-2' },
    salary: { type: INTEGER, level: 'general-2', role: 'measure' },
    income: { type: INTEGER, level: 'general-4', role: 'measure' },
    secret: { type: INTEGER, level: 'core' },
  },
};
export const VISITS: TableSpec = {
  table: 'visits',
  level: 'general-2',
  columns: {
    id: identifier(PERSON, 'person'),
    dept: { type: TEXT, level: 'general-1', role: 'dimension', values: ['a', 'b', 'c'], nullable: false },
    fee: { type: INTEGER, level: 'general-2', role: 'measure' },
    health: { type: INTEGER, level: 'general-2', health: true },
  },
};
export const HOLDERS: TableSpec = {
  table: 'holders',
  level: 'general-2',
  columns: {
    id: identifier(PERSON, 'person'),
    uscc: identifier(ENTERPRISE, 'enterprise'),
    dept: { type: TEXT, level: 'general-1', role: 'dimension', values: ['a', 'b', 'c'], nullable: false },
    share: { type: INTEGER, level: 'general-2', role: 'measure' },
  },
};
/** Findings belong to a visit number only: whose they are takes a join. */
export const FINDINGS: TableSpec = {
  table: 'findings',
  level: 'general-2',
  columns: {
    visit: identifier({ kind: 'token', domain: 'visit' }, null),
    result: { type: INTEGER, level: 'general-2', role: 'measure' },
  },
};
export const PUBLIC: TableSpec = {
  table: 'pub',
  level: 'general-1',
  columns: {
    dept: { type: TEXT, level: 'general-1', role: 'dimension', values: ['a', 'b', 'c'], nullable: false },
    title: { type: TEXT, level: 'general-1' },
  },
};

/** Makes plan nodes by hand, the way `resolve` would. */
export class PlanMaker {
  private last = 0;
  next(): ColumnId {
    this.last += 1;
    return this.last as ColumnId;
  }
  scan({
    table,
    level,
    columns,
    rowsPerUnitMax,
  }: TableSpec): Scan & { readonly at: Readonly<Record<string, ColumnRef>> } {
    const made = Object.entries(columns).map(
      ([column, spec]): ScanColumn => ({
        id: this.next(),
        name: column,
        column,
        level: 'general-1',
        role: 'attribute',
        unit: null,
        bounds: null,
        values: null,
        nullable: true,
        health: false,
        ...spec,
      }),
    );
    const source = {
      kind: 'table',
      resource: table,
      version: 1,
      table,
      level,
      rowsPerUnitMax: rowsPerUnitMax ?? {},
      identifiers: made.filter(({ role }) => role === 'identifier').map(({ name }) => name),
    } as const;
    const scan: Scan = { kind: 'scan', source, columns: made };
    const at = Object.fromEntries(made.map(({ id, name, type }) => [name, column(id, type)]));
    return Object.defineProperty(scan, 'at', { value: at, enumerable: false }) as Scan & { readonly at: typeof at };
  }
  group(input: Rel, keys: readonly Expr[], calls: readonly AggregateCall[]): Aggregate {
    return {
      kind: 'aggregate',
      input,
      keys: keys.map((expr, index) => ({ id: this.next(), name: `k${index}`, expr })),
      sets: null,
      measures: calls.map((made, index) => ({ id: this.next(), name: `a${index}`, call: made })),
    };
  }
  project(input: Rel, exprs: readonly Expr[]): Project {
    const columns = exprs.map((expr, index): NamedExpr => ({ id: this.next(), name: `p${index}`, expr }));
    return { kind: 'project', input, columns };
  }
  join(join: Join['join'], left: Rel, right: Rel, on: Expr | null): Join {
    return { kind: 'join', join, left, right, on };
  }
}

export const column = (id: ColumnId, type: SqlType): ColumnRef => ({ kind: 'column', id, type, at: null });
export const outputs = (rel: Rel): readonly ColumnRef[] => columnsOf(rel).map(({ id, type }) => column(id, type));
export const number = (value: number): Expr => ({ kind: 'literal', type: INTEGER, value: String(value), at: null });
export const text = (value: string): Expr => ({ kind: 'literal', type: TEXT, value, at: null });
export const call = (fn: string, args: readonly Expr[], type: SqlType = BOOLEAN): Expr => ({
  kind: 'call',
  fn,
  args,
  type,
  at: null,
});
export const when = (condition: Expr, then: Expr, otherwise: Expr): Expr => ({
  kind: 'case',
  whens: [{ when: condition, then }],
  otherwise,
  type: then.type,
  at: null,
});
export const agg = (fn: string, args: readonly Expr[] = [], more: Partial<AggregateCall> = {}): AggregateCall => ({
  fn,
  args,
  distinct: false,
  filter: null,
  type: fn.startsWith('count') ? INTEGER : fn === 'sum' ? HUGEINT : DOUBLE,
  at: null,
  ...more,
});

export function resolved(plan: Rel): ResolvedQuery {
  return { kind: 'resolved', text: '' as UntrustedSql, plan: prune(plan), uses: [] };
}

export function plan(query: Rel, profile: PolicyProfile = DEFAULT_PROFILE): PrivatePlan {
  const query_ = resolved(query);
  return rewrite(query_, decide(query_, profile, { unitsMin: null }), profile);
}

export interface Answer {
  readonly rows: readonly (readonly Value[])[];
  readonly cells: ProtectedCells;
  readonly private: PrivatePlan;
}

/** The whole way with the interpreter in the engine's place. */
export function answer(query: Rel, tables: Tables, profile: PolicyProfile = DEFAULT_PROFILE): Answer {
  const cut = plan(query, profile);
  const cells = protectedOver(cut, tables, profile);
  return { rows: finishOver(cut, cells), cells, private: cut };
}

/** Where chance comes from: fixed for mode `perturbed`, fresh for mode `dp`. */
export const CHANCE = {
  noiseSecret: new Uint8Array(32).fill(7),
  privacyNoise: drawnNoise((bytes) => randomFillSync(bytes)),
} as const;

/** Protection with the interpreter as its engine. */
export function protectedOver(
  cut: PrivatePlan,
  stored: Tables,
  profile: PolicyProfile,
  memory: GuardMemory = freshMemory(),
): ProtectedCells {
  const keyed = new Map(
    [...stored].map(([name, rows]) => [name, rows.map((row) => ({ ...row, _row_key: keyOf(row) }))]),
  );
  const dialogue = protect(cut, { profile, ...CHANCE, answer: 'answer', memory });
  let step = dialogue.next();
  while (step.done !== true) {
    const { boundary, pass, tables } = engineAsk(step.value);
    const at = cut.boundaries[boundary]!;
    const rel = statementOf(at, pass);
    const beside = tables.map(({ name, data }) => [name, rowsOf(data)] as const);
    step = dialogue.next(asTable(rel, interpret(rel, new Map([...keyed, ...beside]))));
  }
  return step.value;
}

/** Here is no custodian to ask. */
export function engineAsk(ask: Ask): AskEngine {
  if (ask.pass === 'open') throw new Error('a query with encrypted columns');
  if (ask.pass === 'given') throw new Error('a query in which a release decides about rows');
  return ask;
}

/** What protection asks for. */
export function statementOf(boundary: Boundary, pass: AskEngine['pass']): Rel {
  if (boundary.kind !== 'cells' || pass === 'first') return boundary.cells;
  return pass === 'exact' ? boundary.exact : boundary.small!;
}

/** A number by content, as the vault has one for each row. */
function keyOf(row: Readonly<Record<string, Value>>): number {
  let hash = 7;
  for (const character of JSON.stringify(row)) hash = (Math.imul(hash, 31) + character.charCodeAt(0)) | 0;
  return hash;
}

function rowsOf({ columns, values, rowCount }: TableData): readonly Readonly<Record<string, Value>>[] {
  return Array.from({ length: rowCount }, (_, row) =>
    Object.fromEntries(columns.map(({ name }, index) => [name, plain(values[index]![row]!)])),
  );
}

/** What the user wrote above the boundary, over protected cells. */
export function finishOver(cut: PrivatePlan, cells: ProtectedCells): readonly (readonly Value[])[] {
  const released = cells.tables.map((table, index) => {
    const rows = Array.from({ length: table.rowCount }, (_, row) =>
      Object.fromEntries(table.values.map((values, place) => [`c${place}`, plain(values[row] ?? null)])),
    );
    return [`released_${index}`, rows] as const;
  });
  const rows = interpret(cut.finish, new Map(released));
  const ids = columnsOf(cut.finish).map(({ id }) => id);
  return rows.map((row) => ids.map((id) => row.get(id) ?? null));
}

/** Protection off: the query as written, over the rows. */
export function unprotected(query: Rel, tables: Tables): readonly (readonly Value[])[] {
  const ids = columnsOf(query).map(({ id }) => id);
  return interpret(query, tables).map((row) => ids.map((id) => row.get(id) ?? null));
}

function plain(cell: Value | bigint): Value {
  return typeof cell === 'bigint'
    ? Number(cell)
    : typeof cell === 'string' && /^-?\d+(\.\d+)?$/.test(cell)
      ? Number(cell)
      : cell;
}

/** `count` people in a department, with ids from `first`. */
export function people(dept: string, count: number, first: number, salary: (index: number) => number = () => 100) {
  return Array.from({ length: count }, (_, index) => ({
    id: first + index,
    dept,
    room: (first + index) % 3,
    salary: salary(index),
    income: 1,
    secret: 1,
  }));
}
