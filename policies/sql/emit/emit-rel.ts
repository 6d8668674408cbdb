import { assert } from '../../errors.ts';
import { storedTable } from '../../stored-prints.ts';
import { aggregateNamed, isAggregateName } from '../functions/registry.ts';
import {
  type Aggregate,
  type AggregateCall,
  type ColumnId,
  columnsOf,
  type FrameBound,
  type Join,
  type NamedWindow,
  type OutputColumn,
  type Rel,
  type Scan,
  type SetOperation,
  type SortKey,
  type Values,
  type WindowFrame,
} from '../plan.ts';
import { engineType } from '../type-rules.ts';
import { magnitude } from './double-range.ts';
import { type ColumnSql, emitExpr } from './emit-expr.ts';
import type { EmittedSql } from './emitted-sql.ts';
import { type ColumnBounds, columnBounds, narrowDecimals } from './narrow-decimals.ts';
import { quoteIdentifier, quoteLiteral } from './quote.ts';

/** The table beside an exact statement: the keys of the groups that it decides, columns `c0`, `c1`, … */
export const OPEN_GROUPS = 'open_groups';

/** What a boundary gave, for statements above it. */
export const releasedName = (boundary: number): string => `released_${boundary}`;
/** What earlier releases gave, beside the statements that read it. */
export const givenName = (given: number): string => `given_${given}`;

/** Names of one statement: tables t0, t1 …, columns c0, c1 …, each given once. */
interface Names {
  tables: number;
  columns: number;
  /** What is known of the size of columns, for arithmetic in few digits. */
  readonly bounds: ColumnBounds;
}

/** A SELECT in the making. `open`: nothing has been given out yet, so that clauses can still be added. */
interface Block {
  from: string | null;
  where: string[];
  groupBy: string | null;
  orderBy: string | null;
  limit: string | null;
  /** Given out: SQL and alias of each column; null while open. */
  select: { readonly sql: string; readonly alias: string }[] | null;
  /** A whole statement instead of clauses. */
  whole: string | null;
  columns: Map<ColumnId, string>;
}

/**
 * SQL of a plan: the same plan always gives the same text. Only names made here, stored names of the catalogue and
 * literals quoted here occur in it; nothing of the user's text does. Output columns stand in the order of `columnsOf`.
 */
export function emitRel(rel: Rel): EmittedSql {
  const names: Names = { tables: 0, columns: 0, bounds: columnBounds(rel) };
  const block = emitBlock(rel, names);
  const outputs = columnsOf(rel);
  // INVARIANT: the statement gives out exactly the columns of the plan, in order.
  const same =
    block.select !== null &&
    block.select.length === outputs.length &&
    outputs.every((column, index) => block.columns.get(column.id) === block.select?.[index]?.alias);
  return render(same ? block : giveOut(reopen(block, names), outputs, names)) as EmittedSql;
}

function emitBlock(rel: Rel, names: Names): Block {
  switch (rel.kind) {
    case 'scan':
      return emitScan(rel, names);
    case 'values':
      return emitValues(rel, names);
    case 'join':
      return emitJoin(rel, names);
    case 'filter': {
      const block = openBlock(rel.input, names, (candidate) => candidate.limit === null);
      block.where.push(emitExpr(rel.predicate, block.columns));
      return block;
    }
    case 'project': {
      const block = openBlock(rel.input, names, () => true);
      return select(
        block,
        rel.columns.map(({ id, expr }) => ({ id, sql: emitExpr(expr, block.columns) })),
        names,
      );
    }
    case 'aggregate':
      return emitAggregate(rel, names);
    case 'window': {
      const block = openBlock(rel.input, names, (candidate) => candidate.limit === null);
      const passed = columnsOf(rel.input).map(({ id }) => ({ id, sql: sqlOf(block, id) }));
      return select(
        block,
        [...passed, ...rel.columns.map((column) => ({ id: column.id, sql: emitWindow(column, block.columns) }))],
        names,
      );
    }
    case 'set-operation':
      return emitSetOperation(rel, names);
    case 'sort': {
      const block = openBlock(rel.input, names, (candidate) => candidate.limit === null && candidate.orderBy === null);
      block.orderBy = sortSql(rel.keys, block.columns);
      return block;
    }
    case 'limit': {
      const block = openBlock(rel.input, names, (candidate) => candidate.limit === null);
      block.limit = `${rel.count === null ? '' : ` LIMIT ${rowCount(rel.count)}`}${rel.offset === 0 ? '' : ` OFFSET ${rowCount(rel.offset)}`}`;
      return block;
    }
  }
}

