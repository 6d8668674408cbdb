import type { SyntaxNode } from '../syntax-node.ts';
import { fromMysql, fromTemplate } from './date-formats.ts';
import { integerOf, isNullConstant, listOf, type SyntaxBuilder, textOf } from './syntax-build.ts';

/**
 * Functions of other systems, as the forms of this dialect that they stand for. Only names that DuckDB has not, or has with
 * the same meaning: what a form stands for goes through the allow-list like anything else.
 */
export interface OtherForm {
  /** Lower case. */
  readonly names: readonly string[];
  /** Over the tables of the reference page. */
  readonly example: string;
  /** What the example stands for. */
  readonly means: string;
  /** Null where these arguments have no such form. */
  readonly form: (args: readonly SyntaxNode[], make: SyntaxBuilder, node: SyntaxNode) => SyntaxNode | null;
}

type Form = OtherForm['form'];
const form = (names: string, example: string, means: string, made: Form): OtherForm => {
  return { names: names.split(' '), example, means, form: made };
};

/** Another name, and the order of arguments where that differs. */
const renamed = (names: string, to: string, example: string, means: string, order: readonly number[] | null = null) =>
  form(names, example, means, (args, make, node) => {
    const given = order === null ? args : order.map((at) => args[at]!);
    return order !== null && order.length !== args.length ? null : make.call(to, given, kept(node));
  });

/** FILTER and DISTINCT of an aggregate. */
const kept = ({ filter = null, distinct = false, alias = '' }: SyntaxNode): SyntaxNode => ({ filter, distinct, alias });

const UNITS: ReadonlySet<string> = new Set([
  ...['year', 'quarter', 'month', 'week', 'day', 'hour', 'minute', 'second', 'decade', 'century', 'isoyear'],
  ...['dow', 'isodow', 'doy', 'epoch', 'dayofweek', 'dayofyear', 'weekday', 'yearweek'],
]);

/** `month` or `'month'`. WHY a bare name: these functions take no column there. */
function unitOf(node: SyntaxNode | undefined): string | null {
  const names = node?.['class'] === 'COLUMN_REF' ? node['column_names'] : null;
  const name = textOf(node) ?? (Array.isArray(names) && names.length === 1 ? String(names[0]) : '');
  const unit = name.toLowerCase().replace(/s$/, '');
  return UNITS.has(unit) ? unit : UNITS.has(name.toLowerCase()) ? name.toLowerCase() : null;
}

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

const TYPES: Readonly<Record<string, string>> = {
  ...{ date: 'DATE', datetime: 'TIMESTAMP', datetime2: 'TIMESTAMP', timestamp: 'TIMESTAMP', varchar: 'VARCHAR' },
  ...{ nvarchar: 'VARCHAR', int: 'BIGINT', integer: 'BIGINT', bigint: 'BIGINT', float: 'DOUBLE', double: 'DOUBLE' },
};

/** `convert(date, x)`. */
const converted: Form = ([type, value, ...more], make) => {
  const names = type?.['class'] === 'COLUMN_REF' ? type['column_names'] : null;
  const name = Array.isArray(names) && names.length === 1 ? TYPES[String(names[0]).toLowerCase()] : undefined;
  return name === undefined || value === undefined || more.length > 0 ? null : make.cast(value, name);
};

/** `add(unit, n, date)`. */
const added: Form = ([first, count, date], make) => {
  const unit = unitOf(first);
  if (unit === null || count === undefined || date === undefined) return null;
  return make.call('+', [date, make.call(`to_${unit === 'century' ? 'centurie' : unit}s`, [count])], {
    is_operator: true,
  });
};

const formatted =
  (read: (format: string) => string | null, to: string): Form =>
  ([value, second], make) => {
    const format = read(textOf(second) ?? '');
    return format === null || value === undefined ? null : make.call(to, [value, make.text(format)]);
  };

const asDay =
  (read: (format: string) => string | null): Form =>
  (args, make, node) => {
    const [value, format] = args;
    if (value === undefined) return null;
    if (args.length === 1 || ['%Y-%m-%d', '%Y-%-m-%-d'].includes(read(textOf(format) ?? '') ?? ''))
      return make.cast(value, 'DATE');
    const parsed = formatted(read, 'strptime')(args, make, node);
    return parsed === null ? null : make.cast(parsed, 'DATE');
  };

/** Oracle's: NULL is like NULL. */
const decoded: Form = ([value, ...rest], make) => {
  if (value === undefined || rest.length < 2) return null;
  const branches: [SyntaxNode, SyntaxNode][] = [];
  for (let at = 0; at + 1 < rest.length; at += 2)
    branches.push([make.compare('COMPARE_NOT_DISTINCT_FROM', value, rest[at]!), rest[at + 1]!]);
  return make.choose(branches, rest.length % 2 === 1 ? rest.at(-1)! : make.nothing);
};

