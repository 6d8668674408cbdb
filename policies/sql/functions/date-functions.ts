import { BOOLEAN, DATE, DOUBLE, INTEGER, INTERVAL, TEXT, TIMESTAMP } from '../sql-type.ts';
import { bucketWidth, dateFormat, oneOf, someLiteral } from './constant-rules.ts';
import { engineCall, type ScalarEntry, type Signature } from './scalar-entry.ts';

const temporal = { is: 'temporal' } as const;
const PARTS = [
  'year',
  'quarter',
  'month',
  'week',
  'day',
  'hour',
  'minute',
  'second',
  'dow',
  'isodow',
  'doy',
  'isoyear',
  'decade',
  'century',
  'dayofweek',
  'dayofyear',
  'yearweek',
  'weekday',
  'millisecond',
  'microsecond',
  'millennium',
].flatMap((part) => [part, `${part}s`]);
const SPANS = ['year', 'quarter', 'month', 'week', 'day', 'hour', 'minute', 'second', 'decade', 'century'];

/** The parts of dates as functions of their own. What begins a week may lie before the first date. */
const WEEK_FUNCTIONS = ['week', 'dayofweek', 'dayofyear', 'isodow', 'isoyear', 'weekday', 'weekofyear', 'yearweek'];
const PART_FUNCTIONS = [
  'year',
  'quarter',
  'month',
  'day',
  'hour',
  'minute',
  'second',
  'dayofmonth',
  'decade',
  'century',
  'millennium',
  'millisecond',
  'microsecond',
];

export const DATE_PARTS: readonly string[] = [...PART_FUNCTIONS, ...WEEK_FUNCTIONS];

const base = (
  name: string,
  spellings: readonly string[],
  signatures: readonly Signature[],
  zh: string,
  en: string,
): ScalarEntry => ({
  name,
  spellings,
  signatures,
  sql: engineCall(name),
  raises: true,
  strict: true,
  total: 'beyond the calendar gives NULL by TRY',
  doc: { zh, en },
});

const partOf = (part: string): ScalarEntry =>
  base(part, [part], [{ params: [temporal], result: INTEGER }], '日期的组成部分', `the ${part} of a date`);

/** WHY no TRY: it would keep the engine from seeing how few months there are, and it would group by them through a hash table. */
function totalPartOf(part: string): ScalarEntry {
  const { raises: _, ...entry } = partOf(part);
  return { ...entry, total: 'of any date, NULL of what is infinite' };
}

const spans = (name: string, spellings: readonly string[], zh: string, en: string): ScalarEntry =>
  base(
    name,
    spellings,
    [{ params: [{ is: 'text', constant: oneOf(SPANS) }, { is: 'timestamp' }, { is: 'timestamp' }], result: INTEGER }],
    zh,
    en,
  );

const INTERVAL_UNITS = ['years', 'quarters', 'months', 'weeks', 'days', 'hours', 'minutes', 'seconds'] as const;