function rowCount(count: number): string {
  assert(Number.isSafeInteger(count) && count >= 0, 'a row count is a whole number');
  return String(count);
}

function emptyBlock(from: string | null, columns: Map<ColumnId, string>): Block {
  return { from, where: [], groupBy: null, orderBy: null, limit: null, select: null, whole: null, columns };
}

/** The input as an open block that `fits`, or wrapped as a derived table of a new one. */
function openBlock(rel: Rel, names: Names, fits: (block: Block) => boolean): Block {
  const block = emitBlock(rel, names);
  return block.select === null && block.whole === null && fits(block)
    ? block
    : reopen(block.select === null && block.whole === null ? giveOut(block, columnsOf(rel), names) : block, names);
}

function reopen(block: Block, names: Names): Block {
  if (block.select === null && block.whole === null) return block;
  const table = `t${names.tables++}`;
  const columns = new Map([...block.columns].map(([id, alias]) => [id, `${table}.${alias}`]));
  return emptyBlock(`(${render(block)}) AS ${table}`, columns);
}

function select(
  block: Block,
  columns: readonly { readonly id: ColumnId; readonly sql: string }[],
  names: Names,
): Block {
  const given = columns.map(({ id, sql }) => ({ id, sql, alias: `c${names.columns++}` }));
  return {
    ...block,
    select: given.map(({ sql, alias }) => ({ sql, alias })),
    columns: new Map(given.map(({ id, alias }) => [id, alias])),
  };
}

function giveOut(block: Block, outputs: readonly OutputColumn[], names: Names): Block {
  return select(
    block,
    outputs.map(({ id }) => ({ id, sql: sqlOf(block, id) })),
    names,
  );
}

function sqlOf(block: Block, id: ColumnId): string {
  const sql = block.columns.get(id);
  assert(sql !== undefined, `column ${id} is visible`);
  return sql;
}

function render(block: Block): string {
  if (block.whole !== null) return block.whole;
  // A relation without columns still has rows: `SELECT 1`.
  const list = (block.select ?? []).map(({ sql, alias }) => `${sql} AS ${alias}`).join(', ');
  const where = block.where.length === 0 ? '' : ` WHERE ${block.where.join(' AND ')}`;
  const from = block.from === null ? '' : ` FROM ${block.from}`;
  return `SELECT ${list === '' ? '1 AS c' : list}${from}${where}${block.groupBy ?? ''}${block.orderBy ?? ''}${block.limit ?? ''}`;
}

// ── Sources ──────────────────────────────────────────────────────────────────────────────────────────────────────

function emitScan(scan: Scan, names: Names): Block {
  const table = `t${names.tables++}`;
  const { source } = scan;
  const stored = storedName(source);
  const columns = new Map(scan.columns.map(({ id, column }) => [id, `${table}.${quoteIdentifier(column)}`]));
  return emptyBlock(`${quoteIdentifier(stored)} AS ${table}`, columns);
}

function storedName(source: Scan['source']): string {
  switch (source.kind) {
    case 'table':
      return storedTable(`${source.resource}@${source.version}`, source.print);
    case 'released':
      return releasedName(source.boundary);
    case 'given':
      return givenName(source.given);
    case 'open':
      return OPEN_GROUPS;
  }
}

