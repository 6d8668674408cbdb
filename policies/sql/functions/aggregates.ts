import type { SqlType } from '../sql-type.ts';
import { BOOLEAN, DOUBLE, decimal, HUGEINT, INTEGER } from '../sql-type.ts';
import { integerBetween } from './constant-rules.ts';
import { finiteOnly } from './finite.ts';
import type { ConstantRule, Parameter } from './scalar-entry.ts';

/**
 * An aggregate on the allow-list. The policy decides by `name` which of them a mode may release; what no mode could
 * ever release (lists, texts, one row's value) is not here: see `refused-functions.ts`.
 */
export interface AggregateEntry {
  readonly name: string;
  /** Lower case. Empty: reachable only by the compiler. */
  readonly spellings: readonly string[];
  readonly params: readonly (Parameter | TokenParameter)[];
  readonly result: (types: readonly SqlType[]) => SqlType;
  /** SQL of the call. */
  readonly sql: (parts: AggregateParts) => string;
  readonly distinct: boolean;
  /** May stand over a window. */
  readonly window: boolean;
  readonly total: string;
  readonly doc: { readonly zh: string; readonly en: string };
}
/** What the emitter hands over: arguments as SQL and their types. */
export interface AggregateParts {
  readonly args: readonly string[];
  readonly types: readonly SqlType[];
  /** log10 of the largest absolute value of each, from types alone. */
  readonly magnitudes: readonly number[];
  /** '' or 'DISTINCT '. */
  readonly distinct: string;
  /** ' ORDER BY …' of the arguments, where rows are to be taken in that order; else ''. */
  readonly order: string;
  /** Follows each call of an engine aggregate: OVER, or nothing. A FILTER stands inside the argument (emit-rel.ts). */
  readonly suffix: string;
}
/** COUNT and MODE of grouping take identifiers too. */
export interface TokenParameter {
  readonly is: 'countable';
  readonly constant?: ConstantRule;
}

/** Whole digits that a summand may have: 28 digits times 10^10 rows stay within DuckDB's 38. */
const SUMMAND_PRECISION = 28;
/** Doubles are summed as fixed point with this many digits after the point: the same sum in every order of rows. */
const SUM_SCALE = 9;

const fixed = (sql: string): string => `TRY_CAST(${sql} AS DECIMAL(${SUMMAND_PRECISION},${SUM_SCALE}))`;
const bounded = (sql: string, magnitude = 309): string =>
  magnitude <= SUMMAND_PRECISION - SUM_SCALE ? sql : `CAST(${fixed(sql)} AS DOUBLE)`;

/** Arguments arrive as doubles and are bounded, so that squares stay finite. */
const moment = (name: string, spellings: readonly string[], zh: string, en: string): AggregateEntry => ({
  name,
  spellings,
  params: [{ is: 'double' }],
  result: () => DOUBLE,
  sql: ({ args: [a = ''], magnitudes: [m], distinct, order, suffix }) =>
    finiteOnly(`${name}(${distinct}${bounded(a, m)}${order})${suffix}`),
  distinct: true,
  window: true,
  total: 'summands are bounded, so that the fourth power of no sum overflows',
  doc: { zh, en },
});

const pair = (name: string, zh: string, en: string): AggregateEntry => ({
  ...moment(name, [name], zh, en),
  params: [{ is: 'double' }, { is: 'double' }],
  result: () => (name === 'regr_count' ? INTEGER : DOUBLE),
  sql: ({ args: [a = '', b = ''], magnitudes: [m, n], order, suffix }) => {
    const call = `${name}(${bounded(a, m)}, ${bounded(b, n)}${order})${suffix}`;
    return name === 'regr_count' ? `CAST(${call} AS BIGINT)` : finiteOnly(call);
  },
  distinct: false,
  window: false,
});

const order = (name: string, spellings: readonly string[], zh: string, en: string): AggregateEntry => ({
  name,
  spellings,
  params: [{ is: 'any' }],
  result: ([type]) => type ?? DOUBLE,
  sql: ({ args: [a = ''], order, suffix }) => `${name}(${a}${order})${suffix}`,
  distinct: false,
  window: true,
  total: 'one of its arguments',
  doc: { zh, en },
});

