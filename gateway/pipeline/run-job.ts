import type { Job } from '#catalog';
import {
  type CompiledQuery,
  canonicalPlan,
  ERROR_CODES,
  type FreezeSubject,
  isDrillOrganisation,
  sealedReading,
} from '#policies';
import { repeatResult, storeResult } from '../formats/stored-result.ts';
import type { Caller } from '../identity/index.ts';
import type { JobRequest } from '../jobs/job-service.ts';
import { inStage, type TelemetryAttributes } from '../telemetry.ts';
import { type Admission, admit } from './admit.ts';
import { compileStages } from './compile-query.ts';
import type { PipelineDeps } from './deps.ts';
import { execute, type ProtectedAnswer } from './execute.ts';
import { subjectOf } from './freeze-subject.ts';
import { type Answer, type OpenedJob, recordFailure, recordIntent, recordOutcome, recordRefusal } from './record.ts';
import { releaseTick } from './release-tick.ts';
import { requireStanding } from './require-standing.ts';
import { screen } from './screen.ts';

/** A request as it entered the gateway. */
export interface JobArrival {
  readonly id: string;
  readonly caller: Caller;
  readonly request: JobRequest;
  /** Monotonic milliseconds at arrival: the release clock counts from here. */
  readonly arrivedMs: number;
  readonly signal: AbortSignal;
}

/** What the job service learns while a job runs. */
export interface JobObserver {
  /** The job exists durably: intent and budget are recorded, or the refusal is. */
  opened(job: Job): void;
  /** What the job is about: after admission what it may use, once compiled what it does. */
  subject(known: FreezeSubject): void;
  /** How to ask again whether what it was admitted for still stands; throws what admission would. */
  stands(check: () => void): void;
}

/**
 * The life of a job. Data flows one way, each line a stage (ARCHITECTURE.md has the table):
 *
 *   admit → parse → resolve → decide → rewrite → emit → [intent] → execute → protect → finish → screen → tick of the clock → [outcome] → release
 *
 * Errors: what `admit` throws leaves no job. Everything later ends in a recorded job: `refused` before the intent,
 * `failed` or `cancelled` after it (charged: execution had begun).
 */
export async function runJob(arrival: JobArrival, deps: PipelineDeps, observer: JobObserver): Promise<Job> {
  const { id, caller, request } = arrival;
  const admission = await inStage(deps.metrics, 'admit', id, () =>
    admit({ caller, plan: request.plan, action: 'submitJob' }, deps),
  );
  observer.subject(subjectOf({ ...caller, plan: request.plan }, admission.plan.tables));
  observer.stands(() => deps.store.read((db) => requireStanding(db, admission, [], deps)));
  const ended = await live(arrival, admission, deps, observer);
  await inStage(deps.metrics, 'release', id, async () => {
    await deps.log.advance(); // the checkpoint covers the outcome before anything leaves
    if (ended.outcomeIndex !== null) await deps.witness.covers(ended.outcomeIndex);
  });
  if (!isDrillOrganisation(caller.org)) deps.metrics.jobEnded({ 'sluice.state': ended.state, ...codeOf(ended) });
  return ended;
}

async function live(
  arrival: JobArrival,
  admission: Admission,
  deps: PipelineDeps,
  observer: JobObserver,
): Promise<Job> {
  const { id, request, signal } = arrival;
  const stage = <T>(name: string, work: () => Promise<T>): Promise<T> => inStage(deps.metrics, name, id, work);
  const asked = { sql: request.sql, privacy: request.options.privacy };
  let opened: OpenedJob | null = null;
  let uses: CompiledQuery['uses'] = [];
  let endTurn: () => void = () => undefined;
  try {
    const { compiled, resolved } = await stage('compile', () =>
      compileStages(asked, admission, deps, signal, (known) => (uses = known)),
    );
    uses = compiled.uses;
    const recipient = request.sealFor === null ? null : { key: request.sealFor, reading: sealedReading(compiled) };
    const subject = subjectOf({ ...arrival.caller, plan: request.plan }, compiled.uses);
    observer.subject(subject);
    observer.stands(() => deps.store.read((db) => requireStanding(db, admission, compiled.uses, deps)));
    const planText = () => canonicalPlan(resolved.plan);
    // What costs privacy is drawn once, however many ask for it at a time.
    if (compiled.charges.length > 0)
      endTurn = await stage('turn', () =>
        deps.answers.turn(deps.store, deps.answers.nameOf(compiled, request.sealFor), signal),
      );
    opened = await stage('intent', () => recordIntent(arrival, admission, compiled, subject, planText, deps));
    const begun = opened;
    observer.opened(opened.job);
    if (opened.replayed) return opened.job;
    const answer = await answerOf(begun, compiled, () =>
      stage('execute', () => execute({ arrival, admission, compiled, recipient }, deps)),
    );
    await stage('screen', () => screen(arrival, answer, deps));
    // Before the outcome is written: its time, its place in the log and the growth of the tree would tell how long it took.
    await stage('tick', () => releaseTick(arrival, deps));
    return await stage('outcome', () => recordOutcome(begun, answer, subject, admission, deps));
  } catch (error) {
    await releaseTick(arrival, deps);
    if (opened !== null) return await recordFailure(opened, error, deps);
    const refused = await recordRefusal(arrival, admission, uses, error, deps);
    observer.opened(refused);
    return refused;
  } finally {
    endTurn();
  }
}

/** What was released for the same question before goes out again: nothing runs, and the guard knows it already. */
async function answerOf(
  { given, versions, cost }: OpenedJob,
  { decision }: CompiledQuery,
  run: () => Promise<ProtectedAnswer>,
): Promise<Answer> {
  if (given === null) {
    const { released, guard, custody, sealed } = await run();
    return { result: storeResult(released, versions, cost, custody, sealed), guard };
  }
  return { result: repeatResult(given.result, decision.outputs, versions, cost), guard: null };
}

function codeOf({ problem }: Job): TelemetryAttributes {
  const code = ERROR_CODES.find((one) => one === problem?.code);
  return code === undefined ? {} : { 'sluice.code': code };
}
