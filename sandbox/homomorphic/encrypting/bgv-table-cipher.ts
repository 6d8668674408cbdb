import { encryptedColumns, type TableSchema, wordColumns } from '#policies/stored-tables';
import { BLOCK_ROWS } from '../bgv/bgv-parameters.ts';
import type { BgvProcesses } from '../bgv/bgv-process.ts';
import { encryptedBlocks } from '../bgv/bgv-v1.ts';
import { pieceOf, rowsDue, textOfBlock } from '../bgv/block-text.ts';
import { partsOf } from '../bgv/limbs.ts';
import { openDigestList } from '../block-digests.ts';
import type { StoredBlocks } from './block-state.ts';
import type { TableCipher } from './table-cipher.ts';

/** What a provider encrypts with: a public key of the custodian's, and processes for the work. */
export interface BgvEncrypting {
  readonly publicKey: Uint8Array;
  readonly processes: BgvProcesses;
}

export function openBgvTable(
  schema: TableSchema,
  { publicKey, processes }: BgvEncrypting,
  from: StoredBlocks | null,
): TableCipher {
  const columns = encryptedColumns(schema);
  const digests = openDigestList(wordColumns(schema).length, from?.digests);
  let rows = from?.rows ?? 0;
  return {
    due: rowsDue,
    root: digests.root,
    state: () => ({ rows, digests: digests.state(), tail: [] }),
    async encrypt(_, values) {
      const count = values[0]?.length ?? 0;
      const parts = columns.flatMap((column, at) => partsOf(column, values[at]!));
      const keys = { publicKey, secretKey: null };
      // WHY all at once: a process takes longer to start than to encrypt a hundred blocks.
      const flat = new BigInt64Array(parts.length * wholeRows(count));
      for (const [part, one] of parts.entries()) flat.set(one, part * wholeRows(count));
      const encrypted = await encryptedBlocks(processes, keys, flat);
      const each = encrypted.length / Math.max(1, parts.length);
      const ofPart = parts.map((_part, part) => encrypted.slice(part * each, (part + 1) * each));
      for (const [part, blocks] of ofPart.entries()) for (const block of blocks) digests.add(part, block);
      rows += count;
      const texts = ofPart.map((blocks) => blocks.map(textOfBlock).join(''));
      return {
        fields: (row) => texts.map((text) => pieceOf(text, row, count)).join(),
        blocks: Array.from({ length: each }, (_block, block) => ofPart.map((one) => one[block]!)).flat(),
      };
    },
  };
}

const wholeRows = (rows: number): number => Math.ceil(rows / BLOCK_ROWS) * BLOCK_ROWS;
