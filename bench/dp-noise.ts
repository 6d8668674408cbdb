import { createHash, randomFillSync } from 'node:crypto';
import { discreteGaussian } from '../policies/mechanisms/discrete-gaussian/discrete-gaussian.ts';
import { RandomSource } from '../policies/mechanisms/exact-sampling/random-source.ts';
import { referenceGaussian } from '../test/policies/mechanisms/discrete-gaussian/reference-sampler.ts';
import { seededSource } from '../test/policies/mechanisms/exact-sampling/seeded-source.ts';

const SEED = 20_261_127;
const RUNS = 5;
/** Deviations of a count, of a count with many groups, of sums of amounts, of sums beyond 2^53. */
const DEVIATIONS = [1n, 10n, 100n, 10n ** 5n, 10n ** 10n, 10n ** 17n];

/**
 * Exact discrete Gaussian noise per second of processor time, one thread, bytes of OpenSSL's generator. Reference: the algorithm of Canonne, Kamath
 * and Steinke over the same source. The hash is that of seeded draws.
 */
export function noiseFigures(tiny: boolean, log: (line: string) => void): Record<string, unknown> {
  const source = new RandomSource((bytes) => {
    randomFillSync(bytes);
  });
  const perSecond = DEVIATIONS.map((deviation) => {
    const variance = { top: deviation ** 2n, bottom: 1n };
    const noise = discreteGaussian(variance);
    const ours = rate(tiny ? 20_000 : 1_000_000, () => noise.sample(source));
    const reference = rate(tiny ? 1000 : 20_000, () => referenceGaussian(source, variance));
    log(`σ = ${deviation}: ${ours} values/s, by the paper's algorithm ${reference}`);
    return { deviation: String(deviation), ours, reference };
  });
  const geometricMean = (rates: readonly number[]) =>
    Math.round(Math.exp(rates.reduce((sum, value) => sum + Math.log(value), 0) / rates.length));
  return {
    noise_samples_per_s: geometricMean(perSecond.map(({ ours }) => ours)),
    noise_samples_per_s_reference: geometricMean(perSecond.map(({ reference }) => reference)),
    noise_by_deviation: perSecond,
    noise_seed: SEED,
    noise_sha256: seededDigest(),
  };
}

/** Median over runs, after one that warms up. */
function rate(draws: number, draw: () => bigint): number {
  const rates = Array.from({ length: RUNS + 1 }, () => {
    const start = process.cpuUsage();
    for (let i = 0; i < draws; i += 1) draw();
    const { user, system } = process.cpuUsage(start);
    return (draws * 1e6) / (user + system);
  });
  return Math.round(rates.slice(1).toSorted((a, b) => a - b)[Math.floor(RUNS / 2)]!);
}

function seededDigest(): string {
  const hash = createHash('sha256');
  for (const deviation of DEVIATIONS) {
    const noise = discreteGaussian({ top: deviation ** 2n, bottom: 1n });
    const source = seededSource(SEED);
    for (let i = 0; i < 1000; i += 1) hash.update(`${noise.sample(source)} `);
  }
  return hash.digest('hex').slice(0, 16);
}
