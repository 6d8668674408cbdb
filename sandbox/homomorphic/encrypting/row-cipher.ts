import { assert, type EncryptedColumn, encryptedColumns, type TableSchema } from '#policies/stored-tables';
import type { AggregateCipher } from '../aggregate-cipher.ts';
import { type AsheStored, openAshe } from '../ashe/ashe-v1.ts';
import type { PlainRows } from './plain-rows.ts';

/** Encrypts rows column by column. Words in the order of `wordColumns`. */
export interface RowCipher {
  encrypt(firstIndex: number, values: PlainRows['values']): Promise<readonly BigInt64Array[]>;
}

interface ColumnCipher {
  readonly value: AggregateCipher<AsheStored, bigint>;
  readonly square: AggregateCipher<AsheStored, bigint> | null;
}

/** @param nextIndex beyond every index that was encrypted before */
export function openRowCipher(
  schema: TableSchema,
  {
    dataKey,
    dataset,
    version,
    nextIndex,
  }: { dataKey: Uint8Array; dataset: string; version: string; nextIndex: number },
): RowCipher {
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
  return {
    async encrypt(firstIndex, values) {
      const words: BigInt64Array[] = [];
      for (const [at, { value, square }] of ciphers.entries()) {
        words.push(await value.encrypt(firstIndex, values[at]!));
        if (square !== null) words.push(...lanesOf(await square.encrypt(firstIndex, values[at]!)));
      }
      return words;
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
