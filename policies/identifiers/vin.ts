/** Vehicle identification number, GB 16735-2019 / ISO 3779: no I, O, Q; place 9 is the check character. */

const WEIGHTS = [8, 7, 6, 5, 4, 3, 2, 10, 0, 9, 8, 7, 6, 5, 4, 3, 2] as const;
const LETTERS = 'ABCDEFGHJKLMNPRSTUVWXYZ';
const LETTER_VALUES = '12345678123457923456789';

/** The check character of 17 characters, whatever stands at place 9 (weight 0); null at a character not in use. */
export function vinCheck(vin: string): string | null {
  let sum = 0;
  for (const [i, weight] of WEIGHTS.entries()) {
    const value = characterValue(vin.charAt(i));
    if (value === null) return null;
    sum += weight * value;
  }
  return sum % 11 === 10 ? 'X' : String(sum % 11);
}

export function isVin(text: string): boolean {
  return text.length === 17 && vinCheck(text) === text.charAt(8);
}

function characterValue(character: string): number | null {
  if (/^\d$/.test(character)) return Number(character);
  const place = character === '' ? -1 : LETTERS.indexOf(character);
  return place < 0 ? null : Number(LETTER_VALUES.charAt(place));
}
