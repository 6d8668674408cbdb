import assert, { AssertionError } from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import type { DuckDBConnection, DuckDBInstance } from '@duckdb/node-api';
import { ROW_KEY_COLUMN, storedTable, type TableData, twinName } from '#policies/stored-tables';
import { EngineError, type GrantedView, isOutOfMemory, type QueryEngine, type ScratchTable } from '../engine.ts';
import { decode } from './decode.ts';
import { type EngineLimits, lockDown, lockedInstance, startInstance } from './lock-down.ts';
import { openPlanCache, type PlanCache } from './plan-cache.ts';
import { openScratch, type Scratch } from './scratch.ts';

interface OpenGrant {
  readonly instance: DuckDBInstance;
  readonly connection: DuckDBConnection;
  readonly plans: PlanCache;
  /** For queries with tables beside the views; made when first needed. */
  beside: Promise<Scratch> | null;
}

/**
 * DuckDB behind `QueryEngine`. Each grant is a database instance of its own, attached before its lock-down and gone with
 * the grant; `finish` has another that no stored table was ever attached to.
 *
 * INVARIANT: only SELECTs run, so that nothing but plans outlives a call.
 */
export function openDuckDbEngine(limits: EngineLimits): QueryEngine {
  const grants = new Map<number, OpenGrant>();
  let scratch: Promise<Scratch> | null = null;
  let running: DuckDBConnection | null = null;
  let spare = startInstance(limits);

  /** The next grant finds the next one ready. */
  const takeSpare = (): Promise<DuckDBInstance> => {
    const taken = spare;
    spare = taken.then(() => startInstance(limits));
    spare.catch(() => undefined); // whoever takes it is told
    return taken;
  };

  const begin = (connection: DuckDBConnection) => {
    assert(running === null, 'one call at a time');
    running = connection;
  };
  const tracked = (call: Promise<TableData>): Promise<TableData> =>
    call
      .catch((cause: unknown) => {
        throw failureOf(cause);
      })
      .finally(() => {
        running = null;
      });

  async function run({ connection, plans }: OpenGrant, sql: string): Promise<TableData> {
    begin(connection);
    return plans.use(sql, async (plan) => decode(await plan.run()));
  }

  return {
    async grant(id, views) {
      assert(!grants.has(id), 'a grant is opened once');
      const instance = await lockDown(await takeSpare(), (connection) => attachViews(connection, views));
      const connection = await instance.connect();
      grants.set(id, { instance, connection, plans: openPlanCache(connection), beside: null });
    },
    revoke(id) {
      const grant = grants.get(id);
      grants.delete(id);
      grant?.plans.close();
      grant?.connection.closeSync();
      grant?.instance.closeSync();
    },
    async query(id, tables, sql) {
      const grant = grants.get(id);
      assert(grant !== undefined, 'the grant of a query is open');
      if (tables.length === 0) return tracked(run(grant, sql));
      grant.beside ??= openScratch(grant.instance);
      return tracked((await grant.beside).finish(tables, sql, begin));
    },
    async finish(tables: readonly ScratchTable[], sql) {
      scratch ??= lockedInstance({ ...limits, threads: 1 }).then(openScratch);
      return tracked((await scratch).finish(tables, sql, begin));
    },
    interrupt() {
      running?.interrupt();
    },
  };
}

async function attachViews(connection: DuckDBConnection, views: readonly GrantedView[]): Promise<void> {
  for (const { name, columns, segments, prints = [] } of views) {
    assert(columns.length > 0 && segments.length > 0, 'a granted view has columns and segments');
    // WHY whatever the grant: the disclosure control needs to know which rows stand behind a value.
    const shown = [...columns, ROW_KEY_COLUMN];
    const files: string[] = [];
    const parts: string[] = [];
    for (const segment of segments) {
      const data = await attachFile(connection, segment.file);
      files.push(data);
      parts.push(await selectSegment(connection, shown, data, segment.ranks));
    }
    await connection.run(`CREATE VIEW ${identifier(name)} AS ${parts.join(' UNION ALL ')}`);
    for (const print of prints) {
      const all = files.map((file) => `SELECT ${listOf(print.columns)} FROM ${file}.${identifier(print.table)}`);
      const view = identifier(storedTable(name, print.table));
      await connection.run(`CREATE VIEW ${view} AS ${all.join(' UNION ALL ')}`);
    }
  }
}

const listOf = (columns: readonly string[]): string => columns.map(identifier).join(', ');

async function selectSegment(
  connection: DuckDBConnection,
  columns: readonly string[],
  data: string,
  ranks: string | null,
): Promise<string> {
  if (ranks === null || !columns.some(isRank)) return `SELECT ${listOf(columns)} FROM ${data}.data`;
  const beside = await attachFile(connection, ranks);
  const list = columns.map((column) => `${isRank(column) ? 'beside' : 'own'}.${identifier(column)}`);
  return `SELECT ${list.join(', ')} FROM ${data}.data AS own POSITIONAL JOIN ${beside}.data AS beside`;
}

/** No declared name begins with `_`. */
const RANK_PREFIX = twinName('rank', '');
const isRank = (column: string): boolean => column.startsWith(RANK_PREFIX);

/** WHY a random name: a segment holds every column; one that nobody can guess leaves the view as the way in. */
async function attachFile(connection: DuckDBConnection, file: string): Promise<string> {
  const name = identifier(`segment_${randomBytes(16).toString('hex')}`);
  await connection.run(`ATTACH '${file.replaceAll("'", "''")}' AS ${name} (READ_ONLY)`);
  return name;
}

function identifier(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

function failureOf(cause: unknown): Error {
  if (cause instanceof EngineError || cause instanceof AssertionError) return cause;
  const interrupted = cause instanceof Error && cause.message.startsWith('INTERRUPT');
  return new EngineError(interrupted ? 'timeout' : isOutOfMemory(cause) ? 'memory' : 'failed');
}
