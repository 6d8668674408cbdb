/**
 * What a plan needs before a job may run under it, beside its own approval: one line for each requirement of the source plan that
 * decides over every request. Each line is an attribute of `Plan` that the catalogue computes (catalog/authorization/standing.ts), a
 * `forbid … unless` of Cedar that asks for it, and the error of a request that lacks it. In the order in which a refusal names them.
 */
export const STANDING_REQUIREMENTS = [
  {
    attribute: 'granted',
    requirement: '06',
    paragraph: 'T2',
    code: 'GRANT_MISSING',
    title: { zh: '授权范围', en: 'scope of the grant' },
  },
  {
    attribute: 'operatorInTerm',
    requirement: '15',
    paragraph: 'T7',
    code: 'OPERATOR_OUT_OF_TERM',
    title: { zh: '运营期限', en: 'term of the operator' },
  },
  {
    attribute: 'operatorClear',
    requirement: '13',
    paragraph: 'T5',
    code: 'OPERATOR_INCIDENT',
    title: { zh: '安全事件', en: 'incidents of the operator' },
  },
  {
    attribute: 'unaffiliated',
    requirement: '07',
    paragraph: 'T2',
    code: 'OPERATOR_AFFILIATE',
    title: { zh: '运营机构关联方', en: 'affiliates of the operator' },
  },
  {
    attribute: 'reviewed',
    requirement: '02',
    paragraph: 'T1',
    code: 'PLAN_SUSPENDED',
    title: { zh: '目录变更后的重新评审', en: 'review after a change of the catalogue' },
  },
  {
    attribute: 'onboarded',
    requirement: '25',
    paragraph: 'T11',
    code: 'DEVELOPER_NOT_ONBOARDED',
    title: { zh: '开发主体准入', en: 'onboarding of the developer' },
  },
  {
    attribute: 'filed',
    requirement: '24',
    paragraph: 'T10',
    code: 'AGREEMENT_NOT_FILED',
    title: { zh: '协议与备案', en: 'agreement and filing' },
  },
  {
    attribute: 'supplied',
    requirement: '23',
    paragraph: 'T10',
    code: 'PLAN_NOT_SUPPLIED',
    title: { zh: '数据供给', en: 'supply' },
  },
  {
    attribute: 'reconciled',
    requirement: '12',
    paragraph: 'T4',
    code: 'SYNC_MISMATCH',
    title: { zh: '平台间同步与对账', en: 'sync with other platforms' },
  },
] as const;

export type StandingRequirement = (typeof STANDING_REQUIREMENTS)[number];
/** Attributes of a plan's standing: each true where the requirement is met today. */
export type StandingAttribute = StandingRequirement['attribute'];

/** In a dossier instead of accounts: all that the developer's issuer vouches for. */
export const EVERY_ACCOUNT = '*';
/** The Cedar policy that holds an account to the dossier of its organisation. */
export const ACCOUNT_POLICY_ID = 'accounts-need-onboarding';

/** Something for every attribute. */
export function perAttribute<T>(make: (attribute: StandingAttribute) => T): Readonly<Record<StandingAttribute, T>> {
  const made: Partial<Record<StandingAttribute, T>> = {};
  for (const { attribute } of STANDING_REQUIREMENTS) made[attribute] = make(attribute);
  return made as Record<StandingAttribute, T>;
}

/** The id of the Cedar policy that holds a plan to the requirement. */
export const standingPolicyId = ({ attribute }: Pick<StandingRequirement, 'attribute'>): string =>
  `plans-need-${attribute.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
