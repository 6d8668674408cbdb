import { randomBytes } from 'node:crypto';
import {
  type Ciphertext,
  type EncryptionParameters,
  initialize,
  type MainModule,
  type Plaintext,
  type SEALContext,
} from 'node-seal';
import { assert } from '#policies/stored-tables';
import type { RowSet } from '../row-set.ts';
import { isDecryptable } from './bgv-noise.ts';
import { BLOCK_ROWS, DEGREE, PLAIN_MODULUS, PRIME_BITS } from './bgv-parameters.ts';
import { type CiphertextFrame, frameOf, hasFrame, isSignedBlock, type SignedBlock } from './block-check.ts';
import { maskOf, rowsInBlock } from './masks.ts';
import { freed, openPolynomials } from './seal-polynomials.ts';

/** The calls of `bgv-v1` to SEAL. Runs in a process that is thrown away (bgv-worker.ts). */
export interface SealBgv {
  generateKeys(): BgvKeys;
  /** One block of up to 4096 values; seeded, of half the size, with the secret key. */
  encrypt(keys: BgvEncryptionKeys, blocks: readonly BigInt64Array[]): readonly Uint8Array[];
  /** @throws Error where a block is not what was signed */
  load(blocks: readonly SignedBlock[]): LoadedBlocks;
  /**
   * Per set, per column, the encrypted sum, blinded. Columns have the same rows: one mask serves all of them.
   * @throws Error where noise could be too much
   */
  sum(
    columns: readonly LoadedBlocks[],
    sets: readonly RowSet[],
    key: 'public' | 'secret',
  ): readonly (readonly Uint8Array[])[];
  open(secretKey: Uint8Array, sums: readonly Uint8Array[]): readonly bigint[];
  /** Bits of room that a ciphertext has: for tests alone, as it tells of the secret key. */
  noiseBudget(secretKey: Uint8Array, ciphertext: Uint8Array): number;
}

/** Ciphertext in the module's memory. */
export interface LoadedBlocks {
  readonly blocks: readonly Ciphertext[];
  delete(): void;
}

export interface BgvKeys {
  readonly publicKey: Uint8Array;
  readonly secretKey: Uint8Array;
}
export interface BgvEncryptionKeys {
  readonly publicKey: Uint8Array;
  /** Null where the provider has no copy. */
  readonly secretKey: Uint8Array | null;
}

export async function openSealBgv(): Promise<SealBgv> {
  const seal = await initialize();
  const context = openContext(seal);
  const polynomials = openPolynomials(seal, context);
  const frames = sampleFrames(seal, context);
  const { none } = seal.ComprModeType;
  const evaluator = new seal.Evaluator(context);
  const saved = (handle: { saveToArray(mode: typeof none): unknown; delete(): void }): Uint8Array =>
    freed(handle, (one) => Uint8Array.from(one.saveToArray(none) as Uint8Array));
  const load = <T extends { loadFromArray(context: SEALContext, bytes: Uint8Array): void }>(
    into: T,
    bytes: Uint8Array,
  ): T => {
    into.loadFromArray(context, plainBytes(bytes));
    return into;
  };
  const maskedSums = (columns: readonly LoadedBlocks[], rows: RowSet): readonly Ciphertext[] => {
    const totals = columns.map(() => new Accumulator(seal, evaluator));
    const whole = columns.map(() => new Accumulator(seal, evaluator));
    for (let at = 0; at < (columns[0]?.blocks.length ?? 0); at += 1) {
      const count = rowsInBlock(rows, at);
      if (count === BLOCK_ROWS) for (const [column, { blocks }] of columns.entries()) whole[column]!.add(blocks[at]!);
      else if (count > 0)
        freed(nttMask(rows, at), (mask) => {
          for (const [column, { blocks }] of columns.entries()) totals[column]!.addMasked(blocks[at]!, mask);
        });
    }
    // WHY at the end: masks are linear, so one serves the sum of all blocks that are whole.
    for (const [column, { sum }] of whole.entries()) if (sum !== null) totals[column]!.addMasked(sum, wholeMask);
    for (const one of whole) one.sum?.delete();
    return totals.map(({ sum }) => {
      assert(sum !== null, 'a sum has rows');
      return sum;
    });
  };
  const nttMask = (rows: RowSet, block: number): Plaintext => {
    const mask = polynomials.plaintext(maskOf(rows, block));
    evaluator.plainTransformToNttInplace(mask, context.firstParmsId());
    return mask;
  };
  const wholeMask = nttMask(WHOLE, 0);
  const blinded = (sum: Ciphertext): Uint8Array => {
    // WHY: the other coefficients are sums over other sets of rows, which nobody asked for.
    freed(polynomials.plaintext(blindingPolynomial()), (blinding) => evaluator.addPlainInplace(sum, blinding));
    return saved(sum);
  };
  return {
    generateKeys() {
      return freed(new seal.KeyGenerator(context), (generator) => ({
        publicKey: saved(generator.createPublicKey()),
        secretKey: saved(generator.secretKey()),
      }));
    },
    encrypt({ publicKey, secretKey }, blocks) {
      const open = load(new seal.PublicKey(), publicKey);
      const secret = secretKey === null ? null : load(new seal.SecretKey(), secretKey);
      const encryptor = secret === null ? new seal.Encryptor(context, open) : new seal.Encryptor(context, open, secret);
      const one = (values: BigInt64Array): Uint8Array =>
        freed(polynomials.plaintext(values), (plaintext) =>
          saved(
            secret === null
              ? encryptor.encryptSerializable(plaintext)
              : encryptor.encryptSymmetricSerializable(plaintext),
          ),
        );
      return freed(encryptor, () => blocks.map(one));
    },
    load(signed) {
      for (const block of signed)
        if (!isSignedBlock(block, [frames.full, frames.seeded])) throw new Error('a block is not as signed');
      const blocks = signed.map(({ bytes }) => load(new seal.Ciphertext(), bytes));
      return {
        blocks,
        delete() {
          for (const block of blocks) block.delete();
        },
      };
    },
    sum(columns, sets, key) {
      for (const { size } of sets) if (!isDecryptable(BigInt(size), key)) throw new Error('noise could be too much');
      return sets.map((rows) => maskedSums(columns, rows).map(blinded));
    },
    open(secretKey, sums) {
      const secret = load(new seal.SecretKey(), secretKey);
      return freed(new seal.Decryptor(context, secret), (decryptor) =>
        sums.map((bytes) => {
          if (!hasFrame(bytes, frames.full)) throw new Error('a sum is no ciphertext of these parameters');
          return freed(load(new seal.Ciphertext(), bytes), (sum) =>
            freed(new seal.Plaintext(), (plaintext) => {
              decryptor.decrypt(sum, plaintext);
              return polynomials.constant(plaintext);
            }),
          );
        }),
      );
    },
    noiseBudget(secretKey, ciphertext) {
      const secret = load(new seal.SecretKey(), secretKey);
      return freed(new seal.Decryptor(context, secret), (decryptor) =>
        freed(load(new seal.Ciphertext(), ciphertext), (one) => decryptor.invariantNoiseBudget(one)),
      );
    },
  };
}

