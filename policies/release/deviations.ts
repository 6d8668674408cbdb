import { assert } from '../errors.ts';
import type { Tail } from '../sql/uncertainty/released-ends.ts';

const SHARE_OUTSIDE = 0.05;

/**
 * How many standard deviations either side of a noisy number hold it with 1 − 5%/`draws`: where an interval stands on several draws, each has its
 * part of the 5% (Bonferroni), and all hold together with 95%. Rounded up.
 * Source: Q(z) < 4φ(z) / (3z + √(z² + 8)) (Sampford 1953); sub-Gaussian: P(|X| ≥ t) ≤ 2·exp(−t²/2σ²), Canonne, Kamath and Steinke 2020, Corollary 17.
 */
export function deviationsOf(draws: number, tail: Tail): number {
  assert(draws >= 1, 'an interval stands on some draw');
  const outside = SHARE_OUTSIDE / draws;
  if (tail === 'sub-gaussian') return Math.sqrt(2 * Math.log(2 / outside));
  let [low, high] = [0, 40];
  while (high - low > 1e-9) {
    const middle = (low + high) / 2;
    if (twoSided(middle) > outside) low = middle;
    else high = middle;
  }
  return high;
}

/** At most P(|N(0, 1)| > z) times 1.003. */
function twoSided(z: number): number {
  const density = Math.exp(-(z ** 2) / 2) / Math.sqrt(2 * Math.PI);
  return (8 * density) / (3 * z + Math.sqrt(z ** 2 + 8));
}
