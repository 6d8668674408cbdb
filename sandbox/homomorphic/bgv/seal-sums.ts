import { randomBytes } from 'node:crypto';
import type { Ciphertext, MainModule, Plaintext, SEALContext } from 'node-seal';
import { assert } from '#policies/stored-tables';
import type { RowSet } from '../row-set.ts';
import { isDecryptable } from './bgv-noise.ts';
import { BLOCK_ROWS, DEGREE } from './bgv-parameters.ts';
import { blockSha256 } from './block-check.ts';
import { maskOf, rowsInBlock } from './masks.ts';
import type { LoadedBlocks } from './seal-bgv.ts';
import { freed, type Polynomials } from './seal-polynomials.ts';

/** An encrypted sum. */
export interface BgvSum {
  /**
   * SHA-256 of the sum as it is, hex. Masks, products and additions are exact modulo q, so that whoever sums the same rows of the same
   * blocks comes to the same bytes, in whatever order.
   */
  readonly digest: string;
  /** The sum with all coefficients but the constant one drowned: what is opened. Empty where it was not asked for. */
  readonly blinded: Uint8Array;
}

/** The one digest of the sums of a column's parts: of what gateway and custodian have to agree on. */
export function sumDigest(parts: readonly Pick<BgvSum, 'digest'>[]): string {
  return blockSha256(Buffer.from(parts.map(({ digest }) => digest).join(), 'latin1'));
}

/** Sums over sets of rows that grow block by block: memory is that of the sets, not of the table. */
export interface SealSums {
  /** `parts`: of each part of the table its blocks, from block `first` on; all parts have the same rows. */
  add(first: number, parts: readonly LoadedBlocks[]): void;
  /** Per set and part. @throws Error where a set has no row in what was added */
  end(isBlinded: boolean): readonly (readonly BgvSum[])[];
}

interface SumsOf {
  readonly seal: MainModule;
  readonly context: SEALContext;
  readonly polynomials: Polynomials;
  readonly sets: readonly RowSet[];
  readonly parts: number;
  readonly key: 'public' | 'secret';
}

/** @throws Error where noise could be too much */
export function openSealSums({ seal, context, polynomials, sets, parts, key }: SumsOf): SealSums {
  for (const { size } of sets) if (!isDecryptable(BigInt(size), key)) throw new Error('noise could be too much');
  const evaluator = new seal.Evaluator(context);
  const accumulators = () => sets.map(() => Array.from({ length: parts }, () => new Accumulator(seal, evaluator)));
  const [totals, whole] = [accumulators(), accumulators()];
  const nttMask = (rows: RowSet, block: number): Plaintext => {
    const mask = polynomials.plaintext(maskOf(rows, block));
    evaluator.plainTransformToNttInplace(mask, context.firstParmsId());
    return mask;
  };
  const addBlock = (set: number, block: number, ciphertexts: readonly Ciphertext[]): void => {
    const count = rowsInBlock(sets[set]!, block);
    if (count === BLOCK_ROWS) for (const [part, one] of ciphertexts.entries()) whole[set]![part]!.add(one);
    else if (count > 0)
      freed(nttMask(sets[set]!, block), (mask) => {
        for (const [part, one] of ciphertexts.entries()) totals[set]![part]!.addMasked(one, mask);
      });
  };
  const { none } = seal.ComprModeType;
  const saved = (one: Ciphertext): Uint8Array => Uint8Array.from(one.saveToArray(none) as Uint8Array);
  const finished = (sum: Ciphertext | null, isBlinded: boolean): BgvSum => {
    assert(sum !== null, 'a sum has rows');
    return freed(sum, () => {
      const digest = blockSha256(saved(sum));
      if (!isBlinded) return { digest, blinded: new Uint8Array(0) };
      // WHY: the other coefficients are sums over other sets of rows, which nobody asked for.
      freed(polynomials.plaintext(blindingPolynomial()), (blinding) => evaluator.addPlainInplace(sum, blinding));
      return { digest, blinded: saved(sum) };
    });
  };
  return {
    add(first, columns) {
      for (let at = 0; at < (columns[0]?.blocks.length ?? 0); at += 1) {
        const ciphertexts = columns.map(({ blocks }) => blocks[at]!);
        for (const set of sets.keys()) addBlock(set, first + at, ciphertexts);
      }
    },
    end(isBlinded) {
      return freed(nttMask(WHOLE, 0), (wholeMask) =>
        totals.map((parts_, set) =>
          parts_.map((total, part) => {
            // WHY at the end: masks are linear, so one serves the sum of all blocks that are whole.
            const { sum } = whole[set]![part]!;
            if (sum !== null) freed(sum, () => total.addMasked(sum, wholeMask));
            return finished(total.sum, isBlinded);
          }),
        ),
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
