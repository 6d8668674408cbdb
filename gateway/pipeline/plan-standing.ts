import type { PlanStanding, UsagePlan } from '#catalog';
import {
  ACCOUNT_POLICY_ID,
  AppError,
  perAttribute,
  type ScopeDifference,
  type SourcePlace,
  STANDING_REQUIREMENTS,
  type StandingAttribute,
  standingPolicyId,
  type TableUse,
} from '#policies';
import type { AccessDecision } from '../identity/index.ts';

/** What Cedar decides on: one Bool for each requirement, and the accounts that may ask. */
export function standingAttributes({
  findings,
  staff,
}: PlanStanding): Readonly<Record<StandingAttribute, boolean>> & { readonly staff: readonly string[] } {
  return { ...perAttribute((attribute) => findings[attribute].isMet), staff };
}

/** The first requirement whose policy forbade it, as an error that says what is missing; null where none did. */
export function standingError(plan: UsagePlan, standing: PlanStanding, decision: AccessDecision): AppError | null {
  const forbidding = STANDING_REQUIREMENTS.filter((one) => decision.reasons.includes(standingPolicyId(one)));
  const [first, ...others] = forbidding;
  if (first === undefined) return accountError(plan, decision);
  const { code, requirement, paragraph, attribute } = first;
  const { missing } = standing.findings[attribute];
  return new AppError(code, {
    plan: plan.id,
    requirement,
    paragraph,
    missing: missing?.en ?? '',
    missingZh: missing?.zh ?? '',
    also: others.map((other) => other.code),
  });
}

function accountError({ id }: UsagePlan, { reasons }: AccessDecision): AppError | null {
  if (!reasons.includes(ACCOUNT_POLICY_ID)) return null;
  return new AppError('ACCOUNT_NOT_ONBOARDED', { plan: id, requirement: '25', paragraph: 'T11' });
}

/** The error of a question that does what its plan does not say. */
export function planScopeError(
  { id, hash }: UsagePlan,
  { joins = [], outputs = [], columns = [] }: Partial<ScopeDifference> & { readonly columns?: readonly string[] },
  place: SourcePlace | null = null,
): AppError {
  const difference = { columns, joins, outputs };
  const facts = { plan: id, planHash: hash, requirement: '21', paragraph: 'T10', ...difference };
  return new AppError('PLAN_SCOPE', facts, place);
}

/** The error of a query that uses what its plan asks for and no grant covers. `columns`: `resource` or `resource.column`. */
export const scopeError = (plan: string, columns: readonly string[], place: SourcePlace | null = null): AppError =>
  new AppError('GRANT_SCOPE', { plan, requirement: '06', paragraph: 'T2', columns }, place);

/** The ids of the grants that a query's tables are covered by: the intent names them. */
export function grantsUsed({ covered }: PlanStanding, uses: readonly TableUse[]): readonly string[] {
  const used = new Set(uses.map(({ resource }) => resource));
  const ids = covered.filter(({ resource }) => used.has(resource)).flatMap(({ grants }) => grants);
  return [...new Set(ids)].sort();
}

/** What an unknown name means of that which the plan asks for and no grant covers: `resource` or `resource.column`. */
export function uncoveredOf({ code, facts }: AppError, { uncovered }: PlanStanding): readonly string[] {
  const { table, column } = facts;
  if (code === 'SQL_TABLE_UNKNOWN') return uncovered.filter((name) => name === table);
  if (code === 'SQL_COLUMN_UNKNOWN') return uncovered.filter((name) => name.split('.')[1] === column);
  return [];
}
