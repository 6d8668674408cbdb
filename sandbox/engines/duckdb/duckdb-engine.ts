import assert, { AssertionError } from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { type DuckDBConnection, type DuckDBInstance, StatementType } from '@duckdb/node-api';
import type { TableData } from '#policies';
import { EngineError, type EngineFailure, type GrantedView, type QueryEngine, type ScratchTable } from '../engine.ts';
import { decode } from './decode.ts';
import { loadTable } from './load.ts';
import { type EngineLimits, lockedInstance } from './lock-down.ts';

/**
 * DuckDB behind `QueryEngine`. Each grant is a database instance of its own, attached before its lock-down and gone with
 * the grant; `finish` has another that no stored table was ever attached to. Each call runs in a fresh connection, so
 * that temporary objects and session variables do not outlive it.
 */
export function openDuckDbEngine(limits: EngineLimits): QueryEngine {
  const grants = new Map<number, DuckDBInstance>();
  let scratch: Promise<DuckDBInstance> | null = null;
  let running: DuckDBConnection | null = null;

  async function withConnection<T>(instance: DuckDBInstance, work: (connection: DuckDBConnection) => Promise<T>) {
    assert(running === null, 'one call at a time');
    const connection = await instance.connect();
    running = connection;
    try {
      return await work(connection);
    } catch (cause) {
      throw failureOf(cause);
    } finally {
      running = null;
      connection.closeSync();
    }
  }

  return {
    async grant(id, views) {
      assert(!grants.has(id), 'a grant is opened once');
      grants.set(id, await lockedInstance(limits, (connection) => attachViews(connection, views)));
    },
    revoke(id) {
      grants.get(id)?.closeSync();
      grants.delete(id);
    },
    async query(grant, sql) {
      const instance = grants.get(grant);
      assert(instance !== undefined, 'the grant of a query is open');
      return withConnection(instance, (connection) => runToTable(connection, sql));
    },
    async finish(tables: readonly ScratchTable[], sql) {
      scratch ??= lockedInstance({ ...limits, threads: 1 });
      return withConnection(await scratch, async (connection) => {
        for (const table of tables) await loadTable(connection, table);
        return runToTable(connection, sql);
      });
    },
    interrupt() {
      running?.interrupt();
    },
  };
}

/**
 * Runs exactly one SELECT. WHY the check, when only the compiler writes this text: the lock-down does not hold against
 * every statement (CALL enable_logging ends the engine), and a statement that is no query leaves traces for later jobs.
 */
async function runToTable(connection: DuckDBConnection, sql: string): Promise<TableData> {
  const statement = await connection.prepare(sql); // refuses more than one
  try {
    if (statement.statementType !== StatementType.SELECT) throw new EngineError('failed');
    return await decode(await statement.run());
  } finally {
    statement.destroySync();
  }
}

async function attachViews(connection: DuckDBConnection, views: readonly GrantedView[]): Promise<void> {
  for (const { name, columns, files } of views) {
    assert(columns.length > 0 && files.length > 0, 'a granted view has columns and files');
    const list = columns.map(identifier).join(', ');
    const segments: string[] = [];
    for (const file of files) {
      // WHY random: a segment holds every column; a name that nobody can guess leaves the view as the way in.
      const segment = identifier(`segment_${randomBytes(16).toString('hex')}`);
      await connection.run(`ATTACH '${file.replaceAll("'", "''")}' AS ${segment} (READ_ONLY)`);
      segments.push(`SELECT ${list} FROM ${segment}.data`);
    }
    await connection.run(`CREATE VIEW ${identifier(name)} AS ${segments.join(' UNION ALL ')}`);
  }
}

function identifier(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

/** WHY by the text: the client carries no code. Only the class of the error is read, and nothing of it goes on. */
function failureOf(cause: unknown): Error {
  if (cause instanceof EngineError || cause instanceof AssertionError) return cause;
  const text = cause instanceof Error ? cause.message : '';
  const failure: EngineFailure = text.startsWith('INTERRUPT')
    ? 'timeout'
    : /^Out of Memory|bad_alloc|Allocation failure|Array buffer allocation/i.test(text)
      ? 'memory'
      : 'failed';
  return new EngineError(failure);
}
