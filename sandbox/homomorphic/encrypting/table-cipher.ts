import { assert, type EncryptedColumn, encryptedColumns, type TableSchema, wordColumns } from '#policies/stored-tables';
import type { AggregateCipher } from '../aggregate-cipher.ts';
import { type AsheStored, openAshe } from '../ashe/ashe-v1.ts';
import { openBlockDigests } from '../block-digests.ts';
import type { BgvEncrypting } from './bgv-table-cipher.ts';
import { openBgvTable } from './bgv-table-cipher.ts';
import { blockState, blockText, type StoredBlocks } from './block-state.ts';
import type { PlainRows } from './plain-rows.ts';

/** Encrypts a table's rows in their order, all columns of it, and keeps the digests that are signed. */
export interface TableCipher {
  /** How many of the rows at hand are encrypted now; the others wait for those that follow. */
  due(rows: number, isLast: boolean): number;
  encrypt(firstIndex: number, values: PlainRows['values']): Promise<CipherRows>;
  /** Of all blocks so far. */
  root(): string;
  /** What a later one goes on from. */
  state(): StoredBlocks;
}

export interface CipherRows {
  /** Of a row, as CSV: its ciphertext in the order of `wordColumns`. */
  fields(row: number): string;
  /** What the custodian is given of them: blocks as they are. */
  readonly blocks: readonly Uint8Array[];
}

export interface CipherSubject {
  /** Of `ashe-v1`. */
  readonly dataKey: Uint8Array;
  readonly dataset: string;
  readonly version: string;
  /** Beyond every index that was encrypted before. */
  readonly nextIndex: number;
  readonly blocks: StoredBlocks | null;
}

/** @param bgv needed by a table of `bgv-v1` */
export function openTableCipher(schema: TableSchema, subject: CipherSubject, bgv: BgvEncrypting | null): TableCipher {
  const [first] = encryptedColumns(schema);
  if (first?.encryption.scheme !== 'bgv-v1') return openAsheTable(schema, subject);
  assert(bgv !== null, 'a table of `bgv-v1` is encrypted with a public key');
  return openBgvTable(schema, bgv, subject.blocks);
}

interface ColumnCipher {
  readonly value: AggregateCipher<AsheStored, bigint>;
  readonly square: AggregateCipher<AsheStored, bigint> | null;
}

function openAsheTable(
  schema: TableSchema,
  { dataKey, dataset, version, nextIndex, blocks }: CipherSubject,
): TableCipher {
  const open = ({ name, encryption }: EncryptedColumn, of: 'value' | 'square') => {
    assert(encryption.scheme === 'ashe-v1', 'a table is encrypted as it is declared');
    return openAshe({ dataKey, column: { dataset, version, column: name, of }, nextIndex });
  };
  const ciphers = encryptedColumns(schema).map(
    (column): ColumnCipher => ({
      value: open(column, 'value'),
      square: column.encryption.squares === true ? open(column, 'square') : null,
    }),
  );
  const digests = openBlockDigests(wordColumns(schema).length, blockState(blocks));
  return {
    due: (rows) => rows,
    root: digests.root,
    state: () => blockText(digests.state()),
    async encrypt(firstIndex, values) {
      const words: BigInt64Array[] = [];
      for (const [at, { value, square }] of ciphers.entries()) {
        words.push(await value.encrypt(firstIndex, values[at]!));
        if (square !== null) words.push(...lanesOf(await square.encrypt(firstIndex, values[at]!)));
      }
      digests.add(words);
      return { fields: (row) => words.map((column) => column[row]!).join(), blocks: [] };
    },
  };
}

function lanesOf(squares: AsheStored): readonly [low: BigInt64Array, high: BigInt64Array] {
  const lanes = [new BigInt64Array(squares.length / 2), new BigInt64Array(squares.length / 2)] as const;
  for (let row = 0; row < squares.length / 2; row += 1) {
    lanes[0][row] = squares[2 * row]!;
    lanes[1][row] = squares[2 * row + 1]!;
  }
  return lanes;
}
