import { describe, expect, test } from 'vitest';
import {
  detectIdentifier,
  isBankCard,
  isCreditCode,
  isIdCard,
  isMobile,
  isOrganisationCode,
  isPlate,
  isRealEstateUnit,
  isVin,
  passesLuhn,
} from '../../../policies/index.ts';

/** Published examples of each standard, and values that differ from one in a single place. */
const VECTORS: readonly [string, (text: string) => boolean, readonly string[], readonly string[]][] = [
  [
    'ID card',
    isIdCard,
    ['11010519491231002X', '440524188001010014', '360426199101010071', '420704199003077779', '11010519491231002x'],
    ['110105194912310021', '420704199902300012', '990105194912310025', '1101051949123100', ''],
  ],
  [
    'credit code',
    isCreditCode,
    ['91350100M000100Y43', '91110000600037341L'],
    ['91350100M000100Y4Z', '91350100M000100Y44', '91420700MA4EZ0008U', '91350100M000100Y4', ''],
  ],
  ['organisation code', isOrganisationCode, ['D2143569X', 'M000100Y4', 'D2143569-X'], ['D21435691', 'M000100Y5', '']],
  [
    'VIN',
    isVin,
    ['1M8GDM9AXKP042788', 'WDBEA30D3HA391172', '1FACP45EXLF192944'],
    ['1M8GDM9A1KP042788', '1M8GDM9AXKP04278O', '1M8GDM9AXKP04278', ''],
  ],
  ['Luhn', passesLuhn, ['79927398713', '6228480402564890018'], ['6222020200112233445', '79927398710', '']],
  ['bank card', isBankCard, ['6228480402564890018'], ['79927398713', '6222020200112233445']],
  [
    'plate',
    isPlate,
    ['川A123AB', '川A2222学', '川AF12345', '川A12345D'],
    ['川A123456', '川I123AB', 'XA123AB', '川A12I45', ''],
  ],
  ['mobile', isMobile, ['13800138000', '19912345678'], ['12800138000', '1380013800', '']],
  [
    'real-estate unit',
    isRealEstateUnit,
    ['420704001001GB00001F00010001', '420702100003JC00123W00000000'],
    ['420704001001KB00001F00010001', '420704001001GB00001F0001000', ''],
  ],
];

describe.each(VECTORS)('%s', (_, passes, valid, invalid) => {
  test.each(valid)('accepts %s', (text) => expect(passes(text)).toBe(true));
  test.each(invalid)('refuses %s', (text) => expect(passes(text)).toBe(false));
});

describe('a single altered digit is always noticed', () => {
  test.each([
    ['11010519491231002X', isIdCard],
    ['91350100M000100Y43', isCreditCode],
    ['6228480402564890018', isBankCard],
  ] as const)('%s', (valid, passes) => {
    for (let place = 0; place < valid.length; place++) {
      const digit = Number(valid.charAt(place));
      if (Number.isNaN(digit)) continue;
      expect(passes(valid.slice(0, place) + ((digit + 1) % 10) + valid.slice(place + 1))).toBe(false);
    }
  });
});

describe('detectIdentifier', () => {
  test('names the kind and the share of distinct values', () => {
    const cards = ['11010519491231002X', '440524188001010014', '360426199101010071'];
    expect(detectIdentifier([...cards, ...cards, 'unknown'])).toEqual({ kind: 'id-card', share: 0.75 });
    expect(detectIdentifier(['川A123AB', '川AF12345'])).toEqual({ kind: 'plate', share: 1 });
  });

  test('ordinary numbers are no identifiers, though one in ten passes Luhn', () => {
    const serials = Array.from({ length: 1000 }, (_, i) => String(20_260_000_000_000 + i * 37));
    expect(serials.filter(isBankCard).length).toBeGreaterThan(50);
    expect(detectIdentifier(serials)).toBeNull();
  });

  test('one value that passes a weak check by chance is no evidence; six are', () => {
    const cards = Array.from({ length: 400 }, (_, i) => String(6_228_480_402_564_890 + i)).filter(isBankCard);
    expect(detectIdentifier(cards.slice(0, 1))).toBeNull();
    expect(detectIdentifier(cards.slice(0, 6))).toEqual({ kind: 'bank-card', share: 1 });
  });

  test('an empty column holds nothing', () => {
    expect(detectIdentifier([])).toBeNull();
    expect(detectIdentifier(['', ' '])).toBeNull();
  });
});
