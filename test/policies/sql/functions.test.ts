import { expect, test } from 'vitest';
import { quoteIdentifier, quoteLiteral, quoteText } from '../../../policies/sql/emit/quote.ts';
import { AGGREGATES } from '../../../policies/sql/functions/aggregates.ts';
import { isSafeRegexp } from '../../../policies/sql/functions/constant-rules.ts';
import { INTERNAL_AGGREGATES } from '../../../policies/sql/functions/internal-aggregates.ts';
import { aggregateSpelled, SCALAR_FUNCTIONS, scalarSpelled } from '../../../policies/sql/functions/registry.ts';
import { WINDOWS } from '../../../policies/sql/functions/windows.ts';
import { convertLiteral, exactType, literal, textLiteral } from '../../../policies/sql/literals.ts';
import { DATE, DOUBLE, decimal, INTEGER, TIMESTAMP } from '../../../policies/sql/sql-type.ts';

test('every function says why it is total, in both languages, and has one name and one spelling', () => {
  const entries = [...SCALAR_FUNCTIONS, ...AGGREGATES, ...INTERNAL_AGGREGATES, ...WINDOWS];
  for (const entry of entries) {
    expect(entry.total, entry.name).not.toBe('');
    expect(entry.doc.zh, entry.name).toMatch(/\p{Script=Han}/u);
    expect(entry.doc.en, entry.name).not.toBe('');
  }
  expect(new Set(SCALAR_FUNCTIONS.map((entry) => entry.name)).size).toBe(SCALAR_FUNCTIONS.length);
  const spellings = [...SCALAR_FUNCTIONS, ...AGGREGATES].flatMap((entry) => entry.spellings);
  expect(new Set(spellings).size).toBe(spellings.length);
});

test('what only the compiler uses cannot be spelled', () => {
  for (const { name } of INTERNAL_AGGREGATES) {
    expect(aggregateSpelled(name)).toBeUndefined();
    expect(scalarSpelled(name)).toBeUndefined();
  }
  expect(aggregateSpelled('grouping')).toBeUndefined();
});

test.each(['abc', '^a.b$', '[0-9]+', '[^a-z]', '(a|b)*', 'a{2,5}', '\\d\\.', '(?:x|y)+?', 'a{0,99}'])(
  'safe regular expression %s',
  (pattern) => {
    expect(isSafeRegexp(pattern)).toBe(true);
  },
);

test.each([
  '(',
  ')',
  '[',
  'a{',
  'a{1000}',
  'a{5,2}',
  '(a{9}){9}',
  '((a{2})b)*{3}',
  '(?i)a',
  '(?P<n>a)',
  '\\1',
  '\\pL',
  '[z-a]',
  '[[:alpha:]]',
  'a**',
  '*a',
  '\\',
])('refused regular expression %s', (pattern) => {
  expect(isSafeRegexp(pattern)).toBe(false);
});

test('quoting holds whatever the text', () => {
  expect(quoteIdentifier('a"; DROP TABLE "b')).toBe('"a""; DROP TABLE ""b"');
  expect(quoteText("it's")).toBe("'it''s'");
  expect(() => quoteText('a\0b')).toThrow();
  expect(() => quoteLiteral(literal(INTEGER, '1); DROP TABLE t --'))).toThrow();
  expect(() => quoteLiteral(literal(DATE, "2024-01-01' OR '1'='1"))).toThrow();
  expect(quoteLiteral(literal(DOUBLE, '1e+21'))).toBe("CAST('1e+21' AS DOUBLE)");
});

test.each([
  ['2024-02-29', DATE, '2024-02-29'],
  ['2023-02-29', DATE, null],
  ['2024-1-5', DATE, '2024-01-05'],
  ['infinity', DATE, null],
  ['10000-01-01', DATE, null],
  ['2024-01-31', TIMESTAMP, '2024-01-31 00:00:00'],
  ['2024-01-31 24:00:00', TIMESTAMP, null],
  ['2024-01-31T08:09:10.5', TIMESTAMP, '2024-01-31 08:09:10.5'],
  ['12.5', INTEGER, '13'],
  ['-12.5', INTEGER, '-13'],
  ['9223372036854775808', INTEGER, null],
  ['1.005', decimal(5, 2), '1.01'],
  ['1000', decimal(5, 2), null],
  ['nan', DOUBLE, null],
  ['1e5', DOUBLE, '100000'],
] as const)('literal %s as %o', (text, type, expected) => {
  expect(convertLiteral(textLiteral(text), type)?.value ?? null).toBe(expected);
});

test('a number literal counts with its own digits', () => {
  expect(exactType(literal(INTEGER, '250'))).toEqual(decimal(3, 0));
  expect(exactType(literal(decimal(2, 1), '0.5'))).toEqual(decimal(1, 1));
  expect(exactType(literal(decimal(18, 9), '0.000000001'))).toEqual(decimal(9, 9));
});
