/**
 * Going through subjects one by one: what marks it is questions that no consent covers, or that find nobody. Whoever serves real people has
 * their consent and their right numbers; a sweep has neither.
 */

/** Neighbours: identifiers that differ in their last places only. */
export const NEIGHBOURS_MAX = 5;
/** Different subjects without an answer, in a day. */
export const UNANSWERED_MAX = 20;
/** WHY a share besides: of many thousand honest questions a day, some tens fail. */
const UNANSWERED_SHARE_MAX = 0.02;

const VIN = /^[A-HJ-NPR-Z0-9]{17}$/;
const VIN_CHECK = 8;
const NUMBERED_LENGTH = 18;

/**
 * What neighbours have in common: an identifier without its check digit and without the last three places of its serial number
 * (VIN: GB 16735, the ninth place checks; ID card, GB 11643, and credit code, GB 32100: the last of 18).
 */
export function stemOf(identifier: string): string {
  const isVin = VIN.test(identifier);
  const plain = isVin
    ? identifier.slice(0, VIN_CHECK) + identifier.slice(VIN_CHECK + 1)
    : identifier.slice(0, identifier.length === NUMBERED_LENGTH ? -1 : undefined);
  return plain.slice(0, Math.max(1, plain.length - 3));
}

/** What one organisation did today. Counts of different subjects. */
export interface LookupCounts {
  readonly asked: number;
  readonly unanswered: number;
  /** Unanswered, with the stem of the last one. */
  readonly neighbours: number;
}

export function isEnumeration({ asked, unanswered, neighbours }: LookupCounts): boolean {
  if (neighbours >= NEIGHBOURS_MAX) return true;
  return unanswered >= UNANSWERED_MAX && unanswered >= asked * UNANSWERED_SHARE_MAX;
}
