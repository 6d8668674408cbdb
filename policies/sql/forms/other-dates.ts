import type { SyntaxNode } from '../syntax-node.ts';
import { dateAsText, fromLetters, fromMysql, fromTemplate } from './date-formats.ts';
import { type Form, form, type OtherForm, renamed, sign, unitOf } from './other-form.ts';
import { integerOf, nodesOf, type SyntaxBuilder, textOf } from './syntax-build.ts';

/** Dates and times in the words of other systems. */

/** `f(month, …)` with the unit as a text; with a text it is what it is. Some write the unit last: `f(day, MONTH)`. */
const withUnit =
  (to: string): Form =>
  ([first, ...rest], make, node) => {
    const unit = unitOf(first);
    const last = unit === null && rest.length === 1 && textOf(rest[0]) === null ? unitOf(rest[0]) : null;
    if (last !== null) return make.call(to, [make.text(last), first!]);
    if (unit === null || rest.length === 0 || (to === node['function_name'] && textOf(first) !== null)) return null;
    return make.call(to, [make.text(unit), ...rest]);
  };

/** `f(later, earlier, DAY)`, as BigQuery writes differences. */
const unitLast =
  (to: string): Form =>
  ([later, earlier, unit, ...more], make) => {
    const name = unitOf(later) === null ? unitOf(unit) : null;
    if (name === null || later === undefined || earlier === undefined || more.length > 0) return null;
    return make.call(to, [make.text(name), earlier, later]);
  };

const difference: Form = (args, make, node) => {
  const [later, earlier] = args;
  if (args.length !== 2) return unitLast('date_diff')(args, make, node) ?? withUnit('date_diff')(args, make, node);
  return node['function_name'] === 'datediff' ? make.call('date_diff', [make.text('day'), earlier!, later!]) : null;
};

/** Oracle's and Spark's words for what a date is cut to. */
const CUT_TO: Readonly<Record<string, string>> = {
  ...{ yyyy: 'year', year: 'year', yy: 'year', q: 'quarter', quarter: 'quarter', iw: 'week', week: 'week' },
  ...{ mm: 'month', mon: 'month', month: 'month', dd: 'day', day: 'day', hh: 'hour', hh24: 'hour', mi: 'minute' },
};

/** `trunc(date, 'MM')`; of numbers it is what it is. */
const cutTo: Form = ([date, second], make) => {
  const unit = CUT_TO[textOf(second)?.toLowerCase() ?? ''];
  return date === undefined || unit === undefined ? null : make.call('date_trunc', [make.text(unit), date]);
};

/** The name of a weekday or month. */
const nameOf: Form = ([first, date], make) => {
  const to = { dayofweek: 'dayname', weekday: 'dayname', dow: 'dayname', month: 'monthname' }[unitOf(first) ?? ''];
  return date === undefined || to === undefined ? null : make.call(to, [date]);
};

/**
 * `add(unit, n, date)`. SQL Server has no function that cuts a date, and writes `dateadd(month, datediff(month, 0, d), 0)`: as many
 * months as lie between a day and its first, added to it.
 */
const added: Form = ([first, count, date], make) => {
  const unit = unitOf(first);
  if (unit === null || count === undefined || date === undefined) return null;
  if (integerOf(date) === 0) return cutByDifference(unit, count, make);
  return sign(make, '+', date, make.call(`to_${unit === 'century' ? 'centurie' : unit}s`, [count]));
};

/** Weeks are left out: there they begin on another day. */
function cutByDifference(unit: string, count: SyntaxNode, make: SyntaxBuilder): SyntaxNode | null {
  const [of, zero, date] = nodesOf(count['children']);
  const isDifference = count['function_name'] === 'date_diff' && textOf(of) === unit && integerOf(zero) === 0;
  if (!isDifference || date === undefined || unit === 'week') return null;
  return make.call('date_trunc', [make.text(unit), date]);
}

const addedDays =
  (to: '+' | '-'): Form =>
  ([date, days, ...more], make) =>
    date === undefined || days === undefined || more.length > 0 ? null : sign(make, to, date, days);

/** As text, in a format that `read` knows; without one as it is written everywhere. */
const asText =
  (read: (format: string) => string | null): Form =>
  ([value, second, ...more], make) => {
    if (value === undefined || more.length > 0) return null;
    if (second === undefined) return make.cast(value, 'VARCHAR');
    const format = read(textOf(second) ?? '');
    return format === null ? null : dateAsText(value, format, make);
  };

/** A moment, read from a text in a format. */
const asMoment =
  (read: (format: string) => string | null): Form =>
  ([value, second, ...more], make) => {
    const format = read(textOf(second) ?? '');
    if (format === null || value === undefined || more.length > 0) return null;
    return make.call('strptime', [value, make.text(format)]);
  };

