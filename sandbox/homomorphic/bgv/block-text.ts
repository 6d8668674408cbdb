import { assert } from '#policies/stored-tables';
import { BLOCK_ROWS, CIPHERTEXT_BYTES } from './bgv-parameters.ts';

/**
 * How ciphertext blocks lie in the rows of a table: the base64 texts of the blocks, one after the other, cut into as many pieces as there are
 * rows. A whole block lies in its own 4096 rows; the last two lie evenly in all rows that are theirs, so that no row has much.
 */
export const BLOCK_TEXT = Math.ceil(CIPHERTEXT_BYTES / 3) * 4;

/** The piece of row `row` of `rows` rows that have these texts. */
export function pieceOf(texts: string, row: number, rows: number): string {
  const cut = (at: number): number => Math.floor((at * texts.length) / rows);
  return texts.slice(cut(row), cut(row + 1));
}

/** How many of the rows at hand are encrypted now. WHY two blocks are kept back: the last may be of few rows. */
export function rowsDue(rows: number, isLast: boolean): number {
  return isLast ? rows : Math.max(0, Math.floor(rows / BLOCK_ROWS) - 1) * BLOCK_ROWS;
}

/** Blocks, and the rows that their texts lie in. */
export interface BlockRange {
  readonly first: number;
  readonly fromRow: number;
  readonly toRow: number;
}

/** All blocks of a table in ranges of up to `most`, the last two together. */
export function blockRanges(rows: number, most: number): readonly BlockRange[] {
  const shared = Math.max(0, Math.ceil(rows / BLOCK_ROWS) - 2); // where the last two begin
  const whole = Array.from({ length: Math.ceil(shared / most) }, (_, at) => {
    const first = at * most;
    return { first, fromRow: first * BLOCK_ROWS, toRow: Math.min(first + most, shared) * BLOCK_ROWS };
  });
  return [...whole, { first: shared, fromRow: shared * BLOCK_ROWS, toRow: rows }];
}

/** Puts blocks together again from pieces that come row by row. */
export interface BlockTexts {
  /** The blocks that are whole by now and were not before. */
  add(pieces: string): readonly Buffer[];
  /** Whether nothing is left over. */
  isWhole(): boolean;
}

export function openBlockTexts(): BlockTexts {
  let waiting: string[] = [];
  let length = 0;
  return {
    add(pieces) {
      waiting.push(pieces);
      length += pieces.length;
      if (length < BLOCK_TEXT) return [];
      const text = waiting.join('');
      const whole = Math.floor(text.length / BLOCK_TEXT);
      waiting = [text.slice(whole * BLOCK_TEXT)];
      length = waiting[0]!.length;
      return Array.from({ length: whole }, (_, at) => decoded(text.slice(at * BLOCK_TEXT, (at + 1) * BLOCK_TEXT)));
    },
    isWhole: () => length === 0,
  };
}

function decoded(text: string): Buffer {
  return Buffer.from(text, 'base64');
}

export function textOfBlock(block: Uint8Array): string {
  assert(block.length === CIPHERTEXT_BYTES, 'a block is one ciphertext');
  return Buffer.from(block.buffer, block.byteOffset, block.byteLength).toString('base64');
}
