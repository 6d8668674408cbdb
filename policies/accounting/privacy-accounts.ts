import type { PrivacyBudgets } from './privacy-budgets.ts';
import type { PrivacyCharge } from './privacy-charge.ts';

/**
 * The accounts that one release is charged to: that of the units' lineage, which bounds what anybody ever learns, and the caps
 * of who asks, which bound how much of it one asker takes. All of them bear a charge, or none does.
 *
 * INVARIANT: what an account stands for is data and people, never a view, a version, a job or a text, so that none of these renews
 * it; and what is charged is a function of the compiled query alone, so that no balance tells anything of rows.
 */
export const PRIVACY_ACCOUNTS = ['analyst', 'plan', 'organisation', 'resource', 'selection'] as const;
export type PrivacyAccountKind = (typeof PRIVACY_ACCOUNTS)[number];

export interface PrivacyAccount {
  /** Its name in the ledger. */
  readonly account: string;
  readonly kind: PrivacyAccountKind;
  /** ρ; for `selection` δ. Null: no limit of its own. */
  readonly limit: number | null;
}

export interface PrivacyAsker {
  readonly org: string;
  readonly sub: string;
  readonly plan: { readonly id: string; readonly rhoMax: number | null };
}

/** Whose privacy: the lineage of a resource (the resource itself, or the withdrawn one that it goes on from) and the column of its units. */
export type PrivacyLineage = Pick<PrivacyCharge, 'resource' | 'unit'>;

/** The narrowest first: what is exhausted first is told first. */
export function privacyAccounts(
  { resource, unit }: PrivacyLineage,
  { org, sub, plan }: PrivacyAsker,
  budgets: PrivacyBudgets,
): readonly PrivacyAccount[] {
  // WHY JSON: names of people and organisations may hold any character, and two accounts must never have one name.
  const named = (kind: PrivacyAccountKind, limit: number | null, ...whose: string[]): PrivacyAccount => ({
    account: `privacy:${JSON.stringify([resource, unit, kind, ...whose])}`,
    kind,
    limit,
  });
  return [
    named('analyst', budgets.analystRho, org, sub),
    named('plan', plan.rhoMax, plan.id),
    named('organisation', budgets.organisationRho, org),
    named('resource', budgets.resourceRho),
    named('selection', budgets.selectionDelta),
  ];
}

/** What a charge takes from an account of the kind. */
export function amountOf({ rho, delta }: PrivacyCharge, kind: PrivacyAccountKind): number {
  return kind === 'selection' ? delta : rho;
}

/** Everything that the ledger keeps: jobs of a plan, and privacy. */
export type AccountKind = 'jobs' | PrivacyAccountKind;

/** In the words of a refusal: which account, and what the asker can do. */
export const ACCOUNT_WORDS: Readonly<Record<AccountKind, { readonly what: string; readonly remedy: string }>> =
  Object.freeze({
    jobs: { what: 'the jobs of the plan', remedy: 'ask the data bureau for a new plan' },
    analyst: {
      what: 'your own privacy budget',
      remedy: 'ask for less, or repeat a question that was answered: that is free',
    },
    plan: {
      what: 'the privacy budget of the plan',
      remedy: 'ask for less, or repeat a question that was answered: that is free',
    },
    organisation: {
      what: 'the privacy budget of your organisation',
      remedy: 'ask for less, or repeat a question that was answered: that is free',
    },
    resource: {
      what: 'the privacy budget of the data, which everybody shares',
      remedy: 'ask for less, or repeat a question that was answered: that is free; this budget never comes back',
    },
    selection: {
      what: 'the budget for selecting groups',
      remedy: 'GROUP BY columns with a public list, which needs no selection',
    },
  });