const asDay =
  (read: (format: string) => string | null): Form =>
  (args, make, node) => {
    const [value, format] = args;
    if (value === undefined) return null;
    if (args.length === 1 || ['%Y-%m-%d', '%Y-%-m-%-d'].includes(read(textOf(format) ?? '') ?? ''))
      return make.cast(value, 'DATE');
    const parsed = asMoment(read)(args, make, node);
    return parsed === null ? null : make.cast(parsed, 'DATE');
  };

const itself = (format: string): string | null => (format.includes('%') ? format : null);
/** BigQuery has the format first. */
const formatFirst =
  (to: string): Form =>
  ([format, value, ...more], make) => {
    if (format === undefined || value === undefined || more.length > 0 || itself(textOf(format) ?? '') === null)
      return null;
    return make.cast(make.call('strptime', [value, format]), to);
  };
const mysqlOrLetters = (format: string) => (format.includes('%') ? fromMysql(format) : fromLetters(format));

/** The years of `age(a, b)`, which no month beyond them changes. */
const yearsOfAge = (age: SyntaxNode | undefined, make: SyntaxBuilder): SyntaxNode | null => {
  const [later, earlier] = nodesOf(age?.['children']);
  if (age?.['function_name'] !== 'age' || later === undefined) return null;
  const [from, to] = earlier === undefined ? [later, make.call('today', [])] : [earlier, later];
  return make.call('date_sub', [make.text('year'), from, to]);
};

const partOfDate: Form = (args, make, node) =>
  (textOf(args[0])?.toLowerCase() === 'year' ? yearsOfAge(args[1], make) : null) ??
  withUnit('date_part')(args, make, node);

/** `time_slice(t, 15, 'MINUTE')`: buckets of fixed length, from 1970 on. */
const slice: Form = ([time, count, second, ...more], make) => {
  const [unit, length] = [unitOf(second), integerOf(count)];
  if (time === undefined || length === null || length < 1 || length > 1_000 || more.length > 0) return null;
  if (unit === null || !['second', 'minute', 'hour', 'day'].includes(unit)) return null;
  const width = make.cast(make.text(`${length} ${unit}s`), 'INTERVAL');
  return make.call('time_bucket', [width, time, make.cast(make.text('1970-01-01'), 'TIMESTAMP')]);
};

/** Times have no zone here: all are in one. */
const inZone: Form = ([zone, time, ...more]) => {
  const isOwn = /^(?:etc\/)?(?:utc|gmt)$/i.test(textOf(zone) ?? '');
  return isOwn && time !== undefined && more.length === 0 ? time : null;
};

/** ClickHouse's names say the unit. */
const startOf: Form = ([date, ...more], make, node) => {
  const unit = unitOf(make.text(String(node['function_name']).slice('tostartof'.length)));
  return date === undefined || unit === null || more.length > 0
    ? null
    : make.call('date_trunc', [make.text(unit), date]);
};

/** Days of the week count from Monday in ClickHouse and Presto. */
const PART_OF: Readonly<Record<string, string>> = {
  ...{ toyear: 'year', toquarter: 'quarter', tomonth: 'month', tohour: 'hour', tominute: 'minute' },
  ...{ todayofmonth: 'day', todayofweek: 'isodow', todayofyear: 'dayofyear' },
  ...{ day_of_month: 'day', day_of_week: 'isodow', day_of_year: 'dayofyear', week_of_year: 'week' },
};

const SUNDAYS = "date_trunc('week', born + to_days(1)) - to_days(1)";

