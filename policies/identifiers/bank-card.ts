/** Bank card numbers: 13–19 digits with a Luhn check (ISO/IEC 7812-1). The check alone passes 10 % of random values. */

export function passesLuhn(digits: string): boolean {
  if (!/^\d+$/.test(digits)) return false;
  let sum = 0;
  for (let place = 0; place < digits.length; place++) {
    const digit = digits.charCodeAt(digits.length - 1 - place) - 48;
    const doubled = place % 2 === 1 ? digit * 2 : digit;
    sum += doubled > 9 ? doubled - 9 : doubled;
  }
  return sum % 10 === 0;
}

export function isBankCard(text: string): boolean {
  return /^\d{13,19}$/.test(text) && passesLuhn(text);
}
