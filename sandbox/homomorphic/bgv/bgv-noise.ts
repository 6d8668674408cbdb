import { DATA_MODULUS, DEGREE, ERROR_MAX, PLAIN_MODULUS, SPECIAL_PRIME } from './bgv-parameters.ts';

/**
 * Noise of `bgv-v1`, worst case and in whole numbers: a ciphertext decrypts to m + t·e reduced modulo q, and is right while
 * |m + t·e| < q/2. Below is a bound of |m + t·e| for every message, mask and random choice (PROOF.md).
 */

/** With the secret key: m + t·e with |m| < t and |e| ≤ 21. With the public one: two products with a ternary polynomial more, scaled down. */
export function freshNoiseMax(key: 'public' | 'secret'): bigint {
  if (key === 'secret') return PLAIN_MODULUS * (1n + ERROR_MAX);
  const degree = BigInt(DEGREE);
  const beforeScaling = ERROR_MAX * (2n * degree + 1n);
  const scaled = beforeScaling / SPECIAL_PRIME + 1n;
  const rounding = (degree + 1n) / 2n + 1n;
  return PLAIN_MODULUS * (1n + scaled + rounding);
}

/**
 * After masks and additions. A mask with coefficients w multiplies a bound by at most Σ|w|, and bounds of sums add: so only the sum
 * of the sizes of all weights of all rows counts. Blinding adds a plaintext.
 * @param weightSum Σ|w| over the rows of the sum
 */
export function sumNoiseMax(weightSum: bigint, key: 'public' | 'secret'): bigint {
  return freshNoiseMax(key) * weightSum + PLAIN_MODULUS;
}

/** Bits of room that are surely left, as SEAL counts them; negative where decryption may fail. */
export function provenBudgetBits(weightSum: bigint, key: 'public' | 'secret'): number {
  return bits(DATA_MODULUS) - bits(sumNoiseMax(weightSum, key)) - 1;
}

export function isDecryptable(weightSum: bigint, key: 'public' | 'secret'): boolean {
  return 2n * sumNoiseMax(weightSum, key) < DATA_MODULUS;
}

function bits(value: bigint): number {
  return value.toString(2).length;
}
