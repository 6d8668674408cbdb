import { createHash, randomBytes } from 'node:crypto';
import {
  type AuditEntry,
  appendEntry,
  askedOn,
  beginLookup,
  canonicalJson,
  endLookup,
  findConsentKey,
  findPublished,
  type InterfaceProduct,
  type Lookup,
  type Store,
  useConsent,
} from '#catalog';
import {
  AppError,
  assert,
  type Cell,
  checkInterface,
  domainOf,
  emitLookup,
  type InterfaceContent,
  isInterface,
  LOOKUP_SUBJECT,
  type LookupAnswer,
  lookupAnswer,
  type QueryCatalog,
  resourcesOfInterface,
  type TableUse,
  UNKNOWN,
} from '#policies';
import { tokenOf } from '#sandbox';
import type { Caller } from '../identity/index.ts';
import { type Admission, admit } from '../pipeline/admit.ts';
import type { PipelineDeps } from '../pipeline/deps.ts';
import { workerTables } from '../pipeline/execute.ts';
import { subjectOf } from '../pipeline/freeze-subject.ts';
import { grantsUsed, planScopeError } from '../pipeline/plan-standing.ts';
import { requireStanding } from '../pipeline/require-standing.ts';
import { consentStanding } from './consent-standing.ts';
import { readConsent, type SignedConsent } from './consent-tokens.ts';
import type { SubjectDigests } from './subject-digests.ts';

/** A question about one subject. Identifiers are canonical. */
export interface LookupRequest {
  readonly product: string;
  readonly subject: string;
  /** In the order that the interface names them. */
  readonly also: readonly string[];
  /** Signed tokens, in the order that the interface names who consents. */
  readonly consents: readonly string[];
}

export interface LookupReply extends LookupAnswer {
  readonly id: string;
  readonly product: string;
  readonly version: number;
  readonly mode: 'verify' | 'band';
  /** With it `resultSha256` of the log's entry can be opened; without it nobody can try answers against that. */
  readonly salt: string;
  /** The log entry of the answer. */
  readonly entry: number;
}

export interface LookupArrival {
  readonly id: string;
  readonly caller: Caller;
  readonly request: LookupRequest;
  readonly arrivedMs: number;
  readonly signal: AbortSignal;
}

export interface LookupDeps {
  readonly pipeline: PipelineDeps;
  readonly digests: SubjectDigests;
  readonly unitKeys: (domain: string) => Uint8Array;
  /** Resolves at the next tick of the lookups' own clock: the first comes when any lookup is long done. */
  readonly tick: (arrivedMs: number) => Promise<void>;
}

/** A published interface, and the plan that it stands on. */
interface OpenInterface {
  readonly product: InterfaceProduct;
  readonly admission: Admission;
  readonly uses: readonly TableUse[];
}

interface BegunLookup extends OpenInterface {
  readonly isConsented: boolean;
  readonly entry: AuditEntry;
}

export type LookupState = 'answered' | 'unanswered';

/**
 * The life of a question about one subject:
 *
 *   admit → published interface → read consents → [quota, consent, intent] → execute → tick → [outcome] → answer
 *
 * INVARIANT: a subject that nobody knows and one that may not be asked about differ in nothing that leaves, nor in the work that is
 * done: where consent does not cover the question, the same statement runs over tokens drawn by lot, and the answer is the same words.
 *
 * Errors, all of them about the asker alone: PRODUCT_NOT_FOUND, PRODUCT_INVALID (the plan lost what the interface needs), PLAN_STATE,
 * POLICY_ACCESS_DENIED, POLICY_FROZEN, RATE_LIMITED, SANDBOX_*, WITNESS_AWAY.
 */
