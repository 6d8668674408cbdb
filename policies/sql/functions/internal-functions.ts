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
];
