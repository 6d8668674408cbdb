/** A run of places that share one value, `sum / places`. */
interface Run {
  readonly sum: bigint;
  readonly places: bigint;
}

/**
 * The never falling sequence nearest to the given one in squares (pool adjacent violators), in whole numbers rounded down.
 * For numbers with a few bits to spare.
 */
export function neverFalling(values: readonly bigint[]): readonly bigint[] {
  const runs: Run[] = [];
  for (const value of values) {
    let run: Run = { sum: value, places: 1n };
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
  return runs.flatMap(({ sum, places }) => new Array<bigint>(Number(places)).fill(floorDivide(sum, places)));
}

/** ⌊a / b⌋ for b > 0. */
export function floorDivide(a: bigint, b: bigint): bigint {
  const quotient = a / b;
  return a < 0n && quotient * b !== a ? quotient - 1n : quotient;
}