/** Of equal ones the smallest value, so that no order of rows decides. */
const extreme = (
  name: 'arg_max' | 'arg_min',
  spellings: readonly string[],
  zh: string,
  en: string,
): AggregateEntry => ({
  ...order(name, spellings, zh, en),
  params: [{ is: 'any' }, { is: 'any' }],
  sql: ({ args: [a = '', b = ''], suffix }) => {
    // WHY coalesce: the engine refuses to order by a literal.
    const order = `coalesce(${b}, NULL)${name === 'arg_max' ? ' DESC' : ''}, coalesce(${a}, NULL)`;
    return `first(${a} ORDER BY ${order}) FILTER (WHERE ${a} IS NOT NULL AND ${b} IS NOT NULL)${suffix}`;
  },
  window: false,
});

/** Decimals keep their type, as in DuckDB; other numbers become doubles. */
const between = ([type]: readonly SqlType[]): SqlType => (type?.kind === 'decimal' ? type : DOUBLE);
const betweenSql = (sql: string, [type]: readonly SqlType[]): string =>
  type?.kind === 'decimal' || type?.kind === 'double' ? sql : `CAST(${sql} AS DOUBLE)`;

const PROBABILITY: ConstantRule = (value) => {
  const number = Number(value.value);
  return value.value !== null && number >= 0 && number <= 1 ? null : '0…1';
};

export const AGGREGATES: readonly AggregateEntry[] = [
  {
    name: 'count_star',
    spellings: ['count_star'],
    params: [],
    result: () => INTEGER,
    sql: ({ suffix }) => `count(*)${suffix}`,
    distinct: false,
    window: true,
    total: 'at most the number of rows',
    doc: { zh: '行数', en: 'number of rows' },
  },
  {
    name: 'count',
    spellings: ['count'],
    params: [{ is: 'countable' }],
    result: () => INTEGER,
    sql: ({ args: [a = ''], distinct, suffix }) => `count(${distinct}${a})${suffix}`,
    distinct: true,
    window: true,
    total: 'at most the number of rows',
    doc: {
      zh: '非空值个数；DISTINCT 见上',
      en: 'number of values that are not null; DISTINCT: see above',
    },
  },
  {
    name: 'count_if',
    spellings: ['count_if', 'countif'],
    params: [{ is: 'boolean' }],
    result: () => INTEGER,
    sql: ({ args: [a = ''], suffix }) => `count(CASE WHEN ${a} THEN 1 END)${suffix}`,
    distinct: false,
    window: false,
    total: 'at most the number of rows',
    doc: { zh: '满足条件的行数', en: 'number of rows where true' },
  },
  {
    name: 'sum',
    spellings: ['sum'],
    params: [{ is: 'number' }],
    result: ([type]) => sumResult(type ?? DOUBLE),
    sql: sumSql,
    distinct: true,
    window: true,
    total: 'summands of at most 28 digits in 38; doubles as fixed point with 9 digits after the point',
    doc: { zh: '求和', en: 'sum' },
  },
  {
    name: 'avg',
    spellings: ['avg', 'mean'],
    params: [{ is: 'number' }],
    result: () => DOUBLE,
    sql: avgSql,
    distinct: true,
    window: true,
    total: 'a sum as above over a count that is not zero',
    doc: { zh: '平均值', en: 'mean' },
  },
  order('min', ['min'], '最小值', 'smallest value'),
  order('max', ['max'], '最大值', 'largest value'),
  { ...order('any_value', ['any_value'], '任一值', 'any value'), window: false },
  { ...order('mode', ['mode'], '众数', 'most frequent value'), window: false },
  extreme('arg_max', ['arg_max', 'argmax', 'max_by'], '使另一列最大的值', 'the value where another is largest'),
  extreme('arg_min', ['arg_min', 'argmin', 'min_by'], '使另一列最小的值', 'the value where another is smallest'),
  moment('var_samp', ['var_samp', 'variance'], '样本方差', 'sample variance'),
  moment('var_pop', ['var_pop'], '总体方差', 'population variance'),
  moment('stddev_samp', ['stddev_samp', 'stddev'], '样本标准差', 'sample standard deviation'),
  moment('stddev_pop', ['stddev_pop'], '总体标准差', 'population standard deviation'),
  moment('sem', ['sem'], '均值标准误', 'standard error of the mean'),
  pair('covar_samp', '样本协方差', 'sample covariance'),
  pair('covar_pop', '总体协方差', 'population covariance'),
  pair('corr', '相关系数', 'correlation'),
  ...['slope', 'intercept', 'r2', 'avgx', 'avgy', 'sxx', 'syy', 'sxy', 'count'].map((name) =>
    pair(`regr_${name}`, '线性回归', `linear regression: ${name}`),
  ),
  {
    name: 'median',
    spellings: ['median'],
    params: [{ is: 'number' }],
    result: between,
    sql: ({ args: [a = ''], types, suffix }) => `median(${betweenSql(a, types)})${suffix}`,
    distinct: false,
    window: false,
    total: 'between two of its arguments',
    doc: { zh: '中位数', en: 'median' },
  },
  ...(['quantile_cont', 'quantile_disc'] as const).map(
    (name): AggregateEntry => ({
      name,
      spellings: name === 'quantile_disc' ? [name, 'quantile'] : [name],
      params: [{ is: 'number' }, { is: 'double', constant: PROBABILITY }],
      result: between,
      sql: ({ args: [a = '', p = ''], types, suffix }) => `${name}(${betweenSql(a, types)}, ${p})${suffix}`,
      distinct: false,
      window: false,
      total: 'between two of its arguments; the share is a literal',
      doc: { zh: '分位数', en: 'quantile' },
    }),
  ),
  ...(['bool_and', 'bool_or'] as const).map(
    (name): AggregateEntry => ({
      name,
      spellings: [name],
      params: [{ is: 'boolean' }],
      result: () => BOOLEAN,
      sql: ({ args: [a = ''], suffix }) => `${name}(${a})${suffix}`,
      distinct: false,
      window: false,
      total: 'true or false',
      doc: { zh: '逻辑汇总', en: 'all or any true' },
    }),
  ),
  {
    name: 'approx_count_distinct',
    spellings: ['approx_count_distinct'],
    params: [{ is: 'countable' }],
    result: () => INTEGER,
    // WHY exact: an estimate would differ from run to run; count is what the caller means.
    sql: ({ args: [a = ''], suffix }) => `count(DISTINCT ${a})${suffix}`,
    distinct: false,
    window: false,
    total: 'at most the number of rows',
    doc: { zh: '去重计数，同 count(DISTINCT …)', en: 'the same as count(DISTINCT …)' },
  },
  {
    name: 'grouping',
    spellings: [],
    params: [],
    result: () => INTEGER,
    sql: ({ args }) => `CAST(GROUPING(${args.join(', ')}) AS BIGINT)`,
    distinct: false,
    window: false,
    total: 'which grouping set a row belongs to',
    doc: { zh: '所属分组集', en: 'which keys the grouping set leaves out' },
  },
];

