import { DATE, DOUBLE, INTEGER, TEXT } from '../sql-type.ts';
import type { ScalarEntry } from './scalar-entry.ts';
import { unitClassSql } from './unit-class.ts';

/** Functions that only `rewrite` uses: no spelling reaches them from a user's text. */
export const INTERNAL_FUNCTIONS: readonly ScalarEntry[] = [
  {
    name: 'unit_class',
    spellings: [],
    signatures: [{ params: [{ is: 'any' }], result: INTEGER }],
    sql: ([token = '']) => unitClassSql(token),
    total: 'a number from 0 to 64',
    doc: { zh: '隐私单元的类', en: 'class of a privacy unit' },
  },
  {
    name: 'class_count',
    spellings: [],
    signatures: [{ params: [{ is: 'number' }], result: INTEGER }],
    sql: ([mask = '']) => `COALESCE(CAST(bit_count(TRY_CAST(${mask} AS UBIGINT)) AS BIGINT), 0)`,
    total: 'a number from 0 to 64',
    doc: { zh: '位图中隐私单元类的个数', en: 'classes of privacy units in a mask' },
  },
  {
    // An enumeration's value as the text that it stands for.
    name: 'code_text',
    spellings: [],
    signatures: [{ params: [{ is: 'any' }], result: TEXT }],
    sql: ([code = '']) => `CAST(${code} AS VARCHAR)`,
    total: 'the value itself',
    doc: { zh: '编码对应的文本', en: 'text of a code' },
  },
  {
    // WHY no TRY: it would keep the engine from seeing how few there are.
    name: 'month_code',
    spellings: [],
    signatures: [{ params: [{ is: 'temporal' }], result: INTEGER }],
    sql: ([date = '']) => `(year(${date}) * 16 + month(${date}))`,
    total: 'of any date, NULL of what is infinite',
    doc: { zh: '年月编号', en: 'a number for a month of a year' },
  },
  {
    name: 'month_start',
    spellings: [],
    signatures: [{ params: [{ is: 'integer' }], result: DATE }],
    sql: ([code = '']) => `TRY(make_date(${code} >> 4, ${code} & 15, 1))`,
    total: 'the first day of the month with that number, else NULL by TRY',
    doc: { zh: '该月首日', en: 'first day of a month' },
  },
  {
    // WHY not greatest and least: for them NULL is no value, and one bound would stand in its place.
    name: 'clamp',
    spellings: [],
    signatures: [
      { params: [{ is: 'number' }, { is: 'number' }, { is: 'number' }], result: ([type]) => type ?? DOUBLE },
    ],
    sql: ([value = '', low = '', high = '']) =>
      `(CASE WHEN ${value} < ${low} THEN ${low} WHEN ${value} > ${high} THEN ${high} ELSE ${value} END)`,
    strict: true,
    total: 'one of its arguments; NULL stays NULL',
    doc: { zh: '截断到区间', en: 'the nearest value within bounds' },
  },
  {
    // 62 bits of a hash, so that sums of them stay far from the end of 128 bits.
    name: 'value_hash',
    spellings: [],
    signatures: [{ params: [{ is: 'any' }], rest: { is: 'any' }, result: INTEGER }],
    sql: (values) => `CAST(hash(${values.join(', ')}) >> 2 AS BIGINT)`,
    total: 'a number of 62 bits',
    doc: { zh: '值的散列', en: 'hash of values' },
  },
];
