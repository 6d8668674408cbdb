import { type FillRandom, RandomSource } from '../mechanisms/exact-sampling/random-source.ts';
import { chooseOne } from '../mechanisms/exponential-mechanism/exponential-mechanism.ts';
import { NoisePool } from '../mechanisms/noise-pool/noise-pool.ts';
import { NoisyThreshold } from '../mechanisms/partition-selection/noisy-threshold.ts';
import type { PrivacyNoise } from './private-groups.ts';

/** Thresholds are remembered for so many parameters. */
const THRESHOLDS_MAX = 32;

/** Noise of mode `dp` out of random bytes: one per gateway, whose pool all answers share. */
export function drawnNoise(fill: FillRandom): PrivacyNoise {
  const source = new RandomSource(fill);
  const pool = new NoisePool(source);
  const thresholds = new Map<string, NoisyThreshold>();
  return {
    take: (kind, count) => pool.take(kind, count),
    choose: (utilities, parameters) => chooseOne(source, utilities, parameters),
    threshold(parameters) {
      const { variance, delta, unitsMin } = parameters;
      const name = [variance.top, variance.bottom, delta.top, delta.bottom, unitsMin].join();
      const threshold = thresholds.get(name) ?? new NoisyThreshold(parameters);
      thresholds.set(name, threshold);
      if (thresholds.size > THRESHOLDS_MAX) thresholds.delete(thresholds.keys().next().value!);
      return threshold;
    },
  };
}
