/**
 * Goal: the noise on counts is what PROOF.md says of it, for every true count.
 * Method: published vectors; exact sums over every row; what concerns several rows at once: shuffled-intervals.full.test.ts.
 * Invariants: total 2^64, mean 0, variance ≤ V, never 1..js, 0 stays 0.
 */
import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { maximumEntropyNoise } from '../../../../policies/mechanisms/cell-key/maximum-entropy.ts';
import {
  ACCURATE_PERTURBATION,
  type CountParameters,
  DEFAULT_PERTURBATION,
} from '../../../../policies/mechanisms/cell-key/perturbation-parameters.ts';
import { perturbationTable, placeOf } from '../../../../policies/mechanisms/cell-key/perturbation-table.ts';

const SEED = 20_260_101;
console.log(`perturbation table seed ${SEED}`);

const PARAMETERS = fc
  .record({
    js: fc.integer({ min: 0, max: 4 }),
    reach: fc.integer({ min: 1, max: 16 }),
    V: fc.double({ min: 0.05, max: 40 }),
  })
  .map(({ js, reach, V }): CountParameters => ({ D: js + reach, V: V + Math.floor((js + 1) ** 2 / 4), js }));
const rowsOf = (parameters: CountParameters): number => parameters.D + parameters.js + 3;

describe('maximum entropy', () => {
  it.each([
    [{ D: 5, V: 3, js: 2 }, 1, { 0: 0.73446954, 3: 0.13672019, 4: 0.07279631, 5: 0.03742956, 6: 0.0185844 }],
    [
      { D: 5, V: 3, js: 2 },
      4,
      {
        0: 0.08485487,
        3: 0.27792123,
        4: 0.27792123,
        5: 0.18939369,
        6: 0.10512545,
        7: 0.04545536,
        8: 0.01531077,
        9: 0.00401739,
      },
    ],
    [{ D: 2, V: 1, js: 0 }, 1, { 0: 0.36648551, 1: 0.3664855, 2: 0.1675725, 3: 0.09945652 }],
  ])('%j row %d is the one of the R package ptable', (parameters, count, published) => {
    const { support, probabilities } = maximumEntropyNoise(count, parameters);
    expect(support.map((v) => count + v)).toEqual(Object.keys(published).map(Number));
    for (const [k, p] of Object.values(published).entries()) expect(probabilities[k]).toBeCloseTo(p, 6);
  });

  it('meets its conditions to 1e-12 and has the form of the optimum', () => {
    fc.assert(
      fc.property(PARAMETERS, fc.nat(40), (parameters, count) => {
        const { support, probabilities } = maximumEntropyNoise(count, parameters);
        const moment = (power: number) => support.reduce((sum, v, k) => sum + v ** power * probabilities[k]!, 0);
        expect(Math.abs(moment(0) - 1)).toBeLessThan(1e-12);
        expect(Math.abs(moment(1))).toBeLessThan(1e-12);
        expect(moment(2)).toBeLessThan(parameters.V + 1e-12);
        const below = probabilities.filter((_, k) => support[k]! <= 0);
        if (support.includes(0)) expect(below).toEqual(below.toSorted((a, b) => a - b));
        // Outside tied places ln p is a parabola: its third divided differences are 0.
        const free = support.flatMap((v, k) => (v > 0 ? [[v, Math.log(probabilities[k]!)] as const] : []));
        for (const k of free.keys()) {
          const four = free.slice(k, k + 4);
          if (four.length < 4 || four.some(([, log]) => log < -30)) continue;
          const [a, b, c, d] = four.map(([, log]) => log) as [number, number, number, number];
          expect(Math.abs(d - 3 * c + 3 * b - a)).toBeLessThan(1e-9);
        }
      }),
      { seed: SEED, numRuns: 100 },
    );
  });

  it('no admissible change of a row has more entropy', () => {
    const entropy = (p: readonly number[]) => -p.reduce((sum, one) => sum + one * Math.log(one), 0);
    const { support, probabilities } = maximumEntropyNoise(6, DEFAULT_PERTURBATION);
    // (1, −3, 3, −1) over four neighbours changes neither total, mean nor variance.
    for (let k = 5; k + 4 <= support.length; k += 1) {
      for (const size of [1e-4, -1e-4]) {
        const changed = probabilities.map((p, at) => p + size * ([1, -3, 3, -1][at - k] ?? 0));
        expect(entropy(changed)).toBeLessThan(entropy(probabilities));
      }
    }
  });
});

