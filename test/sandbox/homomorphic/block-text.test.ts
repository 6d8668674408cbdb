/**
 * Goal: ciphertext blocks that lie as text in a table's rows come out as they went in, whatever the number of rows and however they arrived.
 * Method: blocks of random bytes; rows in pieces of random size, of which some wait; read back in ranges. No row has more than its share.
 */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { seededWords } from '../../../bench/seeded-words.ts';
import { BLOCK_ROWS, CIPHERTEXT_BYTES } from '../../../sandbox/homomorphic/bgv/bgv-parameters.ts';
import {
  BLOCK_TEXT,
  blockRanges,
  openBlockTexts,
  pieceOf,
  rowsDue,
  textOfBlock,
} from '../../../sandbox/homomorphic/bgv/block-text.ts';

const SEED = 20_261_128;
console.log(`block text seed ${SEED}`);
const next = seededWords(BigInt(SEED));
const randomBlock = (): Uint8Array => {
  const bytes = new Uint8Array(CIPHERTEXT_BYTES);
  for (let at = 0; at < bytes.length; at += 4_096) bytes[at] = Number(next() % 256n);
  return bytes;
};

/** Pieces of each row, as an encryption writes them whose rows arrive in stretches. */
function written(arrivals: readonly number[]): { readonly blocks: Uint8Array[]; readonly pieces: string[] } {
  const blocks: Uint8Array[] = [];
  const pieces: string[] = [];
  let waiting = 0;
  for (const [at, arrived] of [...arrivals, 0].entries()) {
    waiting += arrived;
    const rows = rowsDue(waiting, at === arrivals.length);
    const fresh = Array.from({ length: Math.ceil(rows / BLOCK_ROWS) }, randomBlock);
    const texts = fresh.map(textOfBlock).join('');
    for (let row = 0; row < rows; row += 1) pieces.push(pieceOf(texts, row, rows));
    blocks.push(...fresh);
    waiting -= rows;
  }
  return { blocks, pieces };
}

it('come out as they went in, range by range and row by row', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 1, max: 9_000 }), { minLength: 1, maxLength: 3 }), (arrivals) => {
      const { blocks, pieces } = written(arrivals);
      const rows = arrivals.reduce((sum, one) => sum + one, 0);
      expect(pieces.length).toBe(rows);
      const ranges = blockRanges(rows, 2);
      const read = ranges.flatMap(({ fromRow, toRow }) => openBlockTexts().add(pieces.slice(fromRow, toRow).join('')));
      expect(read.map((one) => Buffer.compare(one, blocks.shift()!))).toEqual(read.map(() => 0));
      expect(blocks).toEqual([]);
      const perRow = Math.ceil(BLOCK_TEXT / Math.min(rows, BLOCK_ROWS / 2));
      expect(Math.max(...pieces.map(({ length }) => length))).toBeLessThanOrEqual(perRow);
      const stream = openBlockTexts();
      const streamed = pieces.flatMap((piece) => stream.add(piece));
      expect([streamed.length, stream.isWhole()]).toEqual([read.length, true]);
      expect(openBlockTexts().add(pieces.slice(0, -1).join('')).length).toBe(read.length - 1); // control
    }),
    { seed: SEED, numRuns: 12 },
  );
});
