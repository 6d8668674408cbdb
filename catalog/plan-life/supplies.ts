import { AppError, shanghaiDay } from '#policies';
import type { Db } from '../db.ts';
import { entryBasis } from '../entries/entry-revisions.ts';
import { planReviewsNow } from '../entries/plan-reviews.ts';
import { getPlan, providersOfPlan, type UsagePlan } from '../plans.ts';
import { requireVersion } from '../resource-versions.ts';
import { getResource } from '../resources.ts';
import { planSupplies } from '../schema.ts';
import { sealedRows } from '../sealed-rows.ts';
import { dueOf } from './time-limits.ts';

/** A receipt: the provider has supplied a table of a plan, by the only way in, an upload that was checked (domain.md, 23). */
export interface PlanSupply {
  readonly plan: string;
  readonly resource: string;
  /** The version of the entry under which the rows were taken in. */
  readonly basis: number;
  readonly version: number;
  readonly contentSha256: string;
  readonly org: string;
  readonly by: string;
  readonly at: string;
}

/**
 * @throws AppError `PLAN_NOT_FOUND`, `RESOURCE_NOT_FOUND`; `PLAN_STATE` where the plan is not approved or was supplied with it;
 *   `POLICY_ACCESS_DENIED` for any but the table's provider; `RESOURCE_STATE` where it has no data under its entry as it is now.
 */
export function supplyPlan(
  tx: Db,
  id: string,
  { resource, org, by }: Pick<PlanSupply, 'resource' | 'org' | 'by'>,
): PlanSupply {
  const plan = getPlan(tx, id);
  if (plan.state !== 'approved') throw new AppError('PLAN_STATE', { id, state: plan.state, accepted: ['approved'] });
  const isOfPlan = plan.tables.some((table) => table.resource === resource);
  if (!isOfPlan || providersOfPlan(tx, id).get(resource) !== org)
    throw new AppError('POLICY_ACCESS_DENIED', { action: 'plan:supply' });
  const { currentVersion, state } = getResource(tx, resource);
  if (currentVersion === null || state !== 'listed') {
    throw new AppError('RESOURCE_STATE', {
      id: resource,
      state: 'without data',
      accepted: ['listed, with a current version'],
    });
  }
  if (suppliesOfPlan(tx, plan).some((supply) => supply.resource === resource)) {
    throw new AppError('PLAN_STATE', { id, state: 'supplied', accepted: ['one receipt of each table'] });
  }
  const { contentSha256 } = requireVersion(tx, resource, currentVersion);
  const basis = entryBasis(tx, resource);
  const receipt: PlanSupply = {
    plan: id,
    resource,
    basis,
    version: currentVersion,
    contentSha256: contentSha256 ?? '',
    org,
    by,
    at: tx.now(),
  };
  tx.orm.insert(planSupplies).values(receipt).run();
  return receipt;
}

const suppliesByPlan = sealedRows('plan_supplies', 'WHERE plan = ? ORDER BY resource');

/** Receipts under the entries as they are now, by resource. */
export function suppliesOfPlan(db: Db, plan: Pick<UsagePlan, 'id'>): readonly PlanSupply[] {
  return suppliesByPlan(db, plan.id).filter(({ resource, basis }) => entryBasis(db, resource) === basis);
}

/** The last day on which the plan's tables are supplied in time, from its approval, or its last review, on; null while it is not approved. */
export function supplyDue(db: Db, plan: UsagePlan): string | null {
  const last = [...plan.decisions, ...planReviewsNow(db, plan)]
    .map(({ at }) => at)
    .sort()
    .at(-1);
  return plan.state !== 'approved' || last === undefined ? null : dueOf(db, 'supplyDays', shanghaiDay(last));
}
