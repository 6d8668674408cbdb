import * as z from 'zod';
import { AppError, isCreditCode } from '#policies';
import type { Db } from '../db.ts';
import { readJson } from '../json-column.ts';
import { findOrganisation } from '../organisations.ts';
import { and, eq, ne } from '../orm.ts';
import { onboardings } from '../schema.ts';
import { sealedRows } from '../sealed-rows.ts';
import { rulesInForce } from './rules.ts';

/** A developer's dossier (domain.md, 25): who it is, which rules it accepted, and the accounts that may ask in its name. */
export interface Onboarding {
  readonly org: string;
  /** 统一社会信用代码 (GB 32100), checked. */
  readonly creditCode: string;
  /** Hash of the rules that it accepted. */
  readonly rules: string;
  /** Accounts (`sub`) that may ask; `*` for all that its issuer vouches for. */
  readonly staff: readonly string[];
  readonly appliedBy: string;
  readonly appliedAt: string;
  readonly verdict: 'approve' | 'refuse' | null;
  readonly decidedBy: string | null;
  readonly decidedAt: string | null;
}

const onboardingOf = sealedRows('onboardings', 'WHERE org = ?');

const staffSchema: z.ZodType<readonly string[]> = z.array(z.string());
const APPLICANTS: ReadonlySet<string> = new Set(['developer', 'operator']);

/**
 * Applies, or applies again: what was decided before is void.
 *
 * @throws AppError `ONBOARDING_INVALID` (path, problem): no developer, a credit code that is none or another's, rules that are not in force.
 */
export function applyForOnboarding(
  tx: Db,
  {
    org,
    creditCode,
    rules,
    staff,
    appliedBy,
  }: Pick<Onboarding, 'org' | 'creditCode' | 'rules' | 'staff' | 'appliedBy'>,
): Onboarding {
  need(APPLICANTS.has(findOrganisation(tx, org)?.kind ?? ''), 'org', 'not a registered developer or operator');
  need(isCreditCode(creditCode), 'creditCode', 'not a credit code: its check character is another');
  need(!isTaken(tx, org, creditCode), 'creditCode', 'another organisation has this credit code');
  need(rulesInForce(tx)?.hash === rules, 'rules', 'not the rules in force');
  need(staff.length > 0, 'staff', 'at least one account');
  const row = { creditCode, rules, staff: JSON.stringify(staff), appliedBy, appliedAt: tx.now() };
  const open = { ...row, verdict: null, decidedBy: null, decidedAt: null };
  tx.orm
    .insert(onboardings)
    .values({ org, ...open })
    .onConflictDoUpdate({ target: onboardings.org, set: open })
    .run();
  return getOnboarding(tx, org);
}

/** @throws AppError `ONBOARDING_NOT_FOUND`; `ONBOARDING_STATE` where it is decided. */
export function decideOnboarding(
  tx: Db,
  org: string,
  { verdict, decidedBy }: { readonly verdict: 'approve' | 'refuse'; readonly decidedBy: string },
): Onboarding {
  const { verdict: before } = getOnboarding(tx, org);
  if (before !== null) throw new AppError('ONBOARDING_STATE', { id: org, state: before, accepted: ['applied'] });
  tx.orm.update(onboardings).set({ verdict, decidedBy, decidedAt: tx.now() }).where(eq(onboardings.org, org)).run();
  return getOnboarding(tx, org);
}

export function findOnboarding(db: Db, org: string): Onboarding | null {
  const [row] = onboardingOf(db, org);
  return row === undefined ? null : { ...row, staff: readJson(staffSchema, row.staff) };
}

/** @throws AppError `ONBOARDING_NOT_FOUND`. */
export function getOnboarding(db: Db, org: string): Onboarding {
  const found = findOnboarding(db, org);
  if (found === null) throw new AppError('ONBOARDING_NOT_FOUND', { id: org });
  return found;
}

function isTaken(db: Db, org: string, creditCode: string): boolean {
  const others = and(eq(onboardings.creditCode, creditCode), ne(onboardings.org, org));
  return db.orm.select({ org: onboardings.org }).from(onboardings).where(others).get() !== undefined;
}

function need(condition: boolean, path: string, problem: string): void {
  if (!condition) throw new AppError('ONBOARDING_INVALID', { path, problem });
}
