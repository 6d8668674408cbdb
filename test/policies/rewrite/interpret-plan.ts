import type { Aggregate, AggregateCall, ColumnId, Expr, Join, Rel, SortKey } from '../../../policies/sql/plan.ts';
import { columnsOf } from '../../../policies/sql/plan.ts';
import type { SqlType } from '../../../policies/sql/sql-type.ts';
import type { Cell, TableData } from '../../../policies/table-data.ts';

/**
 * A slow, plain reading of the relational plan over rows in memory: what the engine should give. No optimisation, no
 * SQL. Numbers are doubles here, which is exact for the small integers and halves that the tests use.
 */

export type Value = null | boolean | number | string;
export type Row = ReadonlyMap<ColumnId, Value>;
/** Stored tables by name: rows by stored column name. Released tables are called `released_<i>`. */
export type Tables = ReadonlyMap<string, readonly Readonly<Record<string, Value>>[]>;

export function interpret(rel: Rel, tables: Tables): readonly Row[] {
  switch (rel.kind) {
    case 'scan': {
      const name = storedName(rel.source);
      const rows = tables.get(name);
      if (rows === undefined) throw new Error(`no table ${name}`);
      return rows.map((row) => new Map(rel.columns.map(({ id, column }) => [id, row[column] ?? null])));
    }
    case 'values':
      return rel.rows.map((row) => new Map(rel.columns.map(({ id }, index) => [id, evaluate(row[index]!, new Map())])));
    case 'filter':
      return interpret(rel.input, tables).filter((row) => evaluate(rel.predicate, row) === true);
    case 'project':
      return interpret(rel.input, tables).map(
        (row) => new Map(rel.columns.map(({ id, expr }) => [id, evaluate(expr, row)])),
      );
    case 'join':
      return interpretJoin(rel, interpret(rel.left, tables), interpret(rel.right, tables));
    case 'aggregate':
      return interpretAggregate(rel, interpret(rel.input, tables));
    case 'sort':
      return [...interpret(rel.input, tables)].sort((a, b) => compareRows(rel.keys, a, b));
    case 'limit': {
      const rows = interpret(rel.input, tables).slice(rel.offset);
      return rel.count === null ? rows : rows.slice(0, rel.count);
    }
    case 'set-operation': {
      if (rel.op !== 'union' || !rel.all) throw new Error('only UNION ALL');
      return [rel.left, rel.right].flatMap((side) => {
        const from = columnsOf(side);
        return interpret(side, tables).map(
          (row) => new Map(rel.columns.map(({ id }, index) => [id, row.get(from[index]!.id)!])),
        );
      });
    }
    case 'window':
      throw new Error('no windows');
  }
}

function storedName(source: Extract<Rel, { kind: 'scan' }>['source']): string {
  if (source.kind === 'open') return 'open_groups';
  if (source.kind === 'given') return `given_${source.given}`;
  return source.kind === 'table' ? source.table : `released_${source.boundary}`;
}

/** Rows as the engine would hand them over: columns in plan order, cells in the types of `TableData`. */
export function asTable(rel: Rel, rows: readonly Row[]): TableData {
  const columns = columnsOf(rel);
  return {
    columns: columns.map(({ name, type }) => ({ name, type })),
    values: columns.map(({ id, type }) => rows.map((row) => cellOf(row.get(id) ?? null, type))),
    rowCount: rows.length,
  };
}

function cellOf(value: Value, type: SqlType): Cell {
  if (typeof value !== 'number') return value;
  if (type.kind === 'integer' || type.kind === 'hugeint' || type.kind === 'token') return BigInt(value);
  return type.kind === 'decimal' ? value.toFixed(type.scale) : value;
}

function interpretJoin(join: Join, left: readonly Row[], right: readonly Row[]): readonly Row[] {
  const holds = (a: Row, b: Row) => join.on === null || evaluate(join.on, new Map([...a, ...b])) === true;
  const nulls = (rel: Rel): Row => new Map(columnsOf(rel).map(({ id }) => [id, null]));
  if (join.join === 'semi') return left.filter((a) => right.some((b) => holds(a, b)));
  if (join.join === 'anti') return left.filter((a) => !right.some((b) => holds(a, b)));
  const rows: Row[] = [];
  const met = new Set<Row>();
  for (const a of left) {
    const matches = right.filter((b) => holds(a, b));
    for (const b of matches) {
      rows.push(new Map([...a, ...b]));
      met.add(b);
    }
    if (matches.length === 0 && (join.join === 'left' || join.join === 'full'))
      rows.push(new Map([...a, ...nulls(join.right)]));
  }
  if (join.join === 'right' || join.join === 'full') {
    for (const b of right) if (!met.has(b)) rows.push(new Map([...nulls(join.left), ...b]));
  }
  return rows;
}

/** Of several sets the groups of each, with NULL for the keys that a set does not have. */
function interpretAggregate(aggregate: Aggregate, input: readonly Row[]): readonly Row[] {
  if (aggregate.sets === null) return groupsOf(aggregate, input);
  return aggregate.sets.flatMap((set) => {
    const keys = set.map((index) => aggregate.keys[index]!);
    const missing = aggregate.keys.filter((key) => !keys.includes(key)).map(({ id }) => [id, null] as const);
    return groupsOf({ ...aggregate, keys, sets: null }, input).map((row) => new Map([...row, ...missing]));
  });
}

