import { scaledUp, scaleOf } from './scaled-numbers.ts';
import type { ColumnSchema, TableSchema } from './table-schema.ts';

/**
 * Columns of level `important`: encrypted where the provider is, and only ever summed. What is encrypted is the value times
 * 10^scale, a whole number. A sum comes out of a ring of integers modulo M, and is right exactly when the true sum lies
 * within ±M/2: that is proved from declared bounds before a query runs, never looked at afterwards.
 */
export const CIPHER_SCHEMES = ['ashe-v1', 'bgv-v1'] as const;
export type CipherScheme = (typeof CIPHER_SCHEMES)[number];
/** Of a declaration that names none: the provider holds a public key and nothing that opens. */
export const DEFAULT_CIPHER: CipherScheme = 'bgv-v1';

export interface ColumnEncryption {
  readonly scheme: CipherScheme;
  /** Id of the custodian's key that the column is encrypted for: of its public keys (`bgv-v1`), or of that which it shares a data key by. */
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

/** Hidden columns beside encrypted ones. No declared name begins with `_`. */
export const ROW_INDEX_COLUMN = '_idx';

/**
 * Where the ciphertext of a column's squares is stored. `ashe-v1`: a square has 128 bits, two signed words, low + high · 2^64.
 * `bgv-v1`: it is cut into limbs of 24 bits, the low one first, each encrypted and summed by itself.
 */
export function squareColumns(
  column: Pick<EncryptedColumn, 'name' | 'type' | 'scale' | 'bounds' | 'encryption'>,
): readonly string[] {
  const { name, encryption } = column;
  if (encryption.squares !== true) return [];
  if (encryption.scheme === 'ashe-v1') return asheSquareColumns(name);
  return Array.from({ length: squareLimbs(encryptedRange(column)) }, (_, limb) => `_sq${limb}_${name}`);
}

export const asheSquareColumns = (name: string): readonly [low: string, high: string] => [
  `_sq_${name}`,
  `_sqh_${name}`,
];

/** The columns that hold the ciphertext of a column's values, or of their squares. */
export function cipherColumns(column: EncryptedColumn, of: 'value' | 'square'): readonly string[] {
  return of === 'value' ? [column.name] : squareColumns(column);
}

/** The stored ciphertext of a table, in the order in which it is signed: per encrypted column its values, then its squares. */
export function wordColumns(schema: Pick<TableSchema, 'columns'>): readonly string[] {
  return encryptedColumns(schema).flatMap((column) => [column.name, ...squareColumns(column)]);
}

/** Bits of a limb: a sum of limbs over 2^25 rows stays within half the ring of `bgv-v1`. */
export const LIMB_BITS = 24n;

/** How many limbs the largest square has, of values within the range. */
function squareLimbs(range: ScaledRange): number {
  const most = sizeMax(range);
  return Math.ceil((most * most).toString(2).length / Number(LIMB_BITS));
}

export interface ScaledRange {
  readonly min: bigint;
  readonly max: bigint;
}

/** The least and the greatest whole number that is encrypted, of the value or of its square. */
export function encryptedRange(
  column: Pick<EncryptedColumn, 'type' | 'scale' | 'bounds'>,
  of: 'value' | 'square' = 'value',
): ScaledRange {
  const scale = scaleOf(column);
  const min = scaledUp(column.bounds.min, scale, 'ceil');
  const max = scaledUp(column.bounds.max, scale, 'floor');
  return of === 'value' ? { min, max } : squareRange({ min, max });
}

function squareRange({ min, max }: ScaledRange): ScaledRange {
  const most = sizeMax({ min, max });
  const [least] = [size(min), size(max)].toSorted(ascending) as [bigint, bigint];
  return { min: min <= 0n && max >= 0n ? 0n : least * least, max: most * most };
}

/** The size of the largest value of a range. */
export function sizeMax({ min, max }: ScaledRange): bigint {
  const [, most] = [size(min), size(max)].toSorted(ascending) as [bigint, bigint];
  return most;
}

/** Half the ring: a sum is right when its size is below it. Of squares under `bgv-v1`: of each limb. */
export const HALF_RING: Readonly<Record<CipherScheme, Readonly<Record<'value' | 'square', bigint>>>> = {
  'ashe-v1': { value: 2n ** 63n, square: 2n ** 127n },
  'bgv-v1': { value: 2n ** 49n, square: 2n ** 49n },
};

/** Rows of a sum that surely opens: by the range of indices, or by the noise of ciphertext (sandbox/homomorphic/PROOF.md). */
export const SUM_ROWS_MAX: Readonly<Record<CipherScheme, bigint>> = { 'ashe-v1': 2n ** 32n, 'bgv-v1': 2n ** 26n };

/** Sets of rows that one question may sum over. `bgv-v1` makes a mask of each for every block that it cuts. */
export const SUM_SETS_MAX: Readonly<Record<CipherScheme, number>> = { 'ashe-v1': 100_000, 'bgv-v1': 100 };
/** Rows that are encrypted together under `bgv-v1`. */
const BGV_BLOCK_ROWS = 4096;
/** Most masks of one question, some 0.4 ms each. */
const BGV_MASKS_MAX = 100_000;

/** Whether so many sums over sets of a table's rows are computed at all: it grows with sets times rows under `bgv-v1`. */
export function isWithinWork(scheme: CipherScheme, sets: number, rows: number): boolean {
  if (sets > SUM_SETS_MAX[scheme]) return false;
  return scheme === 'ashe-v1' || sets * Math.ceil(rows / BGV_BLOCK_ROWS) <= BGV_MASKS_MAX;
}

/**
 * Whether the encrypted sum of a column, over up to `rowsMax` rows, opens to what was summed, for every possible content within its range:
 * rows · max|v| < M/2, M the ring's size, and no more rows than the scheme's noise bears. Weights come afterwards, in whole numbers without a ring.
 * @param range of the values, also where their squares are summed
 */
export function sumIsExact(scheme: CipherScheme, range: ScaledRange, of: 'value' | 'square', rowsMax: bigint): boolean {
  const isLimbs = scheme === 'bgv-v1' && of === 'square';
  const most = isLimbs ? 2n ** LIMB_BITS - 1n : sizeMax(of === 'value' ? range : squareRange(range));
  return rowsMax <= SUM_ROWS_MAX[scheme] && rowsMax * most < HALF_RING[scheme][of];
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
