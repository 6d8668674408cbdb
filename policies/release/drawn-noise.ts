import { type FillRandom, RandomSource } from '../mechanisms/exact-sampling/random-source.ts';
import { NoisePool } from '../mechanisms/noise-pool/noise-pool.ts';
import { NoisyThreshold, type ThresholdParameters } from '../mechanisms/partition-selection/noisy-threshold.ts';
import type { PrivacyNoise } from './private-groups.ts';

/** Thresholds are remembered for so many parameters. */
const THRESHOLDS_MAX = 32;

/** Noise of mode `dp` out of random bytes: one per gateway, whose pool all answers share. */
export function drawnNoise(fill: FillRandom): PrivacyNoise {
  const pool = new NoisePool(new RandomSource(fill));
  const thresholds = new Map<string, NoisyThreshold>();
  const thresholdOf = (selection: ThresholdParameters): NoisyThreshold => {
    const { variance, delta, unitsMin } = selection;
    const name = [variance.top, variance.bottom, delta.top, delta.bottom, unitsMin].join();
    const threshold = thresholds.get(name) ?? new NoisyThreshold(selection);
    thresholds.set(name, threshold);
    if (thresholds.size > THRESHOLDS_MAX) thresholds.delete(thresholds.keys().next().value!);
    return threshold;
  };
  return {
    take: (kind, count) => pool.take(kind, count),
    // SAD PATH: how often this is called is the data's; the pool's PROOF.md says what of it shows.
    keeps(selection, units) {
      const threshold = thresholdOf(selection);
      const [noise] = pool.take(threshold.noise, 1);
      return threshold.keeps(units, noise!);
    },
  };
}