/** 0 below, `n + 1` from the upper end on, else which of `n` equal classes. Source: ISO/IEC 9075-2, 6.28. */
const bucket: Form = ([value, low, high, count], make) => {
  const classes = integerOf(count);
  if (value === undefined || low === undefined || high === undefined || classes === null || classes < 1) return null;
  const sign = (name: string, a: SyntaxNode, b: SyntaxNode) => make.call(name, [a, b], { is_operator: true });
  const share = sign('/', sign('*', sign('-', value, low), make.integer(classes)), sign('-', high, low));
  const within = sign('+', make.cast(make.call('floor', [share]), 'BIGINT'), make.integer(1));
  return make.choose(
    [
      [make.compare('COMPARE_LESSTHAN', value, low), make.integer(0)],
      [make.compare('COMPARE_GREATERTHANOREQUALTO', value, high), make.integer(classes + 1)],
      [make.operator('OPERATOR_IS_NOT_NULL', [value]), within],
    ],
    make.nothing,
  );
};

/** `contains` of a list; of a text it is DuckDB's own. */
const among =
  (listFirst: boolean): Form =>
  (args, make) => {
    const [list, value] = listFirst ? args : [...args].reverse();
    // A list that holds NULL contains nothing more: IN would be unknown.
    const values = listOf(list)?.filter((one) => !isNullConstant(one)) ?? [];
    return values.length === 0 || value === undefined ? null : make.operator('COMPARE_IN', [value, ...values]);
  };

const filtered =
  (to: string): Form =>
  ([value, condition, ...more], make, node) => {
    const isPlain = value !== undefined && condition !== undefined && more.length === 0 && node['filter'] === null;
    return isPlain ? make.call(to, [value], { ...kept(node), filter: condition }) : null;
  };

const startOf = (unit: string): OtherForm =>
  form(`tostartof${unit}`, `toStartOf${unit}(born)`, `date_trunc('${unit}', born)`, ([date], make) =>
    date === undefined ? null : make.call('date_trunc', [make.text(unit), date]),
  );