function groupsOf(aggregate: Aggregate, input: readonly Row[]): readonly Row[] {
  const groups = new Map<string, { readonly keys: readonly Value[]; readonly rows: Row[] }>();
  if (aggregate.keys.length === 0) groups.set('[]', { keys: [], rows: [] });
  for (const row of input) {
    const keys = aggregate.keys.map(({ expr }) => evaluate(expr, row));
    const text = JSON.stringify(keys);
    const group = groups.get(text) ?? { keys, rows: [] };
    group.rows.push(row);
    groups.set(text, group);
  }
  return [...groups.values()].map(
    ({ keys, rows }) =>
      new Map([
        ...aggregate.keys.map(({ id }, index) => [id, keys[index]!] as const),
        ...aggregate.measures.map(({ id, call }) => [id, fold(call, rows)] as const),
      ]),
  );
}

function fold(call: AggregateCall, all: readonly Row[]): Value {
  const rows = call.filter === null ? all : all.filter((row) => evaluate(call.filter!, row) === true);
  if (call.fn === 'count_star') return rows.length;
  const values = rows.map((row) => evaluate(call.args[0]!, row)).filter((value) => value !== null);
  const numbers = values.map(Number);
  const sizes = numbers.map(Math.abs).sort((a, b) => b - a);
  const sum = numbers.reduce((a, b) => a + b, 0);
  switch (call.fn) {
    case 'count':
      return call.distinct ? new Set(values).size : values.length;
    case 'sum':
      return values.length === 0 ? null : sum;
    case 'max':
      return values.length === 0 ? null : Math.max(...numbers);
    case 'any_value':
      return values[0] ?? null;
    case 'mask_union':
      return Number(numbers.reduce((mask, more) => mask | BigInt(more), 0n));
    case 'top1_abs':
      return sizes[0] ?? 0;
    case 'top2_abs':
      return sizes[1] ?? 0;
    case 'top3_abs':
      return sizes[2] ?? 0;
    case 'class_mask':
      return Number(numbers.reduce((mask, one) => mask | (1n << BigInt(one)), 0n));
    case 'class_list':
      return rows.map((row) => call.args.map((arg) => evaluate(arg, row) ?? 0).join(':')).join(';');
    case 'sum_abs':
      return sizes.reduce((a, b) => a + b, 0);
    case 'var_samp': {
      if (numbers.length < 2) return null;
      const mean = sum / numbers.length;
      return numbers.reduce((a, b) => a + (b - mean) ** 2, 0) / (numbers.length - 1);
    }
    default:
      throw new Error(`no aggregate ${call.fn}`);
  }
}

export function evaluate(expr: Expr, row: Row): Value {
  switch (expr.kind) {
    case 'column': {
      const value = row.get(expr.id);
      if (value === undefined) throw new Error(`no column ${expr.id}`);
      return value;
    }
    case 'literal':
      return literalValue(expr.value, expr.type);
    case 'cast': {
      const value = evaluate(expr.arg, row);
      if (value === null) return null;
      return expr.type.kind === 'text' ? String(value) : expr.type.kind === 'boolean' ? Boolean(value) : Number(value);
    }
    case 'case': {
      for (const { when, then } of expr.whens) if (evaluate(when, row) === true) return evaluate(then, row);
      return evaluate(expr.otherwise, row);
    }
    case 'call':
      return apply(
        expr.fn,
        expr.args.map((arg) => evaluate(arg, row)),
      );
  }
}

function literalValue(value: Extract<Expr, { kind: 'literal' }>['value'], type: SqlType): Value {
  if (value === null || typeof value === 'boolean') return value;
  if (typeof value !== 'string') throw new Error('no intervals');
  return type.kind === 'text' || type.kind === 'date' || type.kind === 'timestamp' ? value : Number(value);
}

/** 50 classes stay exact in the bits of a double. */
export const unitClass = (unit: unknown): number => Number(unit) % 50;

function apply(fn: string, args: readonly Value[]): Value {
  const [a = null, b = null] = args;
  switch (fn) {
    case 'and':
      return args.includes(false) ? false : args.includes(null) ? null : true;
    case 'or':
      return args.includes(true) ? true : args.includes(null) ? null : false;
    case 'not':
      return a === null ? null : a !== true;
    case 'is_null':
      return a === null;
    case 'is_not_null':
      return a !== null;
    case 'not_distinct':
      return a === b;
    case 'coalesce':
      return args.find((value) => value !== null) ?? null;
    case 'nullif':
      return a === b ? null : a;
    case 'value_hash':
      return a === null ? null : (Number(a) * 7919) % 1_000_003;
    case 'class_count':
      return a === null ? 0 : BigInt(Number(a)).toString(2).replaceAll('0', '').length;
    case 'unit_class':
      return a === null ? 64 : unitClass(a);
  }
  if (a === null || (args.length > 1 && b === null)) return null;
  const [x, y] = [Number(a), Number(b)];
  switch (fn) {
    case 'eq':
      return a === b;
    case 'neq':
      return a !== b;
    case 'lt':
      return a < b!;
    case 'lte':
      return a <= b!;
    case 'gt':
      return a > b!;
    case 'gte':
      return a >= b!;
    case 'add':
      return x + y;
    case 'subtract':
      return x - y;
    case 'multiply':
      return x * y;
    case 'divide':
      return y === 0 ? null : x / y;
    case 'negate':
      return -x;
    case 'least':
      return Math.min(x, y);
    case 'abs':
      return Math.abs(x);
    default:
      throw new Error(`no function ${fn}`);
  }
}

function compareRows(keys: readonly SortKey[], a: Row, b: Row): number {
  for (const { expr, descending } of keys) {
    const [x, y] = [evaluate(expr, a), evaluate(expr, b)];
    if (x === y) continue;
    if (x === null || y === null) return x === null ? 1 : -1;
    return (x < y ? -1 : 1) * (descending ? -1 : 1);
  }
  return 0;
}
