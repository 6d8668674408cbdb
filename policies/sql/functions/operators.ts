import type { Call } from '../plan.ts';
import { engineType } from '../type-rules.ts';
import { infix, type ScalarEntry } from './scalar-entry.ts';

/**
 * Operators. Their types are worked out in `resolve-operators.ts`; arguments arrive in the types that `sql` expects.
 */
const operator = (entry: Omit<ScalarEntry, 'spellings' | 'signatures'>): ScalarEntry => ({
  ...entry,
  spellings: [],
  signatures: [],
});
const NO_ERROR = 'defined for every pair of values of its type';

export const OPERATORS: readonly ScalarEntry[] = [
  operator({
    name: 'add',
    sql: (args, call) => exactSum('+', args, call),
    nonFinite: true,
    strict: true,
    total: 'overflow gives NULL by TRY; doubles beyond range give NULL',
    doc: { zh: '加法', en: 'addition' },
  }),
  operator({
    name: 'subtract',
    sql: (args, call) => exactSum('-', args, call),
    nonFinite: true,
    strict: true,
    total: 'as addition',
    doc: { zh: '减法', en: 'subtraction' },
  }),
  operator({
    name: 'multiply',
    sql: (args, call) => exactProduct(args, call),
    nonFinite: true,
    strict: true,
    total: 'decimals are multiplied in 38 digits; overflow gives NULL',
    doc: { zh: '乘法', en: 'multiplication' },
  }),
  ...(
    [
      ['multiply_narrow', '*'],
      ['add_narrow', '+'],
      ['subtract_narrow', '-'],
    ] as const
  ).map(([name, symbol]) =>
    operator({
      name,
      sql: ([a = '', b = ''], call) => narrow(symbol, a, b, call),
      strict: true,
      total: 'only where declared bounds prove that 18 digits suffice; else NULL by TRY',
      doc: { zh: '64 位小数运算', en: 'decimal arithmetic in 64 bits' },
    }),
  ),
  operator({
    name: 'divide',
    sql: ([a = '', b = '']) => `(${a} / NULLIF(${b}, 0))`,
    nonFinite: true,
    strict: true,
    total: 'on doubles; a zero divisor gives NULL',
    doc: { zh: '除法，结果为浮点数', en: 'division, gives a double' },
  }),
  operator({
    name: 'integer_divide',
    sql: ([a = '', b = '']) => `(${a} // NULLIF(${b}, 0))`,
    raises: true,
    strict: true,
    total: 'a zero divisor gives NULL; the smallest integer by −1 gives NULL by TRY',
    doc: { zh: '整除', en: 'integer division' },
  }),
  operator({
    name: 'modulo',
    sql: ([a = '', b = '']) => `(${a} % NULLIF(${b}, 0))`,
    raises: true,
    nonFinite: true,
    strict: true,
    total: 'a zero divisor gives NULL',
    doc: { zh: '取余', en: 'remainder' },
  }),
  operator({
    name: 'negate',
    sql: ([a = '']) => `(- ${a})`,
    raises: true,
    strict: true,
    total: 'the smallest integer gives NULL by TRY',
    doc: { zh: '取负', en: 'negation' },
  }),
  ...(
    [
      ['eq', '='],
      ['neq', '<>'],
      ['lt', '<'],
      ['lte', '<='],
      ['gt', '>'],
      ['gte', '>='],
      ['not_distinct', 'IS NOT DISTINCT FROM'],
      ['distinct_from', 'IS DISTINCT FROM'],
    ] as const
  ).map(([name, symbol]) =>
    operator({
      name,
      sql: infix(symbol),
      total: NO_ERROR,
      doc: { zh: `比较 ${symbol}`, en: `comparison ${symbol}` },
    }),
  ),
  operator({ name: 'and', sql: infix('AND'), total: NO_ERROR, doc: { zh: '与', en: 'conjunction' } }),
  operator({ name: 'or', sql: infix('OR'), total: NO_ERROR, doc: { zh: '或', en: 'disjunction' } }),
  operator({ name: 'not', sql: ([a = '']) => `(NOT ${a})`, total: NO_ERROR, doc: { zh: '非', en: 'negation' } }),
  operator({
    name: 'is_null',
    sql: ([a = '']) => `(${a} IS NULL)`,
    total: NO_ERROR,
    doc: { zh: '为空', en: 'is null' },
  }),
  operator({
    name: 'is_not_null',
    sql: ([a = '']) => `(${a} IS NOT NULL)`,
    total: NO_ERROR,
    doc: { zh: '不为空', en: 'is not null' },
  }),
  operator({
    name: 'in',
    sql: ([value = '', ...list]) => `(${value} IN (${list.join(', ')}))`,
    total: NO_ERROR,
    doc: { zh: '在列表中', en: 'is in the list' },
  }),
  operator({
    name: 'between',
    sql: ([value = '', low = '', high = '']) => `(${value} BETWEEN ${low} AND ${high})`,
    total: NO_ERROR,
    doc: { zh: '在区间内，含两端', en: 'lies between, both ends included' },
  }),
  operator({
    name: 'coalesce',
    sql: (args) => `COALESCE(${args.join(', ')})`,
    total: NO_ERROR,
    doc: { zh: '首个非空值', en: 'first value that is not null' },
  }),
  operator({
    name: 'nullif',
    sql: ([a = '', b = '']) => `NULLIF(${a}, ${b})`,
    total: NO_ERROR,
    doc: { zh: '相等则为空', en: 'null where equal' },
  }),
  operator({
    name: 'greatest',
    sql: (args) => `GREATEST(${args.join(', ')})`,
    total: NO_ERROR,
    doc: { zh: '最大者', en: 'largest of' },
  }),
  operator({
    name: 'least',
    sql: (args) => `LEAST(${args.join(', ')})`,
    total: NO_ERROR,
    doc: { zh: '最小者', en: 'smallest of' },
  }),
  operator({
    name: 'date_add',
    sql: ([day = '', by = ''], call) => `(${day} + ${days(by, call)})`,
    raises: true,
    strict: true,
    total: 'beyond the calendar gives NULL by TRY',
    doc: { zh: '日期加天数或时间间隔', en: 'date plus days or an interval' },
  }),
  operator({
    name: 'date_subtract',
    sql: ([day = '', by = ''], call) => `(${day} - ${days(by, call)})`,
    raises: true,
    strict: true,
    total: 'beyond the calendar gives NULL by TRY',
    doc: { zh: '日期减天数或时间间隔；两日期之差（天）', en: 'date minus days or an interval; days between dates' },
  }),
];

