import { assert } from '#policies/stored-tables';
import { type Code, get, i32, i64, set, upTo, VECTOR, v128, WORD, wasmModule } from '../wasm/wasm-code.ts';
import { DATA_PRIMES, DEGREE } from './bgv-parameters.ts';

/**
 * Sums of ciphertexts and of products of ciphertext and mask, without a reduction at each step: residues of 45 bits are kept in two limbs
 * of 23 and 22 bits, so that products of limbs add up in words of 64 bits and are reduced once, at the end. All of it is exact modulo the
 * primes, so that a sum is the one that SEAL comes to, bit for bit (PROOF.md).
 *
 * Layouts, for each four residues: `limbs`, the four low ones and then the four high ones, 32 bits each; `sum`, four words of weight 1, four of
 * weight 2^23 and four of weight 2^46.
 */
const LANES = 4;
const RESIDUE_BITS = 45;
const LIMB_BITS = 23;
const LIMBS_STEP = 2 * VECTOR;
const SUM_STEP = 6 * VECTOR;
/** Of one polynomial modulo one prime. */
export const LIMBS_BYTES = (DEGREE / LANES) * LIMBS_STEP;
export const SUM_BYTES = (DEGREE / LANES) * SUM_STEP;
/** Most terms of a sum before it is reduced: each adds less than 2^46 to a word. */
export const TERMS_MAX = 2 ** 16;
/** Most blocks whose limbs are added up as they are: 2^9 of 23 bits have 32. */
export const BLOCKS_MAX = 2 ** (32 - LIMB_BITS);

