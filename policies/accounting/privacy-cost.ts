import type { PrivacyBudgets } from './privacy-budgets.ts';
import type { PrivacyCharge } from './privacy-charge.ts';
import { epsilonOf } from './zcdp.ts';

/** What a release costs, as its asker is told. */
export interface PrivacyCost {
  /** The most that it takes from any one kind of unit. */
  readonly rho: number;
  /** The same as ε at the profile's δ; 0 where nothing is taken. */
  readonly epsilonAtDelta: number;
  /** The least ρ that is left to the asker afterwards; null where no privacy is at stake. */
  readonly remaining: number | null;
}

export function privacyCostOf(
  charges: readonly PrivacyCharge[],
  remaining: number | null,
  { epsilonDelta }: PrivacyBudgets,
): PrivacyCost {
  const rho = Math.max(0, ...charges.map((charge) => charge.rho));
  return { rho, epsilonAtDelta: epsilonOf(rho, epsilonDelta), remaining };
}
