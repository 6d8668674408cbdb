import type { SyntaxNode } from '../syntax-node.ts';
import { type Form, form, kept, type OtherForm, renamed, sign } from './other-form.ts';
import { integerOf, isNullConstant, listOf } from './syntax-build.ts';

/** Numbers, texts, conditions and aggregates in the words of other systems. */

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

/** Oracle's: NULL is like NULL. */
const decoded: Form = ([value, ...rest], make) => {
  if (value === undefined || rest.length < 2) return null;
  const branches: [SyntaxNode, SyntaxNode][] = [];
  for (let at = 0; at + 1 < rest.length; at += 2)
    branches.push([make.compare('COMPARE_NOT_DISTINCT_FROM', value, rest[at]!), rest[at + 1]!]);
  return make.choose(branches, rest.length % 2 === 1 ? rest.at(-1)! : make.nothing);
};

/** `multiIf(c1, a, c2, b, else)`. */
const branched: Form = (args, make) => {
  if (args.length < 3 || args.length % 2 === 0) return null;
  const branches: [SyntaxNode, SyntaxNode][] = [];
  for (let at = 0; at + 1 < args.length; at += 2) branches.push([args[at]!, args[at + 1]!]);
  return make.choose(branches, args.at(-1)!);
};

/** `choose(n, a, b)`: the n-th. */
const chosen: Form = ([number, ...values], make) =>
  number === undefined || values.length === 0
    ? null
    : make.choose(
        values.map((value, at) => [make.compare('COMPARE_EQUAL', number, make.integer(at + 1)), value] as const),
        make.nothing,
      );

/** `field(x, a, b)`: which of them it is, 0 for none. */
const placed: Form = ([value, ...values], make) =>
  value === undefined || values.length === 0
    ? null
    : make.choose(
        values.map((one, at) => [make.compare('COMPARE_EQUAL', value, one), make.integer(at + 1)] as const),
        make.integer(0),
      );

/** 0 below, `n + 1` from the upper end on, else which of `n` equal classes. Source: ISO/IEC 9075-2, 6.28. */
const bucket: Form = ([value, low, high, count], make) => {
  const classes = integerOf(count);
  if (value === undefined || low === undefined || high === undefined || classes === null || classes < 1) return null;
  const op = (name: string, a: SyntaxNode, b: SyntaxNode) => sign(make, name, a, b);
  const share = op('/', op('*', op('-', value, low), make.integer(classes)), op('-', high, low));
  const within = op('+', make.cast(make.call('floor', [share]), 'BIGINT'), make.integer(1));
  return make.choose(
    [
      [make.compare('COMPARE_LESSTHAN', value, low), make.integer(0)],
      [make.compare('COMPARE_GREATERTHANOREQUALTO', value, high), make.integer(classes + 1)],
      [make.operator('OPERATOR_IS_NOT_NULL', [value]), within],
    ],
    make.nothing,
  );
};

/** `range_bucket(x, [a, b])`: how many of the ends are not above. */
const rangeBucket: Form = ([value, list, ...more], make) => {
  const ends = listOf(list);
  if (value === undefined || ends === null || more.length > 0) return null;
  const below = ends.map((end, at) => [make.compare('COMPARE_LESSTHAN', value, end), make.integer(at)] as const);
  const above = [make.operator('OPERATOR_IS_NOT_NULL', [value]), make.integer(ends.length)] as const;
  return make.choose([...below, above], make.nothing);
};

/** `floor_by(x, w)`, `ceil_by`, `round_by`: steps of a width. */
const inSteps: Form = ([value, width, ...more], make, node) =>
  value === undefined || width === undefined || more.length > 0
    ? null
    : sign(
        make,
        '*',
        make.call(String(node['function_name']).slice(0, -'_by'.length), [sign(make, '/', value, width)]),
        width,
      );

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

