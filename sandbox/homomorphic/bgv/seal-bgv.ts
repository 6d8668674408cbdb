import { type EncryptionParameters, initialize, type MainModule, type SEALContext, type SecretKey } from 'node-seal';
import { assert } from '#policies/stored-tables';
import type { RowSet } from '../row-set.ts';
import { CIPHERTEXT_HEAD_BYTES, DEGREE, PLAIN_MODULUS, PRIME_BITS } from './bgv-parameters.ts';
import { type BgvSums, openBgvSums, WHOLE_BLOCK } from './bgv-sums.ts';
import { type CiphertextFrame, frameOf, hasFrame, headOf, isSignedBlock, type SignedBlock } from './block-check.ts';
import { maskOf } from './masks.ts';
import { openResidues, type ResidueBlock } from './residues.ts';
import { freed, openPolynomials } from './seal-polynomials.ts';
import { secretPolynomial } from './secret-polynomial.ts';

/** The calls of `bgv-v1` to SEAL. Runs in a process that is thrown away (bgv-worker.ts). */
export interface SealBgv {
  /** The secret key that 32 random bytes stand for, always the same, and a public one for it, another each time. */
  keysOf(seed: Uint8Array): BgvKeys;
  secretKeyOf(seed: Uint8Array): Uint8Array;
  /** One block of up to 4096 values; seeded, of half the size, with the secret key. */
  encrypt(keys: BgvEncryptionKeys, blocks: readonly BigInt64Array[]): readonly Uint8Array[];
  /** @throws Error where a block is not what was signed */
  load(blocks: readonly SignedBlock[]): LoadedBlocks;
  /** @throws Error where noise could be too much */
  sums(sets: readonly RowSet[], parts: number, key: 'public' | 'secret'): BgvSums;
  open(secretKey: Uint8Array, sums: readonly Uint8Array[]): readonly bigint[];
  /** Bits of room that a ciphertext has: for tests alone, as it tells of the secret key. */
  noiseBudget(secretKey: Uint8Array, ciphertext: Uint8Array): number;
}

/** Ciphertext that is ready to be summed. */
export interface LoadedBlocks {
  readonly blocks: readonly ResidueBlock[];
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
  const residues = openResidues();
  const wholeMask = residues.plaintext(maskOf(WHOLE_BLOCK, 0));
  const frames = sampleFrames(seal, context);
  const { none } = seal.ComprModeType;
  const saved = (handle: { saveToArray(mode: typeof none): unknown; delete(): void }): Uint8Array =>
    freed(handle, (one) => new Uint8Array(one.saveToArray(none) as Uint8Array));
  const load = <T extends { loadFromArray(context: SEALContext, bytes: Uint8Array): void }>(
    into: T,
    bytes: Uint8Array,
  ): T => {
    into.loadFromArray(context, plainBytes(bytes));
    return into;
  };
  const evaluator = new seal.Evaluator(context);
  const secretOf = (seed: Uint8Array): SecretKey =>
    freed(polynomials.plaintext(secretPolynomial(seed)), (plaintext) => {
      evaluator.plainTransformToNttInplace(plaintext, context.keyParmsId());
      return load(new seal.SecretKey(), saved(plaintext.copy())); // a secret key is serialised as its polynomial is
    });
  return {
    secretKeyOf: (seed) => saved(secretOf(seed)),
    keysOf(seed) {
      const secret = secretOf(seed);
      return freed(new seal.KeyGenerator(context, secret), (generator) => ({
        publicKey: saved(generator.createPublicKey()),
        secretKey: saved(secret),
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
      // SEAL reads them first: it draws what a seed stands for, and takes no number beyond the primes.
      const blocks = signed.map(({ bytes }) =>
        freed(load(new seal.Ciphertext(), bytes), (one) =>
          residues.ciphertext((one.saveToArray(none) as Uint8Array).subarray(CIPHERTEXT_HEAD_BYTES)),
        ),
      );
      return {
        blocks,
        delete() {
          for (const block of blocks) block.free();
        },
      };
    },
    sums: (sets, parts, key) => openBgvSums({ residues, wholeMask, head: frames.head, sets, parts, key }),
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

function openContext(seal: MainModule): SEALContext {
  const parameters: EncryptionParameters = new seal.EncryptionParameters(seal.SchemeType.bgv);
  parameters.setPolyModulusDegree(DEGREE);
  parameters.setCoeffModulus(seal.CoeffModulus.Create(DEGREE, Int32Array.from(PRIME_BITS)));
  parameters.setPlainModulus(new seal.Modulus(PLAIN_MODULUS));
  const context = new seal.SEALContext(parameters, true, seal.SecLevelType.tc128);
  assert(context.parametersSet(), 'SEAL takes the parameters at 128 bits');
  return context;
}

interface Frames {
  readonly full: CiphertextFrame;
  readonly seeded: CiphertextFrame;
  /** Of a full one. */
  readonly head: Uint8Array;
}

/** From ciphertexts of a key that is thrown away. */
function sampleFrames(seal: MainModule, context: SEALContext): Frames {
  const { none } = seal.ComprModeType;
  return freed(new seal.KeyGenerator(context), (generator) => {
    const encryptor = new seal.Encryptor(context, generator.createPublicKey(), generator.secretKey());
    const zero = new seal.Plaintext(DEGREE, DEGREE);
    const full = encryptor.encryptZeroSerializable().saveToArray(none) as Uint8Array;
    const seeded = encryptor.encryptSymmetricSerializable(zero).saveToArray(none) as Uint8Array;
    return { full: frameOf(full, false), seeded: frameOf(seeded, true), head: headOf(full) };
  });
}

/** WHY: SEAL's reader wants a Uint8Array of its own class, not a Buffer. */
function plainBytes(bytes: Uint8Array): Uint8Array {
  return Object.getPrototypeOf(bytes) === Uint8Array.prototype ? bytes : new Uint8Array(bytes);
}
