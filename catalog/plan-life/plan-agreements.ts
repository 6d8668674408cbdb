import { AppError, shanghaiDay } from '#policies';
import { contentHash } from '../canonical.ts';
import type { Db } from '../db.ts';
import { and, eq } from '../orm.ts';
import { getPlan, type UsagePlan } from '../plans.ts';
import { planAgreements } from '../schema.ts';
import { sealedRows } from '../sealed-rows.ts';
import { dueOf } from './time-limits.ts';

/** The agreement of developer and operator over a plan as it was approved, and its filing (domain.md, 24). */
export interface PlanAgreement {
  readonly plan: string;
  readonly planHash: string;
  /** SHA-256 of the signed document, which lies with the parties. */
  readonly sha256: string;
  /** `org/sub`. */
  readonly developerBy: string | null;
  readonly operatorBy: string | null;
  readonly signedAt: string | null;
  readonly filingNo: string | null;
  readonly filedBy: string | null;
  readonly filedAt: string | null;
  /** Of each party that has signed: compact JWS over the agreement's statement, by a key of its own. */
  readonly developerJws: string | null;
  readonly operatorJws: string | null;
}

export type AgreementTerms = Pick<PlanAgreement, 'plan' | 'planHash' | 'sha256'>;

/** What is signed: this document, over this plan as it was approved. */
export const planAgreementHash = ({ plan, planHash, sha256 }: AgreementTerms): string =>
  contentHash({ plan, planHash, sha256 });

/** The last day on which it may be filed; null while somebody has not signed. */
export function filingDue(db: Db, { signedAt }: Pick<PlanAgreement, 'signedAt'>): string | null {
  return signedAt === null ? null : dueOf(db, 'filingDays', shanghaiDay(signedAt));
}

/** Signed by both, not filed, and its day is past: it has lapsed, and is signed anew. */
export function isLapsed(db: Db, agreement: PlanAgreement, today: string): boolean {
  const due = agreement.filedAt === null ? filingDue(db, agreement) : null;
  return due !== null && today > due;
}

/**
 * Signs for one party. Both sign the same document over the same plan; one that lapsed begins anew. That it is a signature, by a key of
 * the party's, is for the caller to have checked.
 *
 * @throws AppError `PLAN_NOT_FOUND`; `PLAN_STATE` where it is not approved, its hash is another, the other party signed another document,
 *   or it is signed already; `POLICY_ACCESS_DENIED` for an organisation that is no party.
 */
export function signPlanAgreement(
  tx: Db,
  id: string,
  signature: {
    readonly planHash: string;
    readonly sha256: string;
    readonly org: string;
    readonly by: string;
    readonly jws: string;
  },
): PlanAgreement {
  const plan = getPlan(tx, id);
  const party = partyOf(plan, signature.org);
  if (plan.state !== 'approved') throw planState(id, plan.state, 'approved');
  if (plan.hash !== signature.planHash)
    throw planState(id, 'another plan than was signed', 'the hash of the plan as it is now');
  const found = findPlanAgreement(tx, plan);
  const before = found === null || isLapsed(tx, found, shanghaiDay(tx.now())) ? null : found;
  if (before !== null && before.sha256 !== signature.sha256) {
    throw planState(id, 'signed over another document', 'the same document for both parties');
  }
  if (before !== null && before[party] !== null) throw planState(id, 'signed', 'one signature of each party');
  const { developerBy = null, developerJws = null, operatorBy = null, operatorJws = null } = before ?? {};
  const by = `${signature.org}/${signature.by}`;
  const own =
    party === 'developerBy'
      ? { developerBy: by, developerJws: signature.jws }
      : { operatorBy: by, operatorJws: signature.jws };
  const signed = { developerBy, developerJws, operatorBy, operatorJws, ...own };
  const isWhole = partiesLeft(plan, signed).length === 0;
  const unfiled = { filingNo: null, filedBy: null, filedAt: null };
  const row = { sha256: signature.sha256, ...signed, signedAt: isWhole ? tx.now() : null, ...unfiled };
  const key = { plan: id, planHash: plan.hash };
  const target = [planAgreements.plan, planAgreements.planHash];
  tx.orm
    .insert(planAgreements)
    .values({ ...key, ...row })
    .onConflictDoUpdate({ target, set: row })
    .run();
  return getPlanAgreement(tx, plan);
}

/** Who has not signed. An operator that develops for itself is the one party. */
export function partiesLeft(
  { org, operator }: Pick<UsagePlan, 'org' | 'operator'>,
  signed: Pick<PlanAgreement, 'developerBy' | 'operatorBy'> | null,
): readonly string[] {
  const developer = signed?.developerBy == null ? [org] : [];
  return org === operator || signed?.operatorBy != null ? developer : [...developer, operator ?? ''];
}

function partyOf({ org, operator }: UsagePlan, signing: string): 'developerBy' | 'operatorBy' {
  if (signing === org) return 'developerBy';
  if (signing === operator) return 'operatorBy';
  throw new AppError('POLICY_ACCESS_DENIED', { action: 'plan:sign' });
}

/**
 * @param number as the filing office gave it.
 * @throws AppError `PLAN_NOT_FOUND`; `PLAN_STATE` where it is not signed by both, filed, or too late.
 */
export function filePlanAgreement(
  tx: Db,
  id: string,
  { number, by }: { readonly number: string; readonly by: string },
): PlanAgreement {
  const plan = getPlan(tx, id);
  const agreement = findPlanAgreement(tx, plan);
  if (agreement === null || agreement.signedAt === null)
    throw planState(id, 'not signed', 'signed by developer and operator');
  if (agreement.filedAt !== null) throw planState(id, 'filed', 'one filing');
  if (isLapsed(tx, agreement, shanghaiDay(tx.now())))
    throw planState(id, 'overdue', 'an agreement that is signed anew');
  const filed = { filingNo: number, filedBy: by, filedAt: tx.now() };
  tx.orm.update(planAgreements).set(filed).where(ofPlan(plan)).run();
  return getPlanAgreement(tx, plan);
}

const ofPlan = ({ id, hash }: UsagePlan) => and(eq(planAgreements.plan, id), eq(planAgreements.planHash, hash));

const agreementOver = sealedRows('plan_agreements', 'WHERE plan = ? AND plan_hash = ?');

/** Over the plan as it is now: a refusal that takes a table away leaves none. One that was signed before keys were asked for is none. */
export function findPlanAgreement(db: Db, plan: UsagePlan): PlanAgreement | null {
  const [found] = agreementOver(db, plan.id, plan.hash);
  return found === undefined || !isByKeys(found) ? null : found;
}

const isByKeys = ({ developerBy, developerJws, operatorBy, operatorJws }: PlanAgreement): boolean =>
  (developerBy === null) === (developerJws === null) && (operatorBy === null) === (operatorJws === null);

function getPlanAgreement(db: Db, plan: UsagePlan): PlanAgreement {
  const found = findPlanAgreement(db, plan);
  if (found === null) throw new AppError('PLAN_NOT_FOUND', { id: plan.id });
  return found;
}

function planState(id: string, state: string, accepted: string): AppError {
  return new AppError('PLAN_STATE', { id, state, accepted: [accepted] });
}
