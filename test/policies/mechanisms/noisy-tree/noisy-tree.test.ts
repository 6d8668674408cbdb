/**
 * Goal: sensitivity as stated; answers within bounds, in order of ranks, exact without noise; intervals that hold. Method: a plain model of
 * quantiles over sorted values; properties with printed seed; coverage over seeded noise. Control: intervals half as wide do not hold.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { discreteGaussian } from '../../../../policies/mechanisms/discrete-gaussian/discrete-gaussian.ts';
import { neverFalling } from '../../../../policies/mechanisms/noisy-tree/monotone.ts';
import { NoisyTree, type TreeAnswer } from '../../../../policies/mechanisms/noisy-tree/noisy-tree.ts';
import {
  leafOf,
  nodesOf,
  type TreeShape,
  treeNoise,
  treeSensitivitySquared,
  treeShape,
} from '../../../../policies/mechanisms/noisy-tree/tree-shape.ts';
import { seededSource } from '../exact-sampling/seeded-source.ts';

const SEED = 20_261_134;
console.log(`noisy tree seed ${SEED}`);
const share = (top: number, bottom: number) => ({ top: BigInt(top), bottom: BigInt(bottom) });

function leavesOf(shape: TreeShape, values: readonly bigint[]): ReadonlyMap<number, bigint> {
  const leaves = new Map<number, bigint>();
  for (const value of values) leaves.set(leafOf(shape, value), (leaves.get(leafOf(shape, value)) ?? 0n) + 1n);
  return leaves;
}

function tree(shape: TreeShape, values: readonly bigint[], questions: number, noise: () => bigint, variance: bigint) {
  const leaves = leavesOf(shape, values);
  const drawn = Array.from({ length: treeNoise(shape, questions) }, noise);
  return new NoisyTree({ shape, leaves, variance: { top: variance, bottom: 1n }, noise: drawn });
}

const bounds = fc
  .tuple(fc.bigInt(-(10n ** 12n), 10n ** 12n), fc.bigInt(0n, 10n ** 7n))
  .map(([lower, size]) => [lower, lower + size] as const);

describe('shape', () => {
  it('covers its bounds with leaves of one width, no taller than it must be', () => {
    fc.assert(
      fc.property(bounds, ([lower, upper]) => {
        const shape = treeShape(lower, upper);
        expect(leafOf(shape, lower)).toBe(0);
        expect(leafOf(shape, upper)).toBe(shape.leaves - 1);
        expect(leafOf(shape, upper + 10n ** 9n)).toBe(shape.leaves - 1);
        expect(leafOf(shape, lower - 10n ** 9n)).toBe(0);
        expect(shape.leaves).toBeLessThanOrEqual(4096);
        const domain = upper - lower + 1n;
        if (domain <= 4096n) expect(shape.leafWidth).toBe(1n);
        if (shape.height > 1) expect(8n ** BigInt(shape.height - 1)).toBeLessThan(domain);
      }),
      { seed: SEED, numRuns: 300 },
    );
  });

  it('has the stated sensitivity: squares of what one unit changes, over all nodes', () => {
    const shape = treeShape(0n, 999n, { fanOut: 4, leavesMax: 1000 });
    fc.assert(
      fc.property(fc.array(fc.bigInt(-50n, 1200n), { minLength: 1, maxLength: 6 }), (rows) => {
        const nodes = new Map<string, number>();
        for (const row of rows)
          for (let level = 1; level <= shape.height; level += 1) {
            const node = `${level}/${Math.floor(leafOf(shape, row) / shape.fanOut ** (shape.height - level))}`;
            nodes.set(node, (nodes.get(node) ?? 0) + 1);
          }
        const changed = [...nodes.values()].reduce((sum, count) => sum + count * count, 0);
        expect(BigInt(changed)).toBeLessThanOrEqual(treeSensitivitySquared(shape, 1, rows.length));
        if (new Set(rows.map((row) => leafOf(shape, row))).size === 1)
          expect(BigInt(changed)).toBe(treeSensitivitySquared(shape, 1, rows.length)); // it is reached
      }),
      { seed: SEED, numRuns: 200 },
    );
  });
});

describe('answers', () => {
  const none = () => 0n;
  const cases = fc.record({
    within: bounds,
    values: fc.array(fc.double({ min: -0.1, max: 1.1, noNaN: true }), { maxLength: 60 }),
    noise: fc.integer({ min: 0, max: 2000 }),
  });
  const ranks = [0, 1, 5, 10, 50, 90, 95, 99, 100].map((top) => share(top, 100));

  it('are within the bounds and in order of ranks, whatever the noise; intervals hold the value', () => {
    fc.assert(
      fc.property(cases, ({ within: [lower, upper], values, noise }) => {
        const shape = treeShape(lower, upper);
        const rows = values.map((at) => lower + BigInt(Math.round(at * Number(upper - lower))));
        const source = seededSource(noise);
        const any = () => (noise === 0 ? 0n : source.below(BigInt(2 * noise)) - BigInt(noise));
        const made = tree(shape, rows, ranks.length + 2, any, BigInt(noise) ** 2n + 1n);
        const answers = [...ranks.map((rank) => made.quantile(rank)), made.extreme('least'), made.extreme('greatest')];
        for (const { value, low, high } of answers)
          expect(lower <= low && low <= value && value <= high && high <= upper).toBe(true);
        for (let i = 1; i < ranks.length; i += 1)
          expect(answers[i]!.value).toBeGreaterThanOrEqual(answers[i - 1]!.value);
      }),
      { seed: SEED, numRuns: 150 },
    );
  });

  it('are those of the sorted values where there is no noise and every value its leaf', () => {
    fc.assert(
      fc.property(fc.array(fc.bigInt(100n, 1500n), { minLength: 1, maxLength: 80 }), (rows) => {
        const made = tree(treeShape(100n, 1500n), rows, ranks.length, none, 1n);
        const sorted = rows.toSorted((a, b) => Number(a - b));
        for (const rank of ranks) {
          const place = Math.max(1, Math.ceil((Number(rank.top) / 100) * rows.length));
          expect(made.quantile(rank).value).toBe(sorted[place - 1]);
        }
      }),
      { seed: SEED, numRuns: 100 },
    );
  });

  it('ask for no more noise than announced', () => {
    const shape = treeShape(0n, 100_000n);
    const source = seededSource(SEED);
    const noise = () => source.below(1001n) - 500n;
    for (const questions of [1, 2, 5, 40]) {
      const made = tree(shape, [1n, 50_000n], questions, noise, 250_000n);
      for (let i = 0; i < questions; i += 1) made.quantile(share(i, questions));
    }
    const levels = [1, 2, 3, 4].map((level) => nodesOf(shape, level));
    expect(treeNoise(shape, 1_000_000)).toBe(levels.reduce((sum, nodes) => sum + nodes));
  });

  it('refuse a leaf outside of the tree, and noise that runs out', () => {
    const shape = treeShape(0n, 9n);
    const variance = { top: 1n, bottom: 1n };
    expect(() => new NoisyTree({ shape, leaves: new Map([[10, 1n]]), variance, noise: [] })).toThrow();
    expect(() => new NoisyTree({ shape, leaves: new Map(), variance, noise: [1n] }).quantile(share(1, 2))).toThrow();
  });
});

describe('intervals', () => {
  const source = seededSource(SEED);
  /** Skewed, with a long tail: the cube of a uniform number. */
  const skewed = () => BigInt(Math.floor((source.safeWord() / 2 ** 53) ** 3 * 50_000));
  const clustered = () => 20_000n + source.below(300n);

  /** Share of trees whose interval holds the true quantile, or touches it within a leaf. */
  function coverage(
    draw: () => bigint,
    rows: number,
    deviation: bigint,
    rank: number,
    narrowed: (answer: TreeAnswer) => TreeAnswer,
  ): number {
    const shape = treeShape(0n, 50_000n);
    const noise = discreteGaussian({ top: deviation ** 2n, bottom: 1n });
    let holds = 0;
    const runs = 80;
    for (let run = 0; run < runs; run += 1) {
      const values = Array.from({ length: rows }, draw);
      const truth = values.toSorted((a, b) => Number(a - b))[Math.max(0, Math.ceil(rank * rows) - 1)]!;
      const made = tree(shape, values, 1, () => noise.sample(source), deviation ** 2n);
      const { low, high } = narrowed(made.quantile(share(Math.round(rank * 1000), 1000)));
      if (low <= truth + shape.leafWidth && truth - shape.leafWidth <= high) holds += 1;
    }
    return holds / runs;
  }

  it.each([
    ['skewed', skewed, 1000, 5n, 0.5],
    ['skewed', skewed, 1000, 20n, 0.9],
    ['clustered', clustered, 1000, 5n, 0.25],
    ['clustered', clustered, 300, 20n, 0.5],
    ['skewed', skewed, 3000, 40n, 0.05],
  ] as const)('%s values hold the truth in at least 95%: %#', (_name, draw, rows, deviation, rank) => {
    expect(coverage(draw, rows, deviation, rank, (answer) => answer)).toBeGreaterThanOrEqual(0.95);
  });

  it('control: the value alone does not', () => {
    const alone = ({ value }: TreeAnswer) => ({ value, low: value, high: value });
    expect(coverage(skewed, 1000, 20n, 0.5, alone)).toBeLessThan(0.5);
  });
});

describe('never falling', () => {
  it('is monotone, keeps the sum, leaves monotone sequences alone', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: -1000, max: 1000 }), { minLength: 1, maxLength: 30 }), (values) => {
        const made = neverFalling(values);
        for (let i = 1; i < made.length; i += 1) expect(made[i]! >= made[i - 1]! - 1e-9).toBe(true);
        const lost = values.reduce((a, b) => a + b) - made.reduce((a, b) => a + b);
        expect(Math.abs(lost)).toBeLessThan(1e-6);
        const sorted = values.toSorted((a, b) => a - b);
        expect(neverFalling(sorted)).toEqual(sorted);
      }),
      { seed: SEED, numRuns: 200 },
    );
  });
});
