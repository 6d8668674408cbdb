import { isBankCard } from './bank-card.ts';
import { isCreditCode, isOrganisationCode } from './credit-code.ts';
import { isIdCard } from './id-card.ts';
import { isMobile } from './mobile.ts';
import { isPlate } from './plate.ts';
import { isRealEstateUnit } from './real-estate-unit.ts';
import { isVin } from './vin.ts';

export const IDENTIFIER_KINDS = [
  'id-card',
  'real-estate-unit',
  'plate',
  'credit-code',
  'vin',
  'organisation-code',
  'mobile',
  'bank-card',
] as const;
export type IdentifierKind = (typeof IDENTIFIER_KINDS)[number];

interface IdentifierRule {
  readonly passes: (text: string) => boolean;
  /** How often a random value of the right length and alphabet passes. */
  readonly chance: number;
}

const RULES: Readonly<Record<IdentifierKind, IdentifierRule>> = {
  'id-card': { passes: isIdCard, chance: 0.000_02 },
  'real-estate-unit': { passes: isRealEstateUnit, chance: 0.001 },
  plate: { passes: isPlate, chance: 0.001 },
  'credit-code': { passes: isCreditCode, chance: 0.032 },
  vin: { passes: isVin, chance: 0.091 },
  'organisation-code': { passes: isOrganisationCode, chance: 0.091 },
  mobile: { passes: isMobile, chance: 0.07 },
  'bank-card': { passes: isBankCard, chance: 0.1 },
};

/** Shortest text that any rule lets pass: a licence plate. */
export const IDENTIFIER_CHARACTERS_MIN = 7;
/** Least number that any rule lets pass: a mobile number. */
export const IDENTIFIER_NUMBER_MIN = 13_000_000_000;

/** Share of a column's distinct values that must pass before the column counts as identifiers. */
const SHARE_MIN = 0.5;
/** All passing values together must be this unlikely to be chance: six card numbers, two ID cards. */
const CHANCE_MAX = 2e-6;
/** What passes less often is told as well where it is so many times more than chance. */
const OFTEN = 10;

/** How many distinct, non-empty values there are, and how many of them pass each rule. */
export interface PassCounts {
  readonly distinct: number;
  readonly passing: Readonly<Partial<Record<IdentifierKind, number>>>;
}

export interface DetectedIdentifier {
  readonly kind: IdentifierKind;
  /** Of the distinct, non-empty values: above 0 to 1. */
  readonly share: number;
  /** The column as a whole holds identifiers (a share from 0.5 on), and not only some of its values. */
  readonly isWhole: boolean;
}

/** Which rules a value passes, as bits in the order of IDENTIFIER_KINDS. */
export function identifierBits(value: string): number {
  const text = value.trim();
  return IDENTIFIER_KINDS.reduce((bits, kind, place) => bits | (RULES[kind].passes(text) ? 1 << place : 0), 0);
}

/** Counts over the bits of distinct values. */
export function countPasses(bits: Iterable<number>): PassCounts {
  const counts = IDENTIFIER_KINDS.map(() => 0);
  let distinct = 0;
  for (const one of bits) {
    distinct += 1;
    if (one !== 0) for (const place of counts.keys()) counts[place] = (counts[place] ?? 0) + ((one >> place) & 1);
  }
  const found = IDENTIFIER_KINDS.map((kind, place) => [kind, counts[place] ?? 0] as const).filter(([, n]) => n > 0);
  return { distinct, passing: Object.fromEntries(found) };
}

/**
 * What kind of identifier a column holds, judged by the share of its distinct values that pass a rule. Of several
 * kinds the greatest share wins, then the rule that chance passes most rarely. Null where nothing passes more often than by chance.
 */
export function detectInColumn({ distinct, passing }: PassCounts): DetectedIdentifier | null {
  let best: DetectedIdentifier | null = null;
  for (const kind of IDENTIFIER_KINDS) {
    const found = passing[kind] ?? 0;
    const { chance } = RULES[kind];
    const share = found / Math.max(1, distinct);
    if (found === 0 || chance ** found > CHANCE_MAX) continue;
    const isWhole = share >= SHARE_MIN;
    if (!isWhole && share < chance * OFTEN) continue;
    if (share > (best?.share ?? 0)) best = { kind, share, isWhole };
  }
  return best;
}

/** The same of values at hand; null unless the column as a whole holds identifiers. */
export function detectIdentifier(values: Iterable<string>): Omit<DetectedIdentifier, 'isWhole'> | null {
  const distinct = new Set<string>();
  for (const value of values) {
    const text = value.trim();
    if (text !== '') distinct.add(text);
  }
  const found = detectInColumn(countPasses([...distinct].map(identifierBits)));
  return found?.isWhole === true ? { kind: found.kind, share: found.share } : null;
}
