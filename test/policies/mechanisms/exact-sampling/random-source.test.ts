/**
 * Goal: numbers are uniform, chances exact; nothing is drawn by rounding. Method: χ² at α = 1e-7 with seeded bytes; counting over all
 * words of a short generator. Control: the modulus without rejection fails.
 */
import { describe, expect, it } from 'vitest';
import { isBelowExpMinus } from '../../../../policies/mechanisms/exact-sampling/lazy-comparison.ts';
import { RandomSource } from '../../../../policies/mechanisms/exact-sampling/random-source.ts';
import { GOODNESS_MAX, goodnessScore } from './goodness.ts';
import { seededSource } from './seeded-source.ts';

const SEED = 20_261_129;
console.log(`random source seed ${SEED}`);
const DRAWS = 10_000;

function score(values: number, draw: () => number): number {
  const counts = new Array<number>(values).fill(0);
  for (let i = 0; i < DRAWS; i += 1) counts[draw()]! += 1;
  return goodnessScore(counts, new Array<number>(values).fill(1 / values));
}

describe('uniform numbers', () => {
  it.each([2, 3, 7, 10, 100])('below %d', (below) => {
    const source = seededSource(SEED);
    expect(score(below, () => source.belowSafe(below))).toBeLessThan(GOODNESS_MAX);
    expect(score(below, () => Number(source.below(BigInt(below))))).toBeLessThan(GOODNESS_MAX);
  });

  it('thirds of a range that no power of two has: 3·2^30 and 3·2^51', () => {
    const source = seededSource(SEED);
    for (const third of [2 ** 30, 2 ** 51]) {
      expect(score(3, () => Math.floor(source.belowSafe(3 * third) / third))).toBeLessThan(GOODNESS_MAX);
      const modulus = third === 2 ** 30 ? () => source.word() : () => source.safeWord();
      expect(score(3, () => Math.floor((modulus() % (3 * third)) / third))).toBeGreaterThan(GOODNESS_MAX);
    }
  });

  it('uses every word once, in order', () => {
    let filled = 0;
    const source = new RandomSource((bytes) => {
      const words = new Uint32Array(bytes.buffer);
      for (let i = 0; i < words.length; i += 1) words[i] = filled++;
    });
    const words = Array.from({ length: 5000 }, () => source.word());
    expect(words).toEqual(Array.from({ length: 5000 }, (_, i) => i));
  });

  it('makes numbers of any length out of words, most significant first', () => {
    const source = new RandomSource((bytes) => bytes.fill(0xff));
    expect(source.bits(0)).toBe(0n);
    expect(source.bits(1)).toBe(1n);
    expect(source.bits(100)).toBe(2n ** 100n - 1n);
    expect(source.safeWord()).toBe(2 ** 53 - 1);
  });
});

describe('chances', () => {
  const rate = (draw: () => boolean) => Array.from({ length: DRAWS }, draw).filter(Boolean).length / DRAWS;
  /** 5.3 deviations of a proportion: two-sided α about 1e-7. */
  const near = (chance: number) => 5.3 * Math.sqrt((chance * (1 - chance)) / DRAWS) + 1e-12;

  it.each([
    [0n, 1n],
    [1n, 7n],
    [1n, 1n],
    [5n, 2n],
    [1000n, 1n],
  ])('e^−%d/%d', (top, bottom) => {
    const source = seededSource(SEED);
    const chance = Math.exp(-Number(top) / Number(bottom));
    const below = () => isBelowExpMinus(source, { top, bottom }, { bits: 53, drawn: source.bits(53) });
    expect(Math.abs(rate(below) - chance)).toBeLessThanOrEqual(near(chance));
  });

  it('is the same when nearly every comparison needs more bits than are known', () => {
    const source = seededSource(SEED);
    const lazy = () => isBelowExpMinus(source, { top: 1n, bottom: 1n }, { bits: 1, drawn: source.bits(1) });
    expect(Math.abs(rate(lazy) - Math.exp(-1))).toBeLessThanOrEqual(near(Math.exp(-1)));
  });
});
