/**
 * Goal: bounds of e^−x hold and are close. Method: two precisions must agree; doubles; identities. Invariant: low ≤ true ≤ high.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { expMinus } from '../../../../policies/mechanisms/exact-sampling/certified-exp.ts';

const SEED = 20_261_128;
console.log(`certified exp seed ${SEED}`);
const exponents = fc
  .tuple(fc.bigInt(0n, 10n ** 12n), fc.bigInt(1n, 10n ** 10n))
  .map(([top, bottom]) => ({ top, bottom }));

describe('expMinus', () => {
  it('has bounds two units apart at most, and those of twice the precision lie within', () => {
    fc.assert(
      fc.property(exponents, fc.integer({ min: 1, max: 200 }), (x, bits) => {
        const { low, high } = expMinus(x, bits);
        const finer = expMinus(x, 2 * bits);
        expect(high - low).toBeLessThanOrEqual(2n);
        expect(low << BigInt(bits)).toBeLessThanOrEqual(finer.high);
        expect(high << BigInt(bits)).toBeGreaterThanOrEqual(finer.low);
      }),
      { seed: SEED, numRuns: 500 },
    );
  });

  it('agrees with Math.exp to its precision', () => {
    fc.assert(
      fc.property(exponents, (x) => {
        const expected = Math.exp(-Number(x.top) / Number(x.bottom));
        expect(Number(expMinus(x, 80).low) / 2 ** 80).toBeCloseTo(expected, 12);
      }),
      { seed: SEED, numRuns: 500 },
    );
  });

  it('knows 50 digits of 1/e, and e^0', () => {
    const digits = 36787944117144232159552377016146086744581113103176n; // of 1/e, times 1e50
    const { low, high } = expMinus({ top: 1n, bottom: 1n }, 200);
    const scaled = 10n ** 50n;
    expect((low * scaled) >> 200n).toBe(digits);
    expect((high * scaled) >> 200n).toBe(digits);
    expect(expMinus({ top: 0n, bottom: 5n }, 40)).toEqual({ low: 1n << 40n, high: 1n << 40n });
  });
});
