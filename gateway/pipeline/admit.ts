import { appendEntry, isPlanInForce, type UsagePlan } from '#catalog';
import { AppError, type QueryCatalog } from '#policies';
import type { Action, Caller } from '../identity/index.ts';
import type { PipelineDeps } from './deps.ts';
import { subjectOf } from './freeze-subject.ts';

/** Stage `admit`: who asks, under which approved plan, and the only tables and columns that exist for the query. */
export interface Admission {
  readonly kind: 'admission';
  readonly caller: Caller;
  readonly plan: UsagePlan;
  readonly catalog: QueryCatalog;
  /** Ids of the Cedar policies that permitted it, and the hash of the whole set. */
  readonly policies: string;
}

/**
 * Permits a caller to ask under a plan. A refusal is in the log before it is answered.
 *
 * Errors: PLAN_NOT_FOUND where the plan is absent or another's (they look the same), PLAN_STATE where it is not approved
 * or out of term today, POLICY_ACCESS_DENIED where the role may not ask at all, POLICY_FROZEN.
 */
export async function admit(
  asks: { readonly caller: Caller; readonly plan: string; readonly action: Extract<Action, 'submitJob' | 'explain'> },
  deps: PipelineDeps,
): Promise<Admission> {
  try {
    return admitted(asks, deps);
  } catch (error) {
    if (error instanceof AppError) await recordDenial(asks, error, deps);
    throw error;
  }
}

function admitted(
  { caller, plan: id, action }: { readonly caller: Caller; readonly plan: string; readonly action: Action },
  deps: PipelineDeps,
): Admission {
  const granted = deps.plans.find(id);
  const plan = granted?.plan ?? null;
  const { today } = deps.queryFacts();
  const inTerm = plan !== null && isPlanInForce(plan, today);
  const attrs = { org: plan?.org ?? '', state: plan?.state ?? 'absent', inTerm };
  const decision = deps.authorize(caller, action, { type: 'Plan', id, attrs });
  if (granted === null || plan === null || (plan.org !== caller.org && !decision.permitted))
    throw new AppError('PLAN_NOT_FOUND', { id });
  if (!decision.permitted && !inTerm) {
    throw new AppError('PLAN_STATE', { id, state: stateInTerm(plan, today), accepted: ['approved'] });
  }
  if (!decision.permitted) throw new AppError('POLICY_ACCESS_DENIED', { action });
  // A freeze of one table stops what uses it, and not the rest of the plan: that is asked once the query is compiled.
  deps.freezes.require(subjectOf({ ...caller, plan: id }, []));
  return Object.freeze({
    kind: 'admission',
    caller,
    plan,
    catalog: granted.catalog,
    policies: decision.policies,
  });
}

/** An approved plan before its first day or after its last is as closed as one that nobody approved. */
function stateInTerm(plan: UsagePlan, today: string): string {
  if (plan.state !== 'approved') return plan.state;
  return today < plan.validFrom ? 'not yet valid' : 'expired';
}

async function recordDenial(
  { caller, plan, action }: { readonly caller: Caller; readonly plan: string; readonly action: string },
  error: AppError,
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
      note: action,
    }),
  );
}
