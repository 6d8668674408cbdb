import {
  type Coverage,
  coverageOf,
  EVERY_ACCOUNT,
  type GrantScope,
  isDrillOrganisation,
  perAttribute,
  type StandingAttribute,
} from '#policies';
import { isGrantable } from '../authorized-list/authorized-list.ts';
import type { Db } from '../db.ts';
import { providersOfPlan, type UsagePlan } from '../plans.ts';
import { findReconciled } from '../sync/find-reconciled.ts';
import { findGranted } from './find-granted.ts';
import { findClear, findInTerm, findUnaffiliated } from './find-operator.ts';
import { dossierOf, findFiled, findOnboarded, findSupplied } from './find-plan-life.ts';
import { findReviewed } from './find-reviewed.ts';
import { getGrant, grantsNaming, scopeOf } from './grants.ts';
import { newSharedFacts, once, type SharedFacts } from './shared-facts.ts';

/** What the catalogue says of one requirement. */
export interface Finding {
  readonly isMet: boolean;
  /** What is missing, in words; null where nothing is. */
  readonly missing: { readonly en: string; readonly zh: string } | null;
  /** Ids of the facts that it rests on: grants, agreements, receipts, filings. */
  readonly evidence: readonly string[];
}

/** Whether jobs may run under a plan on a day, and why: a function of durable facts, for Cedar to decide on. */
export interface PlanStanding {
  readonly today: string;
  /** By attribute of `Plan` in the access policies. */
  readonly findings: Readonly<Record<StandingAttribute, Finding>>;
  /** The tables and columns of the plan that grants cover: nothing else exists for its jobs. */
  readonly covered: Coverage['tables'];
  /** `resource` or `resource.column`: what the plan asks for besides. */
  readonly uncovered: Coverage['missing'];
  /** Accounts of the developer that may ask; `*` for all that its issuer vouches for. */
  readonly staff: readonly string[];
}

/** What a finding may look at beside the catalogue. */
export interface StandingAsked {
  readonly plan: UsagePlan;
  /** By resource. */
  readonly providers: ReadonlyMap<string, string>;
  readonly coverage: Coverage;
  /** ISO date in Asia/Shanghai. */
  readonly today: string;
  readonly shared: SharedFacts;
}

/** One requirement: pure in the catalogue and the day. */
export type Find = (db: Db, asked: StandingAsked) => Finding;

/** Typed by the list of requirements: one without its finding does not compile. */
const FINDINGS: Readonly<Record<StandingAttribute, Find>> = {
  granted: findGranted,
  operatorInTerm: findInTerm,
  operatorClear: findClear,
  unaffiliated: findUnaffiliated,
  reviewed: findReviewed,
  onboarded: findOnboarded,
  filed: findFiled,
  supplied: findSupplied,
  reconciled: findReconciled,
};

/** INVARIANT: these look at nothing of a plan but whom they are about. */
const SHARED_BY: Partial<Readonly<Record<StandingAttribute, (plan: UsagePlan) => string | null>>> = {
  operatorInTerm: ({ operator }) => operator,
  operatorClear: ({ operator }) => operator,
  onboarded: ({ org }) => org,
};

/**
 * The standing of a plan on a day. WHY one function: whoever asks, at admission, before a job, before its release, must get the
 * same answer from the same facts. What is not known counts as missing.
 *
 * @param today ISO date in Asia/Shanghai.
 * @param shared what was read from the same state of the catalogue on the same day; what is read now is put to it.
 */
export function standingOf(
  db: Db,
  plan: UsagePlan,
  today: string,
  shared: SharedFacts = newSharedFacts(),
): PlanStanding {
  const providers = providersOfPlan(db, plan.id);
  if (isDrill(plan, providers)) return drillStanding(plan, today);
  const tables = plan.tables.map(({ resource, columns }) => ({
    resource,
    columns,
    provider: providers.get(resource) ?? '',
    isGrantable: once(shared.grantable, resource, () => isGrantable(db, resource)),
  }));
  const { operator } = plan;
  const named = (resource: string) => (operator === null ? [] : grantsOf(db, operator, resource, shared));
  const coverage = coverageOf({ operator, class: plan.class, tables }, named, today);
  const asked: StandingAsked = { plan, providers, coverage, today, shared };
  const findings = perAttribute((attribute) => {
    const find = () => FINDINGS[attribute](db, asked);
    const whom = SHARED_BY[attribute]?.(plan) ?? null;
    return whom === null ? find() : once(shared.findings, `${attribute} ${whom}`, find);
  });
  const staff = dossierOf(db, plan.org, shared)?.staff ?? [];
  return { today, findings, covered: coverage.tables, uncovered: coverage.missing, staff };
}

function grantsOf(db: Db, operator: string, resource: string, { scopes, naming }: SharedFacts): readonly GrantScope[] {
  const scope = (id: string) => once(scopes, id, () => scopeOf(getGrant(db, id)));
  return once(naming, `${operator} ${resource}`, () => grantsNaming(db, operator, resource).map(scope));
}

/**
 * INVARIANT: no token names an organisation of a drill, so that nobody else comes by this door; a drill's plan is over the drill's
 * own tables alone.
 */
function isDrill({ org }: UsagePlan, providers: ReadonlyMap<string, string>): boolean {
  return isDrillOrganisation(org) && [...providers.values()].every(isDrillOrganisation);
}

const MET: Finding = Object.freeze({ isMet: true, missing: null, evidence: [] });

function drillStanding({ tables }: UsagePlan, today: string): PlanStanding {
  return {
    today,
    findings: perAttribute(() => MET),
    covered: tables.map((table) => ({ ...table, grants: [] })),
    uncovered: [],
    staff: [EVERY_ACCOUNT],
  };
}
