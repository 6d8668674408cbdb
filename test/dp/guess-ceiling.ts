/** Φ(√(2ρ)/2), by its series: how often one bit of one unit is guessed at best, after all that costs ρ (Gaussian mechanism). */
export function guessCeiling(rho: number): number {
  const x = Math.sqrt(2 * rho) / 2;
  let [term, sum] = [x, x];
  for (let k = 1; k < 40; k += 1) {
    term *= x ** 2 / (2 * k + 1);
    sum += term;
  }
  return 0.5 + (sum * Math.exp(-(x ** 2) / 2)) / Math.sqrt(2 * Math.PI);
}
