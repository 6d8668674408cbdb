/** Who chooses operators, who records what speaks against them, and who ends them. By id. */
export const OPERATOR_POLICIES: Readonly<Record<string, string>> = {
  // 遴选→评审→公示→三重一大→协议 (T6): the bureau's steps; that none is left out is the agreement's own state.
  'bureau-chooses-operators': `
    @requirement("14") @paragraph("T6")
    permit (principal, action in [Action::"operator:open", Action::"operator:step"], resource)
    when { principal.role == "bureau" && !(resource has step && resource.step == "operator-signature") };`,
  'operators-sign-their-agreements': `
    @requirement("14") @paragraph("T6")
    permit (principal, action == Action::"operator:step", resource)
    when {
      principal.role == "operator" && resource.operator == principal.org &&
      resource has step && resource.step == "operator-signature"
    };`,
  'officers-record-incidents': `
    @requirement("13") @paragraph("T5")
    permit (principal, action == Action::"operator:incident", resource)
    when { ["bureau", "security"].contains(principal.role) };`,
  'bureau-decides-incidents': `
    @requirement("13") @paragraph("T5")
    permit (principal, action == Action::"operator:incident-decide", resource)
    when { principal.role == "bureau" };`,
  // What is declared of somebody can only be held against them: anyone may of itself, and the bureau of all; only the bureau takes back.
  'parties-declare-affiliations': `
    @requirement("07") @paragraph("T2")
    permit (principal, action == Action::"affiliation:declare", resource)
    when {
      principal.role == "bureau" ||
      (["operator", "developer"].contains(principal.role) && resource.operator == principal.org)
    };`,
  'bureau-withdraws-affiliations': `
    @requirement("07") @paragraph("T2")
    permit (principal, action == Action::"affiliation:withdraw", resource)
    when { principal.role == "bureau" };`,
  'bureau-orders-exits': `
    @requirement("15") @paragraph("T7")
    permit (principal, action in [Action::"exit:order", Action::"exit:destroy"], resource)
    when { principal.role == "bureau" };`,
  'officers-see-operators': `
    permit (principal, action == Action::"operator:read", resource)
    when { ["bureau", "security"].contains(principal.role) || resource.operator == principal.org };`,
};
