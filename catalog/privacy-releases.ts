import type { MechanismUse } from '#policies';
import type { Db } from './db.ts';
import type { Page } from './page.ts';
import { boundedLimit } from './page.ts';
import { prepared } from './prepared.ts';
import { lineageOf } from './privacy-budgets.ts';

/**
 * The register of private releases: every statistic that left in mode `dp`, with its mechanism, parameters and cost. Written with
 * the outcome, never changed. What was charged for answers that never left stands in the ledger alone.
 */
export interface PrivacyRelease extends MechanismUse {
  /** Grows with each; a page goes on from it. */
  readonly seq: number;
  /** Whose budget was charged: the resource itself, or the withdrawn one that it goes on from. */
  readonly lineage: string;
  readonly job: string;
  readonly org: string;
  readonly plan: string;
  readonly at: string;
  readonly logIndex: number;
}

export interface PrivacyReleaseFilters extends Omit<Page, 'after'> {
  /** The `seq` of the last one already seen. */
  readonly after?: number | undefined;
  readonly resource?: string | undefined;
  readonly plan?: string | undefined;
  /** Whose jobs. */
  readonly org?: string | undefined;
  /** Whose resources. */
  readonly provider?: string | undefined;
}

type Bound = Readonly<Record<'resource' | 'plan' | 'org' | 'provider', string | null>> & {
  readonly after: number | null;
  readonly limit: number;
};

const insertRelease = prepared(({ client }) =>
  client.prepare<Omit<MechanismUse, never> & { job: string; lineage: string }>(
    `INSERT INTO privacy_releases
       (job, lineage, resource, unit, statistic, mechanism, groups_max, contribution_max, sensitivity, variance, rho, delta)
     VALUES (:job, :lineage, :resource, :unit, :statistic, :mechanism, :groupsMax, :contributionMax, :sensitivity, :variance, :rho, :delta)`,
  ),
);
const selectReleases = prepared(({ client }) =>
  client.prepare<Bound, PrivacyRelease>(
    `SELECT privacy_releases.seq, job, privacy_releases.lineage, resource, unit, statistic, mechanism, groups_max AS groupsMax,
       contribution_max AS contributionMax, sensitivity, variance, rho, delta, org, plan, finished_at AS at, outcome_index AS logIndex
     FROM privacy_releases JOIN jobs ON jobs.id = job JOIN resources ON resources.id = resource
     WHERE (:after IS NULL OR privacy_releases.seq < :after) AND (:resource IS NULL OR resource = :resource)
       AND (:plan IS NULL OR plan = :plan) AND (:org IS NULL OR org = :org) AND (:provider IS NULL OR provider = :provider)
     ORDER BY privacy_releases.seq DESC LIMIT :limit`,
  ),
);

/** In the transaction of the outcome that releases them. */
export function registerReleases(tx: Db, job: string, uses: readonly MechanismUse[]): void {
  for (const use of uses) insertRelease(tx).run({ ...use, job, lineage: lineageOf(tx, use).resource });
}

/** Newest first. */
export function listPrivacyReleases(db: Db, filters: PrivacyReleaseFilters): readonly PrivacyRelease[] {
  const { after = null, resource = null, plan = null, org = null, provider = null, limit } = filters;
  return selectReleases(db).all({ after, resource, plan, org, provider, limit: boundedLimit(limit) });
}
