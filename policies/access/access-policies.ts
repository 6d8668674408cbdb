import { createHash } from 'node:crypto';
import { AUTHORIZATION_POLICIES, STANDING_SCHEMA } from './authorization-policies.ts';
import { CATALOGUE_POLICIES } from './catalogue-policies.ts';
import { GRANT_POLICIES } from './grant-policies.ts';
import { JOB_POLICIES } from './job-policies.ts';
import { OPERATOR_POLICIES } from './operator-policies.ts';
import { OVERSIGHT_POLICIES } from './oversight-policies.ts';
import { PLAN_POLICIES } from './plan-policies.ts';
import { PRODUCT_POLICIES } from './product-policies.ts';
import { SUPPLY_AND_DEMAND_POLICIES } from './supply-and-demand-policies.ts';
import { SYNC_POLICIES } from './sync-policies.ts';

/**
 * Who may do what, in Cedar (docs.cedarpolicy.com, language 4). The gateway hands them to Cedar's own engine. What no
 * policy permits is denied, a `forbid` goes before every `permit`, and a policy that errors denies (Cedar itself would
 * pass it over).
 */

/** Everything that a caller can ask to do. */
export const ACTIONS = [
  'submitJob',
  'explain',
  'lookup',
  'job:list',
  'job:read',
  'job:cancel',
  'resource:register',
  'resource:read',
  'resource:read-report',
  'resource:upload',
  'resource:list',
  'resource:gate',
  'resource:withdraw',
  'resource:destroy',
  'plan:submit',
  'plan:read',
  'plan:decide',
  'plan:revoke',
  'plan:sign',
  'plan:file',
  'plan:supply',
  'plan:assess',
  'plan:read-late',
  'list:propose',
  'list:sign',
  'demand:file',
  'demand:read',
  'demand:answer',
  'rules:keep',
  'time-limits:keep',
  'onboarding:apply',
  'onboarding:decide',
  'onboarding:read',
  'key:register',
  'key:confirm',
  'key:read',
  'operator:open',
  'operator:step',
  'operator:read',
  'operator:incident',
  'operator:incident-decide',
  'affiliation:declare',
  'affiliation:withdraw',
  'exit:order',
  'exit:destroy',
  'grant:propose',
  'grant:read',
  'grant:sign',
  'grant:revoke',
  'audit:read',
  'audit:read-all',
  'audit:erase',
  'privacy:read',
  'freeze:set',
  'freeze:thaw',
  'freeze:read',
  'canary:manage',
  'drill:run',
  'product:submit',
  'product:read',
  'product:receive',
  'product:decide',
  'product:publish',
  'product:withdraw',
  'intake:open',
  'intake:read',
  'intake:upload',
  'intake:decide',
  'intake:end',
  'consent:manage',
  'consent:withdraw',
  'sync:declare',
  'sync:deliver',
  'sync:read',
  'sync:decide',
] as const;
export type Action = (typeof ACTIONS)[number];

/** What actions are about. `AccessLog` stands for the log as a whole, `Platform` for all that can be frozen. */
export const TARGET_TYPES = [
  'Job',
  'Resource',
  'Plan',
  'Grant',
  'PartyKey',
  'Operator',
  'AccessLog',
  'PrivacyRegistry',
  'Platform',
  'Product',
  'ConsentRegister',
  'Intake',
  'ListBatch',
  'Demand',
  'Developer',
  'SyncPeer',
] as const;
export type TargetType = (typeof TARGET_TYPES)[number];

export const ACCESS_SCHEMA = `
entity Caller { sub: String, org: String, role: String };
entity Job { org: String, sub: String };
entity Resource { provider: String, state?: String, gate?: String };
entity Plan { org: String, author?: String, state?: String, inTerm?: Bool, providers?: Set<String>, ${STANDING_SCHEMA} };
entity Grant { operator: String, org: String, author: String, providers: Set<String> };
entity Operator { operator: String, step?: String };
entity PartyKey { org: String, registeredBy?: String };
entity AccessLog { erased?: String };
entity PrivacyRegistry;
entity Platform;
entity Product { org: String, author: String, state: String, providers: Set<String> };
entity ConsentRegister;
entity Intake { org: String, createdBy: String };
entity ListBatch { providers: Set<String> };
entity Demand { org: String, provider: String };
entity Developer { org: String };
entity SyncPeer { org: String };

action "submitJob", "explain", "lookup", "plan:submit", "plan:read", "plan:decide", "plan:revoke", "plan:sign", "plan:file", "plan:supply", "plan:assess"
  appliesTo { principal: Caller, resource: Plan };
action "grant:propose", "grant:read", "grant:sign", "grant:revoke"
  appliesTo { principal: Caller, resource: Grant };
action
  "operator:open", "operator:step", "operator:read", "operator:incident", "operator:incident-decide",
  "affiliation:declare", "affiliation:withdraw", "exit:order", "exit:destroy"
  appliesTo { principal: Caller, resource: Operator };
action "key:register", "key:confirm", "key:read"
  appliesTo { principal: Caller, resource: PartyKey };
action "job:list", "job:read", "job:cancel"
  appliesTo { principal: Caller, resource: Job };
action "resource:register", "resource:read", "resource:read-report", "resource:upload", "resource:list", "resource:gate", "resource:withdraw", "resource:destroy"
  appliesTo { principal: Caller, resource: Resource };
action "audit:read", "audit:read-all", "audit:erase"
  appliesTo { principal: Caller, resource: AccessLog };
action "plan:read-late", "list:propose", "rules:keep", "time-limits:keep"
  appliesTo { principal: Caller, resource: Platform };
action "list:sign"
  appliesTo { principal: Caller, resource: ListBatch };
action "demand:file", "demand:read", "demand:answer"
  appliesTo { principal: Caller, resource: Demand };
action "onboarding:apply", "onboarding:decide", "onboarding:read"
  appliesTo { principal: Caller, resource: Developer };
action "privacy:read"
  appliesTo { principal: Caller, resource: PrivacyRegistry };
action "freeze:set", "freeze:thaw", "freeze:read", "canary:manage", "drill:run"
  appliesTo { principal: Caller, resource: Platform };
action "product:submit", "product:read", "product:receive", "product:decide", "product:publish", "product:withdraw"
  appliesTo { principal: Caller, resource: Product };
action "intake:open", "intake:read", "intake:upload", "intake:decide", "intake:end"
  appliesTo { principal: Caller, resource: Intake };
action "consent:manage", "consent:withdraw"
  appliesTo { principal: Caller, resource: ConsentRegister };
action "sync:declare", "sync:deliver", "sync:read", "sync:decide"
  appliesTo { principal: Caller, resource: SyncPeer };
`;

/** By id: the ids of the policies that decided go into the log. */
export const ACCESS_POLICIES: Readonly<Record<string, string>> = Object.freeze({
  ...JOB_POLICIES,
  ...AUTHORIZATION_POLICIES,
  ...CATALOGUE_POLICIES,
  ...PLAN_POLICIES,
  ...SUPPLY_AND_DEMAND_POLICIES,
  ...GRANT_POLICIES,
  ...OPERATOR_POLICIES,
  ...OVERSIGHT_POLICIES,
  ...PRODUCT_POLICIES,
  ...SYNC_POLICIES,
});

/** Names this set of policies in every log entry that a decision leads to. */
export const ACCESS_POLICIES_HASH: string = createHash('sha256')
  .update(JSON.stringify([ACCESS_SCHEMA, Object.entries(ACCESS_POLICIES)]))
  .digest('hex')
  .slice(0, 16);
