import { scaledUp, scaleOf } from './scaled-numbers.ts';
import type { ColumnSchema, TableSchema } from './table-schema.ts';

/**
 * Columns of level `important`: encrypted where the provider is, and only ever summed. What is encrypted is the value times
 * 10^scale, a whole number. A sum comes out of a ring of integers modulo M, and is right exactly when the true sum lies
 * within ±M/2: that is proved from declared bounds before a query runs, never looked at afterwards.
 */
export const CIPHER_SCHEMES = ['ashe-v1', 'bgv-v1'] as const;
export type CipherScheme = (typeof CIPHER_SCHEMES)[number];

/**
 * Whether tables are stored, summed and opened under the scheme. WHY not every cipher: `bgv-v1` binds no rows, and each way to bind them
 * costs more than the scheme gains (sandbox/homomorphic/PROOF.md).
 */
export const isServed = (scheme: CipherScheme): boolean => scheme === 'ashe-v1';

export interface ColumnEncryption {
  readonly scheme: CipherScheme;
  /** Id of the custodian's key that the column is encrypted for. */
  readonly key: string;
  /** RFC 7638 thumbprint of the provider's Ed25519 key, which signs what is uploaded. One per table. */
  readonly signer: string;
  /** A second column of squares is kept: variances can be asked. */
  readonly squares?: true | undefined;
}

/** A column of which only ciphertext is stored. */
export type EncryptedColumn = ColumnSchema & {
  readonly encryption: ColumnEncryption;
  readonly bounds: NonNullable<ColumnSchema['bounds']>;
};

export function isEncrypted(column: ColumnSchema): column is EncryptedColumn {
  return column.encryption !== undefined && column.bounds !== undefined;
}

export function encryptedColumns(schema: Pick<TableSchema, 'columns'>): readonly EncryptedColumn[] {
  return schema.columns.filter(isEncrypted);
}

/** Hidden columns beside encrypted ones, of type BIGINT. No declared name begins with `_`. */
export const ROW_INDEX_COLUMN = '_idx';
/** A square has 128 bits: two signed words, low + high · 2^64. */
export const squareColumns = (name: string): readonly [low: string, high: string] => [`_sq_${name}`, `_sqh_${name}`];

/** The stored words of a table, in the order in which they are signed: per encrypted column its word, then those of its square. */
export function wordColumns(schema: Pick<TableSchema, 'columns'>): readonly string[] {
  return encryptedColumns(schema).flatMap(({ name, encryption }) =>
    encryption.squares === true ? [name, ...squareColumns(name)] : [name],
  );
}

export interface ScaledRange {
  readonly min: bigint;
  readonly max: bigint;
}

/** The least and the greatest whole number that is encrypted, of the value or of its square. */
export function encryptedRange(column: EncryptedColumn, of: 'value' | 'square' = 'value'): ScaledRange {
  const scale = scaleOf(column);
  const min = scaledUp(column.bounds.min, scale, 'ceil');
  const max = scaledUp(column.bounds.max, scale, 'floor');
  if (of === 'value') return { min, max };
  const ends = [min * min, max * max].toSorted(ascending) as [bigint, bigint];
  return { min: min <= 0n && max >= 0n ? 0n : ends[0], max: ends[1] };
}

/** Half the ring: a sum is right when its size is below it. */
export const HALF_RING: Readonly<Record<CipherScheme, Readonly<Record<'value' | 'square', bigint>>>> = {
  'ashe-v1': { value: 2n ** 63n, square: 2n ** 127n },
  'bgv-v1': { value: 2n ** 49n, square: 2n ** 49n },
};

/** `weight · column`, or its square. */
export interface WeightedColumn {
  readonly column: EncryptedColumn;
  readonly of: 'value' | 'square';
  readonly weight: bigint;
}

/** What one row adds at most, in size. */
export function rowMagnitudeMax(terms: readonly WeightedColumn[]): bigint {
  return terms.reduce((sum, { column, of, weight }) => {
    const { min, max } = encryptedRange(column, of);
    const [, most] = [size(min), size(max)].toSorted(ascending) as [bigint, bigint];
    return sum + size(weight) * most;
  }, 0n);
}

/**
 * Whether a weighted sum over up to `rowsMax` rows comes out of the ring as it went in: Σ over rows and terms of
 * |weight| · max|v| < M/2, for every possible content within the bounds. All terms of one scheme and of one ring.
 */
export function sumIsExact(terms: readonly WeightedColumn[], rowsMax: bigint): boolean {
  return terms.every(({ column, of }) => rowsMax * rowMagnitudeMax(terms) < HALF_RING[column.encryption.scheme][of]);
}

/**
 * Whether an opened sum can be one of so many rows within the bounds. What is not was opened over other rows than were summed, or over
 * changed ciphertext: that opens to a uniform number of the ring, and passes here with probability (rows · (max − min) + 1) / M.
 */
export function isPossibleSum(sum: bigint, { min, max }: ScaledRange, rows: bigint): boolean {
  return sum >= rows * min && sum <= rows * max;
}

function size(value: bigint): bigint {
  return value < 0n ? -value : value;
}

function ascending(a: bigint, b: bigint): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