export const DATE_FORMS: readonly OtherForm[] = [
  form('to_char to_varchar', "to_char(born, 'YYYY-MM')", "strftime(born, '%Y-%m')", asText(fromTemplate)),
  form('date_format', "date_format(born, '%Y-%m')", "strftime(born, '%Y-%m')", asText(mysqlOrLetters)),
  form('format format_datetime', "format(born, 'yyyy-MM')", "strftime(born, '%Y-%m')", (args, make, node) =>
    textOf(args[0]) === null && args.length === 2 ? asText(fromLetters)(args, make, node) : null,
  ),
  renamed('format_date format_timestamp', 'strftime', "format_date('%Y', born)", "strftime('%Y', born)"),
  form('to_date todate', "to_date('2024-01-31', 'YYYY-MM-DD')", "DATE '2024-01-31'", asDay(fromTemplate)),
  form('str_to_date', "str_to_date('2024-01-31', '%Y-%m-%d')", "DATE '2024-01-31'", asDay(fromMysql)),
  form('date_parse', "date_parse('2024-01-31', '%Y-%m-%d')", "strptime('2024-01-31', '%Y-%m-%d')", asMoment(fromMysql)),
  form(
    'parse_date',
    "parse_date('%Y-%m-%d', '2024-01-31')",
    "CAST(strptime('2024-01-31', '%Y-%m-%d') AS DATE)",
    formatFirst('DATE'),
  ),
  form(
    'parse_timestamp parse_datetime',
    "parse_timestamp('%Y-%m-%d', '2024-01-31')",
    "CAST(strptime('2024-01-31', '%Y-%m-%d') AS TIMESTAMP)",
    formatFirst('TIMESTAMP'),
  ),
  form(
    'to_timestamp',
    "to_timestamp('2024-01-31', 'YYYY-MM-DD')",
    "strptime('2024-01-31', '%Y-%m-%d')",
    asMoment(fromTemplate),
  ),
  form('from_unixtime', 'from_unixtime(86400)', 'to_timestamp(86400)', ([seconds, format, ...more], make, node) => {
    if (seconds === undefined || more.length > 0) return null;
    const moment = make.call('to_timestamp', [seconds]);
    return format === undefined ? moment : asText(mysqlOrLetters)([moment, format], make, node);
  }),
  form(
    'unix_timestamp tounixtimestamp',
    'unix_timestamp(born)',
    'CAST(epoch(born) AS BIGINT)',
    ([date, ...more], make) =>
      date === undefined || more.length > 0 ? null : make.cast(make.call('epoch', [date]), 'BIGINT'),
  ),
  form('timezone', "timezone('UTC', born)", 'born', inZone),
  form('date', 'date(born)', 'CAST(born AS DATE)', (args, make) =>
    args.length === 1 ? make.cast(args[0]!, 'DATE') : null,
  ),
  form('dateadd timestampadd date_add', 'dateadd(month, 3, born)', 'born + to_months(3)', added),
  form('date_sub', 'date_sub(born, INTERVAL 1 MONTH)', 'born - INTERVAL 1 MONTH', (args, make) =>
    args.length === 2 ? sign(make, '-', args[0]!, args[1]!) : null,
  ),
  form('adddate', 'adddate(born, 7)', 'born + 7', addedDays('+')),
  form('subdate', 'subdate(born, 7)', 'born - 7', addedDays('-')),
  form('add_months', 'add_months(born, 3)', 'born + to_months(3)', ([date, count], make, node) =>
    date === undefined || count === undefined ? null : added([make.text('month'), count, date], make, node),
  ),
  form('datediff timestampdiff date_diff', 'datediff(day, born, born)', "date_diff('day', born, born)", difference),
  form('timestamp_diff', 'timestamp_diff(born, born, HOUR)', "date_sub('hour', born, born)", unitLast('date_sub')),
  form('datetime_diff', 'datetime_diff(born, born, DAY)', "date_diff('day', born, born)", unitLast('date_diff')),
  form('date_trunc datetrunc', 'date_trunc(month, born)', "date_trunc('month', born)", withUnit('date_trunc')),
  form(
    'timestamp_trunc datetime_trunc',
    'timestamp_trunc(born, MONTH)',
    "date_trunc('month', born)",
    withUnit('date_trunc'),
  ),
  form('trunc', "trunc(born, 'MM')", "date_trunc('month', born)", cutTo),
  form('datename', 'datename(weekday, born)', 'dayname(born)', nameOf),
  form('eomonth', 'eomonth(born)', 'last_day(born)', ([date, ...more], make) =>
    date === undefined || more.length > 0 ? null : make.call('last_day', [date]),
  ),
  form('date_part datepart', 'datepart(year, born)', "date_part('year', born)", partOfDate),
  form('year', 'year(age(born))', "date_sub('year', born, current_date)", ([age], make) => yearsOfAge(age, make)),
  renamed('datefromparts date_from_parts', 'make_date', 'datefromparts(2024, 1, 31)', 'make_date(2024, 1, 31)'),
  renamed('date_bin', 'time_bucket', "date_bin(INTERVAL '7 days', born)", "time_bucket(INTERVAL '7 days', born)"),
  form('time_bucket', "time_bucket('15 minutes', born)", "time_bucket(INTERVAL '15 minutes', born)", (args, make) => {
    const [width, ...more] = args;
    return textOf(width) === null ? null : make.call('time_bucket', [make.cast(width!, 'INTERVAL'), ...more]);
  }),
  form(
    'time_slice',
    "time_slice(born, 15, 'MINUTE')",
    "time_bucket(INTERVAL '15 minutes', born, TIMESTAMP '1970-01-01')",
    slice,
  ),
  form(
    'tostartofyear tostartofquarter tostartofmonth tostartofday tostartofhour tostartofminute',
    'toStartOfMonth(born)',
    "date_trunc('month', born)",
    startOf,
  ),
  form('tostartofweek', 'toStartOfWeek(born)', SUNDAYS, ([date, ...more], make) => {
    if (date === undefined || more.length > 0) return null;
    const day = make.call('to_days', [make.integer(1)]);
    return sign(make, '-', make.call('date_trunc', [make.text('week'), sign(make, '+', date, day)]), day);
  }),
  form('tomonday', 'toMonday(born)', "date_trunc('week', born)", ([date], make) =>
    date === undefined ? null : make.call('date_trunc', [make.text('week'), date]),
  ),
  form(Object.keys(PART_OF).join(' '), 'toDayOfWeek(born)', 'isodow(born)', (args, make, node) =>
    make.call(PART_OF[String(node['function_name'])] ?? 'date_part', args),
  ),
  renamed('getdate curdate current_date', 'today', 'curdate()', 'current_date'),
];
