import type { PolicyProfile } from '../levels.ts';
import { rhoOf } from './zcdp.ts';

/** What the asker is willing to spend on one query, for all its statistics together. */
export interface PrivacyRequest {
  /** Zero-concentrated differential privacy of the whole answer, per unit of every kind. Finite, at least 1e-9. */
  readonly rho: number;
  readonly share?: UnitShare | undefined;
  /** What each statistic needs of it, in the order of the plan; without, it is shared so that errors are least. */
  readonly parts?: readonly number[] | undefined;
}

/**
 * How much of one unit an answer looks at, where no table declares less: the more, the more noise, and the less is left out. What is not
 * said is the profile's.
 */
export interface UnitShare {
  /** Most groups that a unit counts in. 1 to 1,000. */
  readonly groupsMax?: number | undefined;
  /** Most rows' worth that a unit counts with in one group, or where rows are left out: most rows. 1 to 100. */
  readonly rowsMax?: number | undefined;
  /** Instead of both: most rows of a unit in all, those that its table stores first in a random order. 1 to 255. */
  readonly unitRowsMax?: number | undefined;
}

/**
 * How an asker may say it; `targetError` is the largest standard error that any sum or count may have, in its own measure; or that of each output
 * column that is named.
 */
export type PrivacyOption = (
  | { readonly rho: number }
  | { readonly epsilon: number; readonly delta?: number | undefined }
  | { readonly targetError: TargetError }
) & { readonly share?: UnitShare | undefined };

export type TargetError = number | Readonly<Record<string, number>>;

const LEDGER_UNITS = 1e9;
const RHO_LEAST = 1e-6;
/** No budget bears more: what would take as much is refused by the ledger. */
const RHO_MOST = 10;

/** What an option other than a target error stands for; without one the profile's default. */
export function requestOf(
  option: Exclude<PrivacyOption, { readonly targetError: TargetError }> | null,
  { privacy, privacyBudgets }: PolicyProfile,
): PrivacyRequest {
  if (option === null) return { rho: privacy.rho };
  const { share } = option;
  if ('rho' in option) return { rho: option.rho, share };
  const rho = rhoOf(option.epsilon, option.delta ?? privacyBudgets.epsilonDelta);
  return { rho: Math.max(RHO_LEAST, Math.floor(rho * LEDGER_UNITS) / LEDGER_UNITS), share };
}

/** What was worked out for each statistic, as the ledger can count it: rounded up, and no more than any budget bears. */
export function requestAtLeast(parts: readonly number[], share: UnitShare | undefined): PrivacyRequest {
  const rho = parts.reduce((sum, part) => sum + part, 0);
  return { share, parts, rho: Math.max(RHO_LEAST, Math.ceil(Math.min(rho, RHO_MOST) * LEDGER_UNITS) / LEDGER_UNITS) };
}