describe('the table in integers', () => {
  it.each([DEFAULT_PERTURBATION, ACCURATE_PERTURBATION])('D $D V $V: every row is exact', (parameters) => {
    const table = perturbationTable(parameters);
    for (let count = 0; count < rowsOf(parameters); count += 1) checkRow(parameters, count, table.row(BigInt(count)));
  });

  it('so is every row of other parameters', () => {
    fc.assert(
      fc.property(PARAMETERS, fc.nat(30), (parameters, count) => {
        checkRow(parameters, count, perturbationTable(parameters).row(BigInt(count)));
      }),
      { seed: SEED, numRuns: 60 },
    );
  });

  it('0 stays 0, and large counts share one symmetric row that does not grow the table', () => {
    const table = perturbationTable(DEFAULT_PERTURBATION);
    expect(table.row(0n)).toEqual([{ noise: 0n, weight: 1n << 64n, below: 1n << 64n }]);
    expect(table.row(11n)).toBe(table.row(10n ** 30n));
    expect(table.row(10n)).not.toBe(table.row(11n));
    const weights = table.row(11n).map(({ weight }) => weight);
    for (const [k, weight] of weights.entries()) {
      const mirrored = weights.at(-1 - k)!;
      expect(Number(weight > mirrored ? weight - mirrored : mirrored - weight)).toBeLessThan(2 ** 25);
    }
    expect(perturbationTable({ ...DEFAULT_PERTURBATION })).toBe(table);
  });

  it('is the same table on every machine', () => {
    const hash = createHash('sha256');
    for (let count = 0n; count <= 11n; count += 1n) {
      for (const { noise, weight } of perturbationTable(DEFAULT_PERTURBATION).row(count))
        hash.update(`${noise}:${weight};`);
    }
    expect(hash.digest('hex')).toBe('74964db2ba8b0ca4f731a3333bb450c8a330b6cfe4292ac8070a55d4ddd88799');
  });

  it.each([
    [{ D: 2, V: 8, js: 2 }, 'D'],
    [{ D: 8, V: 2, js: 2 }, 'V'],
    [{ D: 8, V: Number.NaN, js: 2 }, 'V'],
    [{ D: 8.5, V: 8, js: 2 }, 'D'],
    [{ D: 65, V: 8, js: 2 }, 'D'],
    [{ D: 8, V: 8, js: -1 }, 'js'],
  ])('%j gives no table', (parameters, at) => {
    expect(() => perturbationTable(parameters)).toThrow(at);
  });
});

function checkRow(
  { D, V, js }: CountParameters,
  count: number,
  row: readonly { readonly noise: bigint; readonly weight: bigint; readonly below: bigint }[],
): void {
  const sum = (of: (noise: bigint) => bigint) =>
    row.reduce((total, { noise, weight }) => total + of(noise) * weight, 0n);
  expect(sum(() => 1n)).toBe(1n << 64n);
  expect(row.at(-1)?.below).toBe(1n << 64n);
  expect(sum((noise) => noise)).toBe(0n);
  expect(Number(sum((noise) => noise * noise)) / 2 ** 64).toBeLessThan(V + 2 ** -30);
  for (const { noise } of row) {
    expect(noise >= BigInt(-D) && noise <= BigInt(D)).toBe(true);
    const released = BigInt(count) + noise;
    expect(released === 0n || released > BigInt(js)).toBe(true);
  }
}

describe('shuffled intervals', () => {
  /** The inverse of an odd number mod 2^64, by Newton's iteration. */
  const inverse = (odd: bigint) =>
    [1, 2, 3, 4, 5].reduce((x) => BigInt.asUintN(64, x * (2n - odd * x)), BigInt.asUintN(64, 3n * odd) ^ 2n);
  const product = (a: bigint, b: bigint) => BigInt.asUintN(64, a * b);
  const unshifted = (z: bigint, by: bigint) => z ^ (z >> by) ^ (z >> (2n * by));
  /** The scattering undone, step by step backwards. */
  const unmixed = (place: bigint) => {
    const third = product(unshifted(place, 31n), inverse(0x94d049bb133111ebn));
    const second = product(unshifted(third, 27n), inverse(0xbf58476d1ce4e5b9n));
    return BigInt.asUintN(64, product(unshifted(second, 30n), inverse(0x9e3779b97f4a7c15n)) - 1n);
  };

  it('are a permutation for every count: from a place there is one way back', () => {
    const WORD = fc.bigInt({ min: 0n, max: (1n << 64n) - 1n });
    fc.assert(
      fc.property(fc.bigInt({ min: 0n, max: 1n << 70n }), WORD, WORD, (count, u, other) => {
        // What is added to u before the scattering belongs to the count alone.
        const added = (word: bigint) => BigInt.asUintN(64, unmixed(placeOf(count, word)) - word);
        expect(added(u)).toBe(added(other));
      }),
      { seed: SEED },
    );
  });
});