export interface ResidueKernel {
  /** `count` words, a multiple of 4, into limbs. */
  split(words: number, limbs: number, count: number): void;
  /** Adds limbs without carrying: `bytes` of those at each address in the list `blocks` up to `end`. */
  addLimbs(sum: number, bytes: number, blocks: number, end: number): void;
  /** One polynomial: adds the products of the residues of pairs. `pairs` up to `end`: where the limbs of two polynomials are, each. */
  addProducts(sum: number, pairs: number, end: number): void;
  /** One polynomial: the words of `sum` modulo `prime`. */
  reduce(sum: number, words: number, prime: bigint): void;
  /** One polynomial: adds the words at `other` modulo `prime`. */
  addWords(words: number, other: number, prime: bigint): void;
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

const UNROLLED = 4;

function addLimbs() {
  const [sum, bytes, blocks, end, at, offset, from] = [0, 1, 2, 3, 4, 5, 6] as const;
  const vectors = Array.from({ length: UNROLLED }, (_, place) => ({ vector: 7 + place, place: place * VECTOR }));
  return {
    parameters: ['i32', 'i32', 'i32', 'i32'],
    locals: ['i32', 'i32', 'i32', ...vectors.map(() => 'v128' as const)],
    body: upTo(offset, get(bytes), UNROLLED * VECTOR, [
      ...vectors.flatMap(({ vector, place }) => set(vector, v128.load(get(sum), place))),
      ...set(at, get(blocks)),
      ...upTo(at, get(end), 4, [
        ...set(from, i32.add(i32.load(get(at)), get(offset))),
        ...vectors.flatMap(({ vector, place }) =>
          set(vector, v128.addHalves(get(vector), v128.load(get(from), place))),
        ),
      ]),
      ...vectors.flatMap(({ vector, place }) => v128.store(get(sum), get(vector), place)),
      ...set(sum, i32.add(get(sum), i32.of(UNROLLED * VECTOR))),
    ]),
  } as const;
}

/** Both primes are 2^45 − c with c below 2^19: what stands above 45 bits counts c times below. */
const COMPLEMENT_BITS = 19n;
assert(
  DATA_PRIMES.every((prime) => complementOf(prime) > 0n && complementOf(prime) < 1n << COMPLEMENT_BITS),
  'the primes are just below a power of two',
);

function complementOf(prime: bigint): bigint {
  return (1n << BigInt(RESIDUE_BITS)) - prime;
}

const lowBits = (value: Code, bits: number) => v128.and(value, v128.words((1n << BigInt(bits)) - 1n));
const highBits = (value: Code, bits: number) => v128.shiftWordsRight(value, bits);
/** Of words below 2^32 with the same half four times. */
const timesHalf = (value: Code, half: Code) => v128.multiplyFirst(v128.lowHalves(value, value), half);
/** A word below 2^64 to one below 2^45 + 2^38 of its class. */
const folded = (value: Code, complement: Code) =>
  v128.addWords(lowBits(value, RESIDUE_BITS), timesHalf(highBits(value, RESIDUE_BITS), complement));
/** What is below twice the prime, in the local `value`, to its residue. */
const reducedOnce = (value: number, prime: number): Code => [
  ...set(value, v128.subtractWords(get(value), get(prime))),
  ...set(value, v128.addWords(get(value), v128.and(get(prime), v128.greaterWords(v128.words(0n), get(value))))),
];

/** Of h·2^46 + m·2^23 + l, each below 2^62: h goes into m and l, m into l, by 2^45 ≡ c and two parts of 23 or 22 bits. */
function reduce() {
  const [sum, words, primeOf, end] = [0, 1, 2, 3] as const;
  const [prime, complement, twice, low, middle, high] = [4, 5, 6, 7, 8, 9] as const;
  const complementHalf = i64.toI32(i64.sub(i64.of(1n << BigInt(RESIDUE_BITS)), get(primeOf)));
  const residuesAt = (place: number): Code => [
    ...set(high, folded(v128.load(get(sum), 4 * VECTOR + place), get(complement))),
    ...set(
      middle,
      v128.addWords(v128.load(get(sum), 2 * VECTOR + place), timesHalf(highBits(get(high), LIMB_BITS), get(twice))),
    ),
    ...set(low, v128.addWords(v128.load(get(sum), place), timesHalf(lowBits(get(high), LIMB_BITS), get(twice)))),
    ...set(middle, folded(get(middle), get(complement))),
    ...set(low, v128.addWords(get(low), timesHalf(highBits(get(middle), RESIDUE_BITS - LIMB_BITS), get(complement)))),
    ...set(
      low,
      v128.addWords(get(low), v128.shiftWordsLeft(lowBits(get(middle), RESIDUE_BITS - LIMB_BITS), LIMB_BITS)),
    ),
    ...set(low, folded(get(low), get(complement))),
    ...reducedOnce(low, prime),
    ...v128.store(get(words), get(low), place),
  ];
  return {
    parameters: ['i32', 'i32', 'i64'],
    locals: ['i32', 'v128', 'v128', 'v128', 'v128', 'v128', 'v128'],
    body: [
      ...set(end, i32.add(get(sum), i32.of(SUM_BYTES))),
      ...set(prime, v128.sameWords(get(primeOf))),
      ...set(complement, v128.sameHalves(complementHalf)),
      ...set(twice, v128.addHalves(get(complement), get(complement))),
      ...upTo(sum, get(end), SUM_STEP, [
        ...residuesAt(0),
        ...residuesAt(VECTOR),
        ...set(words, i32.add(get(words), i32.of(2 * VECTOR))),
      ]),
    ],
  } as const;
}

function addWords() {
  const [words, other, primeOf, end, prime, word] = [0, 1, 2, 3, 4, 5] as const;
  return {
    parameters: ['i32', 'i32', 'i64'],
    locals: ['i32', 'v128', 'v128'],
    body: [
      ...set(end, i32.add(get(words), i32.of(DEGREE * WORD))),
      ...set(prime, v128.sameWords(get(primeOf))),
      ...upTo(words, get(end), VECTOR, [
        ...set(word, v128.addWords(v128.load(get(words)), v128.load(get(other)))),
        ...reducedOnce(word, prime),
        ...v128.store(get(words), get(word)),
        ...set(other, i32.add(get(other), i32.of(VECTOR))),
      ]),
    ],
  } as const;
}

const KERNEL = wasmModule({
  split: split(),
  addLimbs: addLimbs(),
  addProducts: addProducts(),
  reduce: reduce(),
  addWords: addWords(),
});