export async function runLookup(
  arrival: LookupArrival,
  deps: LookupDeps,
): Promise<{ readonly reply: LookupReply; readonly state: LookupState; readonly product: InterfaceProduct }> {
  const opened = await openInterface(arrival, deps);
  const keyOf = (id: string) => deps.pipeline.store.read((db) => findConsentKey(db, id));
  const signed = await Promise.all(arrival.request.consents.map((token) => readConsent(token, keyOf)));
  const begun = await recordIntent(arrival, opened, signed, deps);
  const done = await answerTo(arrival, begun, signed, deps);
  await deps.pipeline.log.advance(); // the checkpoint covers the answer before it leaves
  await requireRelease(arrival, begun, done.reply.entry, deps.pipeline);
  return { ...done, product: begun.product };
}

/**
 * An answer that is recorded leaves only if its entry is cosigned where that is required, and if nothing was frozen meanwhile. It is not
 * kept: who asks again begins anew. Errors: WITNESS_AWAY, POLICY_FROZEN.
 */
async function requireRelease(
  { caller }: LookupArrival,
  { admission, uses }: BegunLookup,
  entry: number,
  { witness, freezes }: PipelineDeps,
): Promise<void> {
  await witness.covers(entry);
  freezes.require(subjectOf({ ...caller, plan: admission.plan.id }, uses));
  if (!witness.isCovered(entry)) throw new AppError('WITNESS_AWAY', { retryAfterSeconds: 2 });
}

/** Execute → tick → [outcome]; or [failure]. */
async function answerTo(
  arrival: LookupArrival,
  begun: BegunLookup,
  signed: readonly (SignedConsent | null)[],
  deps: LookupDeps,
): ReturnType<typeof recordAnswer> {
  try {
    const answer = await execute(arrival, begun, signed, deps);
    await deps.tick(arrival.arrivedMs);
    return await recordAnswer(arrival, begun, answer, deps);
  } catch (error) {
    await deps.tick(arrival.arrivedMs);
    const cause = causeOf(error, arrival, begun, deps);
    await recordFailure(arrival, begun, cause, deps);
    throw cause;
  }
}

/** A freeze kills the workers of whom it stops: what failed for that was stopped. */
function causeOf(
  error: unknown,
  { caller }: LookupArrival,
  { admission, uses }: BegunLookup,
  { pipeline }: LookupDeps,
): unknown {
  if (!(error instanceof AppError) || error.code !== 'SANDBOX_FAILED') return error;
  const frozen = pipeline.freezes.find(subjectOf({ ...caller, plan: admission.plan.id }, uses));
  return frozen === null ? error : new AppError('POLICY_FROZEN', { scope: frozen.scope });
}

async function openInterface({ caller, request }: LookupArrival, { pipeline }: LookupDeps): Promise<OpenInterface> {
  const product = pipeline.store.read((db) => findPublished(db, request.product));
  if (product === null || !isInterface(product.content)) {
    throw new AppError('PRODUCT_NOT_FOUND', { id: request.product });
  }
  const { content } = product;
  const admission = await admit({ caller, plan: product.plan, action: 'lookup' }, pipeline).catch((error: unknown) => {
    // Whose product it is, is as little told as whose plan.
    const isAnothers = error instanceof AppError && error.code === 'PLAN_NOT_FOUND';
    throw isAnothers ? new AppError('PRODUCT_NOT_FOUND', { id: request.product }) : error;
  });
  checkInterface(content, admission.catalog);
  const { mode } = content.answer;
  const { outputs } = admission.plan;
  if (outputs !== null && !outputs.includes(mode)) throw planScopeError(admission.plan, { outputs: [mode] });
  return { product: { ...product, content }, admission, uses: usesOf(content, admission.catalog) };
}

/** What the interface reads, table by table. */
function usesOf(content: InterfaceContent, catalog: QueryCatalog): readonly TableUse[] {
  const { subject, features } = content;
  const named = [...resourcesOfInterface(content)].map((resource) => {
    const columns = features
      .filter((feature) => feature.resource === resource)
      .flatMap(({ key, column, where }) => [
        key,
        ...(column === null ? [] : [column]),
        ...where.map((one) => one.column),
      ]);
    const ofSubject = resource === subject.resource ? [subject.key, ...subject.also, ...subject.consentBy] : [];
    return [resource, [...new Set([...ofSubject, ...columns])].sort()] as const;
  });
  const byResource = new Map(named);
  return [...catalog.values()].flatMap(({ resource, version, schema }) => {
    const columns = byResource.get(resource);
    return columns === undefined ? [] : [{ resource, version, table: schema.table, columns }];
  });
}

