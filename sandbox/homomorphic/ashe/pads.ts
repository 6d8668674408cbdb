import { type Cipheriv, createCipheriv } from 'node:crypto';
import { assert } from '#policies/stored-tables';
import type { RowSet } from '../row-set.ts';

/**
 * The pads F_k(0), F_k(1), … of one column: the key stream of AES-256-CTR (NIST SP 800-38A §6.5) from counter 0, cut into 64-bit
 * words, least significant byte first. `lanes`: words per row, 1 of a value and 2 of a square.
 * WHY a zero nonce: a key serves one column of one version (ashe-key.ts).
 */
export interface PadStream {
  readonly lanes: 1 | 2;
  /** The pads of the next `rows` rows. */
  next(rows: number): BigUint64Array;
}

/** Rows worked on at once: their pads stay in the processor's cache, and sums of 32-bit halves stay exact in doubles. */
export const PAD_ROWS = 65_536;
const AES_BYTES = 16;
const WORD_BYTES = 8;

/** @param firstRow where the stream begins; even, so that it is a whole block of the cipher */
export function padStream(key: Uint8Array, lanes: 1 | 2, firstRow: number): PadStream {
  const firstByte = BigInt(firstRow) * BigInt(lanes * WORD_BYTES);
  assert(firstByte % BigInt(AES_BYTES) === 0n, 'a pad stream begins with a block');
  const cipher = createCipheriv('aes-256-ctr', key, counterBlock(firstByte / BigInt(AES_BYTES)));
  return { lanes, next: (rows) => words(cipher, rows * lanes) };
}

function counterBlock(block: bigint): Buffer {
  const counter = Buffer.alloc(AES_BYTES);
  counter.writeBigUInt64BE(block, WORD_BYTES);
  return counter;
}

const ZEROS = Buffer.alloc(2 * PAD_ROWS * WORD_BYTES);

function words(cipher: Cipheriv, count: number): BigUint64Array {
  const stream = cipher.update(ZEROS.subarray(0, count * WORD_BYTES));
  if (stream.byteOffset % WORD_BYTES === 0) return new BigUint64Array(stream.buffer, stream.byteOffset, count);
  return new BigUint64Array(new Uint8Array(stream).buffer, 0, count);
}

/**
 * Σ of the pads of each set, modulo 2^64 or 2^128, over the rows from `fromRow` (a multiple of 32) up to `toRow`. One pass over
 * the stream serves all sets.
 */
export function padSums(
  key: Uint8Array,
  lanes: 1 | 2,
  sets: readonly Pick<RowSet, 'bytes'>[],
  fromRow: number,
  toRow: number,
): readonly bigint[] {
  assert(fromRow % ROWS_PER_WORD === 0, 'pads are summed from a whole word of the row set on');
  const bits = sets.map(({ bytes }) => wholeWords(bytes));
  const stream = padStream(key, lanes, fromRow);
  const totals = sets.map(() => 0n);
  for (let row = fromRow; row < toRow; row += PAD_ROWS) {
    const rows = Math.min(PAD_ROWS, Math.ceil((toRow - row) / ROWS_PER_WORD) * ROWS_PER_WORD);
    const pads = stream.next(rows);
    const halves = new Uint32Array(pads.buffer, pads.byteOffset, 2 * pads.length);
    for (const [at, view] of bits.entries())
      totals[at]! += sumOfSet(halves, lanes, view, row, Math.min(row + rows, toRow));
  }
  return totals.map((total) => BigInt.asUintN(64 * lanes, total));
}

const ROWS_PER_WORD = 32;

/** A row set as words of 32 rows, the last one filled up with zeros. */
function wholeWords(bytes: Uint8Array): DataView {
  if (bytes.byteLength % 4 === 0) return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const padded = new Uint8Array(Math.ceil(bytes.byteLength / 4) * 4);
  padded.set(bytes);
  return new DataView(padded.buffer);
}

function sumOfSet(halves: Uint32Array, lanes: 1 | 2, bits: DataView, fromRow: number, toRow: number): bigint {
  const end = Math.min(toRow, bits.byteLength * 8);
  let sum = 0n;
  for (let lane = 0; lane < lanes; lane += 1) {
    sum += sumOfLane(halves, 2 * lanes, 2 * lane, bits, fromRow, end) << BigInt(64 * lane);
  }
  return sum;
}

/** WHY halves: at most 65,536 numbers below 2^32 add up exactly in a double, and far faster than in a bigint. */
function sumOfLane(
  halves: Uint32Array,
  stride: number,
  offset: number,
  bits: DataView,
  fromRow: number,
  end: number,
): bigint {
  let low = 0;
  let high = 0;
  for (let row = fromRow; row < end; row += ROWS_PER_WORD) {
    const base = (row - fromRow) * stride + offset;
    for (let rest = bits.getInt32(row >>> 3); rest !== 0; ) {
      const leading = Math.clz32(rest);
      const at = base + stride * leading;
      low += halves[at]!;
      high += halves[at + 1]!;
      rest &= ~(0x8000_0000 >>> leading);
    }
  }
  return BigInt(low) + (BigInt(high) << 32n);
}