export const OTHER_FORMS: readonly OtherForm[] = [
  form('to_char', "to_char(born, 'YYYY-MM')", "strftime(born, '%Y-%m')", formatted(fromTemplate, 'strftime')),
  form('date_format', "date_format(born, '%Y-%m')", "strftime(born, '%Y-%m')", formatted(fromMysql, 'strftime')),
  renamed('format_date format_timestamp', 'strftime', "format_date('%Y', born)", "strftime('%Y', born)"),
  form('to_date', "to_date('2024-01-31', 'YYYY-MM-DD')", "DATE '2024-01-31'", asDay(fromTemplate)),
  form('str_to_date', "str_to_date('2024-01-31', '%Y-%m-%d')", "DATE '2024-01-31'", asDay(fromMysql)),
  form('date', 'date(born)', 'CAST(born AS DATE)', (args, make) =>
    args.length === 1 ? make.cast(args[0]!, 'DATE') : null,
  ),
  form('dateadd timestampadd', 'dateadd(month, 3, born)', 'born + to_months(3)', added),
  form('date_sub', 'date_sub(born, INTERVAL 1 MONTH)', 'born - INTERVAL 1 MONTH', (args, make) =>
    args.length === 2 ? make.call('-', args, { is_operator: true }) : null,
  ),
  form('add_months', 'add_months(born, 3)', 'born + to_months(3)', ([date, count], make, node) =>
    date === undefined || count === undefined ? null : added([make.text('month'), count, date], make, node),
  ),
  form(
    'datediff timestampdiff date_diff',
    'datediff(day, born, born)',
    "date_diff('day', born, born)",
    (args, make, node) => {
      const [later, earlier] = args;
      if (args.length !== 2) return withUnit('date_diff')(args, make, node);
      return node['function_name'] === 'datediff' ? make.call('date_diff', [make.text('day'), earlier!, later!]) : null;
    },
  ),
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
  form('convert try_convert', 'convert(date, born)', 'CAST(born AS DATE)', converted),
  form('date_part datepart', 'datepart(year, born)', "date_part('year', born)", withUnit('date_part')),
  renamed('date_bin', 'time_bucket', "date_bin(INTERVAL '7 days', born)", "time_bucket(INTERVAL '7 days', born)"),
  ...['year', 'quarter', 'month'].map(startOf),
  renamed('toyear', 'year', 'toYear(born)', 'year(born)'),
  renamed('tomonth', 'month', 'toMonth(born)', 'month(born)'),
  renamed('getdate curdate current_date', 'today', 'curdate()', 'current_date'),
  form('width_bucket', 'width_bucket(age, 0, 100, 10)', bucketMeaning(), bucket),
  form('div', 'div(age, 10)', 'age // 10', (args, make) => make.call('//', args, { is_operator: true })),
  form('safe_divide div0 try_divide', 'safe_divide(income, age)', 'income / age', (args, make) =>
    make.call('/', args, { is_operator: true }),
  ),
  form('decode', "decode(sex, 'f', 1, 2)", "CASE WHEN sex IS NOT DISTINCT FROM 'f' THEN 1 ELSE 2 END", decoded),
  form('nvl2', 'nvl2(sex, 1, 2)', 'CASE WHEN sex IS NOT NULL THEN 1 ELSE 2 END', ([value, then, otherwise], make) =>
    value === undefined || then === undefined || otherwise === undefined
      ? null
      : make.choose([[make.operator('OPERATOR_IS_NOT_NULL', [value]), then]], otherwise),
  ),
  form('isnull', 'isnull(age, 0)', 'coalesce(age, 0)', (args, make) =>
    args.length > 2 ? null : make.operator(args.length === 1 ? 'OPERATOR_IS_NULL' : 'OPERATOR_COALESCE', args),
  ),
  form('zeroifnull', 'zeroifnull(age)', 'coalesce(age, 0)', (args, make) =>
    make.operator('OPERATOR_COALESCE', [...args, make.integer(0)]),
  ),
  form('iff', 'iff(active, 1, 0)', 'CASE WHEN active THEN 1 ELSE 0 END', ([condition, then, otherwise], make) =>
    condition === undefined || then === undefined || otherwise === undefined
      ? null
      : make.choose([[condition, then]], otherwise),
  ),
  renamed('charindex locate', 'strpos', "charindex('a', sex)", "strpos(sex, 'a')", [1, 0]),
  form('substring_index', "substring_index(sex, '-', 1)", "split_part(sex, '-', 1)", (args, make) =>
    [1, -1].includes(integerOf(args[2]) ?? 0) ? make.call('split_part', args) : null,
  ),
  form('square', 'square(age)', 'age * age', ([value], make) =>
    value === undefined ? null : make.call('*', [value, value], { is_operator: true }),
  ),
  form('<=>', 'sex <=> NULL', 'sex IS NOT DISTINCT FROM NULL', ([a, b], make) =>
    a === undefined || b === undefined ? null : make.compare('COMPARE_NOT_DISTINCT_FROM', a, b),
  ),
  renamed('startswith', 'starts_with', "startswith(sex, 'f')", "starts_with(sex, 'f')"),
  renamed('endswith', 'ends_with', "endswith(sex, 'f')", "ends_with(sex, 'f')"),
  renamed('regexp_contains rlike', 'regexp_matches', "regexp_contains(sex, '^f')", "regexp_matches(sex, '^f')"),
  renamed('regexp_substr', 'regexp_extract', "regexp_substr(sex, '^f')", "regexp_extract(sex, '^f')"),
  form('list_contains array_contains has contains', "list_contains(['f', 'm'], sex)", "sex IN ('f', 'm')", among(true)),
  renamed('every', 'bool_and', 'every(active)', 'bool_and(active)'),
  renamed(
    'approx_distinct ndv uniq uniqexact',
    'approx_count_distinct',
    'ndv(div_code)',
    'approx_count_distinct(div_code)',
  ),
  ...(
    [
      ['stdev', 'stddev_samp'],
      ['stdevp', 'stddev_pop'],
      ['var', 'var_samp'],
      ['varp', 'var_pop'],
    ] as const
  ).map(([name, to]) => renamed(name, to, `${name}(age)`, `${to}(age)`)),
  form('count_big', 'count_big(*)', 'count(*)', (args, make, node) =>
    make.call(args.length === 0 ? 'count_star' : 'count', args, kept(node)),
  ),
  renamed(
    'approx_quantile approx_percentile percentile_approx',
    'quantile_cont',
    'approx_quantile(age, 0.5)',
    'quantile_cont(age, 0.5)',
  ),
  form('geomean geometric_mean', 'geomean(age)', 'exp(avg(ln(age)))', (args, make, node) =>
    make.call('exp', [make.call('avg', [make.call('ln', args)], kept(node))]),
  ),
  form('sumif', 'sumIf(age, active)', 'sum(age) FILTER (WHERE active)', filtered('sum')),
  form('avgif', 'avgIf(age, active)', 'avg(age) FILTER (WHERE active)', filtered('avg')),
];

function bucketMeaning(): string {
  const within = 'CAST(floor((age - 0) * 10 / (100 - 0)) AS BIGINT) + 1';
  return `CASE WHEN age < 0 THEN 0 WHEN age >= 100 THEN 11 WHEN age IS NOT NULL THEN ${within} END`;
}

const byName = new Map(OTHER_FORMS.flatMap((one) => one.names.map((name) => [name, one] as const)));

/** The form by a function's name, lower case. */
export const otherForm = (name: string): OtherForm | undefined => byName.get(name);
