/**
 * Goal: published chances; the inequalities of privacy for the very integers that are compared; a threshold that costs nothing.
 * Method: vectors, exact arithmetic over random parameters, seeded draws. Control: a table rounded up breaks the inequalities.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { rhoUnits } from '../../../../policies/accounting/zcdp.ts';
import { expMinus } from '../../../../policies/mechanisms/exact-sampling/certified-exp.ts';
import {
  PartitionSelection,
  perGroup,
  selectionRho,
} from '../../../../policies/mechanisms/partition-selection/partition-selection.ts';
import { seededSource } from '../exact-sampling/seeded-source.ts';

const SEED = 20_261_133;
console.log(`partition selection seed ${SEED}`);
const rational = (top: number | bigint, bottom: number | bigint) => ({ top: BigInt(top), bottom: BigInt(bottom) });
const ONE = 2n ** 128n;
const LN_2 = rational(693_147_180_559_945_309n, 10n ** 18n);
const asNumber = (chance: bigint) => Number(chance >> 64n) / 2 ** 64;

describe('published chances', () => {
  it('ε = ln 2, δ = .1', () => {
    const selection = new PartitionSelection({ epsilon: LN_2, delta: rational(1, 10), unitsMin: 1 });
    const chances = [0, 1, 2, 3, 4, 5].map((units) => asNumber(selection.chance(units)));
    for (const [units, expected] of [0, 0.1, 0.3, 0.7, 0.9, 1].entries())
      expect(chances[units]).toBeCloseTo(expected, 12);
  });

  it('ε = 1, δ = 1e-6', () => {
    const selection = new PartitionSelection({ epsilon: rational(1, 1), delta: rational(1, 1_000_000), unitsMin: 1 });
    const expected = { 13: 0.25747, 14: 0.69989, 15: 0.8896, 20: 0.99926 };
    for (const [units, chance] of Object.entries(expected))
      expect(asNumber(selection.chance(Number(units)))).toBeCloseTo(chance, 5);
  });

  it('keeps no group less often than Laplace noise with its threshold, 14.122', () => {
    const threshold = 1 - Math.log(2 * 1e-6); // (1, 1e-6, L0 = 1)
    expect(threshold).toBeCloseTo(14.122, 3);
    const selection = new PartitionSelection({ epsilon: rational(1, 1), delta: rational(1, 1_000_000), unitsMin: 1 });
    const laplace = (units: number) =>
      units < threshold ? Math.exp(units - threshold) / 2 : 1 - Math.exp(threshold - units) / 2;
    for (let units = 1; units < 40; units += 1)
      expect(asNumber(selection.chance(units))).toBeGreaterThanOrEqual(laplace(units) * (1 - 1e-9));
  });
});

describe('privacy of the integers', () => {
  const parameters = fc.record({
    epsilon: fc.integer({ min: 1, max: 3000 }).map((n) => rational(n + 20, 1000)),
    delta: fc.integer({ min: 1, max: 30 }).map((log) => rational(1, 2n ** BigInt(log) + 1n)),
    unitsMin: fc.integer({ min: 1, max: 30 }),
  });
  /** p ≤ e^ε·q + δ, with an e^ε that is certainly no larger. */
  function admits(
    p: bigint,
    q: bigint,
    { epsilon, delta }: { epsilon: { top: bigint; bottom: bigint }; delta: { top: bigint; bottom: bigint } },
  ): boolean {
    const inverse = expMinus(epsilon, 200).high; // e^−ε in 2^−200: (p − δ)·e^−ε ≤ q
    return (p * delta.bottom - delta.top * ONE) * inverse <= (q * delta.bottom) << 200n;
  }

  it('holds between every two numbers of units that differ by one, for kept and for dropped', () => {
    fc.assert(
      fc.property(parameters, (given) => {
        const selection = new PartitionSelection(given);
        const last = Math.min(selection.sureFrom + 2, 3000);
        for (let units = 0; units < last; units += 1) {
          const [a, b] = [selection.chance(units), selection.chance(units + 1)];
          expect(admits(a, b, given) && admits(b, a, given)).toBe(true);
          expect(admits(ONE - a, ONE - b, given) && admits(ONE - b, ONE - a, given)).toBe(true);
        }
        expect(selection.chance(given.unitsMin - 1)).toBe(0n);
        expect(selection.chance(selection.sureFrom)).toBe(ONE);
        expect(selection.chance(selection.sureFrom - 1)).toBeLessThan(ONE);
      }),
      { seed: SEED, numRuns: 10 },
    );
  });

  it('control: chances one part in a thousand larger break it', () => {
    const given = { epsilon: rational(1, 1), delta: rational(1, 1_000_000), unitsMin: 1 };
    const selection = new PartitionSelection(given);
    const mutant = (units: number) => (units === 8 ? (selection.chance(8) * 1001n) / 1000n : selection.chance(units));
    expect(admits(mutant(8), mutant(7), given)).toBe(false);
  });

  it('is as generous as it may be: a chance larger by 2^−100 would break it somewhere', () => {
    const given = { epsilon: rational(1, 2), delta: rational(1, 100_000), unitsMin: 1 };
    const selection = new PartitionSelection(given);
    for (let units = 1; units < selection.sureFrom; units += 1) {
      const [before, larger] = [selection.chance(units - 1), selection.chance(units) + 2n ** 28n];
      expect(admits(larger, before, given) && admits(ONE - before, ONE - larger, given)).toBe(false);
    }
  });
});

describe('several groups of one unit', () => {
  it('cost no more than asked for, and hardly less', () => {
    for (const groupsMax of [1, 2, 5, 100]) {
      const { epsilon, delta } = perGroup(rational(5, 1000), rational(1, 10n ** 8n), groupsMax);
      const units = rhoUnits(selectionRho(epsilon, groupsMax));
      expect(units).toBeLessThanOrEqual(5_000_000n);
      expect(units).toBeGreaterThan(4_999_990n);
      expect(delta.top * BigInt(groupsMax) * 10n ** 8n).toBe(delta.bottom);
    }
  });
});

describe('draws', () => {
  it('keep groups as often as their chance says: 5.3 deviations, two-sided α about 1e-7', () => {
    const selection = new PartitionSelection({ epsilon: rational(1, 1), delta: rational(1, 1_000_000), unitsMin: 3 });
    const source = seededSource(SEED);
    const draws = 5000;
    for (const units of [0, 2, 14, 15, 16, 17, 1_000_000]) {
      const chance = asNumber(selection.chance(units));
      const kept = Array.from({ length: draws }, () => selection.keeps(source, units)).filter(Boolean).length / draws;
      expect(Math.abs(kept - chance)).toBeLessThanOrEqual(5.3 * Math.sqrt((chance * (1 - chance)) / draws));
    }
  });

  it('refuses what would make no table, or no promise', () => {
    const make = (epsilon: bigint, bottom: bigint, delta: bigint) => () =>
      new PartitionSelection({ epsilon: rational(epsilon, bottom), delta: rational(delta, 10n), unitsMin: 1 });
    expect(make(1n, 10_000n, 1n)).toThrow();
    expect(make(40n, 1n, 1n)).toThrow();
    expect(make(1n, 1n, 0n)).toThrow();
    expect(make(1n, 1n, 10n)).toThrow();
  });
});
