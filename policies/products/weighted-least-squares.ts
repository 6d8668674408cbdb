/** One group: what it is explained by, what is explained, and how much it weighs (> 0). */
export interface Observation {
  readonly features: readonly number[];
  readonly target: number;
  readonly weight: number;
}

export interface LinearFit {
  readonly intercept: number;
  readonly slopes: readonly number[];
  /** In [0, 1]; 0 where the target does not vary. */
  readonly rSquared: number;
  /** Largest share of a group in its own fitted value, in (0, 1]. At 1 the model says what that group's value is. */
  readonly leverageMax: number;
}

/** Of standardised features; below it one of them is the others' sum as far as doubles tell. */
const PIVOT_MIN = 1e-8;

/**
 * Weighted least squares with an intercept, over standardised features by Cholesky's decomposition (Golub & Van Loan, Matrix Computations,
 * 4th ed., 5.3.2 and 4.2.3).
 *
 * @returns null where the features do not determine it: one is constant, or follows from others.
 */
export function weightedLeastSquares(observations: readonly Observation[]): LinearFit | null {
  const total = sum(observations.map(({ weight }) => weight));
  const mean = (of: (one: Observation) => number) => sum(observations.map((one) => one.weight * of(one))) / total;
  const width = observations[0]?.features.length ?? 0;
  const means = range(width).map((k) => mean(({ features }) => features[k] ?? 0));
  const spreads = means.map((centre, k) => Math.sqrt(mean(({ features }) => ((features[k] ?? 0) - centre) ** 2)));
  const targetMean = mean(({ target }) => target);
  const standard = observations.map(({ features }) =>
    means.map((centre, k) => ((features[k] ?? 0) - centre) / (spreads[k] ?? 1)),
  );
  const gram = range(width).map((j) =>
    range(width).map((k) =>
      sum(observations.map(({ weight }, i) => (weight / total) * at(standard, i, j) * at(standard, i, k))),
    ),
  );
  const moments = range(width).map((j) =>
    sum(observations.map(({ weight, target }, i) => (weight / total) * at(standard, i, j) * (target - targetMean))),
  );
  const root = cholesky(gram);
  if (root === null) return null;
  const standardSlopes = solve(root, moments);
  const slopes = standardSlopes.map((slope, k) => slope / (spreads[k] ?? 1));
  const intercept = targetMean - sum(slopes.map((slope, k) => slope * (means[k] ?? 0)));
  const variance = mean(({ target }) => (target - targetMean) ** 2);
  const explained = sum(standardSlopes.map((slope, k) => slope * (moments[k] ?? 0)));
  const leverages = observations.map(
    ({ weight }, i) => (weight / total) * (1 + sum(forward(root, standard[i] ?? []).map((value) => value ** 2))),
  );
  return {
    intercept,
    slopes,
    rSquared: variance === 0 ? 0 : Math.min(1, Math.max(0, explained / variance)),
    leverageMax: Math.max(...leverages),
  };
}

/** The lower triangle whose product with its transpose is the matrix; null where that is not positive definite. */
function cholesky(matrix: readonly (readonly number[])[]): readonly (readonly number[])[] | null {
  const root: number[][] = [];
  for (const j of range(matrix.length)) {
    const row: number[] = [];
    for (const k of range(j)) {
      const rest = at(matrix, j, k) - sum(range(k).map((i) => (row[i] ?? 0) * at(root, k, i)));
      row.push(rest / at(root, k, k));
    }
    const pivot = at(matrix, j, j) - sum(row.map((value) => value ** 2));
    if (!(pivot > PIVOT_MIN)) return null;
    root.push([...row, Math.sqrt(pivot)]);
  }
  return root;
}

function forward(root: readonly (readonly number[])[], right: readonly number[]): readonly number[] {
  const found: number[] = [];
  for (const j of range(root.length))
    found.push(((right[j] ?? 0) - sum(found.map((value, k) => value * at(root, j, k)))) / at(root, j, j));
  return found;
}

function solve(root: readonly (readonly number[])[], right: readonly number[]): readonly number[] {
  const half = forward(root, right);
  const found: number[] = [];
  for (const j of range(root.length).reverse()) {
    const known = sum(range(root.length).map((k) => (k > j ? at(root, k, j) * (found[k] ?? 0) : 0)));
    found[j] = ((half[j] ?? 0) - known) / at(root, j, j);
  }
  return found;
}

const range = (count: number): number[] => Array.from({ length: count }, (_, index) => index);
const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);
const at = (matrix: readonly (readonly number[])[], row: number, column: number): number => matrix[row]?.[column] ?? 0;
