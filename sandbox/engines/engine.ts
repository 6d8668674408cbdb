import type { TableData } from '#policies/stored-tables';

/**
 * What the pool needs of an engine, whatever it is. Runs inside the worker process. One call at a time.
 * Engine text never passes: a failure is one of three words.
 */
export const ENGINE_FAILURES = ['timeout', 'memory', 'failed'] as const;
export type EngineFailure = (typeof ENGINE_FAILURES)[number];

export class EngineError extends Error {
  override readonly name = 'EngineError';
  readonly failure: EngineFailure;

  constructor(failure: EngineFailure) {
    super(failure);
    this.failure = failure;
  }
}

const MEMORY_TEXT =
  /^(Out of Memory|Array buffer allocation|Data cannot be cloned, out of memory)|Allocation failure|bad_alloc/i;

/** WHY by the text: neither V8 nor DuckDB's client carries a code. Only the class is read, and nothing of it goes on. */
export function isOutOfMemory(cause: unknown): boolean {
  return cause instanceof Error && MEMORY_TEXT.test(cause.message);
}

/** A stored table version, cut down to the granted columns. */
export interface GrantedView {
  readonly name: string;
  readonly columns: readonly string[];
  readonly segments: readonly ViewSegment[];
  /** Tables of prints beside the rows (policies/stored-prints.ts), cut down likewise: each a view of its own. */
  readonly prints?: readonly PrintView[];
}

export interface PrintView {
  /** In each segment. */
  readonly table: string;
  readonly columns: readonly string[];
}

/** Read-only files, each holding a table `data`, and tables of prints. */
export interface ViewSegment {
  readonly file: string;
  /** The ranks of the same rows, one by one; null where those in `file` hold. */
  readonly ranks: string | null;
}

export interface ScratchTable {
  readonly name: string;
  readonly data: TableData;
}

export interface QueryEngine {
  /** Opens a database of its own that sees `views` and nothing else, and locks it. */
  grant(id: number, views: readonly GrantedView[]): Promise<void>;
  /** Closes it. The files may be removed afterwards. */
  revoke(id: number): void;
  /** Raw cells. `tables` stand beside the granted views for this one call; their columns are named `c0`, `c1`, … */
  query(grant: number, tables: readonly ScratchTable[], sql: string): Promise<TableData>;
  /** Runs over `tables` in a database that no stored table was ever attached to. Columns are named `c0`, `c1`, … */
  finish(tables: readonly ScratchTable[], sql: string): Promise<TableData>;
  /** Asks the running call to stop; it then fails with `timeout`. */
  interrupt(): void;
}
