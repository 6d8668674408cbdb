const TINY = 1e-7;

/**
 * The least and the greatest of `goal · x` over `x ≥ 0` with `rows · x = rows · truth`: two phases of the simplex
 * method with Bland's rule on a full tableau, in doubles. Slow and plain, for tables of some hundred cells.
 */
export function rangeOf(
  rows: readonly (readonly number[])[],
  truth: readonly number[],
  goal: readonly number[],
): readonly [number, number] {
  const tableau = feasible(rows, truth);
  const greatest = maximise(structuredClone(tableau), goal);
  const least = -maximise(
    structuredClone(tableau),
    goal.map((entry) => -entry),
  );
  return [least, greatest];
}

interface Tableau {
  /** Per row: coefficients, right side last. */
  readonly rows: number[][];
  readonly basis: number[];
}

/** Gaussian elimination to full rank, then a basis that is feasible. */
function feasible(equations: readonly (readonly number[])[], truth: readonly number[]): Tableau {
  const width = truth.length;
  const rows = independent(
    equations.map((row) => [...row, row.reduce((sum, entry, at) => sum + entry * truth[at]!, 0)]),
  );
  const extended = rows.map((row, at) => {
    const sign = row[width]! < 0 ? -1 : 1;
    const artificial = rows.map((_, index) => (index === at ? 1 : 0));
    return [...row.slice(0, width).map((entry) => entry * sign), ...artificial, row[width]! * sign];
  });
  const tableau: Tableau = { rows: extended, basis: rows.map((_, at) => width + at) };
  const reached = maximise(tableau, [...truth.map(() => 0), ...rows.map(() => -1)]);
  if (Math.abs(reached) > 1e-5) throw new Error(`the true table is feasible, but the first phase ends at ${reached}`);
  for (const [at, basic] of tableau.basis.entries()) {
    if (basic < width) continue;
    const column = tableau.rows[at]!.findIndex((entry, index) => index < width && Math.abs(entry) > TINY);
    pivot(tableau, at, column);
  }
  return { rows: tableau.rows.map((row) => [...row.slice(0, width), row.at(-1)!]), basis: tableau.basis };
}

function independent(rows: readonly number[][]): readonly number[][] {
  const kept: number[][] = [];
  for (const row of rows) {
    let rest = row;
    for (const member of kept) {
      const lead = member.findIndex((entry) => Math.abs(entry) > TINY);
      const ratio = rest[lead]! / member[lead]!;
      if (Math.abs(ratio) > TINY) rest = rest.map((entry, at) => entry - ratio * member[at]!);
    }
    if (rest.slice(0, -1).some((entry) => Math.abs(entry) > TINY)) kept.push(rest);
  }
  return kept;
}

function maximise(tableau: Tableau, goal: readonly number[]): number {
  for (;;) {
    const gains = goal.map((entry, at) =>
      tableau.basis.reduce((sum, basic, row) => sum - (goal[basic] ?? 0) * tableau.rows[row]![at]!, entry),
    );
    const enters = gains.findIndex((gain, at) => gain > TINY && !tableau.basis.includes(at));
    if (enters === -1) break;
    const leaves = leavingRow(tableau, enters);
    if (leaves === -1) return Number.POSITIVE_INFINITY;
    pivot(tableau, leaves, enters);
  }
  return tableau.basis.reduce((sum, basic, row) => sum + (goal[basic] ?? 0) * tableau.rows[row]!.at(-1)!, 0);
}

function leavingRow({ rows, basis }: Tableau, column: number): number {
  let best = -1;
  let least = Number.POSITIVE_INFINITY;
  for (const [at, row] of rows.entries()) {
    if (row[column]! <= TINY) continue;
    const ratio = row.at(-1)! / row[column]!;
    if (ratio < least - TINY || (ratio < least + TINY && basis[at]! < (basis[best] ?? Number.POSITIVE_INFINITY)))
      [best, least] = [at, Math.min(ratio, least)];
  }
  return best;
}

function pivot({ rows, basis }: Tableau, at: number, column: number): void {
  const factor = rows[at]![column]!;
  rows[at] = rows[at]!.map((entry) => entry / factor);
  for (const [index, row] of rows.entries()) {
    const ratio = row[column]!;
    if (index !== at && ratio !== 0) rows[index] = row.map((entry, place) => entry - ratio * rows[at]![place]!);
  }
  basis[at] = column;
}
