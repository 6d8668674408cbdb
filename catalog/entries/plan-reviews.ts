import { AppError } from '#policies';
import { contentHash } from '../canonical.ts';
import type { Db } from '../db.ts';
import { checkReviewer, type NewDecision } from '../decide-plan.ts';
import { and, asc, eq } from '../orm.ts';
import { basisNow, getPlan, providersOfPlan, type UsagePlan } from '../plans.ts';
import { planReviews } from '../schema.ts';

/** What a reviewer said of a plan again, after entries of its tables had changed. */
export interface PlanReview extends NewDecision {
  readonly at: string;
}

/**
 * The plan's tables whose entries changed since it was reviewed: in what reviewers judge by, schema, levels or terms. While there are
 * any, no job runs under it. WHY numbers of versions and not hashes of schemas: a change that is taken back is two changes.
 */
export function suspendingTables(db: Db, plan: UsagePlan): readonly string[] {
  const now = basisNow(db, plan.tables);
  const unknown = plan.tables.filter(({ resource }) => now[resource] === 0);
  const changed = plan.tables.filter(({ resource }) => plan.basis?.[resource] !== now[resource]);
  const open = changed.length > 0 && isReviewed(db, plan) ? unknown : [...new Set([...unknown, ...changed])];
  return open.map(({ resource }) => resource);
}

/** Whether the bureau and every provider whose tables are left have approved the entries as they are now. */
function isReviewed(db: Db, plan: UsagePlan): boolean {
  const reviews = planReviewsNow(db, plan);
  if (reviews.some(({ verdict }) => verdict === 'refuse')) return false;
  const providers = providersOfPlan(db, plan.id);
  const approving = new Set(reviews.filter(({ role }) => role === 'provider').map(({ org }) => org));
  const isByBureau = reviews.some(({ role }) => role === 'bureau');
  return isByBureau && plan.tables.every(({ resource }) => approving.has(providers.get(resource) ?? ''));
}

/** Reviews of the plan with its entries as they are now, the earliest first. */
export function planReviewsNow(db: Db, plan: UsagePlan): readonly PlanReview[] {
  const ofNow = and(eq(planReviews.plan, plan.id), eq(planReviews.basis, basisHash(db, plan)));
  const rows = db.orm.select().from(planReviews).where(ofNow).orderBy(asc(planReviews.at), asc(planReviews.org)).all();
  return rows.map((found) => {
    const { plan: _plan, basis: _basis, ...review } = db.sealed('plan_reviews', found);
    return review;
  });
}

/**
 * Reviews an approved plan again. One refusal keeps it suspended until an entry changes again.
 *
 * @throws AppError `PLAN_NOT_FOUND`; `PLAN_STATE` where it is not approved, nothing changed, a changed entry is not listed, or this
 *   organisation has said so already; `POLICY_ACCESS_DENIED` as for a decision.
 */
export function reviewPlan(tx: Db, id: string, review: NewDecision): UsagePlan {
  const plan = getPlan(tx, id);
  checkReviewer(tx, plan, providersOfPlan(tx, id), review);
  if (plan.state !== 'approved') throw new AppError('PLAN_STATE', { id, state: plan.state, accepted: ['approved'] });
  if (suspendingTables(tx, plan).length === 0) {
    throw new AppError('PLAN_STATE', { id, state: 'reviewed', accepted: ['a plan whose entries changed'] });
  }
  if (planReviewsNow(tx, plan).some(({ org }) => org === review.org)) {
    throw new AppError('PLAN_STATE', { id, state: 'decided', accepted: ['one decision of each reviewer'] });
  }
  const { role, org, by, verdict, comment } = review;
  tx.orm
    .insert(planReviews)
    .values({ plan: id, basis: basisHash(tx, plan), role, org, by, verdict, comment, at: tx.now() })
    .run();
  return plan;
}

function basisHash(db: Db, plan: UsagePlan): string {
  return contentHash(basisNow(db, plan.tables));
}

/** Approved plans that rest because of the table's entry, by id. */
export function plansSuspendedBy(db: Db, plans: readonly UsagePlan[], resource: string): readonly string[] {
  const resting = plans
    .filter(({ state }) => state === 'approved')
    .filter((plan) => suspendingTables(db, plan).includes(resource));
  return resting.map(({ id }) => id);
}
