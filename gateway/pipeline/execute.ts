import { type CompiledQuery, protect, type ReleasedResult, release, type TableData } from '#policies';
import type { EngineSession } from '#sandbox';
import type { PipelineDeps } from './deps.ts';
import type { JobArrival } from './run-job.ts';

/** execute → protect → finish → release, in one worker. True values exist between `query` and `protect` only. */
export function execute(arrival: JobArrival, compiled: CompiledQuery, deps: PipelineDeps): Promise<ReleasedResult> {
  const job = {
    id: arrival.id,
    analyst: `${arrival.caller.org}/${arrival.caller.sub}`,
    tables: compiled.uses,
    deadlineMs: Math.min(arrival.request.options.deadlineMs ?? deps.deadlineMs, deps.deadlineMs),
    signal: arrival.signal,
  };
  return deps.sandbox.run(job, async (session) => {
    const raw: TableData[] = [];
    for (const statement of compiled.cells) raw.push(await session.query(statement));
    const cells = protect(raw, compiled, deps.profile);
    const answer = await finish(compiled, cells.tables, session);
    return release(compiled, cells, answer, deps.profile);
  });
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
