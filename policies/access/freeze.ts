import type { Action } from './access-policies.ts';

/** What a freeze reaches. Pure: which freezes there are is the caller's to know. */

export const FREEZE_SCOPES = ['platform', 'organisation', 'developer', 'plan', 'grant', 'resource'] as const;
export type FreezeScope = (typeof FREEZE_SCOPES)[number];

/** A stop on one thing; `target` is `*`, `org`, `org/sub`, `plan`, `plan/resource` or `resource`. */
export interface FrozenThing {
  readonly scope: FreezeScope;
  readonly target: string;
}

/** A job, or a request to become one. */
export interface FreezeSubject {
  readonly sub: string;
  readonly org: string;
  readonly plan: string;
  /** Resources that it uses; before that is known, all that its plan grants. */
  readonly resources: readonly string[];
}

/**
 * What a frozen account, organisation, plan or resource may still do: read its own, withdraw, revoke, and tell what makes rules stricter.
 * Whatever else there is brings data in, takes something out, begins something new, or destroys what an incident is about. Jobs and
 * lookups are held against freezes where they are begun and where they leave (gateway/pipeline).
 */
export const LEFT_TO_FROZEN: ReadonlySet<Action> = new Set<Action>([
  'submitJob',
  'explain',
  'lookup',
  'job:list',
  'job:read',
  'job:cancel',
  'resource:read',
  'resource:read-report',
  'resource:withdraw',
  'plan:read',
  'plan:revoke',
  'plan:read-late',
  'demand:read',
  'onboarding:read',
  'key:read',
  'operator:read',
  'affiliation:declare',
  'affiliation:withdraw',
  'grant:read',
  'grant:revoke',
  'audit:read',
  'audit:read-all',
  'privacy:read',
  'freeze:read',
  'product:read',
  'product:withdraw',
  'intake:read',
  'intake:end',
  'consent:withdraw',
  'sync:read',
]);

/** Whether the freeze stops the job. What is not known of a job counts against it. */
export function isFrozen({ scope, target }: FrozenThing, { sub, org, plan, resources }: FreezeSubject): boolean {
  switch (scope) {
    case 'platform':
      return true;
    case 'organisation':
      return target === org;
    case 'developer':
      return target === `${org}/${sub}`;
    case 'plan':
      return target === plan;
    case 'grant':
      return resources.some((resource) => target === `${plan}/${resource}`);
    case 'resource':
      return resources.includes(target);
  }
}
