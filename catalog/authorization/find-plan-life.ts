import type { Db } from '../db.ts';
import { findOnboarding, type Onboarding } from '../plan-life/onboarding.ts';
import { filingDue, findPlanAgreement, isLapsed, partiesLeft } from '../plan-life/plan-agreements.ts';
import { rulesInForce } from '../plan-life/rules.ts';
import { suppliesOfPlan, supplyDue } from '../plan-life/supplies.ts';
import { once, type SharedFacts } from './shared-facts.ts';
import type { Find, Finding } from './standing.ts';

const met = (evidence: readonly string[]): Finding => ({ isMet: true, missing: null, evidence });
const unmet = (missing: NonNullable<Finding['missing']>): Finding => ({ isMet: false, missing, evidence: [] });

export const dossierOf = (db: Db, org: string, { dossiers }: SharedFacts): Onboarding | null =>
  once(dossiers, org, () => findOnboarding(db, org));

/** 25 19: the bureau let the developer in, under the rules that are in force today. */
export const findOnboarded: Find = (db, { plan: { org }, shared }) => {
  const dossier = dossierOf(db, org, shared);
  if (dossier === null) return unmet({ en: `${org} has applied for no onboarding`, zh: `${org} 未申请准入` });
  if (dossier.verdict === null)
    return unmet({ en: `the dossier of ${org} waits for the bureau`, zh: `${org} 的准入材料待数据局审定` });
  if (dossier.verdict === 'refuse')
    return unmet({ en: `the bureau refused the dossier of ${org}`, zh: `${org} 的准入申请未获批准` });
  const rules = once(shared.rules, '', () => rulesInForce(db)?.hash ?? null);
  if (dossier.rules !== rules)
    return unmet({ en: `${org} has not accepted the rules in force`, zh: `${org} 未承诺遵守现行制度` });
  return met([org, rules]);
};

/** 24: developer and operator signed over the plan as it is, and the agreement was filed in time. */
export const findFiled: Find = (db, { plan, today }) => {
  const agreement = findPlanAgreement(db, plan);
  const unsigned = partiesLeft(plan, agreement).join(', ');
  if (agreement === null || unsigned !== '')
    return unmet({ en: `no agreement signed by ${unsigned}`, zh: `协议未经 ${unsigned} 签署` });
  if (agreement.filedAt !== null) return met([agreement.filingNo ?? '']);
  const due = filingDue(db, agreement) ?? '';
  return isLapsed(db, agreement, today)
    ? unmet({ en: `it was to be filed by ${due}: both sign anew`, zh: `应于 ${due} 前备案，已逾期，须重新签署` })
    : unmet({ en: `signed, and to be filed by ${due}`, zh: `已签署，应于 ${due} 前备案` });
};

/** 23: every provider supplied its tables under their entries as they are. */
export const findSupplied: Find = (db, { plan, providers, today }) => {
  const supplied = new Map(suppliesOfPlan(db, plan).map((supply) => [supply.resource, supply]));
  const left = plan.tables.filter(({ resource }) => !supplied.has(resource));
  if (left.length === 0)
    return met(plan.tables.map(({ resource }) => `${resource}@${supplied.get(resource)?.version ?? 0}`));
  const names = left.map(({ resource }) => `${resource} (${providers.get(resource) ?? ''})`).join(', ');
  const due = supplyDue(db, plan) ?? '';
  return due !== '' && today > due
    ? unmet({ en: `late since ${due}: ${names}`, zh: `自 ${due} 起逾期未供给：${names}` })
    : unmet({ en: `to be supplied by ${due}: ${names}`, zh: `应于 ${due} 前供给：${names}` });
};
