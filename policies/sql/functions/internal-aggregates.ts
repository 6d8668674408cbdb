import type { SqlType } from '../sql-type.ts';
import { DOUBLE, HUGEINT, TEXT } from '../sql-type.ts';
import { engineType } from '../type-rules.ts';
import { type AggregateEntry, summandOf, sumResult } from './aggregates.ts';

/**
 * Aggregates that only `rewrite` uses: no spelling reaches them from a user's text. Each takes one number, most often
 * a sum per privacy unit, and gives 0 where the group has no value.
 */
const largest = (name: string, index: 1 | 2 | 3): AggregateEntry => ({
  name,
  spellings: [],
  params: [{ is: 'number' }],
  result: ([type]) => type ?? DOUBLE,
  sql: ({ args: [a = ''], types: [type = DOUBLE], suffix }) => {
    const magnitude = magnitudeOf(a, type);
    return `COALESCE(${index === 1 ? `max(${magnitude})${suffix}` : `(max(${magnitude}, 3)${suffix})[${index}]`}, ${zero(type)})`;
  },
  distinct: false,
  window: false,
  total: 'one of its arguments or 0',
  doc: { zh: `绝对值第 ${index} 大`, en: `absolute value number ${index} from the largest` },
});

export const INTERNAL_AGGREGATES: readonly AggregateEntry[] = [
  largest('top1_abs', 1),
  largest('top2_abs', 2),
  largest('top3_abs', 3),
  {
    name: 'sum_abs',
    spellings: [],
    params: [{ is: 'number' }],
    result: ([type]) => sumResult(type ?? DOUBLE),
    sql: ({ args: [a = ''], types: [type = DOUBLE], suffix }) => {
      const sum = `sum(${summandOf(magnitudeOf(a, type), type)})${suffix}`;
      return `COALESCE(${type.kind === 'double' ? `CAST(${sum} AS DOUBLE)` : type.kind === 'hugeint' ? `CAST(${sum} AS HUGEINT)` : sum}, ${zero(sumResult(type))})`;
    },
    distinct: false,
    window: false,
    total: 'summands of at most 28 digits in 38',
    doc: { zh: '绝对值之和', en: 'sum of absolute values' },
  },
  {
    name: 'class_mask',
    spellings: [],
    params: [{ is: 'number' }],
    result: () => HUGEINT,
    sql: ({ args: [a = ''], suffix }) =>
      `CAST(bit_or(CAST(1 AS UBIGINT) << (TRY_CAST(${a} AS UBIGINT) & 63))${suffix} AS HUGEINT)`,
    distinct: false,
    window: false,
    total: '64 bits, shifted by less than 64',
    doc: { zh: '隐私单元类的位图', en: 'one bit per class of units' },
  },
  {
    // What a set of rows is known by: per class its rows and the sums of their keys.
    name: 'class_list',
    spellings: [],
    params: [{ is: 'number' }],
    result: () => TEXT,
    sql: ({ args, suffix }) => {
      const sums = args.slice(2).map((sum) => `COALESCE(${sum}, 0)`);
      const rows = args[1] ?? '0';
      // WHY the first as well: concat_ws leaves out what is NULL.
      const row = `concat_ws(':', ${[args[0], rows, ...sums].join(', ')})`;
      return `string_agg(CASE WHEN ${rows} > 0 AND ${args[0]} IS NOT NULL THEN ${row} END, ';')${suffix}`;
    },
    distinct: false,
    window: false,
    total: 'at most 65 numbers of each kind',
    doc: { zh: '各类的行数与键和', en: 'rows and key sums of each class' },
  },
  {
    // Which rows: a bit for each row index up to the second argument, a whole number of bytes.
    name: 'row_set',
    spellings: [],
    params: [{ is: 'number' }, { is: 'number' }],
    result: () => TEXT,
    // WHY BIGINT: the aggregate addresses bits by the type of the index.
    sql: ({ args: [index = '', last = ''], suffix }) =>
      `to_base64(CAST(bitstring_agg(CAST(${index} AS BIGINT), 0, ${last})${suffix} AS BLOB))`,
    distinct: false,
    window: false,
    total: 'row indices lie below the number of rows of their version',
    doc: { zh: '行集合的位图', en: 'bitmap of the rows' },
  },
  {
    name: 'cipher_sum',
    spellings: [],
    params: [{ is: 'number' }],
    result: () => HUGEINT,
    // WHY no cast: words are signed, in versions of a former layout unsigned; both add up to the same number of the ring.
    sql: ({ args: [word = ''], suffix }) => `sum(${word})${suffix}`,
    distinct: false,
    window: false,
    total: 'words of 64 bits: fewer than 2^63 of them add up in 128',
    doc: { zh: '密文之和', en: 'sum of ciphertext' },
  },
  {
    name: 'mask_union',
    spellings: [],
    params: [{ is: 'number' }],
    result: () => HUGEINT,
    sql: ({ args: [a = ''], suffix }) => `CAST(bit_or(TRY_CAST(${a} AS UBIGINT))${suffix} AS HUGEINT)`,
    distinct: false,
    window: false,
    total: 'masks have 64 bits',
    doc: { zh: '位图之并', en: 'the classes of units of several groups' },
  },
];

const zero = (type: SqlType): string => `CAST(0 AS ${engineType(type)})`;

/** The smallest integer has no absolute value of its type: NULL by TRY. */
function magnitudeOf(arg: string, type: SqlType): string {
  return type.kind === 'integer' || type.kind === 'hugeint' ? `TRY(abs(${arg}))` : `abs(${arg})`;
}
