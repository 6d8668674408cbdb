import { weightedSum } from './weighted-sum.ts';

/** 统一社会信用代码, GB 32100-2015, and the 组织机构代码, GB 11714-1997, that its places 9–17 hold. */

/** Digits and letters without I O S V Z: a character's place is its value. */
export const CREDIT_CODE_ALPHABET = '0123456789ABCDEFGHJKLMNPQRTUWXY';
const CREDIT_CODE_WEIGHTS = [1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28] as const; // 3^i mod 31

const ORGANISATION_ALPHABET = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ';
const ORGANISATION_WEIGHTS = [3, 7, 9, 10, 5, 8, 4, 2] as const;

/** The check character of the first 17; null where one is outside the alphabet. */
export function creditCodeCheck(first17: string): string | null {
  const sum = weightedSum(first17, CREDIT_CODE_ALPHABET, CREDIT_CODE_WEIGHTS);
  return sum === null ? null : CREDIT_CODE_ALPHABET.charAt((31 - (sum % 31)) % 31);
}

/** Passes 3.2 % of random values. Registering authority (1), kind (1), division (6), organisation (9), check (1). */
export function isCreditCode(text: string): boolean {
  return /^[0-9A-Y]{2}\d{6}[0-9A-Y]{10}$/.test(text) && creditCodeCheck(text) === text.charAt(17);
}

/** The check character of the first 8; null where one is neither digit nor capital. */
export function organisationCodeCheck(first8: string): string | null {
  const sum = weightedSum(first8, ORGANISATION_ALPHABET, ORGANISATION_WEIGHTS);
  if (sum === null) return null;
  const check = 11 - (sum % 11);
  return check === 10 ? 'X' : String(check % 11);
}

/** With or without the hyphen before the check character. */
export function isOrganisationCode(text: string): boolean {
  const plain = text.replace(/^(.{8})-/, '$1');
  return /^[0-9A-Z]{8}[\dX]$/.test(plain) && organisationCodeCheck(plain) === plain.charAt(8);
}
