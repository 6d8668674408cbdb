import { assert } from '#policies/stored-tables';
import { DATA_PRIMES, DEGREE } from './bgv-parameters.ts';
import { BLOCKS_MAX, LIMBS_BYTES, openResidueKernel, SUM_BYTES, TERMS_MAX } from './residue-kernel.ts';
import { openTransforms } from './transform.ts';

/** Ciphertexts, masks and sums as residues in memory of their own, outside of SEAL: what grows by a block and a set. */
export interface Residues {
  /** @param words of the two polynomials modulo both primes, as they are serialised */
  ciphertext(words: Uint8Array): ResidueBlock;
  /** In the form of the ciphertexts. @param coefficients `DEGREE` whole numbers, at most 2^49 in size (`COEFFICIENT_MAX`) */
  plaintext(coefficients: Float64Array): ResidueBlock;
  sum(): ResidueSum;
  /** Adds a plaintext to the ciphertext whose words begin at byte `at` of `bytes`. */
  addPlaintext(bytes: Uint8Array, at: number, coefficients: Float64Array): void;
}

export interface ResidueBlock {
  readonly address: number;
  free(): void;
}

/** Σ ciphertext · mask, exactly, modulo both primes. */
export interface ResidueSum {
  add(terms: readonly ResidueTerm[]): void;
  /** Several under one mask: they are added up before they are multiplied. */
  addUnder(mask: ResidueBlock, ciphertexts: readonly ResidueBlock[]): void;
  /** Writes the words of the ciphertext, as they are serialised, from byte `at` of `into` on. The sum is freed. */
  end(into: Uint8Array, at: number): void;
}

export interface ResidueTerm {
  readonly ciphertext: ResidueBlock;
  readonly mask: ResidueBlock;
}

const PRIMES = DATA_PRIMES.length;
const POLYNOMIALS = 2 * PRIMES;
const WORDS_BYTES = 8 * DEGREE;
const PAGE_BYTES = 65_536;
const PAGES_MAX = 65_536;
const ADDRESS_BYTES = 4;
const PAIR_BYTES = 2 * ADDRESS_BYTES;
/** How many terms the kernel takes at once: a sum is read and written once for all of them, and their reads still follow each other. */
const TERMS_AT_ONCE = 8;
/** WHY: at a whole power of two from each other, the same places of all blocks would contend for the same lines of the cache. */
const APART_BYTES = 64;

