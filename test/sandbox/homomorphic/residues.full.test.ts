/**
 * Goal: sums outside of SEAL are SEAL's own, bit for bit, and exact at the largest residues and across the point where a sum is carried over.
 * Method: SEAL multiplies and adds the same ciphertexts and masks; whole numbers of any size do the same from the definition.
 */
import { type Ciphertext, initialize, type MainModule, type SEALContext } from 'node-seal';
import { describe, expect, it } from 'vitest';
import { seededWords } from '../../../bench/seeded-words.ts';
import {
  CIPHERTEXT_HEAD_BYTES,
  DATA_PRIMES,
  DEGREE,
  PLAIN_MODULUS,
  PRIME_BITS,
} from '../../../sandbox/homomorphic/bgv/bgv-parameters.ts';
import { openResidues, type ResidueBlock, type ResidueTerm } from '../../../sandbox/homomorphic/bgv/residues.ts';
import { openPolynomials } from '../../../sandbox/homomorphic/bgv/seal-polynomials.ts';

const SEED = 20_261_128n;
console.log(`residues seed ${SEED}`);
const next = seededWords(SEED);
const WORDS = 4 * DEGREE;
const PLAIN_BITS = 50;
const primeAt = (word: number) => DATA_PRIMES[Math.floor(word / DEGREE) % 2]!;
const bytesOf = (words: BigUint64Array) => new Uint8Array(words.buffer);

describe('by the definition', () => {
  const cases = [
    ['random residues', (word: number) => BigInt.asUintN(64, next()) % primeAt(word)],
    ['the largest residues', (word: number) => primeAt(word) - 1n],
  ] as const;

  it.each(cases)('%s, with and without carrying over', (_, residue) => {
    const words = (count: number) => BigUint64Array.from({ length: count }, (__, word) => residue(word));
    const terms = Array.from({ length: 37 }, () => ({ ciphertext: words(WORDS), mask: words(WORDS) }));
    const shared = terms[0]!.mask;
    const expected = BigUint64Array.from({ length: WORDS }, (__, word) => {
      const at = word % (WORDS / 2);
      const products = terms.map(({ ciphertext, mask }) => ciphertext[word]! * (3n * mask[at]! + shared[at]!));
      return products.reduce((sum, one) => sum + one, 0n) % primeAt(word);
    });
    for (const termsMax of [9, 2 ** 16]) {
      const residues = openResidues(termsMax);
      for (let time = 0; time < 2; time += 1) {
        const sum = residues.sum(); // the second one where the first was
        // Of a mask the first two polynomials are read.
        const loaded = terms.map(({ ciphertext, mask }) => ({
          ciphertext: residues.ciphertext(bytesOf(ciphertext)),
          mask: residues.ciphertext(bytesOf(mask)),
        }));
        for (const term of loaded) sum.add([term, term, term]);
        sum.add([]);
        sum.addUnder(
          loaded[0]!.mask,
          loaded.map(({ ciphertext }) => ciphertext),
        );
        sum.addUnder(loaded[0]!.mask, []);
        for (const { ciphertext, mask } of loaded) for (const block of [ciphertext, mask]) block.free();
        const into = new Uint8Array(WORDS * 8);
        sum.end(into, 0);
        expect(Buffer.compare(into, bytesOf(expected))).toBe(0);
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
  const whole = randomPolynomial();
  const [underWhole, others] = [[] as ResidueBlock[], [] as ResidueTerm[]];
  let theirs: Ciphertext | null = null;
  for (let block = 0; block < 22; block += 1) {
    const ciphertext = new seal.Ciphertext();
    encryptor.encrypt(polynomials.plaintext(randomPolynomial()), ciphertext);
    const coefficients = block % 2 === 0 ? whole : randomPolynomial();
    const mask = polynomials.plaintext(coefficients);
    evaluator.plainTransformToNttInplace(mask, context.firstParmsId());
    const product = new seal.Ciphertext();
    evaluator.multiplyPlain(ciphertext, mask, product);
    if (theirs === null) theirs = product;
    else evaluator.addInplace(theirs, product);
    const ourBlock = residues.ciphertext((ciphertext.saveToArray(none) as Uint8Array).subarray(CIPHERTEXT_HEAD_BYTES));
    if (coefficients === whole) underWhole.push(ourBlock);
    else others.push({ ciphertext: ourBlock, mask: residues.plaintext(Float64Array.from(coefficients, Number)) });
  }
  ours.add(others);
  ours.addUnder(residues.plaintext(Float64Array.from(whole, Number)), underWhole);
  const saved = new Uint8Array(theirs!.saveToArray(none) as Uint8Array);
  const into = saved.slice().fill(0, CIPHERTEXT_HEAD_BYTES);
  ours.end(into, CIPHERTEXT_HEAD_BYTES);
  expect(Buffer.compare(into, saved)).toBe(0);

  const added = randomPolynomial();
  evaluator.addPlainInplace(theirs!, polynomials.plaintext(added));
  residues.addPlaintext(into, CIPHERTEXT_HEAD_BYTES, Float64Array.from(added, Number));
  expect(Buffer.compare(into, new Uint8Array(theirs!.saveToArray(none) as Uint8Array))).toBe(0);
});

/** Coefficients from −t/2 to t/2. */
function randomPolynomial(): BigInt64Array {
  return BigInt64Array.from({ length: DEGREE }, () => BigInt.asIntN(PLAIN_BITS, next()));
}

function contextOf(seal: MainModule): SEALContext {
  const parameters = new seal.EncryptionParameters(seal.SchemeType.bgv);
  parameters.setPolyModulusDegree(DEGREE);
  parameters.setCoeffModulus(seal.CoeffModulus.Create(DEGREE, Int32Array.from(PRIME_BITS)));
  parameters.setPlainModulus(new seal.Modulus(PLAIN_MODULUS));
  return new seal.SEALContext(parameters, true, seal.SecLevelType.tc128);
}
