import { assert, HALF_RING } from '#policies/stored-tables';
import type { AggregateCipher, CipherDescription, EncryptedSum } from '../aggregate-cipher.ts';
import { ROW_INDEX_MAX, type RowSet, rowIndices } from '../row-set.ts';
import { type AsheColumn, asheColumnKey } from './ashe-key.ts';
import { type AsheThreads, OWN_THREAD } from './ashe-threads.ts';

/**
 * `ashe-v1`: additively symmetric encryption. c = v + F_k(i) modulo 2^64, where i is the row's index and F_k the pads of the column
 * (pads.ts); squares modulo 2^128. The sum of ciphertexts minus the sum of the pads of exactly the summed rows is the sum of values.
 *
 * Guarantee: without the key, ciphertext is uniform and independent of the values, as far as AES-256 is a PRF and no pad serves twice;
 * a sum over other rows than declared opens to a uniform number (PROOF.md).
 * Limits: no integrity of single ciphertexts: who can change them shifts sums by a known amount. The signed block manifest stands
 * against that (block-manifest.ts).
 * Source: Papadimitriou et al., Big Data Analytics over Encrypted Datasets with Seabed, OSDI 2016, §3.1–3.2; without its telescoping of
 * neighbouring pads, as sets of rows are scattered here.
 */

/**
 * Signed 64-bit words: one per row, or two of a square, low + high · 2^64.
 * WHY signed: the engine adds them up twice as fast as unsigned ones (bench/RESULTS.md).
 */
export type AsheStored = BigInt64Array;

export interface AsheOptions {
  readonly dataKey: Uint8Array;
  readonly column: AsheColumn;
  /** Where encrypting begins: beyond every index that was ever used. */
  readonly nextIndex?: number;
  /** Threads to work on; without, the caller's. */
  readonly threads?: AsheThreads;
}

export function openAshe({
  dataKey,
  column,
  nextIndex = 0,
  threads = OWN_THREAD,
}: AsheOptions): AggregateCipher<AsheStored, bigint> {
  const key = asheColumnKey(dataKey, column);
  const lanes = column.of === 'value' ? 1 : 2;
  let next = nextIndex;
  return {
    describe: describeAshe(column.of),
    async encrypt(firstIndex, values) {
      assert(firstIndex === next, 'indices only grow: a pad serves one value');
      assert(firstIndex + values.length <= ROW_INDEX_MAX, 'a table version has less than 2^32 rows');
      next += values.length;
      return await threads.encrypt(key, lanes, firstIndex, values);
    },
    evaluate: (stored, rows) => Promise.resolve(evaluateAshe(lanes, stored, rows)),
    async open(sums) {
      const sets = sums.map(({ rows }) => rows);
      return openedSums(sums, lanes, await threads.padSums(key, lanes, sets));
    },
  };
}

export function describeAshe(of: 'value' | 'square'): CipherDescription {
  return {
    scheme: 'ashe-v1',
    halfRing: HALF_RING['ashe-v1'][of],
    bytesPerValue: of === 'value' ? 8 : 16,
    bindsRows: true,
    groupsMax: 100_000,
    securityBits: 256,
  };
}

/** What the engine does with `sum` over the stored words (ashe-sql.ts). */
function evaluateAshe(lanes: 1 | 2, stored: readonly AsheStored[], rows: RowSet): bigint {
  let sum = 0n;
  let first = 0;
  let at = 0;
  for (const row of rowIndices(rows)) {
    while (row >= first + stored[at]!.length / lanes) {
      first += stored[at]!.length / lanes;
      at += 1;
    }
    const word = (row - first) * lanes;
    sum += stored[at]![word]! + (lanes === 1 ? 0n : stored[at]![word + 1]! << 64n);
  }
  return BigInt.asUintN(64 * lanes, sum);
}

/** The sums without their pads, as signed numbers of the ring. Ciphertext sums may be whole: they are reduced here. */
export function openedSums(
  sums: readonly Pick<EncryptedSum<bigint>, 'sum'>[],
  lanes: 1 | 2,
  pads: readonly bigint[],
): readonly bigint[] {
  return sums.map(({ sum }, at) => BigInt.asIntN(64 * lanes, sum - pads[at]!));
}