/** @param termsMax fewer in tests alone */
export function openResidues(termsMax = TERMS_MAX): Residues {
  const memory = new WebAssembly.Memory({ initial: 1, maximum: PAGES_MAX });
  const kernel = openResidueKernel(memory);
  const allocate = openAllocator(memory);
  const transforms = openTransforms(memory, allocate);
  const words = allocate(POLYNOMIALS * WORDS_BYTES);
  const values = allocate(PRIMES * WORDS_BYTES);
  const list = allocate(TERMS_AT_ONCE * PAIR_BYTES);
  const gathered = allocate(POLYNOMIALS * LIMBS_BYTES);
  const empty = ({ address }: ResidueBlock, bytes: number): void =>
    void new Uint8Array(memory.buffer, address, bytes).fill(0);
  const split = (from: ResidueBlock, polynomials: number): ResidueBlock => {
    const limbs = allocate(polynomials * LIMBS_BYTES);
    kernel.split(from.address, limbs.address, polynomials * DEGREE);
    return limbs;
  };
  /** Into `values`. */
  const transform = (coefficients: Float64Array): void => {
    for (const [at, transformed] of transforms.entries()) {
      const address = values.address + at * WORDS_BYTES;
      new Float64Array(memory.buffer, address, DEGREE).set(coefficients);
      transformed(address);
    }
  };
  const addSome = (sum: ResidueBlock, terms: readonly ResidueTerm[]): void => {
    for (let at = 0; at < POLYNOMIALS; at += 1) {
      const pairs = new Uint32Array(memory.buffer, list.address, 2 * terms.length);
      for (const [place, { ciphertext, mask }] of terms.entries()) {
        pairs[2 * place] = ciphertext.address + at * LIMBS_BYTES;
        pairs[2 * place + 1] = mask.address + (at % PRIMES) * LIMBS_BYTES;
      }
      kernel.addProducts(sum.address + at * SUM_BYTES, list.address, list.address + terms.length * PAIR_BYTES);
    }
  };
  /** Into `gathered`. */
  const gather = (ciphertexts: readonly ResidueBlock[]): void => {
    empty(gathered, POLYNOMIALS * LIMBS_BYTES);
    for (const some of inPieces(ciphertexts, TERMS_AT_ONCE)) {
      const addresses = some.map(({ address }) => address);
      new Uint32Array(memory.buffer, list.address, some.length).set(addresses);
      const end = list.address + some.length * ADDRESS_BYTES;
      kernel.addLimbs(gathered.address, POLYNOMIALS * LIMBS_BYTES, list.address, end);
    }
  };
  const one = (() => {
    transform(new Float64Array(DEGREE).fill(1, 0, 1));
    return split(values, PRIMES);
  })();
  return {
    ciphertext(bytes) {
      assert(bytes.length === POLYNOMIALS * WORDS_BYTES, 'residues are of whole polynomials');
      new Uint8Array(memory.buffer).set(bytes, words.address);
      return split(words, POLYNOMIALS);
    },
    plaintext(coefficients) {
      transform(coefficients);
      return split(values, PRIMES);
    },
    addPlaintext(bytes, at, coefficients) {
      transform(coefficients);
      // WHY the first polynomial alone: a plaintext is a ciphertext whose second one is zero.
      const first = bytes.subarray(at, at + PRIMES * WORDS_BYTES);
      new Uint8Array(memory.buffer).set(first, words.address);
      for (const [of, prime] of DATA_PRIMES.entries())
        kernel.addWords(words.address + of * WORDS_BYTES, values.address + of * WORDS_BYTES, prime);
      first.set(new Uint8Array(memory.buffer, words.address, first.length));
    },
    sum() {
      const sum = allocate(POLYNOMIALS * SUM_BYTES);
      empty(sum, POLYNOMIALS * SUM_BYTES);
      let count = 0;
      const reduce = (): void => {
        for (let at = 0; at < POLYNOMIALS; at += 1)
          kernel.reduce(sum.address + at * SUM_BYTES, words.address + at * WORDS_BYTES, DATA_PRIMES[at % PRIMES]!);
      };
      const carry = (): void => {
        reduce();
        const ciphertext = split(words, POLYNOMIALS);
        empty(sum, POLYNOMIALS * SUM_BYTES);
        addSome(sum, [{ ciphertext, mask: one }]);
        ciphertext.free();
        count = 1;
      };
      /** Makes room for as many more. */
      const expect = (terms: number): void => {
        if (count + terms > termsMax) carry();
        count += terms;
      };
      return {
        add(terms) {
          for (const some of inPieces(terms, TERMS_AT_ONCE)) {
            expect(some.length);
            addSome(sum, some);
          }
        },
        addUnder(mask, ciphertexts) {
          for (const some of inPieces(ciphertexts, Math.min(BLOCKS_MAX, termsMax - 1))) {
            // INVARIANT: what is added up first counts as many terms, as each of its limbs is as many limbs.
            expect(some.length);
            gather(some);
            addSome(sum, [{ ciphertext: gathered, mask }]);
          }
        },
        end(into, at) {
          reduce();
          into.set(new Uint8Array(memory.buffer, words.address, POLYNOMIALS * WORDS_BYTES), at);
          sum.free();
        },
      };
    },
  };
}

function* inPieces<T>(all: readonly T[], most: number): Generator<readonly T[]> {
  for (let at = 0; at < all.length; at += most) yield all.slice(at, at + most);
}

/** Pieces of the memory, which grows; freed ones serve again for the same size. */
function openAllocator(memory: WebAssembly.Memory): (bytes: number) => ResidueBlock {
  const freed = new Map<number, number[]>();
  let next = 0;
  return (bytes) => {
    const free = freed.get(bytes) ?? [];
    freed.set(bytes, free);
    const address = free.pop() ?? next;
    if (address === next) {
      next += bytes + APART_BYTES;
      const missing = next - memory.buffer.byteLength;
      if (missing > 0) memory.grow(Math.ceil(missing / PAGE_BYTES));
    }
    return { address, free: () => void free.push(address) };
  };
}
