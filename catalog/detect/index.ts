/** Identifiers by their checksums: one implementation for the synthetic city and for the classification scan. */
export { isBankCard, passesLuhn } from './bank-card.ts';
export {
  CREDIT_CODE_ALPHABET,
  creditCodeCheck,
  isCreditCode,
  isOrganisationCode,
  organisationCodeCheck,
} from './credit-code.ts';
export type { DetectedIdentifier, IdentifierKind } from './detect-identifier.ts';
export { detectIdentifier, IDENTIFIER_KINDS } from './detect-identifier.ts';
export { idCardCheck, isIdCard } from './id-card.ts';
export { isMobile } from './mobile.ts';
export { isPlate } from './plate.ts';
export { isRealEstateUnit, REAL_ESTATE_UNIT_PREFIXES } from './real-estate-unit.ts';
export { isVin, vinCheck } from './vin.ts';
