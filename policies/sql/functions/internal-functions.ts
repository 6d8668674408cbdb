import { INTEGER } from '../sql-type.ts';
import type { ScalarEntry } from './scalar-entry.ts';

/** Functions that only `rewrite` uses: no spelling reaches them from a user's text. */
export const INTERNAL_FUNCTIONS: readonly ScalarEntry[] = [
  {
    // 64 classes of units by a hash of their token; what belongs to nobody is class 64.
    name: 'unit_class',
    spellings: [],
    signatures: [{ params: [{ is: 'any' }], result: INTEGER }],
    sql: ([token = '']) => `(CASE WHEN ${token} IS NULL THEN 64 ELSE CAST(hash(${token}) & 63 AS BIGINT) END)`,
    total: 'a number from 0 to 64',
    doc: { zh: '隐私单元的类', en: 'class of a privacy unit' },
  },
  {
    // 62 bits of a hash, so that sums of them stay far from the end of 128 bits.
    name: 'value_hash',
    spellings: [],
    signatures: [{ params: [{ is: 'any' }], result: INTEGER }],
    sql: ([value = '']) => `CAST(hash(${value}) >> 2 AS BIGINT)`,
    total: 'a number of 62 bits',
    doc: { zh: '值的散列', en: 'hash of a value' },
  },
];
