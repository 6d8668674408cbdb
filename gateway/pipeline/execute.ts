import {
  assert,
  type CompiledQuery,
  type GuardEntry,
  protectThrough,
  type QueryCatalog,
  type ReleasedResult,
  release,
  type TableData,
} from '#policies';
import type { EngineSession, JobTable } from '#sandbox';
import type { Admission } from './admit.ts';
import type { PipelineDeps } from './deps.ts';
import type { JobArrival } from './run-job.ts';

/** An answer, and what the guard has to remember of it. */
export interface ProtectedAnswer {
  readonly released: ReleasedResult;
  readonly guard: GuardEntry;
}

/** execute → protect → finish → release, in one worker. True values exist within `protect` only. */
export function execute(
  arrival: JobArrival,
  { catalog }: Admission,
  compiled: CompiledQuery,
  deps: PipelineDeps,
): Promise<ProtectedAnswer> {
  const job = {
    id: arrival.id,
    analyst: `${arrival.caller.org}/${arrival.caller.sub}`,
    tables: workerTables(compiled, catalog),
    deadlineMs: Math.min(arrival.request.options.deadlineMs ?? deps.deadlineMs, deps.deadlineMs),
    signal: arrival.signal,
  };
  return deps.sandbox.run(job, async (session) => {
    const { profile, noiseSecret, privacyNoise, guard: memory } = deps;
    const policy = { profile, noiseSecret, privacyNoise, answer: arrival.id, memory };
    const cells = await protectThrough(session, compiled, policy);
    try {
      const answer = await finish(compiled, cells.tables, session);
      return { released: release(compiled, cells, answer, profile), guard: cells.guard };
    } catch (error) {
      memory.forget(cells.guard);
      throw error;
    }
  });
}

/** The tables that a worker is given for a query. */
export function workerTables({ uses }: CompiledQuery, catalog: QueryCatalog): readonly JobTable[] {
  return uses.map(({ resource, version, table }) => ({ resource, version, columns: grantedColumns(catalog, table) }));
}

/** WHY all that the plan grants and not the query's own few: a worker keeps one view per grant, ready for the next job. */
function grantedColumns(catalog: QueryCatalog, table: string): readonly string[] {
  const granted = catalog.get(table);
  assert(granted !== undefined, 'a query uses granted tables only');
  return [...granted.schema.columns.map(({ name }) => name), ...(granted.twins ?? [])];
}

/** What the user wrote above the release boundary, over protected values; a mere choice of columns needs no engine. */
async function finish(
  compiled: CompiledQuery,
  protectedTables: readonly TableData[],
  session: EngineSession,
): Promise<TableData | null> {
  if (compiled.finish === null) return null;
  const tables = protectedTables.map((data, boundary) => ({ name: `released_${boundary}`, data }));
  return session.finish(tables, compiled.finish);
}
