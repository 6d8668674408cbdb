/** Who watches: the log, the privacy register, freezes, canaries, drills. By id. */
export const OVERSIGHT_POLICIES: Readonly<Record<string, string>> = {
  // Which entries: the route narrows a search to what touches the caller.
  'parties-read-their-entries': `
    permit (principal, action == Action::"audit:read", resource)
    when { ["security", "bureau", "provider", "developer", "operator"].contains(principal.role) };`,
  'officers-read-the-whole-log': `
    permit (principal, action == Action::"audit:read-all", resource)
    when { ["security", "bureau"].contains(principal.role) };`,
  // PIPL art. 47. Nobody who watches takes the names of their own office out of the log.
  'security-office-erases-names-of-others': `
    permit (principal, action == Action::"audit:erase", resource)
    when { principal.role == "security" && resource has erased && resource.erased != principal.org };`,
  // Which releases: the route narrows the register to what touches the caller.
  'parties-read-the-privacy-register': `
    permit (principal, action == Action::"privacy:read", resource)
    when { ["security", "bureau", "provider", "developer", "operator"].contains(principal.role) };`,
  // That a thaw takes two of them is a matter of the freeze's state (catalog/freezes.ts), not of who they are.
  'security-office-freezes-and-thaws': `
    permit (principal, action in [Action::"freeze:set", Action::"freeze:thaw"], resource)
    when { principal.role == "security" };`,
  'security-office-keeps-canaries-and-drills': `
    permit (principal, action in [Action::"canary:manage", Action::"drill:run"], resource)
    when { principal.role == "security" };`,
  'officers-see-what-is-frozen': `
    permit (principal, action == Action::"freeze:read", resource)
    when { ["security", "bureau"].contains(principal.role) };`,
};
