/** Who keeps the catalogue, and who sees it. By id. */
export const CATALOGUE_POLICIES: Readonly<Record<string, string>> = {
  'everyone-sees-the-listed-catalogue': `
    permit (principal, action == Action::"resource:read", resource)
    when { resource has state && resource.state == "listed" };`,
  'officers-see-all-resources': `
    permit (principal, action in [Action::"resource:read", Action::"resource:read-report"], resource)
    when { ["bureau", "security"].contains(principal.role) };`,
  'providers-keep-their-own-resources': `
    permit (
      principal,
      action in [
        Action::"resource:register", Action::"resource:read", Action::"resource:read-report",
        Action::"resource:upload", Action::"resource:withdraw", Action::"resource:destroy"
      ],
      resource
    )
    when { principal.role == "provider" && resource.provider == principal.org };`,
  'bureau-keeps-the-catalogue': `
    permit (
      principal, action in [Action::"resource:list", Action::"resource:withdraw", Action::"resource:destroy"], resource
    )
    when { principal.role == "bureau" };`,
};
