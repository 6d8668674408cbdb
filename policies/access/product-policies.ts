/** Products and consents. By id: the ids of the policies that decided go into the log. */
export const PRODUCT_POLICIES: Readonly<Record<string, string>> = {
  // 合规性审查 (T11): who makes a product does not review it, and reviewing it is not letting it out.
  'makers-keep-their-products': `
    permit (
      principal,
      action in [
        Action::"product:submit", Action::"product:read", Action::"product:publish", Action::"product:withdraw"
      ],
      resource
    )
    when { ["developer", "operator"].contains(principal.role) && resource.org == principal.org };`,
  'everyone-sees-published-products': `
    permit (principal, action in [Action::"product:read", Action::"product:receive"], resource)
    when { resource.state == "published" };`,
  // What a product delivers is held from its maker too; who reviews it has to see it.
  'bureau-and-involved-providers-review-products': `
    permit (
      principal,
      action in [Action::"product:read", Action::"product:receive", Action::"product:decide"],
      resource
    )
    when {
      principal.role == "bureau" ||
      (principal.role == "provider" && resource.providers.contains(principal.org))
    };`,
  'bureau-and-security-withdraw-products': `
    permit (principal, action in [Action::"product:read", Action::"product:withdraw"], resource)
    when { ["bureau", "security"].contains(principal.role) };`,
  'nobody-reviews-own-products': `
    forbid (principal, action == Action::"product:decide", resource)
    when { resource.org == principal.org || resource.author == principal.sub };`,

  // 社会数据 (T11): whose it is brings it, the bureau accepts it, and either ends it.
  'developers-bring-their-own-data': `
    permit (
      principal,
      action in [Action::"intake:open", Action::"intake:read", Action::"intake:upload", Action::"intake:end"],
      resource
    )
    when { ["developer", "operator"].contains(principal.role) && resource.org == principal.org };`,
  'officers-see-intakes': `
    permit (principal, action == Action::"intake:read", resource)
    when { ["bureau", "security"].contains(principal.role) };`,
  'bureau-accepts-intakes': `
    permit (principal, action in [Action::"intake:decide", Action::"intake:end"], resource)
    when { principal.role == "bureau" };`,
  'nobody-accepts-own-intakes': `
    forbid (principal, action == Action::"intake:decide", resource)
    when { resource.org == principal.org || resource.createdBy == principal.sub };`,

  // The bureau runs the register of who may sign consents; whoever holds a consent may end it (PIPL art. 15).
  'bureau-keeps-consent-keys': `
    permit (principal, action == Action::"consent:manage", resource)
    when { principal.role == "bureau" };`,
  'everyone-withdraws-consents': `
    permit (principal, action == Action::"consent:withdraw", resource);`,
};
