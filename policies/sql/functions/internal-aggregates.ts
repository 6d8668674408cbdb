import type { SqlType } from '../sql-type.ts';
import { DOUBLE, HUGEINT } from '../sql-type.ts';
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
    // Bits set never exceed the distinct units: a lower bound that survives merging groups by OR.
    name: 'unit_mask',
    spellings: [],
    params: [{ is: 'countable' }],
    result: () => HUGEINT,
    sql: ({ args: [a = ''], suffix }) => `CAST(bit_or(CAST(1 AS UBIGINT) << (hash(${a}) % 64))${suffix} AS HUGEINT)`,
    distinct: false,
    window: false,
    total: '64 bits, shifted by less than 64',
    doc: { zh: '隐私单元位图', en: 'one bit per class of units' },
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
