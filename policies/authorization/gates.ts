/** What stands before a listing (domain.md, 10): no harm to security, secrets or privacy. Pure. */

/** 保密审查, 安全评估, 个人信息保护影响评估 (PIPL art. 55). */
export const GATES = ['secrecy', 'security', 'personal-information'] as const;
export type Gate = (typeof GATES)[number];

export interface GateDecision {
  readonly gate: Gate;
  readonly verdict: 'approve' | 'refuse';
  readonly org: string;
  /** The person. */
  readonly by: string;
  readonly comment: string;
  readonly at: string;
}

/** Gates that were not passed: nobody has decided, or somebody refused. */
export function closedGates(decisions: readonly GateDecision[]): readonly Gate[] {
  return GATES.filter((gate) => !decisions.some((one) => one.gate === gate && one.verdict === 'approve'));
}

/**
 * Why a person may not decide a gate; null where they may. WHY persons, not offices: three signatures of one hand are one.
 *
 * @param author `org/sub` of who wrote this version of the entry.
 */
export function gateObjection(
  decisions: readonly GateDecision[],
  next: Pick<GateDecision, 'gate' | 'org' | 'by'>,
  { author, provider }: { readonly author: string; readonly provider: string },
): 'decided' | 'own-entry' | 'same-person' | null {
  if (decisions.some(({ gate }) => gate === next.gate)) return 'decided';
  if (next.org === provider || `${next.org}/${next.by}` === author) return 'own-entry';
  return decisions.some(({ org, by }) => org === next.org && by === next.by) ? 'same-person' : null;
}
