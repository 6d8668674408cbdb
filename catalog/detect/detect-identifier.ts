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

/** Share of a column's distinct values that must pass before the column counts as identifiers. */
const SHARE_MIN = 0.5;
/** All passing values together must be this unlikely to be chance: six card numbers, two ID cards. */
const CHANCE_MAX = 2e-6;

export interface DetectedIdentifier {
  readonly kind: IdentifierKind;
  /** Of the distinct, non-empty values: 0.5–1. */
  readonly share: number;
}

/**
 * What kind of identifier a column holds, judged by the share of its distinct values that pass a rule. Of several
 * kinds the greatest share wins, then the rule that chance passes most rarely.
 */
export function detectIdentifier(values: Iterable<string>): DetectedIdentifier | null {
  const distinct = new Set<string>();
  for (const value of values) {
    const text = value.trim();
    if (text !== '') distinct.add(text);
  }
  let best: DetectedIdentifier | null = null;
  for (const kind of IDENTIFIER_KINDS) {
    const share = shareOf(RULES[kind], distinct);
    if (share !== null && share > (best?.share ?? 0)) best = { kind, share };
  }
  return best;
}

function shareOf(rule: IdentifierRule, distinct: ReadonlySet<string>): number | null {
  let passing = 0;
  for (const text of distinct) if (rule.passes(text)) passing++;
  const enough = passing > 0 && passing / distinct.size >= SHARE_MIN && rule.chance ** passing <= CHANCE_MAX;
  return enough ? passing / distinct.size : null;
}