/** [quota + use of the consents + intent]. Errors: RATE_LIMITED, POLICY_FROZEN; then nothing has happened but a refusal in the log. */
async function recordIntent(
  arrival: LookupArrival,
  opened: OpenInterface,
  signed: readonly (SignedConsent | null)[],
  deps: LookupDeps,
): Promise<BegunLookup> {
  const { pipeline, digests } = deps;
  const { id, caller, request } = arrival;
  const { product, admission, uses } = opened;
  const { plan } = admission;
  const { today } = pipeline.queryFacts();
  const entry = entryOf(arrival, opened, deps);
  const nowSeconds = Math.floor(pipeline.now().getTime() / 1000);
  const asked = { ...request, org: caller.org, plan: plan.id, purpose: plan.purpose, nowSeconds, today };
  const begin = pipeline.store.commit((tx) => {
    pipeline.freezes.require(subjectOf({ ...caller, plan: plan.id }, uses));
    requireStanding(tx, admission, uses, pipeline);
    if (askedOn(tx, product.id, caller.org, today) >= product.content.limits.perDay) {
      throw new AppError('RATE_LIMITED', { retryAfterSeconds: secondsToMidnight(pipeline.now()) });
    }
    const standing = consentStanding(tx, product, signed, asked, digests);
    for (const one of standing === 'consented' ? signed : []) if (one !== null) useConsent(tx, one.digest);
    beginLookup(tx, {
      ...{ id, product: product.id, version: product.version, org: caller.org, sub: caller.sub, plan: plan.id },
      ...{ day: today, subject: digests.subject(request.subject), stem: digests.stem(request.subject), standing },
    });
    appendEntry(tx, { ...entry, kind: 'intent', at: tx.now() });
    return { ...opened, isConsented: standing === 'consented', entry };
  });
  return begin.catch(async (error: unknown) => {
    if (error instanceof AppError) await recordRefusal(entry, error, deps);
    throw error;
  });
}

/** INVARIANT: the same statement over the same tables, whatever the standing. */
async function execute(
  { id, caller, request, signal }: LookupArrival,
  { product, admission, uses, isConsented }: BegunLookup,
  signed: readonly (SignedConsent | null)[],
  { pipeline, unitKeys }: LookupDeps,
): Promise<LookupAnswer> {
  const { content } = product;
  const sql = emitLookup(content, admission.catalog, pipeline.queryFacts().today);
  const names = [content.subject.key, ...content.subject.also, ...content.subject.consentBy];
  const values = [request.subject, ...request.also, ...signed.map((one) => one?.consent.by ?? '')];
  const isAsked = isConsented && values.length === names.length;
  const table = [...admission.catalog.values()].find(({ resource }) => resource === content.subject.resource);
  const tokens = names.map((name, at) => {
    const column = table?.schema.columns.find((one) => one.name === name);
    assert(table !== undefined && column !== undefined, 'a checked interface names granted columns');
    const token = tokenOf(unitKeys(domainOf(table.schema, column)), values[at] ?? '') ?? null;
    return isAsked && token !== null ? token : randomBytes(8).readBigUInt64BE();
  });
  const columns = tokens.map((_, at) => ({ name: `c${at}`, type: { kind: 'token', domain: 'subject' } as const }));
  const data = { columns, values: tokens.map((token) => [token]), rowCount: 1 };
  const job = {
    id,
    analyst: `${caller.org}/${caller.sub}`,
    tables: workerTables({ uses }, admission.catalog),
    deadlineMs: pipeline.deadlineMs,
    signal,
  };
  const cells = await pipeline.sandbox.run(job, ({ query }) => query(sql, [{ name: LOOKUP_SUBJECT, data }]));
  const [found, ...features] = cells.values.map(([cell = null]) => cell);
  const answer = lookupAnswer(content, countOf(found), features.map(numberOf));
  return isAsked ? answer : UNKNOWN;
}