/** All rows of one block. */
const WHOLE: RowSet = { bytes: new Uint8Array(BLOCK_ROWS / 8).fill(255), size: BLOCK_ROWS };

/** A sum of ciphertexts that grows. */
class Accumulator {
  readonly #seal: MainModule;
  readonly #evaluator: InstanceType<MainModule['Evaluator']>;
  sum: Ciphertext | null = null;

  constructor(seal: MainModule, evaluator: InstanceType<MainModule['Evaluator']>) {
    this.#seal = seal;
    this.#evaluator = evaluator;
  }

  add(ciphertext: Ciphertext): void {
    if (this.sum === null) this.sum = ciphertext.copy();
    else this.#evaluator.addInplace(this.sum, ciphertext);
  }

  addMasked(ciphertext: Ciphertext, mask: Plaintext): void {
    freed(new this.#seal.Ciphertext(), (masked) => {
      this.#evaluator.multiplyPlain(ciphertext, mask, masked);
      this.add(masked);
    });
  }
}

function openContext(seal: MainModule): SEALContext {
  const parameters: EncryptionParameters = new seal.EncryptionParameters(seal.SchemeType.bgv);
  parameters.setPolyModulusDegree(DEGREE);
  parameters.setCoeffModulus(seal.CoeffModulus.Create(DEGREE, Int32Array.from(PRIME_BITS)));
  parameters.setPlainModulus(new seal.Modulus(PLAIN_MODULUS));
  const context = new seal.SEALContext(parameters, true, seal.SecLevelType.tc128);
  assert(context.parametersSet(), 'SEAL takes the parameters at 128 bits');
  return context;
}

/** From ciphertexts of a key that is thrown away. */
function sampleFrames(seal: MainModule, context: SEALContext): Readonly<Record<'full' | 'seeded', CiphertextFrame>> {
  const { none } = seal.ComprModeType;
  return freed(new seal.KeyGenerator(context), (generator) => {
    const encryptor = new seal.Encryptor(context, generator.createPublicKey(), generator.secretKey());
    const zero = new seal.Plaintext(DEGREE, DEGREE);
    const full = encryptor.encryptZeroSerializable().saveToArray(none) as Uint8Array;
    const seeded = encryptor.encryptSymmetricSerializable(zero).saveToArray(none) as Uint8Array;
    return { full: frameOf(full, false), seeded: frameOf(seeded, true) };
  });
}

/** Uniform modulo t = 2^50, but for the constant coefficient, which is zero. */
function blindingPolynomial(): BigInt64Array {
  const bytes = new Uint8Array(randomBytes(8 * DEGREE));
  for (let at = 0; at < bytes.length; at += 8) {
    bytes[at + 6]! &= 0x03;
    bytes[at + 7] = 0;
  }
  bytes.fill(0, 0, 8);
  return new BigInt64Array(bytes.buffer);
}

/** WHY: SEAL's reader wants a Uint8Array of its own class, not a Buffer. */
function plainBytes(bytes: Uint8Array): Uint8Array {
  return Object.getPrototypeOf(bytes) === Uint8Array.prototype ? bytes : Uint8Array.from(bytes);
}
