import { assert } from '#policies/stored-tables';

/**
 * A set of rows of one table version, a bit per row index: index `i` is bit `7 − i mod 8` of byte `i div 8`, which is how the
 * engine's type BIT lies in memory. `bytes` may end early; what is beyond is not in the set.
 */
export interface RowSet {
  readonly bytes: Uint8Array;
  /** How many rows are in the set. */
  readonly size: number;
}

/** Most row indices of a table version. */
export const ROW_INDEX_MAX = 2 ** 32;

export function rowSetOf(bytes: Uint8Array): RowSet {
  return { bytes, size: onesIn(bytes) };
}

/** How many bits are set. */
export function onesIn(bytes: Uint8Array): number {
  const padded = new Uint8Array(Math.ceil(bytes.length / 4) * 4);
  padded.set(bytes);
  let ones = 0;
  for (const word of new Uint32Array(padded.buffer)) ones += onesInWord(word);
  return ones;
}

/** Of 32 bits: added up in pairs, fours and bytes at once. */
function onesInWord(word: number): number {
  const pairs = word - ((word >>> 1) & 0x55_55_55_55);
  const fours = (pairs & 0x33_33_33_33) + ((pairs >>> 2) & 0x33_33_33_33);
  return Math.imul((fours + (fours >>> 4)) & 0x0f_0f_0f_0f, 0x01_01_01_01) >>> 24;
}

/** @throws where an index stands twice or is out of range: a join that repeats rows has no set */
export function rowSetFrom(indices: Iterable<number>, rows: number): RowSet {
  const bytes = new Uint8Array(Math.ceil(rows / 8));
  let size = 0;
  for (const index of indices) {
    assert(Number.isInteger(index) && index >= 0 && index < rows, 'a row index is within its table');
    const bit = 0x80 >> (index & 7);
    assert((bytes[index >>> 3]! & bit) === 0, 'a row is in a set once');
    bytes[index >>> 3]! |= bit;
    size += 1;
  }
  return { bytes, size };
}

export function hasRow({ bytes }: RowSet, index: number): boolean {
  return ((bytes[index >>> 3] ?? 0) & (0x80 >> (index & 7))) !== 0;
}

/** All indices, ascending. */
export function* rowIndices({ bytes }: RowSet): Generator<number> {
  for (let at = 0; at < bytes.length; at += 1) {
    for (let rest = bytes[at]!; rest !== 0; ) {
      const high = Math.clz32(rest) - 24;
      yield at * 8 + high;
      rest &= ~(0x80 >> high);
    }
  }
}

/**
 * The engine's expression for the set of rows of a group: a BLOB that `rowSetOf` reads. `rows`: of the table version.
 * WHY whole bytes: in other lengths the engine pads at the front, and every index stands elsewhere.
 */
export function rowSetSql(index: string, rows: number): string {
  const last = Math.max(8, Math.ceil(rows / 8) * 8) - 1;
  return `CAST(bitstring_agg(CAST(${index} AS BIGINT), 0, ${String(last)}) AS BLOB)`;
}
