import type { PolicyProfile } from '../../levels.ts';
import type { UnitKind } from '../../table-schema.ts';
import { compare, type Exact, exactLimit, minus, plus, times, ZERO } from './exact.ts';

/** What units contribute to one magnitude: absolute values summed per unit. */
export interface Shares {
  readonly unit: UnitKind;
  readonly largest: Exact;
  readonly second: Exact;
  readonly total: Exact;
}

export type DominanceLimits = Pick<PolicyProfile, 'topTwoShareMax' | 'pPercentMin' | 'enterpriseTopShareMax'>;

/**
 * Whether few contributors make up a magnitude, so that one of them (or a rival who knows its own part) could read
 * another's value from it.
 *
 * Guarantee: not dominated means x1 + x2 < n·X, X − x1 − x2 ≥ p·x1, and for enterprises x1 ≤ e·X, in exact arithmetic.
 * A total of zero is dominated: it says that every contribution is zero.
 * Limits: contributors who pool more than their own two values are not considered.
 * Source: Hundepool et al., Statistical Disclosure Control (2012), ch. 4.2: (n,k) dominance, p% rule.
 */
export function isDominated({ unit, largest, second, total }: Shares, limits: DominanceLimits): boolean {
  if (compare(total, ZERO) <= 0) return true;
  const topTwo = plus(largest, second);
  if (compare(topTwo, times(exactLimit(limits.topTwoShareMax), total)) >= 0) return true;
  if (compare(minus(total, topTwo), times(exactLimit(limits.pPercentMin), largest)) < 0) return true;
  return unit === 'enterprise' && compare(largest, times(exactLimit(limits.enterpriseTopShareMax), total)) > 0;
}
