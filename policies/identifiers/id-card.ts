import { weightedSum } from './weighted-sum.ts';

/** 公民身份号码, GB 11643-1999: division (6) + birth date (8) + sequence (3, odd = male) + check (ISO 7064 MOD 11-2). */

const WEIGHTS = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2] as const;
const CHECKS = '10X98765432';
const DIGITS = '0123456789';

/** First two digits: provinces (GB/T 2260), 71 81–83 residents of Taiwan, Hong Kong and Macao, 91 foreign residents. */
const PROVINCES = /^(?:1[1-5]|2[1-3]|3[1-7]|4[1-6]|5[0-4]|6[1-5]|71|8[1-3]|91)/;

/** The check character of the first 17 digits; null where one is not a digit. */
export function idCardCheck(first17: string): string | null {
  const sum = weightedSum(first17, DIGITS, WEIGHTS);
  return sum === null ? null : CHECKS.charAt(sum % 11);
}

/** Province, calendar date and check all hold: passes 0.002 % of random 18-digit values (the check alone 9.1 %). */
export function isIdCard(text: string): boolean {
  if (!/^\d{17}[\dXx]$/.test(text) || !PROVINCES.test(text)) return false;
  return isCalendarDate(text.slice(6, 14)) && idCardCheck(text) === text.charAt(17).toUpperCase();
}

function isCalendarDate(yyyymmdd: string): boolean {
  const [year, month, day] = [yyyymmdd.slice(0, 4), yyyymmdd.slice(4, 6), yyyymmdd.slice(6, 8)];
  if (year < '1800' || year > '2199') return false;
  const date = new Date(`${year}-${month}-${day}T00:00:00Z`);
  return !Number.isNaN(date.getTime()) && date.getUTCDate() === Number(day);
}