export const DATE_FUNCTIONS: readonly ScalarEntry[] = [
  base(
    'date_part',
    ['date_part', 'datepart'],
    [{ params: [{ is: 'text', constant: oneOf(PARTS) }, temporal], result: INTEGER }],
    '日期的组成部分',
    'a part of a date',
  ),
  ...PART_FUNCTIONS.map(totalPartOf),
  ...WEEK_FUNCTIONS.map(partOf),
  {
    ...base(
      'date_trunc',
      ['date_trunc', 'datetrunc'],
      [{ params: [{ is: 'text', constant: oneOf([...SPANS, 'isoyear']) }, { is: 'timestamp' }], result: TIMESTAMP }],
      '截断到周期开始',
      'start of the period',
    ),
  },
  spans('date_diff', ['date_diff', 'datediff'], '两日期间跨越的周期数', 'period boundaries between two dates'),
  spans('date_sub', ['date_sub', 'datesub'], '两日期间完整的周期数', 'whole periods between two dates'),
  base('last_day', ['last_day'], [{ params: [temporal], result: DATE }], '当月最后一天', 'last day of the month'),
  {
    ...base(
      'make_date',
      ['make_date'],
      [{ params: [{ is: 'integer' }, { is: 'integer' }, { is: 'integer' }], result: DATE }],
      '由年月日构造日期',
      'a date from year, month and day',
    ),
    total: 'a day that does not exist gives NULL by TRY',
  },
  {
    ...base(
      'epoch',
      ['epoch'],
      [{ params: [{ is: 'timestamp' }], result: DOUBLE }],
      '自 1970 年的秒数',
      'seconds since 1970',
    ),
    nonFinite: true,
  },
  {
    ...base(
      'to_timestamp',
      ['to_timestamp'],
      [{ params: [{ is: 'double' }], result: TIMESTAMP }],
      '自 1970 年的秒数对应的时刻',
      'the moment so many seconds after 1970',
    ),
    sql: ([seconds = '']) => `make_timestamp(TRY_CAST(${seconds} * 1000000 AS BIGINT))`,
  },
  ...(['epoch_ms', 'epoch_us'] as const).map((name) =>
    base(
      name,
      [name],
      [{ params: [{ is: 'timestamp' }], result: INTEGER }],
      name === 'epoch_ms' ? '自 1970 年的毫秒数' : '自 1970 年的微秒数',
      name === 'epoch_ms' ? 'milliseconds since 1970' : 'microseconds since 1970',
    ),
  ),
  {
    ...base(
      'time_bucket',
      ['time_bucket'],
      [
        { params: [{ is: 'interval', constant: bucketWidth }, { is: 'timestamp' }], result: TIMESTAMP },
        {
          params: [
            { is: 'interval', constant: bucketWidth },
            { is: 'timestamp' },
            { is: 'timestamp', constant: someLiteral },
          ],
          result: TIMESTAMP,
        },
      ],
      '按固定长度的时段截断',
      'start of the bucket of a width, counted from 2000-01-03 or from an origin',
    ),
    total: 'width and origin are literals; beyond the calendar gives NULL by TRY',
  },
  {
    ...base(
      'strptime',
      ['strptime', 'try_strptime'],
      [{ params: [{ is: 'text' }, { is: 'text', constant: dateFormat }], result: TIMESTAMP }],
      '按格式读取日期',
      'a date out of text in a format',
    ),
    sql: ([text = '', format = '']) => `CAST(try_strptime(${text}, ${format}) AS TIMESTAMP)`,
    total: 'the format is a literal that was checked; text that does not fit gives NULL',
  },
  {
    ...base(
      'strftime',
      ['strftime'],
      [{ params: [temporal, { is: 'text', constant: dateFormat }], result: TEXT }],
      '按格式输出日期',
      'a date as text in a format',
    ),
    total: 'the format is a literal that was checked',
  },
  base('dayname', ['dayname'], [{ params: [temporal], result: TEXT }], '星期名称', 'name of the weekday'),
  base('monthname', ['monthname'], [{ params: [temporal], result: TEXT }], '月份名称', 'name of the month'),
  {
    ...base(
      'is_finite_date',
      [],
      [{ params: [temporal], result: BOOLEAN }],
      '是否有限日期',
      'whether a date is finite',
    ),
    sql: ([a = '']) => `isfinite(${a})`,
  },
  ...INTERVAL_UNITS.map(
    (unit): ScalarEntry => ({
      ...base(
        `to_${unit}`,
        [`to_${unit}`],
        [{ params: [{ is: 'integer' }], result: INTERVAL }],
        '时间间隔',
        `an interval of ${unit}`,
      ),
      sql: ([count = '']) =>
        `to_${unit}(TRY_CAST(${count} AS ${unit === 'hours' || unit === 'minutes' ? 'BIGINT' : unit === 'seconds' ? 'DOUBLE' : 'INTEGER'}))`,
      total: 'beyond 32 bits gives NULL',
    }),
  ),
];
