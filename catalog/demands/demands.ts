import { AppError, type PlanClass, shanghaiDay } from '#policies';
import type { Db } from '../db.ts';
import { findOrganisation } from '../organisations.ts';
import { and, asc, eq, gt, or } from '../orm.ts';
import { boundedLimit, type Page } from '../page.ts';
import { dueOf } from '../plan-life/time-limits.ts';
import { getResource } from '../resources.ts';
import { demands } from '../schema.ts';

/** What a developer asks a provider to offer (domain.md, 04): demand → answer → a draft of the catalogue. */
export interface Demand {
  readonly id: string;
  /** Who asks. */
  readonly org: string;
  readonly by: string;
  readonly provider: string;
  readonly title: string;
  readonly need: string;
  readonly class: PlanClass;
  readonly filedAt: string;
  readonly verdict: 'accept' | 'decline' | null;
  readonly comment: string | null;
  readonly answeredBy: string | null;
  readonly answeredAt: string | null;
  /** The draft that came of it. */
  readonly resource: string | null;
}

export type NewDemand = Pick<Demand, 'id' | 'org' | 'by' | 'provider' | 'title' | 'need' | 'class'>;

/** @throws AppError `DEMAND_STATE` where the id is taken or there is no such provider. */
export function fileDemand(tx: Db, demand: NewDemand): Demand {
  if (findDemand(tx, demand.id) !== null) throw demandState(demand.id, 'taken', 'another id');
  if (findOrganisation(tx, demand.provider)?.kind !== 'provider')
    throw demandState(demand.id, 'unaddressed', 'a registered provider');
  tx.orm
    .insert(demands)
    .values({ ...demand, filedAt: tx.now() })
    .run();
  return getDemand(tx, demand.id);
}

/** Once. @throws AppError `DEMAND_NOT_FOUND`, `DEMAND_STATE`. */
export function answerDemand(
  tx: Db,
  id: string,
  { verdict, comment, by }: { readonly verdict: 'accept' | 'decline'; readonly comment: string; readonly by: string },
): Demand {
  const { verdict: before } = getDemand(tx, id);
  if (before !== null) throw demandState(id, 'answered', 'one answer');
  tx.orm
    .update(demands)
    .set({ verdict, comment, answeredBy: by, answeredAt: tx.now() })
    .where(eq(demands.id, id))
    .run();
  return getDemand(tx, id);
}

/**
 * Names the draft that answers a demand: the provider's own, and it accepted.
 *
 * @throws AppError `DEMAND_NOT_FOUND`, `RESOURCE_NOT_FOUND`, `DEMAND_STATE`.
 */
export function proposeForDemand(tx: Db, id: string, resource: string): Demand {
  const demand = getDemand(tx, id);
  if (demand.verdict !== 'accept') throw demandState(id, demand.verdict ?? 'filed', 'accepted');
  if (demand.resource !== null) throw demandState(id, 'proposed', 'one proposal');
  if (getResource(tx, resource).provider !== demand.provider)
    throw new AppError('RESOURCE_NOT_FOUND', { id: resource });
  tx.orm.update(demands).set({ resource }).where(eq(demands.id, id)).run();
  return getDemand(tx, id);
}

export function findDemand(db: Db, id: string): Demand | null {
  return db.orm.select().from(demands).where(eq(demands.id, id)).get() ?? null;
}

/** @throws AppError `DEMAND_NOT_FOUND`. */
export function getDemand(db: Db, id: string): Demand {
  const found = findDemand(db, id);
  if (found === null) throw new AppError('DEMAND_NOT_FOUND', { id });
  return found;
}

/** By id. `party`: filed by it or addressed to it; null for the authorities, who see all. */
export function listDemands(db: Db, page: Page & { readonly party: string | null }): readonly Demand[] {
  const where = and(
    page.after === undefined ? undefined : gt(demands.id, page.after),
    page.party === null ? undefined : or(eq(demands.org, page.party), eq(demands.provider, page.party)),
  );
  return db.orm.select().from(demands).where(where).orderBy(asc(demands.id)).limit(boundedLimit(page.limit)).all();
}

/** The last day on which an answer is in time. */
export function answerDue(db: Db, { filedAt }: Pick<Demand, 'filedAt'>): string {
  return dueOf(db, 'answerDays', shanghaiDay(filedAt));
}

function demandState(id: string, state: string, accepted: string): AppError {
  return new AppError('DEMAND_STATE', { id, state, accepted });
}
