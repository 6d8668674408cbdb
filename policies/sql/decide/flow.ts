import type { Level } from '../../levels.ts';
import type { ColumnRole } from '../../table-schema.ts';
import type { Aggregate, ColumnId, Expr, Join, Rel, Scan, SetOperation, Window } from '../plan.ts';
import { columnsOf } from '../plan.ts';
import { columnsIn } from '../plan-walk.ts';

/** A stored column, or a table's mere rows (`table.*`), as the origin of information. */
export interface Source {
  readonly column: string;
  readonly level: Level;
  readonly role: ColumnRole | null;
  readonly health: boolean;
}
export type Sources = ReadonlyMap<string, Source>;

/** What a relation reveals: per column its values, and `rows`: which rows exist, how often, and in what order. */
export interface Flow {
  readonly columns: ReadonlyMap<ColumnId, Sources>;
  readonly rows: Sources;
}

export type FlowMemo = Map<Rel, Flow>;

const NONE: Sources = new Map();

export function mergeSources(all: readonly Sources[]): Sources {
  const filled = all.filter((sources) => sources.size > 0);
  if (filled.length <= 1) return filled[0] ?? NONE;
  const merged = new Map<string, Source>();
  for (const sources of filled) for (const [key, source] of sources) merged.set(key, source);
  return merged;
}

/** The sources of an expression over a relation whose flow is known. */
export function sourcesOf(exprs: readonly Expr[], columns: Flow['columns']): Sources {
  return mergeSources(exprs.flatMap(columnsIn).map((id) => columns.get(id) ?? NONE));
}

/**
 * Follows information through every clause: a filter, a join key, a group key, an order or a limit says something
 * about its columns even when they are not in the answer, so it counts for all that lies above it.
 */
export function flowOf(rel: Rel, memo: FlowMemo): Flow {
  const known = memo.get(rel);
  if (known !== undefined) return known;
  const flow = follow(rel, memo);
  memo.set(rel, flow);
  return flow;
}

function follow(rel: Rel, memo: FlowMemo): Flow {
  switch (rel.kind) {
    case 'scan':
      return ofScan(rel);
    case 'values':
      return { columns: new Map(rel.columns.map(({ id }) => [id, NONE])), rows: NONE };
    case 'filter': {
      const input = flowOf(rel.input, memo);
      return { ...input, rows: mergeSources([input.rows, sourcesOf([rel.predicate], input.columns)]) };
    }
    case 'project': {
      const input = flowOf(rel.input, memo);
      return {
        columns: new Map(rel.columns.map(({ id, expr }) => [id, sourcesOf([expr], input.columns)])),
        rows: input.rows,
      };
    }
    case 'join':
      return ofJoin(rel, memo);
    case 'aggregate':
      return ofAggregate(rel, memo);
    case 'window':
      return ofWindow(rel, memo);
    case 'set-operation':
      return ofSetOperation(rel, memo);
    case 'sort': {
      const input = flowOf(rel.input, memo);
      const keys = rel.keys.map(({ expr }) => expr);
      return { ...input, rows: mergeSources([input.rows, sourcesOf(keys, input.columns)]) };
    }
    case 'limit':
      return flowOf(rel.input, memo);
  }
}

function ofScan(scan: Scan): Flow {
  const { source } = scan;
  if (source.kind !== 'table') return { columns: new Map(scan.columns.map(({ id }) => [id, NONE])), rows: NONE };
  const columns = new Map<ColumnId, Sources>();
  for (const { id, column, level, role, health } of scan.columns) {
    const key = `${source.table}.${column}`;
    columns.set(id, new Map([[key, { column: key, level, role, health }]]));
  }
  const everyRow = `${source.table}.*`;
  const rows = new Map([[everyRow, { column: everyRow, level: source.level, role: null, health: false }]]);
  return { columns, rows };
}

function ofJoin(join: Join, memo: FlowMemo): Flow {
  const left = flowOf(join.left, memo);
  const right = flowOf(join.right, memo);
  const columns = new Map([...left.columns, ...right.columns]);
  const on = join.on === null ? NONE : sourcesOf([join.on], columns);
  return { columns, rows: mergeSources([left.rows, right.rows, on]) };
}

function ofAggregate(aggregate: Aggregate, memo: FlowMemo): Flow {
  const input = flowOf(aggregate.input, memo);
  const keys = aggregate.keys.map(({ id, expr }) => [id, sourcesOf([expr], input.columns)] as const);
  const measures = aggregate.measures.map(({ id, call }) => {
    const exprs = call.filter === null ? call.args : [...call.args, call.filter];
    return [id, sourcesOf(exprs, input.columns)] as const;
  });
  return { columns: new Map([...keys, ...measures]), rows: mergeSources([input.rows, ...keys.map(([, key]) => key)]) };
}

function ofWindow(window: Window, memo: FlowMemo): Flow {
  const input = flowOf(window.input, memo);
  const added = window.columns.map(({ id, call }) => {
    const exprs = [...call.args, ...call.partitionBy, ...call.orderBy.map(({ expr }) => expr)];
    return [id, sourcesOf(exprs, input.columns)] as const;
  });
  return { columns: new Map([...input.columns, ...added]), rows: input.rows };
}

function ofSetOperation(operation: SetOperation, memo: FlowMemo): Flow {
  const left = flowOf(operation.left, memo);
  const right = flowOf(operation.right, memo);
  const leftColumns = columnsOf(operation.left);
  const rightColumns = columnsOf(operation.right);
  const columns = new Map<ColumnId, Sources>();
  operation.columns.forEach(({ id }, position) => {
    const sides = [left.columns.get(leftColumns[position]!.id), right.columns.get(rightColumns[position]!.id)];
    columns.set(id, mergeSources(sides.map((sources) => sources ?? NONE)));
  });
  const compared = operation.op === 'union' && operation.all ? [] : [...columns.values()];
  return { columns, rows: mergeSources([left.rows, right.rows, ...compared]) };
}
