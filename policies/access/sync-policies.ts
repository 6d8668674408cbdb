/** Who declares other platforms, carries what they hand over, and decides where it does not agree. By id. */
export const SYNC_POLICIES: Readonly<Record<string, string>> = {
  // Two people for each peer, and another than who carried what is decided on (catalog/sync/).
  'bureau-declares-peers-and-decides-mismatches': `
    @requirement("12") @paragraph("T4")
    permit (principal, action in [Action::"sync:declare", Action::"sync:decide", Action::"sync:deliver", Action::"sync:read"], resource)
    when { principal.role == "bureau" };`,
  // An account that can do nothing else; what counts is the signature of the peer's own key.
  'platforms-hand-over-in-their-own-name': `
    @requirement("12") @paragraph("T4")
    permit (principal, action in [Action::"sync:deliver", Action::"sync:read"], resource)
    when { principal.role == "platform" && resource.org == principal.org };`,
  'security-office-reads-mismatches': `
    @requirement("12") @paragraph("T4")
    permit (principal, action == Action::"sync:read", resource) when { principal.role == "security" };`,
};
