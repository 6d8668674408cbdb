/** One observation of a noisy answer: its numbers in order, and the rest of it as text. */
export interface Observation {
  readonly pattern: string;
  readonly numbers: readonly number[];
}

/**
 * Whether one look tells two worlds apart, as far as so many looks at each can show: no text occurs in both, or some
 * number is always smaller in one world than in the other. With ten looks each and equal distributions the latter has
 * p = 2 / C(20, 10) ≈ 1e-5 per number.
 */
export function separates(a: readonly Observation[], b: readonly Observation[]): boolean {
  const texts = new Set(a.map(({ pattern }) => pattern));
  const shared = b.filter(({ pattern }) => texts.has(pattern));
  if (shared.length === 0) return a.length > 0;
  if (texts.size > 1 || shared.length < b.length) return false;
  return a[0]!.numbers.some((_, place) => {
    const [x, y] = [a, b].map((side) => side.map(({ numbers }) => numbers[place]!));
    return Math.max(...x!) < Math.min(...y!) || Math.max(...y!) < Math.min(...x!);
  });
}
