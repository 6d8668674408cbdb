/** Who proposes, signs, sees and revokes grants, and whose keys sign. By id. */
export const GRANT_POLICIES: Readonly<Record<string, string>> = {
  // The bureau drafts a grant, or the operator that it is for asks for it.
  'bureau-and-operators-propose-grants': `
    @requirement("05") @paragraph("T2")
    permit (principal, action == Action::"grant:propose", resource)
    when { principal.role == "bureau" || (principal.role == "operator" && resource.operator == principal.org) };`,
  // 数据提供单位不得自行授权 (T2): both sign, neither alone does anything (policies/authorization/grant-scope.ts).
  'bureau-and-providers-sign-grants': `
    @requirement("09") @paragraph("T2")
    permit (principal, action in [Action::"grant:sign", Action::"grant:revoke"], resource)
    when {
      principal.role == "bureau" ||
      (principal.role == "provider" && resource.providers.contains(principal.org))
    };`,
  'nobody-signs-own-grants': `
    @requirement("09") @paragraph("T2")
    forbid (principal, action == Action::"grant:sign", resource)
    when {
      resource.operator == principal.org ||
      (resource.org == principal.org && resource.author == principal.sub)
    };`,
  'parties-see-their-grants': `
    permit (principal, action == Action::"grant:read", resource)
    when {
      ["bureau", "security"].contains(principal.role) ||
      (principal.role == "operator" && resource.operator == principal.org) ||
      (principal.role == "provider" && resource.providers.contains(principal.org))
    };`,

  'parties-register-own-keys': `
    permit (principal, action == Action::"key:register", resource)
    when { ["bureau", "provider", "operator", "developer", "platform"].contains(principal.role) && resource.org == principal.org };`,
  'bureau-confirms-keys': `
    permit (principal, action == Action::"key:confirm", resource)
    when { principal.role == "bureau" };`,
  // Two people for each key: whose it is, and who vouches for that.
  'nobody-confirms-own-keys': `
    forbid (principal, action == Action::"key:confirm", resource)
    when { resource.org == principal.org && resource has registeredBy && resource.registeredBy == principal.sub };`,
  'parties-see-keys': `
    permit (principal, action == Action::"key:read", resource)
    when { ["bureau", "security"].contains(principal.role) || resource.org == principal.org };`,
};
