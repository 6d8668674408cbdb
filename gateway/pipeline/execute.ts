import {
  AppError,
  assert,
  type CompiledQuery,
  type GrantedTable,
  type GuardEntry,
  type OpenedNumbers,
  printViews,
  protectThrough,
  type QueryCatalog,
  type ReleasedResult,
  ROW_INDEX_COLUMN,
  release,
  type SealedQuestion,
  type SealedReading,
  type TableData,
  type Unread,
  wordColumns,
} from '#policies';
import type { EngineSession, JobTable } from '#sandbox';
import type { OpeningPurpose } from '../custodian/custodian-client.ts';
import type { CustodyProof } from '../custodian/custody-proof.ts';
import type { SealingKey } from '../custodian/sealing-key.ts';
import { type SealedAnswer, sealedAnswer } from '../formats/sealed-answer.ts';
import { withSpan } from '../telemetry.ts';
import type { Admission } from './admit.ts';
import type { PipelineDeps } from './deps.ts';
import { withBlockSums } from './evaluate-blocks.ts';
import { requireData } from './record.ts';
import type { JobArrival } from './run-job.ts';

/** An answer, what the guard has to remember of it, and what the custodian put its name to. */
export interface ProtectedAnswer {
  readonly released: ReleasedResult;
  readonly guard: GuardEntry;
  readonly custody: readonly CustodyProof[];
  /** What it sealed for the asker, unread; null where this side read the answer, or nothing was there to be opened. */
  readonly sealed: SealedAnswer | null;
}

export interface Execution {
  readonly arrival: JobArrival;
  readonly admission: Admission;
  readonly compiled: CompiledQuery;
  /** Whom the custodian seals the answer for; null: this gateway reads it. */
  readonly recipient: { readonly key: SealingKey; readonly reading: SealedReading } | null;
}

/** execute → protect → finish → release, in one worker. True values exist within `protect` only. */
export function execute(
  { arrival, admission, compiled, recipient }: Execution,
  deps: PipelineDeps,
): Promise<ProtectedAnswer> {
  const job = {
    id: arrival.id,
    analyst: `${arrival.caller.org}/${arrival.caller.sub}`,
    tables: workerTables(compiled, admission.catalog),
    deadlineMs: Math.min(arrival.request.options.deadlineMs ?? deps.deadlineMs, deps.deadlineMs),
    signal: arrival.signal,
  };
  const answer = deps.sandbox.run(job, async (session) => {
    const { profile, noiseSecret, privacyNoise, guard: memory } = deps;
    const policy = { profile, noiseSecret, privacyNoise, answer: arrival.id, memory };
    const custody: CustodyProof[] = [];
    let sealed: SealedAnswer | null = null;
    const open = async (asked: SealedQuestion): Promise<OpenedNumbers | Unread> => {
      if (deps.custodian === null) throw new AppError('CUSTODIAN_AWAY');
      const question = await withBlockSums(asked, session, compiled, deps);
      const purpose = purposeOf(arrival, admission, compiled);
      if (recipient !== null) {
        const { key, reading } = recipient;
        sealed = sealedAnswer.parse({
          ...(await deps.custodian.openFor(key, question, purpose, job.signal)),
          ...reading,
        });
        return 'unread';
      }
      const { numbers, proof } = await deps.custodian.open(question, purpose, job.signal);
      custody.push(proof);
      return numbers;
    };
    const query: EngineSession['query'] = (...asked) => withSpan('run', {}, () => session.query(...asked));
    const cells = await withSpan('protect', {}, () =>
      protectThrough({ query, finish: session.finish, open }, compiled, policy),
    );
    try {
      const answer = await finish(compiled, cells.tables, session);
      return { released: release(compiled, cells, answer, profile), guard: cells.guard, custody, sealed };
    } catch (error) {
      memory.forget(cells.guard);
      throw error;
    }
  });
  return answer.catch((error: unknown) => {
    // A version that was destroyed while the job waited for its turn cannot be opened any more.
    if (error instanceof AppError && error.code === 'VAULT_CORRUPT') {
      deps.store.read((db) => requireData(db, compiled.uses));
    }
    throw error;
  });
}

/** For which job of whom a custodian is asked. */
function purposeOf({ id, caller }: JobArrival, { plan }: Admission, { planHash }: CompiledQuery): OpeningPurpose {
  return { job: id, plan: plan.id, planHash: plan.hash, organisation: caller.org, query: planHash };
}

/** The tables that a worker is given for a query. */
export function workerTables({ uses }: Pick<CompiledQuery, 'uses'>, catalog: QueryCatalog): readonly JobTable[] {
  return uses.map(({ resource, version, table }) => {
    const { prints } = grantedAs(catalog, table);
    return { resource, version, columns: grantedColumns(catalog, table), prints: printViews(prints) };
  });
}

function grantedAs(catalog: QueryCatalog, table: string): GrantedTable {
  const granted = catalog.get(table);
  assert(granted !== undefined, 'a query uses granted tables only');
  return granted;
}

/** WHY all that the plan grants and not the query's own few: a worker keeps one view per grant, ready for the next job. */
function grantedColumns(catalog: QueryCatalog, table: string): readonly string[] {
  const granted = grantedAs(catalog, table);
  const sealed = granted.sealed === undefined ? [] : [ROW_INDEX_COLUMN, ...wordColumns(granted.schema)];
  const names = [...granted.schema.columns.map(({ name }) => name), ...(granted.twins ?? []), ...sealed];
  return [...new Set(names)];
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
