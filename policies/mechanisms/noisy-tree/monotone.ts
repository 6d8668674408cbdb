/** A run of places that share one value, `sum / places`. */
interface Run {
  readonly sum: number;
  readonly places: number;
}

/** The never falling sequence nearest to the given one in squares (pool adjacent violators). */
export function neverFalling(values: readonly number[]): readonly number[] {
  const runs: Run[] = [];
  for (const value of values) {
    let run: Run = { sum: value, places: 1 };
    for (
      let last = runs.at(-1);
      last !== undefined && last.sum * run.places >= run.sum * last.places;
      last = runs.at(-1)
    ) {
      run = { sum: last.sum + run.sum, places: last.places + run.places };
      runs.pop();
    }
    runs.push(run);
  }
  return runs.flatMap(({ sum, places }) => new Array<number>(places).fill(sum / places));
}
