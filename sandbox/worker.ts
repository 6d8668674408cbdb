import { openDuckDbEngine } from './engines/duckdb/duckdb-engine.ts';
import { EngineError, type EngineFailure, isOutOfMemory, type QueryEngine } from './engines/engine.ts';
import type { WorkerReply, WorkerRequest } from './protocol.ts';
import { endWorker } from './worker-exit.ts';
import { holdReserve } from './worker-reserve.ts';

/**
 * The query worker: runs isolated, holds no key, sees the files of its grants. It says `ready`, or a table, or one of
 * three words for a failure. Anything unforeseen ends the process; the pool replaces it.
 */
let engine: QueryEngine | null = null;
const giveUpReserve = holdReserve();

process.on('uncaughtException', endWorker);
process.on('unhandledRejection', endWorker);
process.on('disconnect', endWorker);
process.on('message', (message) => {
  void handle(message as WorkerRequest);
});

async function handle(request: WorkerRequest): Promise<void> {
  if (request.kind === 'interrupt') {
    engine?.interrupt();
    return;
  }
  if (request.kind === 'open') {
    engine = openDuckDbEngine({ threads: request.threads, memoryMb: request.memoryMb });
    // WHY a first query before `ready`: the first of a process loads libraries and builds DuckDB's catalogue.
    await engine.finish([], 'SELECT 1');
    say({ kind: 'ready' });
    return;
  }
  if (engine === null) endWorker();
  try {
    say({ kind: 'reply', id: request.id, table: await answer(engine, request) });
  } catch (cause) {
    const failure = failureOf(cause);
    if (failure === null) endWorker();
    if (failure === 'memory') giveUpReserve(); // the pool ends this process as soon as it has heard so
    say({ kind: 'failure', id: request.id, failure });
  }
}

/** Null for what nobody foresaw. A reply that has no room to be written is out of memory like the query itself. */
function failureOf(cause: unknown): EngineFailure | null {
  if (cause instanceof EngineError) return cause.failure;
  return isOutOfMemory(cause) ? 'memory' : null;
}

async function answer(open: QueryEngine, request: Exclude<WorkerRequest, { kind: 'open' | 'interrupt' }>) {
  switch (request.kind) {
    case 'grant':
      await open.grant(request.grant, request.views);
      return null;
    case 'revoke':
      open.revoke(request.grant);
      return null;
    case 'query':
      return open.query(request.grant, request.tables, request.sql);
    case 'finish':
      return open.finish(request.tables, request.sql);
  }
}

function say(reply: WorkerReply): void {
  process.send?.(reply);
}
