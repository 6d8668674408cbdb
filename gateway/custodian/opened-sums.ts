import { cipherColumns, type EncryptedColumn } from '#policies';
import { type HeldBlocks, joinedLimbs, openAshe, sumDigest } from '#sandbox';
import type { BgvCustody } from './bgv-custody.ts';
import type { ColumnRead, HeldPackage } from './held-package.ts';

/** `ashe-v1`: a sum that is not of its rows opens to a number that hardly any sum is. */
export function openedByPads(
  dataKey: Uint8Array,
  { dataset, version }: { readonly dataset: string; readonly version: string },
): HeldPackage['open'] {
  return async (reads) => {
    const opened: (readonly bigint[])[] = [];
    for (const { column, of, sums } of reads) {
      const cipher = openAshe({ dataKey, column: { dataset, version, column, of } });
      opened.push(await cipher.open(sums.map(({ sum, rows }) => ({ sum: BigInt(sum), rows }))));
    }
    return opened;
  };
}

/**
 * `bgv-v1`: every sum is computed again, from blocks that the provider gave the custodian, by a process without the secret key; and only
 * that is opened, by another one.
 *
 * INVARIANT: nothing that a gateway sends reaches SEAL here. What it says of a sum is compared with what its rows come to, to the last
 * bit; where one differs, nothing of the question is opened.
 */
export function openedByKey(
  columns: readonly EncryptedColumn[],
  blocks: HeldBlocks,
  seed: Uint8Array,
  { inTurn }: Pick<BgvCustody, 'inTurn'>,
): HeldPackage['open'] {
  const partsOf = ({ column, of }: ColumnRead): readonly string[] =>
    cipherColumns(columns.find(({ name }) => name === column)!, of);
  return async (reads) => {
    const sets = [...new Set(reads.flatMap(({ sums }) => sums.map(({ rows }) => rows)))];
    const parts = reads.flatMap(partsOf);
    if (sets.length === 0 || parts.length === 0) return reads.map(() => []);
    const work = { sets, parts: parts.length, key: 'public', isBlinded: true } as const;
    const summed = await inTurn((seal) => seal.sums(work, blocks.runs(parts)));
    let next = 0;
    const own = reads.map((read) => {
      const [from, to] = [next, next + partsOf(read).length];
      next = to;
      return read.sums.map(({ sum, rows }) => {
        const ofRows = summed[sets.indexOf(rows)]!.slice(from, to);
        return { ofRows, isSame: sumDigest(ofRows) === sum };
      });
    });
    if (own.flat().some(({ isSame }) => !isSame)) return own.map((read) => read.map(() => null));
    const ciphertexts = own.flat().flatMap(({ ofRows }) => ofRows.map(({ blinded }) => blinded));
    const opened = (await inTurn((seal) => seal.open(seed, ciphertexts))).values();
    return own.map((read) => read.map(({ ofRows }) => joinedLimbs(ofRows.map(() => opened.next().value!))));
  };
}
