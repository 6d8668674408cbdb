import { AppError } from '#policies';
import type { Db } from './db.ts';
import { findOrganisation } from './organisations.ts';
import type { PlanDecision, PlanState, PlanTable, UsagePlan } from './plans.ts';
import { getPlan, providersOfPlan, updatePlan } from './plans.ts';
import { planDecisions } from './schema.ts';

export type NewDecision = Omit<PlanDecision, 'at' | 'planHash'>;

/**
 * Records a reviewer's verdict and what follows from it (domain.md, 22). A plan is approved once the bureau and every
 * provider whose tables are left have approved. A provider's refusal takes its tables away; a plan left with none is
 * refused. The bureau's refusal refuses the plan.
 *
 * @throws AppError `PLAN_NOT_FOUND`; `PLAN_STATE` when not under review or decided by this organisation already;
 *   `POLICY_ACCESS_DENIED` when the reviewer wrote the plan, belongs to its organisation, or is not asked.
 */
export function decidePlan(tx: Db, id: string, decision: NewDecision): UsagePlan {
  const plan = getPlan(tx, id);
  const providers = providersOfPlan(tx, id);
  checkReviewer(tx, plan, providers, decision);
  if (plan.state !== 'submitted') {
    throw new AppError('PLAN_STATE', { id, state: plan.state, accepted: ['submitted'] });
  }
  if (plan.decisions.some(({ role, org }) => role === decision.role && org === decision.org)) {
    throw new AppError('PLAN_STATE', { id, state: 'decided', accepted: ['one decision of each reviewer'] });
  }
  const { role, org, by, verdict, comment } = decision;
  tx.orm
    .insert(planDecisions)
    .values({ plan: id, role, org, by, verdict, comment, planHash: plan.hash, at: tx.now() })
    .run();
  const decided = getPlan(tx, id);
  const tables = tablesLeft(decided, providers);
  updatePlan(tx, plan, { tables, state: stateAfter(decided.decisions, tables, providers) });
  return getPlan(tx, id);
}

/**
 * Ends a plan that is under review or in force, at once and for good. By the bureau or any provider involved.
 *
 * @throws AppError `PLAN_NOT_FOUND`, `PLAN_STATE`, `POLICY_ACCESS_DENIED`.
 */
export function revokePlan(
  tx: Db,
  id: string,
  revocation: { readonly org: string; readonly by: string; readonly comment: string },
): UsagePlan {
  const plan = getPlan(tx, id);
  const isBureau = findOrganisation(tx, revocation.org)?.kind === 'bureau';
  const isInvolved = [...providersOfPlan(tx, id).values()].includes(revocation.org);
  if (!isBureau && !isInvolved) throw new AppError('POLICY_ACCESS_DENIED', { action: 'revoke-plan' });
  const accepted: readonly PlanState[] = ['submitted', 'approved'];
  if (!accepted.includes(plan.state)) throw new AppError('PLAN_STATE', { id, state: plan.state, accepted });
  const { org, by, comment } = revocation;
  updatePlan(tx, plan, { tables: plan.tables, state: 'revoked', revocation: { org, by, comment, at: tx.now() } });
  return getPlan(tx, id);
}

/** @throws AppError `POLICY_ACCESS_DENIED` for who wrote the plan, its organisation, and whoever is not asked. */
export function checkReviewer(
  db: Db,
  plan: UsagePlan,
  providers: ReadonlyMap<string, string>,
  { role, org, by }: NewDecision,
): void {
  const wroteIt = by === plan.author || org === plan.org;
  const kind = findOrganisation(db, org)?.kind;
  const isAsked = role === 'bureau' ? kind === 'bureau' : kind === 'provider' && [...providers.values()].includes(org);
  if (wroteIt || !isAsked) throw new AppError('POLICY_ACCESS_DENIED', { action: 'decide-plan' });
}

function tablesLeft(plan: UsagePlan, providers: ReadonlyMap<string, string>): readonly PlanTable[] {
  const refusing = new Set(
    plan.decisions.filter(({ role, verdict }) => role === 'provider' && verdict === 'refuse').map(({ org }) => org),
  );
  return plan.tables.filter(({ resource }) => !refusing.has(providers.get(resource) ?? ''));
}

function stateAfter(
  decisions: readonly PlanDecision[],
  tables: readonly PlanTable[],
  providers: ReadonlyMap<string, string>,
): PlanState {
  const bureau = decisions.find(({ role }) => role === 'bureau');
  if (bureau?.verdict === 'refuse' || tables.length === 0) return 'refused';
  const approving = new Set(
    decisions.filter(({ role, verdict }) => role === 'provider' && verdict === 'approve').map(({ org }) => org),
  );
  const everyProvider = tables.every(({ resource }) => approving.has(providers.get(resource) ?? ''));
  return bureau !== undefined && everyProvider ? 'approved' : 'submitted';
}