function emitValues(values: Values, names: Names): Block {
  if (values.columns.length === 0) return emptyBlock(null, new Map());
  const table = `t${names.tables++}`;
  const aliases = values.columns.map(() => `c${names.columns++}`);
  const rows = values.rows.map((row) => `(${row.map((cell) => emitExpr(cell, new Map())).join(', ')})`);
  const columns = new Map(values.columns.map(({ id }, index) => [id, `${table}.${aliases[index] ?? ''}`]));
  return emptyBlock(`(VALUES ${rows.join(', ')}) AS ${table}(${aliases.join(', ')})`, columns);
}

const JOIN_WORDS: Readonly<Record<Join['join'], string>> = {
  inner: 'INNER JOIN',
  left: 'LEFT JOIN',
  right: 'RIGHT JOIN',
  full: 'FULL JOIN',
  cross: 'CROSS JOIN',
  semi: 'SEMI JOIN',
  anti: 'ANTI JOIN',
};

function emitJoin(join: Join, names: Names): Block {
  const left = joinSide(join.left, names);
  const right = joinSide(join.right, names);
  const both = new Map([...left.columns, ...right.columns]);
  const on = join.on === null ? (join.join === 'cross' ? '' : ' ON TRUE') : ` ON ${emitExpr(join.on, both)}`;
  const columns = join.join === 'semi' || join.join === 'anti' ? left.columns : both;
  const rightSql = join.right.kind === 'join' ? `(${right.from ?? ''})` : (right.from ?? '');
  return emptyBlock(`${left.from ?? ''} ${JOIN_WORDS[join.join]} ${rightSql}${on}`, new Map(columns));
}

/** A side of a join: a table, a join of its own, or a derived table. */
function joinSide(rel: Rel, names: Names): Block {
  const block = emitBlock(rel, names);
  const bare =
    block.select === null &&
    block.whole === null &&
    block.from !== null &&
    block.where.length === 0 &&
    block.orderBy === null &&
    block.limit === null;
  if (bare) return block;
  return reopen(block.select === null && block.whole === null ? giveOut(block, columnsOf(rel), names) : block, names);
}

function emitSetOperation(set: SetOperation, names: Names): Block {
  const word = `${set.op.toUpperCase()}${set.all ? ' ALL' : ''}`;
  const side = (rel: Rel): Block => {
    const block = emitBlock(rel, names);
    const ids = columnsOf(rel);
    const same =
      block.select !== null &&
      block.select.length === ids.length &&
      ids.every(({ id }, index) => block.columns.get(id) === block.select?.[index]?.alias);
    return same ? block : giveOut(reopen(block, names), ids, names);
  };
  const [left, right] = [side(set.left), side(set.right)];
  // The left side's aliases name the result.
  const columns = new Map(set.columns.map(({ id }, index) => [id, left.select?.[index]?.alias ?? '']));
  return { ...emptyBlock(null, columns), whole: `(${render(left)}) ${word} (${render(right)})` };
}

// ── Grouping, windows, order ─────────────────────────────────────────────────────────────────────────────────────

function emitAggregate(aggregate: Aggregate, names: Names): Block {
  const block = openBlock(
    aggregate.input,
    names,
    (candidate) => candidate.limit === null && candidate.orderBy === null,
  );
  const keys = aggregate.keys.map((key) => ({ id: key.id, sql: emitExpr(key.expr, block.columns) }));
  const measures = aggregate.measures.map(({ id, call }) => ({
    id,
    sql: emitAggregateCall(call, block.columns, names.bounds),
  }));
  block.groupBy = groupBy(
    aggregate,
    keys.map((key) => key.sql),
  );
  // Without keys and measures there is still one row, which only an aggregate makes.
  if (keys.length === 0 && measures.length === 0)
    return { ...select(block, [{ id: -1 as ColumnId, sql: 'count(*)' }], names), columns: new Map() };
  return select(block, [...keys, ...measures], names);
}

function groupBy(aggregate: Aggregate, keys: readonly string[]): string {
  if (aggregate.sets !== null) {
    const sets = aggregate.sets.map((set) => `(${set.map((index) => keys[index] ?? '').join(', ')})`);
    return ` GROUP BY GROUPING SETS (${sets.join(', ')})`;
  }
  return keys.length === 0 ? '' : ` GROUP BY ${keys.join(', ')}`;
}

