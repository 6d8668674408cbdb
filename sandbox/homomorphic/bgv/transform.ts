import { DATA_PRIMES, DEGREE, ROOTS } from './bgv-parameters.ts';
import { openTransformKernel } from './transform-kernel.ts';

/** Largest size of a coefficient that is transformed. */
export const COEFFICIENT_MAX = 2 ** 49;

/**
 * A polynomial modulo one of the data primes: `DEGREE` whole numbers as doubles, at most `COEFFICIENT_MAX` in size, into its values at the
 * roots of X^n + 1, in place, as words below the prime. The order is SEAL's.
 */
export type Transform = (values: number) => void;

const WORD_BYTES = 8;
const VALUES_BYTES = DEGREE * WORD_BYTES;
/** A root and its quotient by the prime. */
const ROOT_BYTES = 2 * WORD_BYTES;

/** For each of the data primes. @param isFused given in tests alone */
export function openTransforms(
  memory: WebAssembly.Memory,
  allocate: (bytes: number) => { readonly address: number },
  isFused?: boolean,
): readonly Transform[] {
  const kernel = openTransformKernel(memory, isFused);
  return DATA_PRIMES.map((prime, at) => {
    const roots = allocate(DEGREE * ROOT_BYTES).address;
    const p = Number(prime);
    new Float64Array(memory.buffer, roots, 2 * DEGREE).set(
      rootsInOrder(ROOTS[at]!, prime).flatMap((root) => [Number(root), Number(root) / p]),
    );
    return (values) => {
      const end = values + VALUES_BYTES;
      let gap = VALUES_BYTES / 2;
      let stretches = 1;
      for (; gap > WORD_BYTES; gap /= 2, stretches *= 2)
        kernel.level(values, end, gap, roots + stretches * ROOT_BYTES, p);
      kernel.lastLevel(values, end, roots + stretches * ROOT_BYTES, p);
      kernel.residues(values, end, p, 1 / p);
    };
  });
}

/** The powers of the root, that of `i` at the place of `i` with its bits reversed. */
function rootsInOrder(root: bigint, prime: bigint): readonly bigint[] {
  const powers: bigint[] = Array.from({ length: DEGREE });
  let power = 1n;
  for (let at = 0; at < DEGREE; at += 1) {
    powers[reversed(at)] = power;
    power = (power * root) % prime;
  }
  return powers;
}

const DEGREE_BITS = Math.log2(DEGREE);

function reversed(at: number): number {
  let bits = 0;
  for (let bit = 0; bit < DEGREE_BITS; bit += 1) bits |= ((at >> bit) & 1) << (DEGREE_BITS - 1 - bit);
  return bits;
}
