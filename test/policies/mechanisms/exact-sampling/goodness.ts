/**
 * Standard score of Pearson's χ² (Wilson and Hilferty): above `GOODNESS_MAX` with probability 1e-7 if the probabilities are the true
 * ones. Neighbouring cells are taken together until 10 are expected.
 */
export function goodnessScore(observed: readonly number[], probabilities: readonly number[]): number {
  const total = observed.reduce((sum, count) => sum + count, 0);
  let [statistic, cells] = [0, 0];
  let run = { seen: 0, expected: 0 };
  for (const [cell, seen] of observed.entries()) {
    run = { seen: run.seen + seen, expected: run.expected + total * probabilities[cell]! };
    const isLast = cell === observed.length - 1;
    if (run.expected < EXPECTED_MIN && !(isLast && run.expected > 1)) continue;
    statistic += (run.seen - run.expected) ** 2 / run.expected;
    cells += 1;
    run = { seen: 0, expected: 0 };
  }
  const freedom = cells - 1;
  const spread = 2 / (9 * freedom);
  return (Math.cbrt(statistic / freedom) - (1 - spread)) / Math.sqrt(spread);
}

const EXPECTED_MIN = 10;

/** One-sided α = 1e-7. */
export const GOODNESS_MAX = 5.2;

/** P(X = x) for |x| ≤ reach, where P(x) ∝ weight(|x|); what lies beyond must be negligible. */
export function symmetricProbabilities(weight: (magnitude: number) => number, reach: number): readonly number[] {
  const weights = Array.from({ length: 2 * reach + 1 }, (_, i) => weight(Math.abs(i - reach)));
  const total = weights.reduce((sum, w) => sum + w, 0);
  return weights.map((w) => w / total);
}

/** How often each of −reach … reach was drawn. */
export function tally(draws: number, reach: number, draw: () => bigint): readonly number[] {
  const counts = new Array<number>(2 * reach + 1).fill(0);
  for (let i = 0; i < draws; i += 1) counts[Number(draw()) + reach]! += 1;
  return counts;
}