export const VALUE_FORMS: readonly OtherForm[] = [
  form('convert try_convert', 'convert(date, born)', 'CAST(born AS DATE)', converted),
  form('to_number', 'to_number(sex)', 'CAST(sex AS DOUBLE)', ([value, ...more], make) =>
    value === undefined || more.length > 0 ? null : make.cast(value, 'DOUBLE'),
  ),
  form('tostring', 'toString(age)', 'CAST(age AS VARCHAR)', ([value, ...more], make) =>
    value === undefined || more.length > 0 ? null : make.cast(value, 'VARCHAR'),
  ),
  form('width_bucket', 'width_bucket(age, 0, 100, 10)', bucketMeaning(), bucket),
  form(
    'range_bucket',
    'range_bucket(age, [18, 65])',
    'CASE WHEN age < 18 THEN 0 WHEN age < 65 THEN 1 WHEN age IS NOT NULL THEN 2 END',
    rangeBucket,
  ),
  form('floor_by ceil_by round_by', 'floor_by(age, 10)', 'floor(age / 10) * 10', inSteps),
  form('clamp', 'clamp(age, 18, 65)', 'least(greatest(age, 18), 65)', ([value, low, high, ...more], make) =>
    value === undefined || low === undefined || high === undefined || more.length > 0
      ? null
      : make.call('least', [make.call('greatest', [value, low]), high]),
  ),
  renamed('truncate', 'trunc', 'truncate(income, 1)', 'trunc(income, 1)'),
  form('div', 'div(age, 10)', 'age // 10', (args, make) => make.call('//', args, { is_operator: true })),
  form('safe_divide div0 try_divide', 'safe_divide(income, age)', 'income / age', (args, make) =>
    make.call('/', args, { is_operator: true }),
  ),
  form('decode', "decode(sex, 'f', 1, 2)", "CASE WHEN sex IS NOT DISTINCT FROM 'f' THEN 1 ELSE 2 END", decoded),
  form(
    'multiif',
    "multiIf(age < 18, 'a', age < 65, 'b', 'c')",
    "CASE WHEN age < 18 THEN 'a' WHEN age < 65 THEN 'b' ELSE 'c' END",
    branched,
  ),
  form('choose elt', "choose(age, 'a', 'b')", "CASE WHEN age = 1 THEN 'a' WHEN age = 2 THEN 'b' END", chosen),
  form('field', "field(sex, 'f', 'm')", "CASE WHEN sex = 'f' THEN 1 WHEN sex = 'm' THEN 2 ELSE 0 END", placed),
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
    value === undefined ? null : sign(make, '*', value, value),
  ),
  form('<=> equal_null', 'sex <=> NULL', 'sex IS NOT DISTINCT FROM NULL', ([a, b], make) =>
    a === undefined || b === undefined ? null : make.compare('COMPARE_NOT_DISTINCT_FROM', a, b),
  ),
  renamed('startswith', 'starts_with', "startswith(sex, 'f')", "starts_with(sex, 'f')"),
  renamed('endswith', 'ends_with', "endswith(sex, 'f')", "ends_with(sex, 'f')"),
  renamed('regexp_contains rlike', 'regexp_matches', "regexp_contains(sex, '^f')", "regexp_matches(sex, '^f')"),
  renamed('regexp_substr', 'regexp_extract', "regexp_substr(sex, '^f')", "regexp_extract(sex, '^f')"),
  form('list_contains array_contains has contains', "list_contains(['f', 'm'], sex)", "sex IN ('f', 'm')", among(true)),
  renamed('every booland_agg logical_and', 'bool_and', 'every(active)', 'bool_and(active)'),
  renamed('boolor_agg logical_or', 'bool_or', 'logical_or(active)', 'bool_or(active)'),
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
      ['anon_sum', 'sum'],
      ['anon_avg', 'avg'],
    ] as const
  ).map(([name, to]) => renamed(name, to, `${name}(age)`, `${to}(age)`)),
  form('count_big anon_count', 'count_big(*)', 'count(*)', (args, make, node) =>
    make.call(args.length === 0 ? 'count_star' : 'count', args, kept(node)),
  ),
  form('total', 'total(age)', 'coalesce(sum(age), 0)', (args, make, node) =>
    make.operator('OPERATOR_COALESCE', [make.call('sum', args, kept(node)), make.integer(0)]),
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
