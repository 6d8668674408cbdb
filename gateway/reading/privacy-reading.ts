import {
  type AccountBalance,
  type AccountPace,
  accountBalance,
  accountPace,
  chargedUnits,
  type Db,
  findResource,
  lineageOf,
  type Resource,
  type UsagePlan,
} from '#catalog';
import {
  epsilonOf,
  type PolicyProfile,
  type PrivacyAccountKind,
  type PrivacyLineage,
  privacyAccounts,
} from '#policies';
import type { Caller } from '../identity/index.ts';

/** What is left of privacy budgets, and how long it will last: from what was charged, never from a value. */

export interface Amounts {
  readonly limit: number | null;
  readonly spent: number;
  readonly reserved: number;
  readonly remaining: number | null;
}
export interface PrivacyAmounts {
  readonly rho: Amounts;
  readonly epsilon: Amounts;
}
export interface PrivacyBudget extends PrivacyLineage {
  readonly delta: number;
  readonly everybody: PrivacyAmounts;
  readonly selection: Amounts;
  readonly organisation: PrivacyAmounts | null;
  readonly analyst: PrivacyAmounts | null;
  readonly plans: readonly (PrivacyAmounts & { readonly plan: string })[];
  readonly forecast: PrivacyForecast;
}
export interface PrivacyForecast {
  readonly last: number | null;
  readonly releasesLikeLast: number | null;
  readonly releasesAtDefault: number;
  readonly rhoPerDay: number;
  readonly exhaustedOn: string | null;
}

const DAY_MS = 86_400_000;
const PACE_DAYS = 30;
const FORECAST_DAYS_MAX = 36_525;
const ASKERS: ReadonlySet<string> = new Set(['developer', 'operator']);

/** Of every resource and kind of unit that the plans reach and that leaves in mode `dp`, or has left; of its own ones for a provider. */
export function privacyBudgetsOf(
  db: Db,
  caller: Caller,
  plans: readonly UsagePlan[],
  profile: PolicyProfile,
  now: Date,
): readonly PrivacyBudget[] {
  const reached = new Map<string, { lineage: PrivacyLineage; plans: UsagePlan[] }>();
  for (const plan of plans) {
    for (const { resource: id } of plan.tables) {
      const resource = findResource(db, id);
      if (resource === null || (caller.role === 'provider' && resource.provider !== caller.org)) continue;
      const units = new Set([...privateUnits(resource, profile), ...chargedUnits(db, resource.lineage ?? id)]);
      for (const unit of units) {
        const lineage = lineageOf(db, { resource: id, unit });
        const key = JSON.stringify(lineage);
        const entry = reached.get(key) ?? { lineage, plans: [] };
        if (!entry.plans.includes(plan)) entry.plans.push(plan);
        reached.set(key, entry);
      }
    }
  }
  return [...reached.values()].map((entry) => budgetOf(db, caller, entry, profile, now));
}

function privateUnits({ schema }: Resource, { modeOf }: PolicyProfile): readonly string[] {
  const levels = [schema.level, ...schema.columns.map(({ level }) => level)];
  if (!levels.some((level) => modeOf[level] === 'dp' || modeOf[level] === 'homomorphic')) return [];
  return schema.columns.flatMap(({ name, unit }) => (unit === undefined ? [] : [name]));
}

function budgetOf(
  db: Db,
  caller: Caller,
  { lineage, plans }: { readonly lineage: PrivacyLineage; readonly plans: readonly UsagePlan[] },
  { privacy, privacyBudgets }: PolicyProfile,
  now: Date,
): PrivacyBudget {
  const delta = privacyBudgets.epsilonDelta;
  const account = (kind: PrivacyAccountKind, plan: Pick<UsagePlan, 'id' | 'rhoMax'> = { id: '', rhoMax: null }) =>
    privacyAccounts(lineage, { ...caller, plan }, privacyBudgets).find((one) => one.kind === kind)!;
  const held = (kind: PrivacyAccountKind, plan?: UsagePlan) => accountBalance(db, account(kind, plan));
  const everybody = held('resource');
  const own = ASKERS.has(caller.role) ? { organisation: held('organisation'), analyst: held('analyst') } : null;
  const { limit, spent, reserved, remaining } = held('selection');
  return {
    ...lineage,
    delta,
    everybody: told(everybody, delta),
    selection: { limit, spent, reserved, remaining },
    organisation: own === null ? null : told(own.organisation, delta),
    analyst: own === null ? null : told(own.analyst, delta),
    plans: plans.map((plan) => ({ plan: plan.id, ...told(held('plan', plan), delta) })),
    forecast: forecastOf(
      { ...accountPace(db, account('resource').account, paceSince(now)), defaultRho: privacy.rho },
      everybody,
      own === null ? [] : Object.values(own),
      now,
    ),
  };
}

function told({ limit, spent, reserved, remaining }: AccountBalance, delta: number): PrivacyAmounts {
  const epsilon = (rho: number) => epsilonOf(rho, delta);
  return {
    rho: { limit, spent, reserved, remaining },
    epsilon: {
      limit: limit === null ? null : epsilon(limit),
      spent: epsilon(spent),
      reserved: epsilon(reserved),
      remaining: remaining === null ? null : epsilon(remaining),
    },
  };
}

const paceSince = (now: Date): string => new Date(now.getTime() - PACE_DAYS * DAY_MS).toISOString();

function forecastOf(
  { charged, last, defaultRho }: AccountPace & { readonly defaultRho: number },
  everybody: AccountBalance,
  own: readonly AccountBalance[],
  now: Date,
): PrivacyForecast {
  const rhoPerDay = charged / PACE_DAYS;
  const left = everybody.remaining ?? 0;
  const leftToCaller = Math.min(left, ...own.map(({ remaining }) => remaining ?? left));
  const days = rhoPerDay === 0 ? Number.POSITIVE_INFINITY : left / rhoPerDay;
  return {
    last,
    releasesLikeLast: last === null ? null : Math.floor(leftToCaller / last),
    releasesAtDefault: Math.floor(leftToCaller / defaultRho),
    rhoPerDay,
    exhaustedOn: days > FORECAST_DAYS_MAX ? null : new Date(now.getTime() + days * DAY_MS).toISOString().slice(0, 10),
  };
}
