/** A fixed shuffle of 0…size−1 that needs no memory: i ↦ (i · stride + offset) mod size, stride prime to size. */
export interface Permutation {
  readonly size: number;
  at(index: number): number;
  /** The inverse of `at`. */
  indexOf(value: number): number;
}

const GOLDEN = 0.6180339887498949;

/** INVARIANT: size ≤ 2^26 · 1.6, so that index · stride stays below 2^53. */
export function createPermutation(size: number, offset: number): Permutation {
  const stride = strideOf(size);
  const inverse = inverseOf(stride, size);
  const shift = offset % size;
  return {
    size,
    at: (index) => (index * stride + shift) % size,
    indexOf: (value) => (((value - shift + size) % size) * inverse) % size,
  };
}

/** The number prime to `size` nearest above its golden section: neighbours land far apart and cover evenly. */
function strideOf(size: number): number {
  let stride = Math.max(1, Math.floor(size * GOLDEN));
  while (greatestCommonDivisor(stride, size) !== 1) stride++;
  return stride;
}

function greatestCommonDivisor(a: number, b: number): number {
  return b === 0 ? a : greatestCommonDivisor(b, a % b);
}

/** Extended Euclid: x with value · x ≡ 1 (mod size). */
function inverseOf(value: number, size: number): number {
  let [r0, r1, x0, x1] = [size, value % size, 0, 1];
  while (r1 !== 0) {
    const quotient = Math.floor(r0 / r1);
    [r0, r1, x0, x1] = [r1, r0 - quotient * r1, x1, x0 - quotient * x1];
  }
  return ((x0 % size) + size) % size;
}