export const ROW_COUNT_RULE = integerBetween(1, 1_000_000);

export function sumResult(type: SqlType): SqlType {
  if (type.kind === 'decimal') return decimal(38, Math.min(type.scale, SUM_SCALE));
  return type.kind === 'double' ? DOUBLE : HUGEINT;
}

function sumSql({ args: [arg = ''], types: [type = DOUBLE], distinct, suffix }: AggregateParts): string {
  const sum = (summand: string): string => `sum(${distinct}${summand})${suffix}`;
  switch (type.kind) {
    case 'decimal':
      return sum(summandOf(arg, type));
    case 'double':
      return `CAST(${sum(fixed(arg))} AS DOUBLE)`;
    case 'hugeint':
      return `CAST(${sum(summandOf(arg, type))} AS HUGEINT)`;
    default:
      return sum(arg);
  }
}

function avgSql({ args: [arg = ''], types: [type = DOUBLE], distinct, suffix }: AggregateParts): string {
  const summand = summandOf(arg, type);
  const sum = `CAST(sum(${distinct}${summand})${suffix} AS DOUBLE)`;
  return `(${sum} / NULLIF(count(${distinct}${summand})${suffix}, 0))`;
}

/** An exact number of at most 28 digits: as it is where its type says so, else cut down to fixed point. */
export function summandOf(arg: string, type: SqlType): string {
  if (type.kind === 'double') return fixed(arg);
  if (type.kind === 'hugeint') return `TRY_CAST(${arg} AS DECIMAL(${SUMMAND_PRECISION},0))`;
  if (type.kind !== 'decimal' || (type.precision <= SUMMAND_PRECISION && type.scale <= SUM_SCALE)) return arg;
  return `TRY_CAST(${arg} AS DECIMAL(${SUMMAND_PRECISION},${Math.min(type.scale, SUM_SCALE)}))`;
}
