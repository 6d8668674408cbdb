import { get, i32, i64, set, upTo, VECTOR, v128, WORD, wasmModule } from '../wasm/wasm-code.ts';
import { DEGREE } from './bgv-parameters.ts';

/**
 * Sums of ciphertexts and of products of ciphertext and mask, without a reduction at each step: residues of 45 bits are kept in two limbs
 * of 23 and 22 bits, so that products of limbs add up in words of 64 bits and are reduced once, at the end. All of it is exact modulo the
 * primes, so that a sum is the one that SEAL comes to, bit for bit.
 *
 * Layouts, for each four residues: `limbs`, the four low ones and then the four high ones, 32 bits each; `sum`, four words of weight 1, four of
 * weight 2^23 and four of weight 2^46.
 */
const LANES = 4;
const LIMB_BITS = 23;
const LIMBS_STEP = 2 * VECTOR;
const SUM_STEP = 6 * VECTOR;
/** Of one polynomial modulo one prime. */
export const LIMBS_BYTES = (DEGREE / LANES) * LIMBS_STEP;
export const SUM_BYTES = (DEGREE / LANES) * SUM_STEP;
/** Most terms of a sum before it is reduced: each adds less than 2^46 to a word. */
export const TERMS_MAX = 2 ** 16;

export interface ResidueKernel {
  /** `count` words, a multiple of 4, into limbs. */
  split(words: number, limbs: number, count: number): void;
  /** One polynomial: adds the products of the residues of pairs. `pairs` up to `end`: where the limbs of two polynomials are, each. */
  addProducts(sum: number, pairs: number, end: number): void;
  /** One polynomial: the words of `sum` modulo `prime`. */
  reduce(sum: number, words: number, prime: bigint): void;
}

export function openResidueKernel(memory: WebAssembly.Memory): ResidueKernel {
  return new WebAssembly.Instance(KERNEL, { host: { memory } }).exports as ResidueKernel;
}

function split() {
  const [from, to, count, end, low, high] = [0, 1, 2, 3, 4, 5] as const;
  const lowLimb = (word: number) => v128.and(get(word), v128.words(2n ** BigInt(LIMB_BITS) - 1n));
  const highLimb = (word: number) => v128.shiftWordsRight(get(word), LIMB_BITS);
  return {
    parameters: ['i32', 'i32', 'i32'],
    locals: ['i32', 'v128', 'v128'],
    body: [
      ...set(end, i32.add(get(from), i32.shl(get(count), i32.of(3)))),
      ...upTo(from, get(end), LANES * WORD, [
        ...set(low, v128.load(get(from))),
        ...set(high, v128.load(get(from), VECTOR)),
        ...v128.store(get(to), v128.lowHalves(lowLimb(low), lowLimb(high))),
        ...v128.store(get(to), v128.lowHalves(highLimb(low), highLimb(high)), VECTOR),
        ...set(to, i32.add(get(to), i32.of(LIMBS_STEP))),
      ]),
    ],
  } as const;
}

function addProducts() {
  const [sum, pairs, end, at, offset, one, other] = [0, 1, 2, 3, 4, 5, 6] as const;
  const [a0, a1, b0, b1] = [7, 8, 9, 10] as const;
  const words = [11, 12, 13, 14, 15, 16] as const;
  const products = (
    [
      [a0, b0, 0],
      [a0, b1, 2],
      [a1, b0, 2],
      [a1, b1, 4],
    ] as const
  ).flatMap(([a, b, to]) => [
    ...set(words[to], v128.addWords(get(words[to]), v128.multiplyFirst(get(a), get(b)))),
    ...set(words[to + 1]!, v128.addWords(get(words[to + 1]!), v128.multiplyLast(get(a), get(b)))),
  ]);
  return {
    parameters: ['i32', 'i32', 'i32'],
    locals: ['i32', 'i32', 'i32', 'i32', 'v128', 'v128', 'v128', 'v128', ...words.map(() => 'v128' as const)],
    body: upTo(offset, i32.of(LIMBS_BYTES), LIMBS_STEP, [
      ...words.flatMap((word, place) => set(word, v128.load(get(sum), place * VECTOR))),
      ...set(at, get(pairs)),
      ...upTo(at, get(end), 8, [
        ...set(one, i32.add(i32.load(get(at)), get(offset))),
        ...set(other, i32.add(i32.load(get(at), 4), get(offset))),
        ...set(a0, v128.load(get(one))),
        ...set(a1, v128.load(get(one), VECTOR)),
        ...set(b0, v128.load(get(other))),
        ...set(b1, v128.load(get(other), VECTOR)),
        ...products,
      ]),
      ...words.flatMap((word, place) => v128.store(get(sum), get(word), place * VECTOR)),
      ...set(sum, i32.add(get(sum), i32.of(SUM_STEP))),
    ]),
  } as const;
}

/** Of h·2^46 + m·2^23 + l, from the highest word on, by steps that stay below 2^64: a residue has 45 bits, a word of a sum 62. */
function reduce() {
  const [sum, words, prime, end, lane, rest] = [0, 1, 2, 3, 4, 5] as const;
  const modPrime = (value: readonly number[]) => i64.remU(value, get(prime));
  const shifted = (value: readonly number[], bits: bigint) => modPrime(i64.shl(value, i64.of(bits)));
  const timesLimb = (value: readonly number[]) => shifted(shifted(value, 18n), 5n);
  const word = (weight: 0 | 1 | 2) => i64.load(get(lane), 2 * VECTOR * weight);
  const residue = modPrime(i64.add(timesLimb(modPrime(i64.add(timesLimb(modPrime(word(2))), word(1)))), word(0)));
  return {
    parameters: ['i32', 'i32', 'i64'],
    locals: ['i32', 'i32', 'i32'],
    body: [
      ...set(end, i32.add(get(sum), i32.of(SUM_BYTES))),
      ...upTo(sum, get(end), SUM_STEP, [
        ...set(lane, get(sum)),
        ...set(rest, i32.add(get(sum), i32.of(LANES * WORD))),
        ...upTo(lane, get(rest), WORD, [
          ...i64.store(get(words), residue),
          ...set(words, i32.add(get(words), i32.of(WORD))),
        ]),
      ]),
    ],
  } as const;
}

const KERNEL = wasmModule({ split: split(), addProducts: addProducts(), reduce: reduce() });
