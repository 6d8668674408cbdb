import { assert } from '../../errors.ts';
import { discreteGaussian } from '../discrete-gaussian/discrete-gaussian.ts';
import { discreteLaplace } from '../discrete-laplace/discrete-laplace.ts';
import type { RandomSource } from '../exact-sampling/random-source.ts';
import type { SymmetricNoise } from '../exact-sampling/symmetric-noise.ts';
import type { Exact } from '../suppression/exact.ts';

/** Which noise: a Gaussian of a variance on the public grid (`gridVariance`), or a Laplace of a scale. */
export interface NoiseKind {
  readonly family: 'discrete-gaussian' | 'discrete-laplace';
  /** Variance of the Gaussian, scale of the Laplace. */
  readonly parameter: Exact;
}

interface Pool {
  readonly noise: SymmetricNoise;
  readonly values: bigint[];
}

export const gaussianKind = (parameter: Exact): NoiseKind => ({ family: 'discrete-gaussian', parameter });

/** Equal for equal distributions only. */
export const kindName = ({ family, parameter }: NoiseKind): string => `${family} ${parameter.top}/${parameter.bottom}`;

/** Values drawn at once: whole batches, so that how long one of them takes to draw is lost among many. */
export const POOL_BATCH = 512;
const POOLS_MAX = 64;

/**
 * Noise drawn ahead of use.
 *
 * Guarantee: each value is handed out once. What drawing takes tells nothing of the value that a given number gets: values come
 * in batches of one size, and when a batch is drawn depends on how many were asked for, never on a value.
 * INVARIANT of the caller: `count` is public or is released anyway (groups of a declared domain, groups that show), never a function of
 * values; what is not needed is dropped, never put back. Whole batches, whose number may be the data's, leave the pool as it was.
 * Limits: kinds beyond 64 displace the one longest unused, with its values.
 */
export class NoisePool {
  readonly #source: RandomSource;
  readonly #pools = new Map<string, Pool>();

  constructor(source: RandomSource) {
    this.#source = source;
  }

  /** `count` values, independent of each other and of all that were taken before. */
  take(kind: NoiseKind, count: number): readonly bigint[] {
    assert(Number.isSafeInteger(count) && count >= 0, 'a number of values');
    const { noise, values } = this.#pool(kind);
    while (values.length < count) this.#drawBatch(noise, values);
    return values.splice(values.length - count, count);
  }

  #drawBatch(noise: SymmetricNoise, values: bigint[]): void {
    for (let drawn = 0; drawn < POOL_BATCH; drawn += 1) values.push(noise.sample(this.#source));
  }

  /** The kind's pool, now the one last used. */
  #pool(kind: NoiseKind): Pool {
    const name = kindName(kind);
    const pool = this.#pools.get(name) ?? { noise: samplerOf(kind), values: [] };
    this.#pools.delete(name);
    this.#pools.set(name, pool);
    if (this.#pools.size > POOLS_MAX) this.#pools.delete(this.#pools.keys().next().value!);
    return pool;
  }
}

function samplerOf({ family, parameter }: NoiseKind): SymmetricNoise {
  return family === 'discrete-gaussian' ? discreteGaussian(parameter) : discreteLaplace(parameter);
}
