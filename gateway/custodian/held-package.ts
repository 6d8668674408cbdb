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
  /** What was summed; many sums at once cost little more than one. */
  open(column: string, of: 'value' | 'square', sums: readonly EncryptedSum[]): Promise<readonly bigint[]>;
}
export interface EncryptedSum {
  readonly sum: bigint;
  readonly rows: RowSet;
}
