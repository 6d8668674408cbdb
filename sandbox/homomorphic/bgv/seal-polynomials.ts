import type { MainModule, Plaintext, SEALContext } from 'node-seal';
import { assert } from '#policies/stored-tables';
import { DEGREE, PLAIN_MODULUS } from './bgv-parameters.ts';

/** Plaintext polynomials by hand: node-seal has no way to set a coefficient, but reads its own serialisation. */

/** SEAL's header, the plaintext's, and that of its array of numbers. */
const PLAINTEXT_HEAD_BYTES = 88;
const WORD_BYTES = 8;
const PLAIN_MODULUS_HIGH = Number(PLAIN_MODULUS >> 32n);

export interface Polynomials {
  /** Of signed numbers; missing ones are zero. */
  plaintext(values: BigInt64Array): Plaintext;
  /** The constant coefficient, as the signed number that it stands for. */
  constant(plaintext: Plaintext): bigint;
}

export function openPolynomials(seal: MainModule, context: SEALContext): Polynomials {
  const { none } = seal.ComprModeType;
  const zero = new seal.Plaintext(DEGREE, DEGREE);
  const frame = zero.saveToArray(none) as Uint8Array;
  zero.delete();
  assert(frame.length === PLAINTEXT_HEAD_BYTES + DEGREE * WORD_BYTES, 'a plaintext is serialised as it was');
  const bytes = Uint8Array.from(frame);
  const words = new BigInt64Array(bytes.buffer, PLAINTEXT_HEAD_BYTES, DEGREE);
  const halves = new Int32Array(bytes.buffer, PLAINTEXT_HEAD_BYTES, 2 * DEGREE);
  return {
    plaintext(values) {
      words.fill(0n, values.length);
      words.set(values);
      // WHY halves: t = 2^50 is added to negative numbers in their high half, without a bigint for each.
      for (let high = 1; high < halves.length; high += 2) if (halves[high]! < 0) halves[high]! += PLAIN_MODULUS_HIGH;
      const plaintext = new seal.Plaintext();
      plaintext.loadFromArray(context, bytes);
      return plaintext;
    },
    constant(plaintext) {
      if (plaintext.coeffCount() === 0) return 0n;
      const saved = plaintext.saveToArray(none) as Uint8Array;
      const value = new DataView(saved.buffer, saved.byteOffset).getBigUint64(PLAINTEXT_HEAD_BYTES, true);
      return value >= PLAIN_MODULUS / 2n ? value - PLAIN_MODULUS : value;
    },
  };
}

/** Frees memory of the module, which no garbage collector sees. */
export function freed<T extends { delete(): void }, R>(handle: T, use: (handle: T) => R): R {
  try {
    return use(handle);
  } finally {
    handle.delete();
  }
}
