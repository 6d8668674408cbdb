/** Who files, sees, decides and ends usage plans. By id. */
export const PLAN_POLICIES: Readonly<Record<string, string>> = {
  'developers-submit-own-plans': `
    permit (principal, action == Action::"plan:submit", resource)
    when { principal.role == "developer" && resource.org == principal.org };`,
  // 运营机构 writes plans for the developers it serves (T10); approval is never its own.
  'operators-write-plans': `
    permit (principal, action in [Action::"plan:submit", Action::"plan:read"], resource)
    when { principal.role == "operator" };`,
  'parties-see-their-plans': `
    permit (principal, action == Action::"plan:read", resource)
    when {
      (principal.role == "developer" && resource.org == principal.org) ||
      (principal.role == "provider" && resource has providers && resource.providers.contains(principal.org))
    };`,
  'officers-see-all-plans': `
    permit (principal, action == Action::"plan:read", resource)
    when { ["bureau", "security"].contains(principal.role) };`,
  'bureau-and-involved-providers-decide-plans': `
    permit (principal, action in [Action::"plan:decide", Action::"plan:revoke"], resource)
    when {
      principal.role == "bureau" ||
      (principal.role == "provider" && resource has providers && resource.providers.contains(principal.org))
    };`,
  // Nobody approves what they wrote or their own organisation asked for (O1: no self-approval).
  'nobody-decides-own-plans': `
    forbid (principal, action == Action::"plan:decide", resource)
    when { resource.org == principal.org || (resource has author && resource.author == principal.sub) };`,
};
