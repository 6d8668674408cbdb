import { randomBytes } from 'node:crypto';
import { assert } from '#policies/stored-tables';
import type { RowSet } from '../row-set.ts';
import { isDecryptable } from './bgv-noise.ts';
import { BLOCK_ROWS, CIPHERTEXT_BYTES, DEGREE, PLAIN_MODULUS } from './bgv-parameters.ts';
import { blockSha256 } from './block-check.ts';
import { maskOf, rowsInBlock } from './masks.ts';
import type { ResidueBlock, ResidueSum, Residues } from './residues.ts';
import type { LoadedBlocks } from './seal-bgv.ts';

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
export interface BgvSums {
  /** `parts`: of each part of the table its blocks, from block `first` on; all parts have the same rows. */
  add(first: number, parts: readonly LoadedBlocks[]): void;
  /** Per set and part, once. @throws Error where a set has no row in what was added */
  end(isBlinded: boolean): readonly (readonly BgvSum[])[];
}

interface SumsOf {
  readonly residues: Residues;
  /** The mask of all rows of a block. */
  readonly wholeMask: ResidueBlock;
  /** Of a serialised ciphertext. */
  readonly head: Uint8Array;
  readonly sets: readonly RowSet[];
  readonly parts: number;
  readonly key: 'public' | 'secret';
}

/** @throws Error where noise could be too much */
export function openBgvSums({ residues, wholeMask, head, sets, parts, key }: SumsOf): BgvSums {
  for (const { size } of sets) if (!isDecryptable(BigInt(size), key)) throw new Error('noise could be too much');
  const totals = sets.map((): readonly ResidueSum[] => Array.from({ length: parts }, () => residues.sum()));
  const hasRows = sets.map(() => false);
  const finished = (total: ResidueSum, isBlinded: boolean): BgvSum => {
    const sum = new Uint8Array(CIPHERTEXT_BYTES);
    sum.set(head);
    total.end(sum, head.length);
    const digest = blockSha256(sum);
    if (!isBlinded) return { digest, blinded: new Uint8Array(0) };
    // WHY: the other coefficients are sums over other sets of rows, which nobody asked for.
    residues.addPlaintext(sum, head.length, blindingPolynomial());
    return { digest, blinded: sum };
  };
  return {
    add(first, columns) {
      const blocks = Array.from({ length: columns[0]?.blocks.length ?? 0 }, (_, at) => at);
      for (const [set, rows] of sets.entries()) {
        const sized = blocks.map((at) => ({ at, size: rowsInBlock(rows, first + at) }));
        const whole = sized.filter(({ size }) => size === BLOCK_ROWS);
        const cut = sized.filter(({ size }) => size > 0 && size < BLOCK_ROWS);
        if (whole.length + cut.length > 0) hasRows[set] = true;
        const masks = cut.map(({ at }) => ({ at, mask: residues.plaintext(maskOf(rows, first + at)) }));
        for (const [part, column] of columns.entries()) {
          const total = totals[set]![part]!;
          total.addUnder(
            wholeMask,
            whole.map(({ at }) => column.blocks[at]!),
          );
          total.add(masks.map(({ at, mask }) => ({ ciphertext: column.blocks[at]!, mask })));
        }
        for (const { mask } of masks) mask.free();
      }
    },
    end(isBlinded) {
      assert(
        hasRows.every((one) => one),
        'a sum has rows',
      );
      return totals.map((ofSet) => ofSet.map((total) => finished(total, isBlinded)));
    },
  };
}

/** All rows of one block. */
export const WHOLE_BLOCK: RowSet = { bytes: new Uint8Array(BLOCK_ROWS / 8).fill(255), size: BLOCK_ROWS };

const HIGH_HALF = 2 ** 32;
/** Bits of the modulus in a word's high half. */
const HIGH_BITS = Math.log2(Number(PLAIN_MODULUS)) - 32;

/** Uniform modulo t = 2^50, as the numbers from −t/2 on, but for the constant coefficient, which is zero. Another each time. */
function blindingPolynomial(): Float64Array {
  const halves = new Int32Array(new Uint8Array(randomBytes(8 * DEGREE)).buffer);
  const blinding = new Float64Array(DEGREE);
  for (let at = 1; at < DEGREE; at += 1) {
    const high = halves[2 * at + 1]! >> (32 - HIGH_BITS);
    blinding[at] = high * HIGH_HALF + (halves[2 * at]! >>> 0);
  }
  return blinding;
}
