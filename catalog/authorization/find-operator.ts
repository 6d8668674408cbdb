import { findOrganisation } from '../organisations.ts';
import { findAffiliates } from './affiliations.ts';
import { agreementsInForce } from './agreements.ts';
import { findExit } from './exits.ts';
import { incidentsOf } from './incidents.ts';
import { once } from './shared-facts.ts';
import type { Find, Finding } from './standing.ts';

const MET: Finding = { isMet: true, missing: null, evidence: [] };
const unmet = (missing: NonNullable<Finding['missing']>): Finding => ({ isMet: false, missing, evidence: [] });
const NO_OPERATOR = unmet({ en: 'the plan names no operator', zh: '方案未指明运营机构' });

/** 14 15: an agreement that all have signed is in its term today, and the operator has not left. */
export const findInTerm: Find = (db, { plan: { operator }, today }) => {
  if (operator === null) return NO_OPERATOR;
  const exit = findExit(db, operator);
  if (exit !== null)
    return unmet({
      en: `operator ${operator} left on ${exit.orderedAt}`,
      zh: `运营机构 ${operator} 已于 ${exit.orderedAt} 退出`,
    });
  const evidence = agreementsInForce(db, operator, today).map(({ id }) => id);
  if (evidence.length > 0) return { isMet: true, missing: null, evidence };
  return unmet({
    en: `operator ${operator} has no signed agreement whose term covers ${today}`,
    zh: `运营机构 ${operator} 没有期限涵盖 ${today} 的已签协议`,
  });
};

/** 13: no incident of the operator waits for a decision. */
export const findClear: Find = (db, { plan: { operator } }) => {
  if (operator === null) return NO_OPERATOR;
  const open = incidentsOf(db, operator).filter(({ verdict }) => verdict === null);
  if (open.length === 0) return MET;
  const names = open.map(({ id }) => id).join(', ');
  return unmet({
    en: `incidents of ${operator} are under review: ${names}`,
    zh: `${operator} 的安全事件待处理：${names}`,
  });
};

/**
 * 07: who develops is neither the operator's affiliate nor, on products that an operator delivered, an operator or the affiliate of
 * any. Operators turn source tables into products; those are for others to develop.
 */
export const findUnaffiliated: Find = (db, { plan, providers, shared }) => {
  const { operator, org } = plan;
  if (operator === null) return NO_OPERATOR;
  const isOperator = (id: string) => once(shared.operators, id, () => findOrganisation(db, id)?.kind === 'operator');
  const affiliates = once(shared.affiliates, org, () => findAffiliates(db, org));
  const chain = affiliates.get(operator);
  if (chain !== undefined) return affiliated(org, [org, ...chain]);
  const delivered = [...providers].find(([, provider]) => isOperator(provider));
  if (delivered === undefined) return MET;
  if (isOperator(org)) return affiliated(org, [org]);
  const near = [...affiliates].find(([id]) => isOperator(id));
  return near === undefined ? MET : affiliated(org, [org, ...near[1]]);
};

function affiliated(org: string, chain: readonly string[]): Finding {
  const path = chain.join(' – ');
  return unmet({ en: `${org} is affiliated with an operator: ${path}`, zh: `${org} 与运营机构存在关联：${path}` });
}
