/**
 * Goal: exact probabilities, order of several choices, the announced loss. Method: χ² at α = 1e-7, seeded; privacy loss between neighbours from the formula,
 * evaluated apart. Control: a rate twice as high is noticed.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type ChoiceParameters,
  choiceLoss,
  choiceRho,
  chooseOne,
  chooseTop,
} from '../../../../policies/mechanisms/exponential-mechanism/exponential-mechanism.ts';
import { GOODNESS_MAX, goodnessScore } from '../exact-sampling/goodness.ts';
import { seededSource } from '../exact-sampling/seeded-source.ts';

const SEED = 20_261_135;
console.log(`exponential mechanism seed ${SEED}`);
const DRAWS = 900;
const PARAMETERS: ChoiceParameters = { epsilon: { top: 1n, bottom: 2n }, sensitivity: 2n, monotone: false };

function shares(utilities: readonly bigint[], rate: number): readonly number[] {
  const weights = utilities.map((utility) => Math.exp(rate * Number(utility)));
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  return weights.map((weight) => weight / total);
}

function chosen(utilities: readonly bigint[], parameters: ChoiceParameters): readonly number[] {
  const source = seededSource(SEED);
  const counts = utilities.map(() => 0);
  for (let i = 0; i < DRAWS; i += 1) counts[chooseOne(source, utilities, parameters)]! += 1;
  return counts;
}

describe('one choice', () => {
  const utilities = [3n, -4n, 10n, 10n, 0n, 7n];

  it.each([
    ['ε/2Δ', PARAMETERS, 1 / 8],
    ['ε/Δ where monotone', { ...PARAMETERS, monotone: true }, 1 / 4],
  ] as const)('follows e^ηu with η = %s', (_name, parameters, rate) => {
    const counts = chosen(utilities, parameters);
    expect(goodnessScore(counts, shares(utilities, rate))).toBeLessThan(GOODNESS_MAX);
    expect(goodnessScore(counts, shares(utilities, 2 * rate))).toBeGreaterThan(GOODNESS_MAX);
  });

  it('depends on differences alone, however large the numbers', () => {
    const moved = utilities.map((utility) => utility + 10n ** 40n);
    expect(chosen(moved, PARAMETERS)).toEqual(chosen(utilities, PARAMETERS));
  });

  it('knows one candidate, and candidates as good as impossible', () => {
    const source = seededSource(SEED);
    expect(chooseOne(source, [5n], PARAMETERS)).toBe(0);
    for (let i = 0; i < 50; i += 1) expect(chooseOne(source, [0n, 10n ** 9n, -(10n ** 30n)], PARAMETERS)).toBe(1);
    expect(() => chooseOne(source, [], PARAMETERS)).toThrow();
  });
});

describe('privacy', () => {
  it('the loss between neighbours ranges over ε at most, with and without monotone utilities', () => {
    const steps = fc.array(fc.tuple(fc.bigInt(0n, 20n), fc.integer({ min: -2, max: 2 })), {
      minLength: 2,
      maxLength: 8,
    });
    fc.assert(
      fc.property(steps, fc.boolean(), (pairs, monotone) => {
        const before = pairs.map(([utility]) => utility);
        const after = pairs.map(([utility, step]) => utility + BigInt(monotone ? Math.abs(step) : step));
        const rate = monotone ? 1 / 4 : 1 / 8;
        const [p, q] = [shares(before, rate), shares(after, rate)];
        const losses = p.map((share, i) => Math.log(share / q[i]!));
        expect(Math.max(...losses) - Math.min(...losses)).toBeLessThanOrEqual(0.5 + 1e-9);
        expect(Math.max(...losses.map(Math.abs))).toBeLessThanOrEqual(0.5 + 1e-9);
      }),
      { seed: SEED, numRuns: 300 },
    );
    expect(choiceRho(PARAMETERS.epsilon)).toEqual({ top: 1n, bottom: 32n });
  });
});

describe('several choices', () => {
  it('are distinct, in order of choice, the second among those left', () => {
    const utilities = [6n, 2n, 9n];
    const source = seededSource(SEED);
    const first = shares(utilities, 1 / 8);
    const orders = [0, 1, 2].flatMap((a) => [0, 1, 2].filter((b) => b !== a).map((b) => [a, b] as const));
    const counts = orders.map(() => 0);
    for (let i = 0; i < DRAWS; i += 1) {
      const [a, b] = chooseTop(source, utilities, 2, PARAMETERS) as [number, number];
      counts[orders.findIndex(([x, y]) => x === a && y === b)]! += 1;
    }
    const expected = orders.map(([a, b]) => (first[a]! * first[b]!) / (1 - first[a]!));
    expect(goodnessScore(counts, expected)).toBeLessThan(GOODNESS_MAX);
    expect(chooseTop(source, utilities, 3, PARAMETERS).toSorted()).toEqual([0, 1, 2]);
    expect(() => chooseTop(source, utilities, 4, PARAMETERS)).toThrow();
  });
});

describe('the announced loss', () => {
  it('is ln(20 n)/η rounded up, and holds in 95%', () => {
    expect(choiceLoss(6, PARAMETERS)).toBe(BigInt(Math.ceil(Math.log(120) * 8)));
    const utilities = [0n, 10n, 20n, 40n, 60n, 100n];
    const counts = chosen(utilities, { ...PARAMETERS, epsilon: { top: 1n, bottom: 5n } });
    const loss = choiceLoss(6, { ...PARAMETERS, epsilon: { top: 1n, bottom: 5n } });
    const inside = counts.reduce((sum, count, i) => sum + (100n - utilities[i]! <= loss ? count : 0), 0);
    expect(inside / DRAWS).toBeGreaterThanOrEqual(0.95);
  });
});
