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
 * What a frozen account, organisation, plan or resource does no more, jobs and lookups aside: bring data in, take something out, begin
 * something new. WHY not all: reading one's own, withdrawing and revoking make nothing worse.
 */
export const FROZEN_ACTIONS: ReadonlySet<Action> = new Set<Action>([
  'resource:register',
  'resource:upload',
  'intake:open',
  'intake:upload',
  'plan:submit',
  'plan:sign',
  'plan:supply',
  'grant:propose',
  'grant:sign',
  'demand:file',
  'onboarding:apply',
  'key:register',
  'product:submit',
  'product:receive',
  'product:publish',
  'consent:manage',
  'sync:deliver',
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
