import {
  ACCOUNT_POLICY_ID,
  EVERY_ACCOUNT,
  STANDING_REQUIREMENTS,
  type StandingRequirement,
  standingPolicyId,
} from '../authorization/requirements.ts';

/**
 * One `forbid` for each requirement that a plan has to meet on the day of the request. WHY forbids: a permit that is added later
 * cannot pass them by, and a fact that is not known counts as missing.
 */
export const AUTHORIZATION_POLICIES: Readonly<Record<string, string>> = {
  ...Object.fromEntries(STANDING_REQUIREMENTS.map((one) => [standingPolicyId(one), forbidUnless(one)])),
  [ACCOUNT_POLICY_ID]: `
    @requirement("25") @paragraph("T11") @code("ACCOUNT_NOT_ONBOARDED")
    forbid (principal, action in [Action::"submitJob", Action::"explain", Action::"lookup"], resource)
    unless {
      resource has staff && (resource.staff.contains("${EVERY_ACCOUNT}") || resource.staff.contains(principal.sub))
    };`,
};

function forbidUnless({ requirement, paragraph, code, attribute }: StandingRequirement): string {
  return `
    @requirement("${requirement}") @paragraph("${paragraph}") @code("${code}")
    forbid (principal, action in [Action::"submitJob", Action::"explain", Action::"lookup"], resource)
    unless { resource has ${attribute} && resource.${attribute} };`;
}

/** The attributes in the schema. */
export const STANDING_SCHEMA: string = [
  ...STANDING_REQUIREMENTS.map(({ attribute }) => `${attribute}?: Bool`),
  'staff?: Set<String>',
].join(', ');
