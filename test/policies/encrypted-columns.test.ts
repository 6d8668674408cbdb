/** Goal: a sum that passes `sumIsExact` comes out of its ring for every content within the bounds; one step beyond, some content does not. */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import {
  type EncryptedColumn,
  encryptedRange,
  HALF_RING,
  isWithinWork,
  LIMB_BITS,
  SUM_ROWS_MAX,
  squareColumns,
  sumIsExact,
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
    fc.property(columns, fc.constantFrom('value', 'square'), (column, of) => {
      const { scheme } = column.encryption;
      const { min, max } = encryptedRange(column, of);
      const isLimbs = scheme === 'bgv-v1' && of === 'square';
      const ends = [min, max].map((end) => (end < 0n ? -end : end));
      const worst = isLimbs ? 2n ** LIMB_BITS - 1n : ends.toSorted((a, b) => (a < b ? -1 : 1))[1]!;
      if (worst === 0n) return;
      const half = HALF_RING[scheme][of];
      const fits = (half - 1n) / worst;
      const rowsMost = fits < SUM_ROWS_MAX[scheme] ? fits : SUM_ROWS_MAX[scheme];
      const proved = (rows: bigint) => sumIsExact(scheme, encryptedRange(column), of, rows);
      expect(proved(rowsMost)).toBe(true);
      expect(proved(rowsMost + 1n)).toBe(false);
      const ring = half * 2n;
      for (const sum of [worst * rowsMost, -worst * rowsMost]) expect(signed(sum, ring)).toBe(sum);
      if (rowsMost === fits) expect(signed(worst * (fits + 1n), ring)).not.toBe(worst * (fits + 1n));
    }),
    { seed: SEED, numRuns: 500 },
  );
});

it('limbs have room for the largest square, and one less has not', () => {
  fc.assert(
    fc.property(columns, (column) => {
      const limbs = squareColumns({ ...column, encryption: { ...column.encryption, scheme: 'bgv-v1', squares: true } });
      const { max } = encryptedRange(column, 'square');
      expect(max < 2n ** (LIMB_BITS * BigInt(limbs.length))).toBe(true);
      if (limbs.length > 1) expect(max < 2n ** (LIMB_BITS * BigInt(limbs.length - 1))).toBe(false);
    }),
    { seed: SEED, numRuns: 500 },
  );
});

it('by what is asked: sets of rows, and blocks of rows for each', () => {
  expect(isWithinWork('ashe-v1', 100_000, 1e9)).toBe(true);
  expect(isWithinWork('bgv-v1', 100, 4_096_000)).toBe(true);
  expect(isWithinWork('bgv-v1', 101, 10)).toBe(false);
  expect(isWithinWork('bgv-v1', 100, 4_096_001)).toBe(false);
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
