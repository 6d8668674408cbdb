/** Goal: a sum that passes `sumIsExact` comes out of its ring for every content within the bounds; one step beyond, some content does not. */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import {
  type EncryptedColumn,
  encryptedRange,
  HALF_RING,
  sumIsExact,
  type WeightedColumn,
} from '../../policies/encrypted-columns.ts';

const SEED = 20_261_127;
console.log(`encrypted columns seed ${SEED}`);

const columnOf = (min: number, max: number, scheme: 'ashe-v1' | 'bgv-v1', scale = 0): EncryptedColumn => ({
  name: 'v',
  title: { zh: 'v', en: 'v' },
  type: 'decimal',
  scale,
  level: 'important',
  role: 'measure',
  nullable: false,
  bounds: { min, max },
  encryption: { scheme, key: 'k', signer: 'A'.repeat(43) },
});

const columns = fc
  .record({
    a: fc.integer({ min: -1e9, max: 1e9 }),
    b: fc.integer({ min: -1e9, max: 1e9 }),
    scheme: fc.constantFrom<'ashe-v1' | 'bgv-v1'>('ashe-v1', 'bgv-v1'),
    scale: fc.nat(3),
  })
  .map(({ a, b, scheme, scale }) => columnOf(Math.min(a, b), Math.max(a, b), scheme, scale));

it('a sum that is proved stays in the ring at its worst content; with a row more than fits, the proof fails', () => {
  fc.assert(
    fc.property(columns, fc.bigInt(-1000n, 1000n), fc.constantFrom('value', 'square'), (column, weight, of) => {
      const terms: WeightedColumn[] = [{ column, of, weight }];
      const { min, max } = encryptedRange(column, of);
      const sizes = [min * weight, max * weight].map((end) => (end < 0n ? -end : end));
      const worst = sizes.toSorted((a, b) => (a < b ? -1 : 1))[1]!;
      if (worst === 0n) return;
      const half = HALF_RING[column.encryption.scheme][of];
      const rowsMost = (half - 1n) / worst;
      expect(sumIsExact(terms, rowsMost)).toBe(true);
      expect(sumIsExact(terms, rowsMost + 1n)).toBe(false);
      const ring = half * 2n;
      for (const sum of [worst * rowsMost, -worst * rowsMost]) expect(signed(sum, ring)).toBe(sum);
      expect(signed(worst * (rowsMost + 1n), ring)).not.toBe(worst * (rowsMost + 1n));
    }),
    { seed: SEED, numRuns: 500 },
  );
});

it('a range is what the column may hold, of the value and of its square', () => {
  expect(encryptedRange(columnOf(-2, 3, 'ashe-v1'))).toEqual({ min: -2n, max: 3n });
  expect(encryptedRange(columnOf(-2, 3, 'ashe-v1'), 'square')).toEqual({ min: 0n, max: 9n });
  expect(encryptedRange(columnOf(-5, 3, 'ashe-v1'), 'square')).toEqual({ min: 0n, max: 25n });
  expect(encryptedRange(columnOf(-5, -3, 'ashe-v1'), 'square')).toEqual({ min: 9n, max: 25n });
  expect(encryptedRange(columnOf(0.005, 1.239, 'ashe-v1', 2))).toEqual({ min: 1n, max: 123n });
});

function signed(value: bigint, ring: bigint): bigint {
  const rest = ((value % ring) + ring) % ring;
  return rest >= ring / 2n ? rest - ring : rest;
}
