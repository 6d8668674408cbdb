import type { Cell, SqlType, TableData } from '#policies/stored-tables';
import type { SyntaxVerdict } from './engines/duckdb/syntax-tree.ts';
import { ENGINE_FAILURES, type EngineFailure, type GrantedView, type ScratchTable } from './engines/engine.ts';

/**
 * The messages between the gateway and its workers, over Node's IPC channel with structured clone. A worker may be
 * taken over by what it runs: everything it says is checked here before anything else looks at it.
 */

/** To the query worker. The first is `open`, answered by `ready`; then one request at a time, each answered by `reply`. */
export type WorkerRequest =
  | { readonly kind: 'open'; readonly threads: number; readonly memoryMb: number }
  | { readonly kind: 'grant'; readonly id: number; readonly grant: number; readonly views: readonly GrantedView[] }
  | { readonly kind: 'revoke'; readonly id: number; readonly grant: number }
  | {
      readonly kind: 'query';
      readonly id: number;
      readonly grant: number;
      readonly tables: readonly ScratchTable[];
      readonly sql: string;
    }
  | { readonly kind: 'finish'; readonly id: number; readonly tables: readonly ScratchTable[]; readonly sql: string }
  | { readonly kind: 'interrupt' };

/** From the query worker. `table` is null for requests that give none. */
export type WorkerReply =
  | { readonly kind: 'ready' }
  | { readonly kind: 'reply'; readonly id: number; readonly table: TableData | null }
  | { readonly kind: 'failure'; readonly id: number; readonly failure: EngineFailure };

/** To and from the parser worker, which says `ready` by itself. */
export interface ParserRequest {
  readonly kind: 'parse';
  readonly id: number;
  readonly text: string;
  /** Processor time that reading it may take, of all threads of the worker. */
  readonly cpuMsMax: number;
}
export type ParserReply =
  | { readonly kind: 'ready' }
  | { readonly kind: 'verdict'; readonly id: number; readonly verdict: ParserVerdict };
/** `work`: it took more processor time than it may, and is still being read. */
export type ParserVerdict = SyntaxVerdict | { readonly kind: 'work' };

/** Null for anything that a healthy worker would not say. */
export function readWorkerReply(message: unknown): WorkerReply | null {
  if (!isRecord(message)) return null;
  if (message['kind'] === 'ready') return { kind: 'ready' };
  const id = message['id'];
  if (typeof id !== 'number') return null;
  if (message['kind'] === 'failure') {
    const failure = ENGINE_FAILURES.find((known) => known === message['failure']);
    return failure === undefined ? null : { kind: 'failure', id, failure };
  }
  if (message['kind'] !== 'reply') return null;
  if (message['table'] === null) return { kind: 'reply', id, table: null };
  const table = readTable(message['table']);
  return table === null ? null : { kind: 'reply', id, table };
}

export function readParserReply(message: unknown): ParserReply | null {
  if (!isRecord(message)) return null;
  if (message['kind'] === 'ready') return { kind: 'ready' };
  const id = message['id'];
  const verdict = readVerdict(message['verdict']);
  if (message['kind'] !== 'verdict' || typeof id !== 'number' || verdict === null) return null;
  return { kind: 'verdict', id, verdict };
}

function readVerdict(value: unknown): ParserVerdict | null {
  if (!isRecord(value)) return null;
  const { kind, json, statements, position } = value;
  if (kind === 'nesting' || kind === 'not-select' || kind === 'work') return { kind };
  if (kind === 'syntax' && (position === null || isCount(position))) return { kind, position };
  if (kind === 'tree' && typeof json === 'string' && isCount(statements)) return { kind, json, statements };
  return null;
}

function readTable(value: unknown): TableData | null {
  if (!isRecord(value)) return null;
  const { columns, values, rowCount } = value;
  if (!Array.isArray(columns) || !Array.isArray(values) || !isCount(rowCount)) return null;
  if (columns.length !== values.length) return null;
  const read: TableData['columns'][number][] = [];
  for (const [index, column] of columns.entries()) {
    const type = isRecord(column) ? readType(column['type']) : null;
    const name: unknown = isRecord(column) ? column['name'] : null;
    if (type === null || typeof name !== 'string') return null;
    if (!isColumnOf(type, values[index], rowCount)) return null;
    read.push({ name, type });
  }
  return { columns: read, values: values as Cell[][], rowCount };
}

function isColumnOf(type: SqlType, cells: unknown, rowCount: number): cells is Cell[] {
  if (!Array.isArray(cells) || cells.length !== rowCount) return false;
  const expected = CELL_OF[type.kind];
  for (let row = 0; row < rowCount; row += 1) {
    const cell: unknown = cells[row];
    if (cell !== null && typeof cell !== expected) return false;
  }
  return true;
}

const CELL_OF: Readonly<Record<SqlType['kind'], 'boolean' | 'bigint' | 'number' | 'string' | null>> = Object.freeze({
  boolean: 'boolean',
  integer: 'bigint',
  hugeint: 'bigint',
  decimal: 'string',
  double: 'number',
  text: 'string',
  date: 'string',
  timestamp: 'string',
  interval: 'string',
  token: null, // a worker never gives tokens out as such
  null: null,
});

function readType(value: unknown): SqlType | null {
  if (!isRecord(value)) return null;
  const { kind, precision, scale } = value;
  switch (kind) {
    case 'boolean':
    case 'integer':
    case 'hugeint':
    case 'double':
    case 'text':
    case 'date':
    case 'timestamp':
    case 'interval':
    case 'null':
      return { kind };
    case 'decimal':
      return isCount(precision) && precision <= 38 && isCount(scale) && scale <= precision
        ? { kind, precision, scale }
        : null;
    default:
      return null;
  }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}

function isCount(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
}
