import type { StoredCell } from '../formats/stored-result.ts';

/** Sign, digits and exponent of what reads as a number, in SQL's spellings and in JavaScript's. */
const NUMBER = /^([+-]?)(?=\.?\d)(\d*)(?:\.(\d*))?(?:[eE]([+-]?\d{1,4}))?$/;
const FNV_PRIME = 0x01000193;

/**
 * What a cell is compared by: a text as it stands, and whatever reads as a number (a number, a decimal's exact text, digits in a
 * text) by its value, so that `12.50`, `12.5` and `1.25e1` are one. Null where there is nothing to compare: absent values and booleans.
 */
export function canonicalCell(cell: StoredCell): string | null {
  if (cell === null || typeof cell === 'boolean') return null;
  const text = String(cell);
  return mayBeNumber(text) ? (canonicalNumber(text) ?? text) : text;
}

const [ZERO, NINE, POINT, PLUS, MINUS, E, E_SMALL] = [48, 57, 46, 43, 45, 69, 101];

/** Whether the text begins as a number does. */
function mayBeNumber(text: string): boolean {
  const first = text.charCodeAt(0);
  return (first >= ZERO && first <= NINE) || first === POINT || first === PLUS || first === MINUS;
}

/**
 * A 32-bit hash that is equal for cells that are compared as equal, at a tenth of what their common text costs: FNV-1a over the code
 * units, of what may be a number over its digits alone, without zeros around them. Signed.
 */
export function hintOf(text: string): number {
  let hash = 0x811c9dc5;
  const isNumber = mayBeNumber(text);
  let [zeros, hasDigits] = [0, false];
  for (let i = 0; i < text.length; i += 1) {
    const unit = text.charCodeAt(i);
    if (isNumber) {
      if (unit === E || unit === E_SMALL) break;
      if (unit === POINT || unit === PLUS || unit === MINUS) continue;
      if (unit === ZERO) {
        zeros += hasDigits ? 1 : 0; // they count once another digit follows
        continue;
      }
      hasDigits = true;
      for (; zeros > 0; zeros -= 1) hash = Math.imul(hash ^ ZERO, FNV_PRIME);
    }
    hash = Math.imul(hash ^ unit, FNV_PRIME);
  }
  return hash | 0;
}

/** Digits without zeros around them, and where the point is: one text per number. */
function canonicalNumber(text: string): string | null {
  const match = NUMBER.exec(text);
  if (match === null) return null;
  const [, sign = '', whole = '', fraction = '', exponent = '0'] = match;
  const digits = whole + fraction;
  let [from, to] = [0, digits.length];
  // WHY no regular expression: `0+$` takes quadratic time on a long run of zeros that does not end the text.
  while (digits[from] === '0') from += 1;
  while (to > from && digits[to - 1] === '0') to -= 1;
  if (from === to) return '0';
  const power = Number(exponent) - fraction.length + (digits.length - to);
  return `${sign === '-' ? '-' : ''}${digits.slice(from, to)}e${power}`;
}
