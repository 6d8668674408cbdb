import type { Store, UsagePlan } from '#catalog';
import {
  AppError,
  type CompiledQuery,
  type Decision,
  decide,
  emit,
  linkedColumns,
  type Mode,
  type ParsedQuery,
  type PolicyProfile,
  type PrivacyOption,
  type PrivatePlan,
  partsForTargetError,
  type ResolvedQuery,
  readSyntaxTree,
  requestAtLeast,
  requestOf,
  resolve,
  rewrite,
  scopeDifference,
  type UntrustedSql,
} from '#policies';
import { withSpan } from '../telemetry.ts';
import type { Admission } from './admit.ts';
import { compileKey } from './compile-cache.ts';
import type { PipelineDeps } from './deps.ts';
import { outsidePlan } from './outside-plan.ts';
import { planScopeError, scopeError, uncoveredOf } from './plan-standing.ts';

/** Every stage value of the compiler: `run-job` takes the last, `explain` shows them all. */
export interface CompiledStages {
  readonly parsed: ParsedQuery;
  readonly resolved: ResolvedQuery;
  readonly decision: Decision;
  readonly privatePlan: PrivatePlan;
  readonly compiled: CompiledQuery;
}

/** A query as it is asked. */
export interface Asked {
  readonly sql: string;
  /** How much privacy it may cost; null: the profile's default. */
  readonly privacy: PrivacyOption | null;
}

/** Told what a query uses, as soon as that is known: a refusal that comes later is an attempt on these tables. */
export type UsesKnown = (uses: ResolvedQuery['uses']) => void;

/** parse → resolve → decide → rewrite → emit. Touches public metadata only, charges nothing. */
export async function compileStages(
  { sql, privacy }: Asked,
  admission: Admission,
  deps: PipelineDeps,
  signal?: AbortSignal,
  known: UsesKnown = () => undefined,
): Promise<CompiledStages> {
  const facts = deps.queryFacts();
  const key = compileKey(sql, privacy, admission, facts);
  const cached = deps.compiled.find(key);
  if (cached !== undefined) return cached;
  const stages = await compileAnew({ sql, privacy }, admission, deps, facts, signal, known);
  deps.compiled.keep(key, stages);
  return stages;
}

export async function compileAnew(
  { sql, privacy }: Asked,
  admission: Admission,
  deps: Pick<PipelineDeps, 'sandbox' | 'profile' | 'store'>,
  facts: ReturnType<PipelineDeps['queryFacts']>,
  signal?: AbortSignal,
  known: UsesKnown = () => undefined,
): Promise<CompiledStages> {
  const text = sql as UntrustedSql;
  const parsed = readSyntaxTree(text, await withSpan('parse', {}, () => deps.sandbox.parse(text, signal)));
  const resolved = resolveWithin(parsed, admission, facts, deps.store);
  known(resolved.uses);
  const decision = await withSpan('decide', {}, async () => {
    const decided = decide(resolved, deps.profile, { unitsMin: admission.plan.unitsMin });
    requirePlanScope(admission.plan, resolved, decided);
    return decided;
  });
  const privatePlan = rewriteFor(privacy, resolved, decision, deps.profile);
  const compiled = emit(resolved, decision, privatePlan);
  return { parsed, resolved, decision, privatePlan, compiled };
}

/** What the plan leaves out, or no grant covers, is absent to the query, and its refusal says why. */
function resolveWithin(
  parsed: ParsedQuery,
  { plan, standing, catalog }: Admission,
  facts: { readonly today: string; readonly now: string },
  store: Store,
): ResolvedQuery {
  try {
    return resolve(parsed, catalog, facts);
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    const uncovered = uncoveredOf(error, standing);
    if (uncovered.length > 0) throw scopeError(plan.id, uncovered, error.place);
    const columns = outsidePlan(store, error, plan);
    throw columns.length > 0 ? planScopeError(plan, { columns }, error.place) : error;
  }
}

/** @throws AppError `PLAN_SCOPE` with the difference. */
function requirePlanScope(plan: UsagePlan, { plan: query }: ResolvedQuery, { mode }: Decision): void {
  const tables = new Set(plan.tables.map(({ resource }) => resource));
  const difference = scopeDifference(plan, { links: linkedColumns(query, tables), mode });
  if (difference !== null) throw planScopeError(plan, difference);
}

/** Modes whose answers cost privacy. */
export const isCharged = (mode: Mode): boolean => mode === 'dp' || mode === 'homomorphic';

/** Cut with what the asker may spend: where that is said by an error, with the ρ that gives it. */
function rewriteFor(
  privacy: PrivacyOption | null,
  resolved: ResolvedQuery,
  decision: Decision,
  profile: PolicyProfile,
): PrivatePlan {
  const byError = privacy !== null && 'targetError' in privacy;
  const request = byError ? { rho: profile.privacy.rho, share: privacy.share } : requestOf(privacy, profile);
  const plan = rewrite(resolved, decision, profile, request);
  if (!byError || !isCharged(decision.mode)) return plan;
  const parts = partsForTargetError(plan, privacy.targetError);
  if (parts !== null) return rewrite(resolved, decision, profile, requestAtLeast(parts, privacy.share));
  const facts = {
    construct: 'a target error without a sum or count',
    mode: decision.mode,
    accepted: 'rho or epsilon',
  };
  throw new AppError('POLICY_CONSTRUCT_REFUSED', facts);
}
