import {
  assert,
  type Because,
  type Cell,
  type Certainty,
  type Mode,
  type OutputLabel,
  type ReleasedResult,
  type SqlType,
  type Suppressed,
} from '#policies';

import type { CustodyProof } from '../custodian/custody-proof.ts';
import type { SealedAnswer } from './sealed-answer.ts';

/**
 * A released result as the store keeps it and as every format is made from it: JSON values only, and lossless.
 * `values[column][row]`: null, boolean, number (double), string (text, dates as ISO text, and the exact decimal text of
 * integers, hugeints and decimals).
 */
export type StoredCell = null | boolean | number | string;

export interface StoredColumn {
  readonly name: string;
  readonly type: SqlType;
  readonly mode: Mode;
  readonly because: readonly Because[];
  /** Mode `dp` and behind a custodian: whether noise has a part in it, and whether it has intervals. */
  readonly certainty?: Certainty;
}

/** The versions that an answer stands on. */
export interface ResultVersions {
  readonly tables: readonly { readonly resource: string; readonly version: number }[];
  /** Version of the policy profile. */
  readonly profile: string;
  /** SHA-256 of the usage plan that the job ran under. */
  readonly plan: string;
  /** SHA-256 of the canonical query plan: equal for queries that differ in spelling only. */
  readonly query: string;
}

declare const stored: unique symbol;
/** Only `storeResult` makes one, from a `ReleasedResult`; `readStoredResult` takes it back out of the store. */
export interface StoredResult {
  readonly [stored]: true;
  readonly v: 1;
  readonly mode: Mode;
  readonly columns: readonly StoredColumn[];
  readonly values: readonly (readonly StoredCell[])[];
  readonly rowCount: number;
  /** 95% interval per cell by column name; empty in modes that add no noise. */
  readonly intervals: ReleasedResult['intervals'];
  readonly suppressed: Suppressed;
  readonly cost: ReleasedResult['cost'];
  readonly versions: ResultVersions;
  /** What a custodian signed of it; absent where no column is encrypted. */
  readonly custody?: readonly CustodyProof[];
  /** Sealed for the asker: the values that are null here are in it, and nobody here can read them. */
  readonly sealed?: SealedAnswer;
}

/** The released result in the form in which it is hashed, stored and later sent. */
export function storeResult(
  released: ReleasedResult,
  versions: ResultVersions,
  cost: ReleasedResult['cost'] = released.cost,
  custody: readonly CustodyProof[] = [],
  sealed: SealedAnswer | null = null,
): StoredResult {
  const result: Omit<StoredResult, typeof stored> = {
    v: 1,
    mode: released.mode,
    columns: released.columns.map(({ name, type, mode, because }, at) => ({
      name,
      type,
      mode,
      because,
      ...(released.certainty === null ? {} : { certainty: released.certainty[at]! }),
    })),
    values: released.table.values.map((column) => column.map(storeCell)),
    rowCount: released.table.rowCount,
    intervals: released.intervals,
    suppressed: released.suppressed,
    cost,
    versions,
    ...(custody.length === 0 ? {} : { custody }),
    ...(sealed === null ? {} : { sealed }),
  };
  return Object.freeze(result) as StoredResult;
}

/** A released answer for another job that asked the same: in the words of its own query, under its own plan. */
export function repeatResult(
  first: StoredResult,
  columns: readonly OutputLabel[],
  versions: ResultVersions,
  cost: StoredResult['cost'],
): StoredResult {
  assert(columns.length === first.columns.length, 'one question has one width');
  const nameNow = new Map(first.columns.map(({ name }, position) => [name, columns[position]!.name]));
  const intervals = Object.entries(first.intervals).map(([name, cells]) => [nameNow.get(name)!, cells] as const);
  return Object.freeze({
    ...first,
    columns: columns.map(({ name, type, mode, because }, at) => ({ ...first.columns[at], name, type, mode, because })),
    intervals: Object.fromEntries(intervals),
    cost,
    versions,
  });
}

/** Takes back what `storeResult` made; the store has checked its digest. */
export function readStoredResult(json: unknown): StoredResult {
  return json as StoredResult;
}

/** NaN and infinities cannot stand in JSON and mean nothing to a reader: they are absent values. */
export function storeCell(cell: Cell): StoredCell {
  if (typeof cell === 'bigint') return cell.toString();
  if (typeof cell === 'number' && !Number.isFinite(cell)) return null;
  return cell;
}
