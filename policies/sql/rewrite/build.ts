import type {
  Aggregate,
  AggregateCall,
  Call,
  Cast,
  ColumnId,
  ColumnRef,
  Expr,
  Literal,
  NamedAggregate,
  NamedExpr,
  OutputColumn,
  Rel,
  Scan,
  ScanColumn,
} from '../plan.ts';
import { columnsOf } from '../plan.ts';
import { inputsOf, relsWithin } from '../plan-walk.ts';
import { BOOLEAN, DOUBLE, HUGEINT, INTEGER, type SqlType } from '../sql-type.ts';

/** Makers of plan nodes. The names of functions that the compiler itself writes stand here and nowhere else. */

/** Fresh column ids for one query: pure, because it starts above every id that the plan knows. */
export interface IdSource {
  readonly next: () => ColumnId;
}

export function idsAbove(plan: Rel): IdSource {
  let last = 0;
  for (const rel of relsWithin(plan))
    for (const { id } of [rel, ...inputsOf(rel)].flatMap(columnsOf)) last = Math.max(last, id);
  return {
    next: () => {
      last += 1;
      return last as ColumnId;
    },
  };
}

export const ref = (id: ColumnId, type: SqlType): ColumnRef => ({ kind: 'column', id, type, at: null });
export const refTo = ({ id, type }: OutputColumn): ColumnRef => ref(id, type);
export const literal = (value: Literal['value'], type: SqlType): Literal => ({
  kind: 'literal',
  type,
  value,
  at: null,
});
export const call = (fn: string, args: readonly Expr[], type: SqlType): Call => ({
  kind: 'call',
  fn,
  args,
  type,
  at: null,
});
export const cast = (arg: Expr, type: SqlType): Cast => ({ kind: 'cast', arg, type, at: null });

export const and = (parts: readonly Expr[]): Expr => (parts.length === 1 ? parts[0]! : call('and', parts, BOOLEAN));
export const isNull = (arg: Expr): Expr => call('is_null', [arg], BOOLEAN);
export const isNotNull = (arg: Expr): Expr => call('is_not_null', [arg], BOOLEAN);
export const notDistinct = (a: Expr, b: Expr): Expr => call('not_distinct', [a, b], BOOLEAN);
export const equals = (a: Expr, b: Expr): Expr => call('eq', [a, b], BOOLEAN);
export const isNotZero = (arg: Expr): Expr => call('neq', [arg, zeroOf(arg.type)], BOOLEAN);
export const isZero = (arg: Expr): Expr => call('eq', [arg, zeroOf(arg.type)], BOOLEAN);
export const asDouble = (arg: Expr): Expr => (arg.type.kind === 'double' ? arg : cast(arg, DOUBLE));
export const multiply = (a: Expr, b: Expr): Expr => call('multiply', [a, b], DOUBLE);
export const divide = (a: Expr, b: Expr): Expr => call('divide', [a, b], DOUBLE);
export const least = (a: Expr, b: Expr): Expr => call('least', [a, b], DOUBLE);
export const absolute = (arg: Expr): Expr => call('abs', [arg], arg.type);
export const double = (value: number): Literal => literal(String(value), DOUBLE);
export const choose = (when: Expr, then: Expr, otherwise: Expr): Expr => ({
  kind: 'case',
  whens: [{ when, then }],
  otherwise,
  type: then.type,
  at: null,
});
/** True where a condition is false or NULL. */
export const isNotTrue = (condition: Expr): Expr => choose(condition, literal(false, BOOLEAN), literal(true, BOOLEAN));

function zeroOf(type: SqlType): Literal {
  return literal('0', type.kind === 'null' || type.kind === 'boolean' ? INTEGER : type);
}

/** The type of a sum: as the allow-list of aggregates has it. */
export function sumType(type: SqlType): SqlType {
  if (type.kind === 'decimal') return { kind: 'decimal', precision: 38, scale: Math.min(type.scale, 9) };
  return type.kind === 'double' ? DOUBLE : HUGEINT;
}

export interface AggregateOptions {
  readonly args: readonly Expr[];
  readonly type: SqlType;
  readonly distinct?: boolean;
  readonly filter?: readonly Expr[];
}
export function aggregateCall(
  fn: string,
  { args, type, distinct = false, filter = [] }: AggregateOptions,
): AggregateCall {
  return { fn, args, distinct, filter: filter.length === 0 ? null : and(filter), type, at: null };
}

export const named = (id: ColumnId, name: string, expr: Expr): NamedExpr => ({ id, name, expr });
export const namedAggregate = (id: ColumnId, name: string, made: AggregateCall): NamedAggregate => ({
  id,
  name,
  call: made,
});

export function group(input: Rel, keys: readonly NamedExpr[], measures: readonly NamedAggregate[]): Aggregate {
  return { kind: 'aggregate', input, keys, sets: null, measures };
}

/** Reads the protected cells of a boundary: its table has columns `c0`, `c1`, … in the order of `released`. */
export const scanReleased = (boundary: number, columns: readonly OutputColumn[]): Scan =>
  scanAs({ kind: 'released', boundary }, columns);

/** Reads a table that the gateway itself hands to the engine, of columns `c0`, `c1`, … */
export function scanAs(source: Scan['source'], columns: readonly OutputColumn[]): Scan {
  return {
    kind: 'scan',
    source,
    columns: columns.map((column, position) => releasedColumn(column, `c${position}`)),
  };
}

export const releasedColumn = ({ id, name, type }: OutputColumn, column: string): ScanColumn => ({
  id,
  name,
  type,
  column,
  level: 'general-1',
  role: 'attribute',
  unit: null,
  bounds: null,
  values: null,
  nullable: true,
  health: false,
});

/** Rows of which only their number is asked are a table all the same, and a table has a column. */
export function withAColumn(rel: Rel, ids: IdSource): Rel {
  if (columnsOf(rel).length > 0) return rel;
  return { kind: 'project', input: rel, columns: [named(ids.next(), 'row', literal('1', INTEGER))] };
}
