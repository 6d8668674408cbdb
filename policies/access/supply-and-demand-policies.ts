/** What follows a plan's approval, the list of authorised operation, demands and onboarding. By id. */
export const SUPPLY_AND_DEMAND_POLICIES: Readonly<Record<string, string>> = {
  // Which of the two parties, and that nobody signs twice, is a matter of the plan (catalog/plan-life/agreements.ts).
  'parties-sign-agreements': `
    permit (principal, action == Action::"plan:sign", resource)
    when { (principal.role == "developer" && resource.org == principal.org) || principal.role == "operator" };`,
  'bureau-records-filings-and-sees-what-is-late': `
    permit (principal, action in [Action::"plan:file", Action::"plan:read-late"], resource)
    when { principal.role == "bureau" };`,
  'security-office-sees-what-is-late': `
    permit (principal, action == Action::"plan:read-late", resource) when { principal.role == "security" };`,
  'involved-providers-supply-plans': `
    permit (principal, action == Action::"plan:supply", resource)
    when { principal.role == "provider" && resource has providers && resource.providers.contains(principal.org) };`,
  // Never the developer: a band that a plan's author could ask for, column by column, would be an oracle on real rows.
  'reviewers-assess-plans': `
    permit (principal, action == Action::"plan:assess", resource)
    when {
      principal.role == "bureau" ||
      (principal.role == "provider" && resource has providers && resource.providers.contains(principal.org))
    };`,

  'bureau-keeps-the-authorized-list-the-rules-and-the-time-limits': `
    permit (principal, action in [Action::"list:propose", Action::"rules:keep", Action::"time-limits:keep"], resource)
    when { principal.role == "bureau" };`,
  'bureau-and-providers-concerned-sign-the-list': `
    permit (principal, action == Action::"list:sign", resource)
    when { principal.role == "bureau" || (principal.role == "provider" && resource.providers.contains(principal.org)) };`,

  'developers-file-demands': `
    permit (principal, action == Action::"demand:file", resource)
    when { ["developer", "operator"].contains(principal.role) && resource.org == principal.org };`,
  'parties-see-their-demands': `
    permit (principal, action == Action::"demand:read", resource)
    when {
      (["developer", "operator"].contains(principal.role) && resource.org == principal.org) ||
      (principal.role == "provider" && resource.provider == principal.org) ||
      ["bureau", "security"].contains(principal.role)
    };`,
  'providers-answer-demands': `
    permit (principal, action == Action::"demand:answer", resource)
    when { principal.role == "provider" && resource.provider == principal.org };`,

  'developers-apply-for-onboarding': `
    permit (principal, action in [Action::"onboarding:apply", Action::"onboarding:read"], resource)
    when { ["developer", "operator"].contains(principal.role) && resource.org == principal.org };`,
  'bureau-decides-onboarding': `
    permit (principal, action in [Action::"onboarding:decide", Action::"onboarding:read"], resource)
    when { principal.role == "bureau" };`,
};
