/**
 * Goal: sums outside of SEAL are SEAL's own, bit for bit, and exact at the largest residues and across the point where a sum is carried over.
 * Method: SEAL multiplies and adds the same ciphertexts and masks; whole numbers of any size do the same from the definition.
 */
import { type Ciphertext, initialize, type MainModule, type Plaintext, type SEALContext } from 'node-seal';
import { describe, expect, it } from 'vitest';
import { seededWords } from '../../../bench/seeded-words.ts';
import {
  CIPHERTEXT_HEAD_BYTES,
  DATA_PRIMES,
  DEGREE,
  PLAIN_MODULUS,
  PRIME_BITS,
} from '../../../sandbox/homomorphic/bgv/bgv-parameters.ts';
import { openResidues } from '../../../sandbox/homomorphic/bgv/residues.ts';
import { openPolynomials, PLAINTEXT_HEAD_BYTES } from '../../../sandbox/homomorphic/bgv/seal-polynomials.ts';

const SEED = 20_261_128n;
console.log(`residues seed ${SEED}`);
const next = seededWords(SEED);
const WORDS = 4 * DEGREE;
const primeAt = (word: number) => DATA_PRIMES[Math.floor(word / DEGREE) % 2]!;
const bytesOf = (words: BigUint64Array) => new Uint8Array(words.buffer);

describe('by the definition', () => {
  const cases = [
    ['random residues', (word: number) => BigInt.asUintN(64, next()) % primeAt(word)],
    ['the largest residues', (word: number) => primeAt(word) - 1n],
  ] as const;

  it.each(cases)('%s, with and without carrying over', (_, residue) => {
    const words = (count: number) => BigUint64Array.from({ length: count }, (__, word) => residue(word));
    const terms = Array.from({ length: 37 }, () => ({ ciphertext: words(WORDS), mask: words(WORDS / 2) }));
    const expected = BigUint64Array.from({ length: WORDS }, (__, word) => {
      const products = terms.map(({ ciphertext, mask }) => ciphertext[word]! * mask[word % (WORDS / 2)]!);
      return products.reduce((sum, one) => sum + one, 0n) % primeAt(word);
    });
    for (const termsMax of [9, 2 ** 16]) {
      const residues = openResidues(termsMax);
      for (let time = 0; time < 2; time += 1) {
        const sum = residues.sum(); // the second one where the first was
        for (const { ciphertext, mask } of terms) {
          const term = { ciphertext: residues.ciphertext(bytesOf(ciphertext)), mask: residues.mask(bytesOf(mask)) };
          sum.add([term, term, term]);
          sum.add([]);
          term.ciphertext.free();
          term.mask.free();
        }
        const into = new Uint8Array(WORDS * 8);
        sum.end(into, 0);
        const thrice = expected.map((one, word) => (3n * one) % primeAt(word));
        expect(Buffer.compare(into, bytesOf(thrice))).toBe(0);
      }
    }
  });
});

it('is what SEAL comes to', async () => {
  const seal = await initialize();
  const context = contextOf(seal);
  const { none } = seal.ComprModeType;
  const polynomials = openPolynomials(seal, context);
  const evaluator = new seal.Evaluator(context);
  const generator = new seal.KeyGenerator(context);
  const encryptor = new seal.Encryptor(context, generator.createPublicKey());
  const residues = openResidues();
  const ours = residues.sum();
  let theirs: Ciphertext | null = null;
  for (let block = 0; block < 11; block += 1) {
    const plaintext = () => polynomials.plaintextOf(randomCoefficients());
    const ciphertext = new seal.Ciphertext();
    encryptor.encrypt(plaintext(), ciphertext);
    const mask: Plaintext = plaintext();
    evaluator.plainTransformToNttInplace(mask, context.firstParmsId());
    const product = new seal.Ciphertext();
    evaluator.multiplyPlain(ciphertext, mask, product);
    if (theirs === null) theirs = product;
    else evaluator.addInplace(theirs, product);
    const bytes = ciphertext.saveToArray(none) as Uint8Array;
    const maskBytes = mask.saveToArray(none) as Uint8Array;
    const term = {
      ciphertext: residues.ciphertext(bytes.subarray(CIPHERTEXT_HEAD_BYTES)),
      mask: residues.mask(maskBytes.subarray(PLAINTEXT_HEAD_BYTES)),
    };
    ours.add([term]);
  }
  const saved = new Uint8Array(theirs!.saveToArray(none) as Uint8Array);
  const into = saved.slice().fill(0, CIPHERTEXT_HEAD_BYTES);
  ours.end(into, CIPHERTEXT_HEAD_BYTES);
  expect(Buffer.compare(into, saved)).toBe(0);
});

function randomCoefficients(): BigInt64Array {
  return BigInt64Array.from({ length: DEGREE }, () => BigInt.asUintN(64, next()) % PLAIN_MODULUS);
}

function contextOf(seal: MainModule): SEALContext {
  const parameters = new seal.EncryptionParameters(seal.SchemeType.bgv);
  parameters.setPolyModulusDegree(DEGREE);
  parameters.setCoeffModulus(seal.CoeffModulus.Create(DEGREE, Int32Array.from(PRIME_BITS)));
  parameters.setPlainModulus(new seal.Modulus(PLAIN_MODULUS));
  return new seal.SEALContext(parameters, true, seal.SecLevelType.tc128);
}
