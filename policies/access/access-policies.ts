import { createHash } from 'node:crypto';

/**
 * Who may do what, in Cedar (docs.cedarpolicy.com, language 4). The gateway hands them to Cedar's own engine. What no
 * policy permits is denied, a `forbid` goes before every `permit`, and a policy that errors denies (Cedar itself would
 * pass it over).
 */

/** Everything that a caller can ask to do. */
export const ACTIONS = [
  'submitJob',
  'explain',
  'job:list',
  'job:read',
  'job:cancel',
  'resource:register',
  'resource:read',
  'resource:read-report',
  'resource:upload',
  'resource:list',
  'resource:withdraw',
  'resource:destroy',
  'plan:submit',
  'plan:read',
  'plan:decide',
  'plan:revoke',
  'audit:read',
  'audit:read-all',
  'audit:erase',
  'privacy:read',
  'freeze:set',
  'freeze:thaw',
  'freeze:read',
  'canary:manage',
  'drill:run',
] as const;
export type Action = (typeof ACTIONS)[number];

/** What actions are about. `AccessLog` stands for the log as a whole, `Platform` for all that can be frozen. */
export const TARGET_TYPES = ['Job', 'Resource', 'Plan', 'AccessLog', 'PrivacyRegistry', 'Platform'] as const;
export type TargetType = (typeof TARGET_TYPES)[number];

export const ACCESS_SCHEMA = `
entity Caller { sub: String, org: String, role: String };
entity Job { org: String, sub: String };
entity Resource { provider: String, state?: String };
entity Plan { org: String, author?: String, state?: String, inTerm?: Bool, providers?: Set<String> };
entity AccessLog { erased?: String };
entity PrivacyRegistry;
entity Platform;

action "submitJob", "explain", "plan:submit", "plan:read", "plan:decide", "plan:revoke"
  appliesTo { principal: Caller, resource: Plan };
action "job:list", "job:read", "job:cancel"
  appliesTo { principal: Caller, resource: Job };
action "resource:register", "resource:read", "resource:read-report", "resource:upload", "resource:list", "resource:withdraw", "resource:destroy"
  appliesTo { principal: Caller, resource: Resource };
action "audit:read", "audit:read-all", "audit:erase"
  appliesTo { principal: Caller, resource: AccessLog };
action "privacy:read"
  appliesTo { principal: Caller, resource: PrivacyRegistry };
action "freeze:set", "freeze:thaw", "freeze:read", "canary:manage", "drill:run"
  appliesTo { principal: Caller, resource: Platform };
`;

/** By id: the ids of the policies that decided go into the log. */
export const ACCESS_POLICIES: Readonly<Record<string, string>> = Object.freeze({
  // One plan, one scenario (一场景一方案): only its own organisation asks under it, while it is approved and in term.
  'analysts-use-their-approved-plan': `
    permit (principal, action in [Action::"submitJob", Action::"explain"], resource)
    when {
      ["developer", "operator"].contains(principal.role) && resource.org == principal.org &&
      resource has state && resource.state == "approved" && resource has inTerm && resource.inTerm
    };`,
  // 数据提供单位不得自行授权 (T2), and who watches does not ask: a permit added later cannot change that.
  'providers-and-officers-never-ask': `
    forbid (principal, action in [Action::"submitJob", Action::"explain"], resource)
    when { ["provider", "bureau", "security", "custodian"].contains(principal.role) };`,
  'everyone-lists-own-jobs': `
    permit (principal, action == Action::"job:list", resource)
    when { resource.org == principal.org && resource.sub == principal.sub };`,
  // The account, not the organisation, and no officer: a result is what one analyst was given, and may be charged to.
  'everyone-handles-own-jobs': `
    permit (principal, action in [Action::"job:read", Action::"job:cancel"], resource)
    when { ["developer", "operator"].contains(principal.role) && resource.org == principal.org && resource.sub == principal.sub };`,

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
});

/** Names this set of policies in every log entry that a decision leads to. */
export const ACCESS_POLICIES_HASH: string = createHash('sha256')
  .update(JSON.stringify([ACCESS_SCHEMA, Object.entries(ACCESS_POLICIES)]))
  .digest('hex')
  .slice(0, 16);
