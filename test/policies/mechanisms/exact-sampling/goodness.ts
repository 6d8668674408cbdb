/**
 * Standard score of Pearson's χ² (Wilson and Hilferty): above `GOODNESS_MAX` with probability 1e-7 if the probabilities are the true
 * ones. Cells that expect fewer than 10 are taken together.
 */
export function goodnessScore(observed: readonly number[], probabilities: readonly number[]): number {
  const total = observed.reduce((sum, count) => sum + count, 0);
  let [statistic, cells] = [0, 0];
  let rest = { seen: 0, expected: 0 };
  const account = (seen: number, expected: number) => {
    statistic += (seen - expected) ** 2 / expected;
    cells += 1;
  };
  observed.forEach((seen, cell) => {
    const expected = total * probabilities[cell]!;
    if (expected >= 10) account(seen, expected);
    else rest = { seen: rest.seen + seen, expected: rest.expected + expected };
  });
  if (rest.expected >= 10) account(rest.seen, rest.expected);
  const freedom = cells - 1;
  const spread = 2 / (9 * freedom);
  return (Math.cbrt(statistic / freedom) - (1 - spread)) / Math.sqrt(spread);
}

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
