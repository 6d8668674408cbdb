import { type Cipheriv, createCipheriv } from 'node:crypto';
import { assert } from '#policies/stored-tables';
import type { RowSet } from '../row-set.ts';
import { openPadKernel } from './pad-kernel.ts';

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

/** Rows worked on at once: their pads stay in the processor's cache. */
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
 * Σ of the pads of each set, modulo 2^64 or 2^128, over the rows from `fromRow` (a multiple of 8) up to `toRow` (one as well). One pass over
 * the stream serves all sets.
 */
export function padSums(
  key: Uint8Array,
  lanes: 1 | 2,
  sets: readonly Pick<RowSet, 'bytes'>[],
  fromRow: number,
  toRow: number,
): readonly bigint[] {
  assert(fromRow % 8 === 0 && toRow % 8 === 0, 'pads are summed over whole bytes of row sets');
  const size = SUMS_AT + sets.length * SUM_BYTES;
  const pages = Math.ceil(size / PAGE_BYTES);
  const memory = new WebAssembly.Memory({ initial: pages, maximum: pages });
  const { addValues, addSquares } = openPadKernel(memory);
  const add = lanes === 1 ? addValues : addSquares;
  const pads = new BigUint64Array(memory.buffer, PADS_AT, lanes * PAD_ROWS);
  const bits = new Uint8Array(memory.buffer, BITS_AT, PAD_ROWS / 8);
  const stream = padStream(key, lanes, fromRow);
  for (let row = fromRow; row < toRow; row += PAD_ROWS) {
    const end = Math.min(row + PAD_ROWS, toRow);
    pads.set(stream.next(end - row));
    for (const [at, { bytes }] of sets.entries()) {
      const some = bytes.subarray(row / 8, end / 8);
      bits.set(some);
      bits.fill(0, some.length);
      add(BITS_AT, BITS_AT + Math.ceil(some.length / 8) * 8, PADS_AT, SUMS_AT + at * SUM_BYTES);
    }
  }
  const sums = new BigUint64Array(memory.buffer, SUMS_AT, 2 * sets.length);
  return sets.map((_, at) => BigInt.asUintN(64 * lanes, sums[2 * at]! + (sums[2 * at + 1]! << 64n)));
}

/** Where things are in the kernel's memory. */
const PAGE_BYTES = 65_536;
const PADS_AT = 0;
const BITS_AT = PADS_AT + 2 * PAD_ROWS * WORD_BYTES;
const SUMS_AT = BITS_AT + PAD_ROWS / 8;
const SUM_BYTES = 2 * WORD_BYTES;
