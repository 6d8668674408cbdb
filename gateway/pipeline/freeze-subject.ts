import type { FreezeSubject } from '#policies';

/** What a freeze looks at in a job: who asks under which plan, and the resources that it uses or, as yet, may use. */
export function subjectOf(
  { sub, org, plan }: { readonly sub: string; readonly org: string; readonly plan: string },
  uses: readonly { readonly resource: string }[],
): FreezeSubject {
  return { sub, org, plan, resources: uses.map(({ resource }) => resource) };
}
