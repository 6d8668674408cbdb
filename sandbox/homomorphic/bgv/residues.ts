import { assert } from '#policies/stored-tables';
import { DATA_PRIMES, DEGREE } from './bgv-parameters.ts';
import { LIMBS_BYTES, openResidueKernel, SUM_BYTES, TERMS_MAX } from './residue-kernel.ts';

/** Ciphertexts, masks and sums as residues in memory of their own, outside of SEAL: what grows by a block and a set. */
export interface Residues {
  /** @param words of the two polynomials modulo both primes, as they are serialised */
  ciphertext(words: Uint8Array): ResidueBlock;
  /** @param words of one polynomial modulo both primes, in the form of the ciphertexts' */
  mask(words: Uint8Array): ResidueBlock;
  sum(): ResidueSum;
}

export interface ResidueBlock {
  readonly address: number;
  free(): void;
}

/** Σ ciphertext · mask, exactly, modulo both primes. */
export interface ResidueSum {
  add(terms: readonly ResidueTerm[]): void;
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
const PAIR_BYTES = 8;
/** How many terms the kernel takes at once: a sum is read and written once for all of them, and their reads still follow each other. */
const TERMS_AT_ONCE = 8;
/** WHY: at a whole power of two from each other, the same places of all blocks would contend for the same lines of the cache. */
const APART_BYTES = 64;

/** @param termsMax fewer in tests alone */
export function openResidues(termsMax = TERMS_MAX): Residues {
  const memory = new WebAssembly.Memory({ initial: 1, maximum: PAGES_MAX });
  const kernel = openResidueKernel(memory);
  const allocate = openAllocator(memory);
  const words = allocate(POLYNOMIALS * WORDS_BYTES);
  const pairs = allocate(TERMS_AT_ONCE * PAIR_BYTES);
  const split = (polynomials: number): ResidueBlock => {
    const limbs = allocate(polynomials * LIMBS_BYTES);
    kernel.split(words.address, limbs.address, polynomials * DEGREE);
    return limbs;
  };
  const block = (bytes: Uint8Array, polynomials: number): ResidueBlock => {
    assert(bytes.length === polynomials * WORDS_BYTES, 'residues are of whole polynomials');
    new Uint8Array(memory.buffer).set(bytes, words.address);
    return split(polynomials);
  };
  const addSome = (sum: number, terms: readonly ResidueTerm[]): void => {
    for (let at = 0; at < POLYNOMIALS; at += 1) {
      const list = new Uint32Array(memory.buffer, pairs.address, 2 * terms.length);
      for (const [place, { ciphertext, mask }] of terms.entries()) {
        list[2 * place] = ciphertext.address + at * LIMBS_BYTES;
        list[2 * place + 1] = mask.address + (at % PRIMES) * LIMBS_BYTES;
      }
      kernel.addProducts(sum + at * SUM_BYTES, pairs.address, pairs.address + terms.length * PAIR_BYTES);
    }
  };
  const ones = block(new Uint8Array(BigUint64Array.from({ length: PRIMES * DEGREE }, () => 1n).buffer), PRIMES);
  return {
    ciphertext: (bytes) => block(bytes, POLYNOMIALS),
    mask: (bytes) => block(bytes, PRIMES),
    sum() {
      const sum = allocate(POLYNOMIALS * SUM_BYTES);
      const empty = (): void => void new Uint8Array(memory.buffer, sum.address, POLYNOMIALS * SUM_BYTES).fill(0);
      empty();
      let count = 0;
      const reduce = (): void => {
        for (let at = 0; at < POLYNOMIALS; at += 1)
          kernel.reduce(sum.address + at * SUM_BYTES, words.address + at * WORDS_BYTES, DATA_PRIMES[at % PRIMES]!);
      };
      const carry = (): void => {
        reduce();
        const ciphertext = split(POLYNOMIALS);
        empty();
        addSome(sum.address, [{ ciphertext, mask: ones }]);
        ciphertext.free();
        count = 1;
      };
      return {
        add(terms) {
          for (let at = 0; at < terms.length; at += TERMS_AT_ONCE) {
            const some = terms.slice(at, at + TERMS_AT_ONCE);
            if (count + some.length > termsMax) carry();
            addSome(sum.address, some);
            count += some.length;
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
