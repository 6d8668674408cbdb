/** Who asks under a plan, and who sees a job. By id. */
export const JOB_POLICIES: Readonly<Record<string, string>> = {
  // One plan, one scenario (一场景一方案): only its own organisation asks under it, while it is approved and in term.
  'analysts-use-their-approved-plan': `
    permit (principal, action in [Action::"submitJob", Action::"explain", Action::"lookup"], resource)
    when {
      ["developer", "operator"].contains(principal.role) && resource.org == principal.org &&
      resource has state && resource.state == "approved" && resource has inTerm && resource.inTerm
    };`,
  // 数据提供单位不得自行授权 (T2), and who watches does not ask: a permit added later cannot change that.
  'providers-and-officers-never-ask': `
    forbid (principal, action in [Action::"submitJob", Action::"explain", Action::"lookup"], resource)
    when { ["provider", "bureau", "security", "custodian"].contains(principal.role) };`,
  'everyone-lists-own-jobs': `
    permit (principal, action == Action::"job:list", resource)
    when { resource.org == principal.org && resource.sub == principal.sub };`,
  // The account, not the organisation, and no officer: a result is what one analyst was given, and may be charged to.
  'everyone-handles-own-jobs': `
    permit (principal, action in [Action::"job:read", Action::"job:cancel"], resource)
    when { ["developer", "operator"].contains(principal.role) && resource.org == principal.org && resource.sub == principal.sub };`,
};
