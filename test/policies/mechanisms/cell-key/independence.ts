/** Pearson's chi² test of independence on pairs, and what it is compared with. */

export type Pair = readonly [first: bigint, second: bigint];

/** How surprising the pairs are under independence: standard normal in its upper tail (Wilson, Hilferty 1931). */
export function dependenceScore(pairs: readonly Pair[]): number {
  const rows = binned(pairs.map(([first]) => first));
  const columns = binned(pairs.map(([, second]) => second));
  const seen = new Map<string, number>();
  for (const [k] of pairs.entries()) {
    const cell = `${rows.of[k]},${columns.of[k]}`;
    seen.set(cell, (seen.get(cell) ?? 0) + 1);
  }
  let statistic = 0;
  for (const [row, inRow] of rows.sizes.entries()) {
    for (const [column, inColumn] of columns.sizes.entries()) {
      const expected = (inRow * inColumn) / pairs.length;
      statistic += ((seen.get(`${row},${column}`) ?? 0) - expected) ** 2 / expected;
    }
  }
  const freedom = (rows.sizes.length - 1) * (columns.sizes.length - 1);
  const spread = 2 / (9 * freedom);
  return (Math.cbrt(statistic / freedom) - (1 - spread)) / Math.sqrt(spread);
}

/** Classes of neighbouring values, each with a twentieth of all at least, so that expected cells are not thin. */
function binned(values: readonly bigint[]): { readonly of: readonly number[]; readonly sizes: readonly number[] } {
  const distinct = [...new Set(values)].sort((a, b) => Number(a - b));
  const classOf = new Map<bigint, number>();
  const sizes = [0];
  for (const value of distinct) {
    if (sizes.at(-1)! * 20 >= values.length) sizes.push(0);
    classOf.set(value, sizes.length - 1);
    sizes[sizes.length - 1]! += values.filter((one) => one === value).length;
  }
  if (sizes.length > 1 && sizes.at(-1)! * 20 < values.length) {
    const thin = sizes.pop()!;
    sizes[sizes.length - 1]! += thin;
  }
  return { of: values.map((value) => Math.min(classOf.get(value)!, sizes.length - 1)), sizes };
}

export function correlation(pairs: readonly Pair[]): number {
  const mean = (of: (pair: Pair) => number): number => pairs.reduce((sum, pair) => sum + of(pair), 0) / pairs.length;
  const [a, b] = [mean(([first]) => Number(first)), mean(([, second]) => Number(second))];
  const cross = mean(([first, second]) => (Number(first) - a) * (Number(second) - b));
  const first = mean(([one]) => (Number(one) - a) ** 2);
  const second = mean(([, one]) => (Number(one) - b) ** 2);
  return cross / Math.sqrt(first * second);
}
