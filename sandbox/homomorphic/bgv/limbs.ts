import { cipherColumns, type EncryptedColumn, LIMB_BITS } from '#policies/stored-tables';

/** Squares are larger than the ring of `bgv-v1` bears: each is cut into limbs, and these are summed one by one. */

/** What is encrypted of a column, part by part: the values, then their squares' limbs, the low one first. */
export function partsOf(column: EncryptedColumn, values: BigInt64Array): readonly BigInt64Array[] {
  const limbs = cipherColumns(column, 'square').map((_, limb) =>
    values.map((value) => ((value * value) >> (LIMB_BITS * BigInt(limb))) & (2n ** LIMB_BITS - 1n)),
  );
  return [values, ...limbs];
}

/** What limbs stand for, or sums of limbs. */
export function joinedLimbs(limbs: readonly bigint[]): bigint {
  return limbs.reduce((sum, limb, at) => sum + (limb << (LIMB_BITS * BigInt(at))), 0n);
}
