import { assert } from '../../errors.ts';

/** Fills the array with random bytes: a cryptographic generator (`randomFillSync`), in tests possibly a seeded one. */
export type FillRandom = (bytes: Uint8Array) => void;

const BLOCK_BYTES = 8192;
const BLOCK_WORDS = BLOCK_BYTES / Uint32Array.BYTES_PER_ELEMENT;
const WORD_BITS = 32;
/** Bits of a double's whole numbers: below 2^53 its arithmetic is exact. */
export const SAFE_BITS = 53;

/**
 * Exactly uniform numbers out of random bytes. Bytes are asked for in blocks of one size, whatever is drawn.
 *
 * Guarantee: if the bytes are independent and uniform, so is every number drawn, with no rounding. Rejection takes a number
 * of steps that is independent of what is returned.
 */
export class RandomSource {
  readonly #fill: FillRandom;
  readonly #block = new Uint8Array(BLOCK_BYTES);
  readonly #words = new Uint32Array(this.#block.buffer);
  #used = BLOCK_WORDS;

  constructor(fill: FillRandom) {
    this.#fill = fill;
  }

  /** Uniform on 0 … 2^32 − 1. */
  word(): number {
    if (this.#used === BLOCK_WORDS) {
      this.#fill(this.#block);
      this.#used = 0;
    }
    return this.#words[this.#used++]!;
  }

  /** Uniform on 0 … 2^53 − 1. */
  safeWord(): number {
    return (this.word() >>> 5) * 2 ** 26 + (this.word() >>> 6);
  }

  /** Uniform on 0 … 2^count − 1. */
  bits(count: number): bigint {
    let drawn = 0n;
    for (let left = count; left > 0; left -= WORD_BITS) {
      const taken = Math.min(left, WORD_BITS);
      drawn = (drawn << BigInt(taken)) | BigInt(this.word() >>> (WORD_BITS - taken));
    }
    return drawn;
  }

  /** Uniform on 0 … below − 1; `below` is a whole number of 1 … 2^53. */
  belowSafe(below: number): number {
    assert(below >= 1 && below <= 2 ** SAFE_BITS, 'there is something to choose from, in safe integers');
    const narrow = below <= 2 ** WORD_BITS;
    const range = narrow ? 2 ** WORD_BITS : 2 ** SAFE_BITS;
    const admitted = range - (range % below);
    for (;;) {
      const drawn = narrow ? this.word() : this.safeWord();
      if (drawn < admitted) return drawn % below;
    }
  }

  /** Uniform on 0 … below − 1; `below` ≥ 1. */
  below(below: bigint): bigint {
    assert(below >= 1n, 'there is something to choose from');
    const bits = (below - 1n).toString(2).length;
    for (;;) {
      const drawn = this.bits(bits);
      if (drawn < below) return drawn;
    }
  }
}
