import { randomBytes } from 'node:crypto';
import type { MainModule, SEALContext } from 'node-seal';
import { assert } from '#policies/stored-tables';
import type { RowSet } from '../row-set.ts';
import { isDecryptable } from './bgv-noise.ts';
import { BLOCK_ROWS, CIPHERTEXT_BYTES, DEGREE } from './bgv-parameters.ts';
import { blockSha256 } from './block-check.ts';
import { maskOf, rowsInBlock } from './masks.ts';
import type { ResidueBlock, ResidueSum, Residues } from './residues.ts';
import type { LoadedBlocks } from './seal-bgv.ts';
import { freed, PLAINTEXT_HEAD_BYTES, type Polynomials } from './seal-polynomials.ts';

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
  /** Per set and part, once. @throws Error where a set has no row in what was added */
  end(isBlinded: boolean): readonly (readonly BgvSum[])[];
}

interface SumsOf {
  readonly seal: MainModule;
  readonly context: SEALContext;
  readonly polynomials: Polynomials;
  readonly residues: Residues;
  /** Of a serialised ciphertext. */
  readonly head: Uint8Array;
  readonly sets: readonly RowSet[];
  readonly parts: number;
  readonly key: 'public' | 'secret';
}

/** @throws Error where noise could be too much */
export function openSealSums({ seal, context, polynomials, residues, head, sets, parts, key }: SumsOf): SealSums {
  for (const { size } of sets) if (!isDecryptable(BigInt(size), key)) throw new Error('noise could be too much');
  const evaluator = new seal.Evaluator(context);
  const { none } = seal.ComprModeType;
  const totals = sets.map((): readonly ResidueSum[] => Array.from({ length: parts }, () => residues.sum()));
  const hasRows = sets.map(() => false);
  const maskFrom = (rows: RowSet, block: number): ResidueBlock =>
    freed(polynomials.plaintextOf(maskOf(rows, block)), (mask) => {
      evaluator.plainTransformToNttInplace(mask, context.firstParmsId());
      return residues.mask((mask.saveToArray(none) as Uint8Array).subarray(PLAINTEXT_HEAD_BYTES));
    });
  const wholeMask = maskFrom(WHOLE, 0);
  const blinded = (sum: Uint8Array): Uint8Array =>
    freed(new seal.Ciphertext(), (ciphertext) => {
      ciphertext.loadFromArray(context, sum);
      // WHY: the other coefficients are sums over other sets of rows, which nobody asked for.
      freed(polynomials.plaintextOf(blindingPolynomial()), (blinding) =>
        evaluator.addPlainInplace(ciphertext, blinding),
      );
      return new Uint8Array(ciphertext.saveToArray(none) as Uint8Array);
    });
  const masksOf = (rows: RowSet, first: number, count: number): readonly BlockMask[] =>
    Array.from({ length: count }, (_, at) => ({ at, size: rowsInBlock(rows, first + at) }))
      .filter(({ size }) => size > 0)
      .map(({ at, size }) => ({ at, mask: size === BLOCK_ROWS ? wholeMask : maskFrom(rows, first + at) }));
  const finished = (total: ResidueSum, isBlinded: boolean): BgvSum => {
    const sum = new Uint8Array(CIPHERTEXT_BYTES);
    sum.set(head);
    total.end(sum, head.length);
    return { digest: blockSha256(sum), blinded: isBlinded ? blinded(sum) : new Uint8Array(0) };
  };
  return {
    add(first, columns) {
      for (const [set, rows] of sets.entries()) {
        const masks = masksOf(rows, first, columns[0]?.blocks.length ?? 0);
        if (masks.length > 0) hasRows[set] = true;
        for (const [part, { blocks }] of columns.entries())
          totals[set]![part]!.add(masks.map(({ at, mask }) => ({ ciphertext: blocks[at]!, mask })));
        for (const { mask } of masks) if (mask !== wholeMask) mask.free();
      }
    },
    end(isBlinded) {
      assert(
        hasRows.every((one) => one),
        'a sum has rows',
      );
      wholeMask.free();
      return totals.map((ofSet) => ofSet.map((total) => finished(total, isBlinded)));
    },
  };
}

/** What selects rows of block `at` of a run. */
interface BlockMask {
  readonly at: number;
  readonly mask: ResidueBlock;
}

/** All rows of one block. */
const WHOLE: RowSet = { bytes: new Uint8Array(BLOCK_ROWS / 8).fill(255), size: BLOCK_ROWS };

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
