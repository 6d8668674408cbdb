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
  // T3: security, secrets and privacy are looked at by those whose office they are. That it is three people is a matter of the entry's state.
  'security-office-keeps-secrecy-and-security-gates': `
    permit (principal, action == Action::"resource:gate", resource)
    when { principal.role == "security" && resource has gate && ["secrecy", "security"].contains(resource.gate) };`,
  'bureau-keeps-the-gate-of-personal-information': `
    permit (principal, action == Action::"resource:gate", resource)
    when { principal.role == "bureau" && resource has gate && resource.gate == "personal-information" };`,
};