/** WHY casts on both sides: DuckDB would compute two 18-digit decimals in 18 digits and overflow. */
function exactSum(symbol: string, args: readonly string[], call: Call): string {
  const [a = '', b = ''] = args;
  if (call.type.kind === 'double') return `(${a} ${symbol} ${b})`;
  if (call.type.kind !== 'decimal') return `TRY((${a} ${symbol} ${b}))`;
  const type = engineType(call.type);
  return `TRY_CAST(TRY((TRY_CAST(${a} AS ${type}) ${symbol} TRY_CAST(${b} AS ${type}))) AS ${type})`;
}

function exactProduct(args: readonly string[], call: Call): string {
  const [a = '', b = ''] = args;
  if (call.type.kind !== 'decimal') return call.type.kind === 'double' ? `(${a} * ${b})` : `TRY((${a} * ${b}))`;
  const left = call.args[0]?.type;
  const scale = left?.kind === 'decimal' ? left.scale : 0;
  const wide =
    call.type.precision > 18
      ? `CAST(${a} AS DECIMAL(${Math.max(19, left?.kind === 'decimal' ? left.precision : 19)},${scale}))`
      : a;
  return `TRY_CAST(TRY((${wide} * ${b})) AS ${engineType(call.type)})`;
}

/** Days are added as 32-bit integers: beyond them the calendar ends anyway. */
function days(by: string, call: Call): string {
  const type = call.args[1]?.type.kind;
  return type === 'integer' || type === 'null' ? `TRY_CAST(${by} AS INTEGER)` : by;
}

/** Sides of at most 18 digits: DuckDB then computes in 64 bits. */
function narrow(symbol: string, a: string, b: string, call: Call): string {
  if (symbol === '*') return `TRY((${a} * ${b}))`;
  const type = engineType(call.type);
  return `TRY((TRY_CAST(${a} AS ${type}) ${symbol} TRY_CAST(${b} AS ${type})))`;
}
