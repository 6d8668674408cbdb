import { appendEntry, isPlanInForce, type PlanStanding, type UsagePlan } from '#catalog';
import { AppError, type QueryCatalog } from '#policies';
import type { AccessDecision, Action, Authorizer, Caller } from '../identity/index.ts';
import type { PipelineDeps } from './deps.ts';
import { subjectOf } from './freeze-subject.ts';
import { standingAttributes, standingError } from './plan-standing.ts';

/** Stage `admit`: who asks, under which approved plan, and the only tables and columns that exist for the query. */
export interface Admission {
  readonly kind: 'admission';
  readonly caller: Caller;
  readonly action: AskAction;
  readonly plan: UsagePlan;
  readonly standing: PlanStanding;
  /** Of the catalogue that the standing was computed from. */
  readonly catalogueVersion: number;
  readonly catalog: QueryCatalog;
  /** Ids of the Cedar policies that permitted it, and the hash of the whole set. */
  readonly policies: string;
}

export type AskAction = Extract<Action, 'submitJob' | 'explain' | 'lookup'>;
interface Asks {
  readonly caller: Caller;
  readonly plan: string;
  readonly action: AskAction;
}

/**
 * Permits a caller to ask under a plan. A refusal is in the log before it is answered, with the policies that decided.
 *
 * Errors: PLAN_NOT_FOUND where the plan is absent or another's (they look the same), PLAN_STATE where it is not approved
 * or out of term today, the code of a requirement that it does not meet (policies/authorization/requirements.ts),
 * POLICY_ACCESS_DENIED where the role may not ask at all, POLICY_FROZEN.
 */
export async function admit(asks: Asks, deps: PipelineDeps): Promise<Admission> {
  const granted = deps.plans.find(asks.plan, deps.queryFacts().today);
  const decision = decideAdmission(asks, granted, deps.authorize);
  try {
    const error = refusalOf(asks, granted, decision);
    if (granted === null || error !== null) throw error ?? new AppError('PLAN_NOT_FOUND', { id: asks.plan });
    // A freeze of one table stops what uses it, and not the rest of the plan: that is asked once the query is compiled.
    deps.freezes.require(subjectOf({ ...asks.caller, plan: asks.plan }, []));
    const { caller, action } = asks;
    return Object.freeze({ kind: 'admission', caller, action, ...granted, policies: decision.policies });
  } catch (error) {
    if (error instanceof AppError) await recordDenial(asks, error, decision, deps);
    throw error;
  }
}

/** Asks Cedar, with the plan's standing as attributes. A plan that is absent has none. */
export function decideAdmission(
  { caller, plan: id, action }: Asks,
  granted: { readonly plan: UsagePlan; readonly standing: PlanStanding } | null,
  authorize: Authorizer,
): AccessDecision {
  if (granted === null) return authorize(caller, action, { type: 'Plan', id, attrs: { org: '', state: 'absent' } });
  const { plan, standing } = granted;
  const inTerm = isPlanInForce(plan, standing.today);
  const attrs = { org: plan.org, state: plan.state, inTerm, ...standingAttributes(standing) };
  return authorize(caller, action, { type: 'Plan', id, attrs });
}

/** In the order in which the caller can do something about it; null where it is permitted. */
export function refusalOf(
  { caller, plan: id, action }: Asks,
  granted: { readonly plan: UsagePlan; readonly standing: PlanStanding } | null,
  decision: AccessDecision,
): AppError | null {
  if (decision.permitted && granted !== null) return null;
  if (granted === null || granted.plan.org !== caller.org) return new AppError('PLAN_NOT_FOUND', { id });
  const { plan, standing } = granted;
  if (!isPlanInForce(plan, standing.today))
    return new AppError('PLAN_STATE', { id, state: stateInTerm(plan, standing.today), accepted: ['approved'] });
  return standingError(plan, standing, decision) ?? new AppError('POLICY_ACCESS_DENIED', { action });
}

/** An approved plan before its first day or after its last is as closed as one that nobody approved. */
function stateInTerm(plan: UsagePlan, today: string): string {
  if (plan.state !== 'approved') return plan.state;
  return today < plan.validFrom ? 'not yet valid' : 'expired';
}

async function recordDenial(
  { caller, plan, action }: Asks,
  error: AppError,
  { policies }: AccessDecision,
  deps: PipelineDeps,
): Promise<void> {
  const { sub, org, role } = caller;
  await deps.store.commit((tx) =>
    appendEntry(tx, {
      v: 1,
      kind: 'refusal',
      at: tx.now(),
      who: { sub, org, role },
      plan,
      decision: 'deny',
      code: error.code,
      policies,
      note: action,
    }),
  );
}