/** Aggregates whose result type does not depend on the digits of their argument, only on its scale. */
const NARROWED: ReadonlySet<string> = new Set(['sum', 'avg', 'sum_abs']);

function emitAggregateCall(call: AggregateCall, columns: ColumnSql, bounds: ColumnBounds): string {
  const args = NARROWED.has(call.fn) ? call.args.map((arg) => narrowDecimals(arg, bounds)) : call.args;
  const parts = {
    types: args.map((arg) => arg.type),
    magnitudes: args.map(magnitude),
    distinct: call.distinct ? 'DISTINCT ' : '',
    suffix: '',
  };
  const values = args.map((arg) => emitExpr(arg, columns));
  const orderOf = (sorted: readonly string[]) => orderSql({ ...call, args }, sorted);
  if (call.filter === null) return aggregateNamed(call.fn).sql({ ...parts, args: values, order: orderOf(values) });
  const [first = '1', ...rest] = values;
  const kept = `CASE WHEN ${emitExpr(call.filter, columns)} THEN ${first} END`;
  // An aggregate passes over NULL; only the count of rows has nothing to be NULL.
  const counted = [kept, ...rest];
  return aggregateNamed(args.length === 0 ? 'count' : call.fn).sql({
    ...parts,
    args: counted,
    order: orderOf(counted),
  });
}

function emitWindow({ call }: NamedWindow, columns: ColumnSql): string {
  const partition =
    call.partitionBy.length === 0
      ? ''
      : `PARTITION BY ${call.partitionBy.map((expr) => emitExpr(expr, columns)).join(', ')}`;
  const over = [partition, sortSql(call.orderBy, columns).trim(), frameSql(call.frame)]
    .filter((part) => part !== '')
    .join(' ');
  const args = call.args.map((arg) => emitExpr(arg, columns));
  const suffix = ` OVER (${over})`;
  if (isAggregateName(call.fn))
    return aggregateNamed(call.fn).sql({
      args,
      types: call.args.map((arg) => arg.type),
      magnitudes: call.args.map(magnitude),
      distinct: call.distinct === true ? 'DISTINCT ' : '',
      order: orderSql(call, args),
      suffix,
    });
  return `${call.fn}(${args.join(', ')}${call.ignoreNulls === true ? ' IGNORE NULLS' : ''})${suffix}`;
}

/** Literals are the same in every order, and the engine refuses to sort by them. */
function orderSql({ inOrder, args }: Pick<AggregateCall, 'inOrder' | 'args'>, sorted: readonly string[]): string {
  return inOrder !== true || args.some(({ kind }) => kind === 'literal') ? '' : ` ORDER BY ${sorted.join(', ')}`;
}

function frameSql(frame: WindowFrame | null): string {
  if (frame === null) return '';
  const exclude = frame.exclude === undefined ? '' : ` EXCLUDE ${frame.exclude.replace('-', ' ').toUpperCase()}`;
  return `${frame.unit.toUpperCase()} BETWEEN ${boundSql(frame.start)} AND ${boundSql(frame.end)}${exclude}`;
}

function boundSql(bound: FrameBound): string {
  if (bound.kind === 'preceding' || bound.kind === 'following')
    return `${typeof bound.offset === 'number' ? rowCount(bound.offset) : quoteLiteral(bound.offset)} ${bound.kind.toUpperCase()}`;
  return bound.kind.replace('-', ' ').toUpperCase();
}

function sortSql(keys: readonly SortKey[], columns: ColumnSql): string {
  if (keys.length === 0) return '';
  // WHY a cast: DuckDB refuses to sort by a bare literal.
  const parts = keys.map(
    ({ expr, descending, nullsFirst }) =>
      `${expr.kind === 'literal' ? `CAST(${emitExpr(expr, columns)} AS ${engineType(expr.type)})` : emitExpr(expr, columns)} ${descending ? 'DESC' : 'ASC'} NULLS ${nullsFirst ? 'FIRST' : 'LAST'}`,
  );
  return ` ORDER BY ${parts.join(', ')}`;
}
