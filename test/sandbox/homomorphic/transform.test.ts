/**
 * Goal: the transform in doubles is exact, with and without a product that is rounded once.
 * Method: values at roots from the definition, in whole numbers of any size; coefficients of both signs and of the largest size.
 */
import { expect, it } from 'vitest';
import { seededWords } from '../../../bench/seeded-words.ts';
import { DATA_PRIMES, DEGREE, ROOTS } from '../../../sandbox/homomorphic/bgv/bgv-parameters.ts';
import { COEFFICIENT_MAX, openTransforms } from '../../../sandbox/homomorphic/bgv/transform.ts';

const SEED = 20_261_128n;
console.log(`transform seed ${SEED}`);
const next = seededWords(SEED);
const POINTS = [0, 1, 2, 1_365, 2_048, DEGREE - 1];

const polynomials: Readonly<Record<string, readonly number[]>> = {
  random: Array.from({ length: DEGREE }, () => Number(BigInt.asIntN(50, next()))),
  largest: Array.from({ length: DEGREE }, () => COEFFICIENT_MAX),
  smallest: Array.from({ length: DEGREE }, () => -COEFFICIENT_MAX),
  'largest of either sign': Array.from({ length: DEGREE }, () => (next() % 2n === 0n ? 1 : -1) * COEFFICIENT_MAX),
  'a mask': Array.from({ length: DEGREE }, () => Number(-(next() % 2n))),
};

it.each(Object.keys(polynomials))('%s coefficients', (name) => {
  const coefficients = polynomials[name]!;
  const [fused, halved] = [transformed(coefficients, undefined), transformed(coefficients, false)];
  expect(halved).toEqual(fused);
  for (const [at, prime] of DATA_PRIMES.entries()) {
    expect(fused[at]!.every((word) => word < prime)).toBe(true);
    const values = POINTS.map((point) => valueAt(coefficients, ROOTS[at]!, point, prime));
    expect(POINTS.map((point) => fused[at]![point])).toEqual(values);
  }
});

function transformed(coefficients: readonly number[], isFused: boolean | undefined): readonly BigUint64Array[] {
  const memory = new WebAssembly.Memory({ initial: 8, maximum: 65_536 });
  let address = DEGREE * 8;
  const allocate = (bytes: number) => {
    address += bytes;
    return { address: address - bytes };
  };
  return openTransforms(memory, allocate, isFused).map((transform) => {
    new Float64Array(memory.buffer, 0, DEGREE).set(coefficients);
    transform(0);
    return new BigUint64Array(memory.buffer.slice(0, DEGREE * 8));
  });
}

/** Place `point` is of the root to the power of twice the point, its bits reversed, and one. */
function valueAt(coefficients: readonly number[], root: bigint, point: number, prime: bigint): bigint {
  const reversed = Number.parseInt([...point.toString(2).padStart(12, '0')].toReversed().join(''), 2);
  let base = 1n;
  for (let power = 0; power < 2 * reversed + 1; power += 1) base = (base * root) % prime;
  const value = coefficients.reduceRight((sum, one) => (sum * base + BigInt(one)) % prime, 0n);
  return (value + prime) % prime;
}
