/** Goal: canonical JSON is that of RFC 8785. Method: its examples, and any JSON against the package `canonicalize`. */
import canonicalize from 'canonicalize';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { canonicalJson } from '../../catalog/canonical.ts';

const SEED = 8_785;
console.log(`canonical JSON property seed ${SEED}`);

it('writes the example of section 3.2.4', () => {
  const value = {
    numbers: [333_333_333.333_333_3, 1e30, 4.5, 2e-3, 0.000_000_000_000_000_000_000_000_001],
    string: '\u20ac$\u000F\u000aA\'\u0042\u0022\u005c\\"/',
    literals: [null, true, false],
  };
  expect(canonicalJson(value)).toBe(
    '{"literals":[null,true,false],"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27],' +
      '"string":"€$\\u000f\\nA\'B\\"\\\\\\\\\\"/"}',
  );
});

it('orders members by UTF-16 code units, numbers among them, as in section 3.2.3', () => {
  const value = {
    '\u20ac': 1,
    '\r': 2,
    '\ufb33': 3,
    '1': 4,
    '\ud83d\ude00': 5,
    '\u0080': 6,
    '\u00f6': 7,
    '10': 8,
    '9': 9,
  };
  expect([...canonicalJson(value).matchAll(/:(\d)/g)].map(([, n]) => Number(n))).toEqual([2, 4, 8, 9, 6, 7, 1, 5, 3]);
});

it('is what the reference writes, of any JSON', () => {
  const json = fc.oneof(fc.dictionary(fc.string({ unit: 'grapheme' }), fc.jsonValue()), fc.array(fc.jsonValue()));
  fc.assert(
    fc.property(json, (value) => canonicalJson(value) === canonicalize(value)),
    { seed: SEED, numRuns: 500 },
  );
});

it('leaves out what is undefined, and refuses what JSON does not have', () => {
  expect(canonicalJson({ b: undefined, a: [undefined] })).toBe('{"a":[null]}');
  expect(() => canonicalJson({ a: Number.NaN })).toThrow();
});
