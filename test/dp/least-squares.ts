/** x of least ‖Ax − b‖², A of full rank: Gaussian elimination with pivots over AᵀA. */
export function solved(a: readonly (readonly number[])[], b: readonly number[]): readonly number[] {
  const size = a[0]!.length;
  const system = Array.from({ length: size }, (_, i) => [
    ...Array.from({ length: size }, (_entry, j) => a.reduce((sum, row) => sum + row[i]! * row[j]!, 0)),
    a.reduce((sum, row, at) => sum + row[i]! * b[at]!, 0),
  ]);
  for (let column = 0; column < size; column += 1) {
    const below = system.slice(column).map((row) => Math.abs(row[column]!));
    const pivot = column + below.indexOf(Math.max(...below));
    [system[column], system[pivot]] = [system[pivot]!, system[column]!];
    const head = system[column]!;
    for (const [index, row] of system.entries()) {
      if (index === column) continue;
      const factor = row[column]! / head[column]!;
      for (let at = column; at <= size; at += 1) row[at]! -= factor * head[at]!;
    }
  }
  return system.map((row, index) => row[size]! / row[index]!);
}
