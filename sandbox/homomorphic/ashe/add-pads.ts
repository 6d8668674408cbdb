import { PAD_ROWS, padStream } from './pads.ts';

/** Encrypts: `values[j]` is of row `firstIndex + j`; `stored` takes one word of each, or two of its square. */
export function addPads(
  key: Uint8Array,
  lanes: 1 | 2,
  firstIndex: number,
  values: BigInt64Array,
  stored: BigInt64Array,
): void {
  const skipped = firstIndex % 2; // a block of the cipher holds the pads of two values
  const stream = padStream(key, lanes, firstIndex - skipped);
  if (skipped > 0) stream.next(skipped);
  const add = lanes === 1 ? addToValues : addToSquares;
  for (let at = 0; at < values.length; at += PAD_ROWS) {
    const part = values.subarray(at, at + PAD_ROWS);
    add(part, stream.next(part.length), stored.subarray(at * lanes));
  }
}

function addToValues(values: BigInt64Array, pads: BigUint64Array, stored: BigInt64Array): void {
  for (let i = 0; i < values.length; i += 1) stored[i] = values[i]! + pads[i]!;
}

/** WHY the low word is taken off first: it is signed, so that a number is low + high · 2^64 whatever its sign. */
function addToSquares(values: BigInt64Array, pads: BigUint64Array, stored: BigInt64Array): void {
  for (let i = 0; i < values.length; i += 1) {
    const value = values[i]!;
    const sum = value * value + pads[2 * i]! + (pads[2 * i + 1]! << 64n);
    const low = BigInt.asIntN(64, sum);
    stored[2 * i] = low;
    stored[2 * i + 1] = (sum - low) >> 64n;
  }
}
