/** Identifiers by their checksums: one implementation for the synthetic city and for the classification scan. */
export { isBankCard, passesLuhn } from './bank-card.ts';
export {
  CREDIT_CODE_ALPHABET,
  creditCodeCheck,
  isCreditCode,
  isOrganisationCode,
  organisationCodeCheck,
} from './credit-code.ts';
export {
  countPasses,
  type DetectedIdentifier,
  detectIdentifier,
  detectInColumn,
  IDENTIFIER_CHARACTERS_MIN,
  IDENTIFIER_KINDS,
  IDENTIFIER_NUMBER_MIN,
  type IdentifierKind,
  identifierBits,
  type PassCounts,
} from './detect-identifier.ts';
export { idCardCheck, isIdCard } from './id-card.ts';
export {
  type ColumnFinding,
  IDENTIFIER_LEVELS,
  isExcused,
  judgeColumn,
  type ScanExcuse,
  type ScanVerdict,
} from './judge-column.ts';
export { isMobile } from './mobile.ts';
export { isPlate } from './plate.ts';
export { isRealEstateUnit, REAL_ESTATE_UNIT_PREFIXES } from './real-estate-unit.ts';
export { isVin, vinCheck } from './vin.ts';
