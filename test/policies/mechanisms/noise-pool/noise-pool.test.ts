/**
 * Goal: what is drawn when depends on numbers that were asked for, never on values; nothing is handed out twice. Method: a source that
 * counts, compared between two pools whose values differ.
 */
import { describe, expect, it } from 'vitest';
import { RandomSource } from '../../../../policies/mechanisms/exact-sampling/random-source.ts';
import { type NoiseKind, NoisePool } from '../../../../policies/mechanisms/noise-pool/noise-pool.ts';
import { seededSource } from '../exact-sampling/seeded-source.ts';

const WIDE: NoiseKind = { family: 'discrete-gaussian', parameter: { top: 2n ** 200n / 2n ** 90n, bottom: 1n } };
const NARROW: NoiseKind = { family: 'discrete-laplace', parameter: { top: 3n, bottom: 1n } };

describe('noise pool', () => {
  it('gives as many as asked for, each once', () => {
    const pool = new NoisePool(seededSource(1));
    const taken = [0, 1, 700, 511, 1, 2000].flatMap((count) => {
      const values = pool.take(WIDE, count);
      expect(values).toHaveLength(count);
      return values;
    });
    expect(new Set(taken).size).toBe(taken.length); // of 2^55 likely values, none comes twice by chance
  });

  it('draws whole batches, and none while there is enough', () => {
    const source = seededSource(2);
    let words = 0;
    const word = source.word.bind(source);
    source.word = () => {
      words += 1;
      return word();
    };
    const pool = new NoisePool(source);
    const wordsFor = (count: number) => {
      const before = words;
      pool.take(NARROW, count);
      return words - before;
    };
    expect(wordsFor(1)).toBeGreaterThan(512);
    expect(wordsFor(511)).toBe(0);
    expect(wordsFor(1)).toBeGreaterThan(512);
  });

  it('keeps kinds apart, and the ones used last', () => {
    const fills: number[] = [];
    const source = new RandomSource((bytes) => {
      fills.push(bytes.length);
      for (let i = 0; i < bytes.length; i += 1) bytes[i] = (fills.length * 31 + i * 17 + (i >> 5)) % 251;
    });
    const pool = new NoisePool(source);
    const scale = (n: number): NoiseKind => ({ family: 'discrete-laplace', parameter: { top: BigInt(n), bottom: 1n } });
    const asks = (kind: NoiseKind) => {
      const before = fills.length;
      pool.take(kind, 1);
      return fills.length - before;
    };
    for (let n = 1; n <= 64; n += 1) asks(scale(n));
    expect(asks(scale(1))).toBe(0); // still there, and now the youngest
    asks(scale(65));
    expect(asks(scale(1))).toBe(0);
    expect(asks(scale(2))).toBeGreaterThan(0); // displaced by 65
  });

  it('refuses what is no number of values', () => {
    const pool = new NoisePool(seededSource(3));
    for (const count of [-1, 0.5, Number.NaN]) expect(() => pool.take(NARROW, count)).toThrow();
  });
});