function countOf(cell: Cell | undefined): bigint {
  assert(typeof cell === 'bigint', 'a count is whole');
  return cell;
}
const numberOf = (cell: Cell): number | null => (typeof cell === 'number' && Number.isFinite(cell) ? cell : null);

/** [outcome]. Errors: POLICY_FROZEN; then nothing leaves. */
async function recordAnswer(
  { id, caller }: LookupArrival,
  { product, admission, uses, entry }: BegunLookup,
  { answer, reasons }: LookupAnswer,
  { pipeline }: LookupDeps,
): Promise<{ readonly reply: LookupReply; readonly state: LookupState }> {
  const salt = randomBytes(16).toString('hex');
  const { mode } = product.content.answer;
  const told = { id, product: product.id, version: product.version, mode, answer, reasons, salt };
  const resultSha256 = createHash('sha256').update(canonicalJson(told)).digest('hex');
  const state = answer === UNKNOWN.answer ? 'unanswered' : 'answered';
  return pipeline.store.commit((tx) => {
    pipeline.freezes.require(subjectOf({ ...caller, plan: admission.plan.id }, uses));
    requireStanding(tx, admission, uses, pipeline);
    endLookup(tx, id, state);
    const { index } = appendEntry(tx, { ...entry, kind: 'outcome', at: tx.now(), resultSha256 });
    return { reply: { ...told, entry: index }, state };
  });
}

async function recordFailure(
  { id }: LookupArrival,
  { entry }: BegunLookup,
  error: unknown,
  { pipeline }: LookupDeps,
): Promise<void> {
  const code = error instanceof AppError ? error.code : 'INTERNAL';
  await pipeline.store.commit((tx) => {
    endLookup(tx, id, 'failed');
    appendEntry(tx, { ...entry, kind: 'outcome', at: tx.now(), decision: 'deny', code });
  });
}

/** On start: what a crash cut off has used its consent, and the log says how it ended. */
export async function recordLookupAborted({ id, org, sub, plan, product }: Lookup, store: Store): Promise<void> {
  await store.commit((tx) => {
    endLookup(tx, id, 'failed');
    const who = { sub, org, role: 'developer' };
    appendEntry(tx, {
      ...{ v: 1, kind: 'outcome', at: tx.now(), job: id, who, plan, product },
      ...{ decision: 'deny', code: 'JOB_ABORTED' },
    });
  });
}

async function recordRefusal(entry: AuditEntry, { code }: AppError, { pipeline }: LookupDeps): Promise<void> {
  await pipeline.store.commit((tx) =>
    appendEntry(tx, { ...entry, kind: 'refusal', at: tx.now(), decision: 'deny', code }),
  );
}

/** WHY neither standing nor answer: who asked reads the own entries, and is not told which of the two it was. */
function entryOf(arrival: LookupArrival, { product, admission, uses }: OpenInterface, deps: LookupDeps): AuditEntry {
  const { sub, org, role } = arrival.caller;
  const { plan, policies, catalog } = admission;
  return {
    v: 1,
    kind: 'intent',
    at: deps.pipeline.now().toISOString(),
    job: arrival.id,
    who: { sub, org, role },
    plan: plan.id,
    planHash: plan.hash,
    purpose: plan.purpose,
    tables: uses.map(({ table, ...use }) => ({ ...use, level: catalog.get(table)!.schema.level })),
    grants: grantsUsed(admission.standing, uses),
    mode: product.content.answer.mode,
    decision: 'permit',
    policies: `${deps.pipeline.profile.version} ${policies}`,
    queryHash: product.hash,
    product: `${product.id}@${product.version}`,
    subject: deps.digests.logged(org, arrival.request.subject),
  };
}

/** To the end of the day in Asia/Shanghai, which is UTC+8 all year. */
function secondsToMidnight(now: Date): number {
  const day = 86_400;
  return day - ((Math.floor(now.getTime() / 1000) + 8 * 3_600) % day);
}
