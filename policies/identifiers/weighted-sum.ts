/** Σ weights[i] · value(text[i]), where value is the place of a character in `alphabet`; null at a foreign character. */
export function weightedSum(text: string, alphabet: string, weights: readonly number[]): number | null {
  let sum = 0;
  for (const [i, weight] of weights.entries()) {
    const value = alphabet.indexOf(text.charAt(i));
    if (value < 0 || i >= text.length) return null;
    sum += value * weight;
  }
  return sum;
}
