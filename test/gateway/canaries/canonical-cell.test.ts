/**
 * Goal: cells that are the same value to a reader are compared as one, and others are not.
 * Method: random decimals in random spellings, against exact arithmetic on scaled integers.
 */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { canonicalCell, hintOf } from '../../../gateway/canaries/canonical-cell.ts';

const SEED = 7_071;
console.log(`canonical cells property seed ${SEED}`);

/** `digits · 10^-scale`, spelt with zeros around, a sign and an exponent as wished. */
const spelling = fc
  .record({
    digits: fc.bigInt({ min: -(10n ** 12n), max: 10n ** 12n }),
    scale: fc.integer({ min: 0, max: 6 }),
    shift: fc.integer({ min: -5, max: 5 }),
    leading: fc.integer({ min: 0, max: 3 }),
    trailing: fc.integer({ min: 0, max: 3 }),
    plus: fc.boolean(),
  })
  .map(({ digits, scale, shift, leading, trailing, plus }) => {
    const magnitude = (digits < 0n ? -digits : digits).toString().padStart(scale + 1, '0');
    const whole = magnitude.slice(0, magnitude.length - scale);
    const fraction = magnitude.slice(magnitude.length - scale) + '0'.repeat(trailing);
    const sign = digits < 0n ? '-' : plus ? '+' : '';
    const text = `${sign}${'0'.repeat(leading)}${whole}${fraction === '' ? '' : `.${fraction}`}e${shift}`;
    return { text, scaled: digits * 10n ** BigInt(12 - scale + shift) };
  });

test('two spellings are one exactly where they are one number', () => {
  fc.assert(
    fc.property(spelling, spelling, (a, b) => {
      expect(canonicalCell(a.text) === canonicalCell(b.text)).toBe(a.scaled === b.scaled);
      if (a.scaled === b.scaled) expect(hintOf(a.text)).toBe(hintOf(b.text));
    }),
    { numRuns: 2_000, seed: SEED },
  );
});

test('a double is compared as the decimal that it is written as', () => {
  fc.assert(
    fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (value) => {
      expect(canonicalCell(value)).toBe(canonicalCell(String(value)));
    }),
    { seed: SEED },
  );
  expect(canonicalCell(12.5)).toBe(canonicalCell('012.500'));
  expect(canonicalCell(1e21)).toBe(canonicalCell('1000000000000000000000'));
  expect(canonicalCell(-0)).toBe(canonicalCell('0.00'));
});

test('texts are compared as they stand; what is no number is none', () => {
  for (const text of ['', ' 12', '12 ', '1.2.3', '.', '-', 'e5', '1e', '0x10', '420704001A', '2026-01-01', '鄂州']) {
    expect(canonicalCell(text)).toBe(text);
  }
  expect(canonicalCell(null)).toBeNull();
  expect(canonicalCell(true)).toBeNull();
});

test('the hint of a number is that of its canonical text, and tells most values apart', () => {
  for (const text of ['00.50', '5e-1', '.5', '+0.5']) expect(hintOf(text)).toBe(hintOf(canonicalCell(text) ?? ''));
  const texts = Array.from({ length: 5_000 }, (_, n) => [`row ${n}`, `${n + 0.25}`, `${n}-kg`]).flat();
  expect(new Set(texts.map(hintOf)).size).toBeGreaterThan(texts.length - 10);
});
