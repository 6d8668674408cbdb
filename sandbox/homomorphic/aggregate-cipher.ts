import type { CipherScheme } from '#policies/stored-tables';
import type { RowSet } from './row-set.ts';

/**
 * What a cipher of encrypted columns can do: values go in where the provider is, anybody adds up ciphertext, and whoever holds
 * the key opens sums. Nothing else is computable: no comparison, no order, no equality.
 *
 * @typeParam Stored what is kept for a stretch of consecutive rows
 * @typeParam Sum an encrypted sum
 */
export interface AggregateCipher<Stored, Sum> {
  readonly describe: CipherDescription;
  /**
   * Ciphertext of the next rows: of indices from `firstIndex` on, which is where the last call ended.
   * @param values whole numbers, value · 10^scale, within the column's bounds
   * @throws Error where an index was used before: a key and an index serve one value
   */
  encrypt(firstIndex: number, values: BigInt64Array): Promise<Stored>;
  /** The encrypted sum of the rows of `rows`, without any key. `stored` holds the table's stretches in order, from index 0. */
  evaluate(stored: readonly Stored[], rows: RowSet): Promise<Sum>;
  /** What was summed, exact where `sumIsExact` was proved for as many rows. Many at once cost little more than one. */
  open(sums: readonly EncryptedSum<Sum>[]): Promise<readonly bigint[]>;
}

export interface EncryptedSum<Sum> {
  readonly sum: Sum;
  /** Whose sum it is said to be. */
  readonly rows: RowSet;
}

export interface CipherDescription {
  readonly scheme: CipherScheme;
  /** Sums are right within ±`halfRing`. */
  readonly halfRing: bigint;
  readonly bytesPerValue: number;
  /** Whether a sum over other rows than declared opens to noise (true), or to their sum (false): then who opens must recompute it. */
  readonly bindsRows: boolean;
  /** Most groups that one query may have. */
  readonly groupsMax: number;
  /** Bits of security against the best known attack. */
  readonly securityBits: number;
}
