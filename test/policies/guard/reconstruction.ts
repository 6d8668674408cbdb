/** Linear reconstruction of secret bits from sums over known subsets: the best linear guess, for any number of answers. */

/**
 * Minimum-norm least squares around one half: x = ½ + Aᵀ(AAᵀ + λI)⁻¹(b − A½), where λ is the noise's variance over the
 * bits' ¼. With exact answers and as many independent subsets as bits it is the exact solution. Source: Dinur, Nissim 2003
 * with the projection of Kasiviswanathan, Rudelson, Smith, Ullman, STOC 2010.
 */
export function reconstruct(
  subsets: readonly (readonly number[])[],
  sums: readonly number[],
  bits: number,
  noiseVariance = 0,
): readonly number[] {
  const rows = subsets.map((subset) => {
    const row = new Float64Array(bits);
    for (const member of subset) row[member] = 1;
    return row;
  });
  const gram = rows.map((a, i) =>
    rows.map(
      (b, j) => a.reduce((sum, value, at) => sum + value * b[at]!, 0) + (i === j ? 4 * noiseVariance + 1e-6 : 0),
    ),
  );
  const centred = sums.map((sum, i) => sum - subsets[i]!.length / 2);
  const weights = solve(gram, centred);
  return Array.from({ length: bits }, (_, bit) => 0.5 + rows.reduce((sum, row, i) => sum + row[bit]! * weights[i]!, 0));
}

/** Gaussian elimination with partial pivoting; a singular direction gets no weight. */
function solve(matrix: readonly (readonly number[])[], right: readonly number[]): readonly number[] {
  const size = right.length;
  const rows = matrix.map((row, i) => [...row, right[i]!]);
  for (let pivot = 0; pivot < size; pivot += 1) {
    let best = pivot;
    for (let row = pivot + 1; row < size; row += 1)
      if (Math.abs(rows[row]![pivot]!) > Math.abs(rows[best]![pivot]!)) best = row;
    [rows[pivot], rows[best]] = [rows[best]!, rows[pivot]!];
    const lead = rows[pivot]![pivot]!;
    if (Math.abs(lead) < 1e-9) continue;
    for (let row = pivot + 1; row < size; row += 1) {
      const factor = rows[row]![pivot]! / lead;
      if (factor !== 0) for (let at = pivot; at <= size; at += 1) rows[row]![at]! -= factor * rows[pivot]![at]!;
    }
  }
  const solution = new Array<number>(size).fill(0);
  for (let row = size - 1; row >= 0; row -= 1) {
    const lead = rows[row]![row]!;
    if (Math.abs(lead) < 1e-9) continue;
    let sum = rows[row]![size]!;
    for (let at = row + 1; at < size; at += 1) sum -= rows[row]![at]! * solution[at]!;
    solution[row] = sum / lead;
  }
  return solution;
}
