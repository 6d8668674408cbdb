import type { EncryptedColumn } from '#policies';
import type { RowSet } from '#sandbox';
import type { UnitNumbers } from './unit-counts.ts';

/** What a provider gave the custodian of one encryption of its data, opened: enough to judge sets of rows and to open sums over them. */
export interface HeldPackage {
  readonly dataset: string;
  readonly version: string;
  /** Row indices go from 0 to `rows` − 1. */
  readonly rows: number;
  readonly columns: readonly EncryptedColumn[];
  /** Every column of the table that names units. */
  readonly units: readonly UnitNumbers[];
  /**
   * What was summed, read by read; null for a sum that is not of its rows, as far as that shows without opening anything: then nothing is
   * opened. Many at once cost little more than one.
   */
  open(reads: readonly ColumnRead[]): Promise<readonly (readonly (bigint | null)[])[]>;
}
/** Encrypted sums of one column, of its values or of their squares. */
export interface ColumnRead {
  readonly column: string;
  readonly of: 'value' | 'square';
  readonly sums: readonly EncryptedSum[];
}
export interface EncryptedSum {
  /** As the gateway says: the sum (`ashe-v1`), or its digest. */
  readonly sum: string;
  readonly rows: RowSet;
}
