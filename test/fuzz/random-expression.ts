import type { SeededRandom } from '../attack/seeded-random.ts';

export type Kind = 'integer' | 'text' | 'date' | 'boolean';
/** A column in scope: how it is written, what it holds. */
export interface Scoped {
  readonly sql: string;
  readonly kind: Kind;
}
/** Where expressions are made: what is in scope, and which constructs were used. */
export interface Maker {
  readonly random: SeededRandom;
  readonly scope: readonly Scoped[];
  readonly used: Set<string>;
}

const TEXTS = ['east', 'west', 'north', 'd1', 'd2', 'n0', 'f', 'm', '', 'x%y', "it''s", '企业'];
const PATTERNS = ['%t', 'e%', 'd_', '%', '%o%', 'n_'];
/** Beyond the allow-list, or refused in this form: the compiler must say so and nothing else. */
const REFUSED = [
  (x: string) => `error(${x})`,
  (x: string) => `list(${x})`,
  (x: string) => `read_text(${x})`,
  (x: string) => `getenv(${x})`,
  (x: string) => `stats(${x})`,
  (x: string) => `hash(${x})`,
  (x: string) => `md5(CAST(${x} AS varchar))`,
  (x: string) => `chr(${x})`,
  (x: string) => `[${x}]`,
  (x: string) => `{'a': ${x}}`,
  (x: string) => `random() + ${x}`,
];

export function expression(maker: Maker, kind: Kind, depth: number): string {
  const { random, used } = maker;
  if (random.below(120) === 0) {
    used.add('refused function');
    return random.pick(REFUSED)(leaf(maker, kind));
  }
  if (depth <= 0 || random.below(3) === 0) return leaf(maker, kind);
  if (random.below(8) === 0) return caseOf(maker, kind, depth);
  if (random.below(16) === 0) return `coalesce(${expression(maker, kind, depth - 1)}, ${leaf(maker, kind)})`;
  if (random.below(24) === 0) return `nullif(${expression(maker, kind, depth - 1)}, ${leaf(maker, kind)})`;
  return MAKERS[kind](maker, depth - 1);
}

function leaf({ random, scope }: Maker, kind: Kind): string {
  const columns = scope.filter((one) => one.kind === kind);
  if (columns.length > 0 && random.below(4) > 0) return random.pick(columns).sql;
  return literal(random, kind);
}

export function literal(random: SeededRandom, kind: Kind): string {
  switch (kind) {
    case 'integer':
      return random.pick(['0', '1', '2', '10', '-3', '40', '100', '2.5', '1e2', '3000', 'NULL', '9223372036854775807']);
    case 'text':
      return `'${random.pick(TEXTS)}'`;
    case 'date':
      return random.pick(["DATE '1975-06-30'", "DATE '2024-05-01'", 'current_date', "DATE '0001-01-01'"]);
    case 'boolean':
      return random.pick(['true', 'false', 'NULL']);
  }
}

function caseOf(maker: Maker, kind: Kind, depth: number): string {
  maker.used.add('CASE');
  const condition = expression(maker, 'boolean', depth - 1);
  const otherwise = maker.random.below(4) === 0 ? '' : ` ELSE ${expression(maker, kind, depth - 1)}`;
  return `CASE WHEN ${condition} THEN ${expression(maker, kind, depth - 1)}${otherwise} END`;
}

type Build = (maker: Maker, depth: number) => string;
const of =
  (kind: Kind): Build =>
  (maker, depth) =>
    expression(maker, kind, depth);
const int = of('integer');
const text = of('text');
const date = of('date');
const bool = of('boolean');

const INTEGERS: readonly Build[] = [
  (m, d) => `(${int(m, d)} ${m.random.pick(['+', '-', '*'])} ${int(m, d)})`,
  (m, d) => `(${int(m, d)} ${m.random.pick(['/', '//', '%'])} ${int(m, d)})`,
  (m, d) => `abs(${int(m, d)})`,
  (m, d) => `-(${int(m, d)})`,
  (m, d) => `${m.random.pick(['round', 'floor', 'ceil', 'sign', 'sqrt', 'ln', 'exp'])}(${int(m, d)})`,
  (m, d) => `${m.random.pick(['least', 'greatest'])}(${int(m, d)}, ${int(m, d)})`,
  (m, d) => `length(${text(m, d)})`,
  (m, d) => `strpos(${text(m, d)}, ${text(m, d)})`,
  (m, d) => `${m.random.pick(['year', 'month', 'day', 'quarter', 'dayofweek'])}(${date(m, d)})`,
  (m, d) => `date_diff('day', ${date(m, d)}, ${date(m, d)})`,
  (m, d) => `CAST(${text(m, d)} AS integer)`,
  (m, d) => `(${bool(m, d)})::integer`,
  (m, d) => `pow(${int(m, d)}, ${m.random.pick(['2', '3', '0.5', '-1', '64'])})`,
  (m, d) => `(${date(m, d)} - ${date(m, d)})`,
  (m, d) => `(${int(m, d)} DIV ${1 + m.random.below(20)})`,
  (m, d) => `{fn ${m.random.pick(['abs', 'floor', 'sign'])}(${int(m, d)})}`,
  (m, d) => `{fn length(${text(m, d)})}`,
  (m, d) => `extract(${m.random.pick(['year', 'month', 'dow', 'doy'])} FROM ${date(m, d)})`,
  (m, d) => `position(${text(m, 0)} IN ${text(m, d)})`,
  (m, d) => `ifnull(${int(m, d)}, ${int(m, 0)})`,
  (m, d) => `date_sub('${m.random.pick(['year', 'month'])}', ${date(m, d)}, ${date(m, d)})`,
  (m, d) => `if(${bool(m, d)}, ${int(m, d)}, ${int(m, 0)})`,
  (m, d) => `extract(epoch FROM CAST(${date(m, d)} AS timestamp) - CAST(${date(m, 0)} AS timestamp))`,
  (m, d) => `round(${int(m, d)}, ${m.random.below(3)})`,
  (m) => `ln(${int(m, 0)} + ${1 + m.random.below(9)})`,
  (m, d) =>
    `date_part('${m.random.pick(['epoch', 'day'])}', CAST(${date(m, d)} AS timestamp) - CAST(${date(m, d)} AS timestamp))`,
];
const TEXTUAL: readonly Build[] = [
  (m, d) => `${m.random.pick(['upper', 'lower', 'trim', 'reverse'])}(${text(m, d)})`,
  (m, d) => `(${text(m, d)} || ${text(m, d)})`,
  (m, d) => `substring(${text(m, d)}, ${1 + m.random.below(3)}, ${m.random.below(4)})`,
  (m, d) => `left(${text(m, d)}, ${m.random.below(4)})`,
  (m, d) => `replace(${text(m, d)}, 'a', 'b')`,
  (m, d) => `CAST(${int(m, d)} AS varchar)`,
  (m, d) => `concat(${text(m, d)}, ${int(m, d)})`,
  (m, d) => `lpad(${text(m, d)}, ${m.random.below(12)}, '*')`,
  (m, d) => `strftime(${date(m, d)}, '%Y-%m')`,
  (m, d) => `{fn ${m.random.pick(['ucase', 'lcase'])}(${text(m, d)})}`,
  (m, d) => `right(${text(m, d)}, ${m.random.below(4)})`,
  (m, d) => `concat_ws('-', ${text(m, d)}, ${int(m, 0)}, ${text(m, 0)})`,
  (m, d) => `split_part(${text(m, d)}, '${m.random.pick(['a', 's', 'o'])}', ${1 + m.random.below(2)})`,
  (m, d) => `translate(${text(m, d)}, 'est', 'abc')`,
  (m, d) => `regexp_replace(${text(m, d)}, '[a-e]', 'z')`,
  (m, d) => `regexp_extract(${text(m, d)}, '[a-z]+')`,
  (m, d) => `CASE ${text(m, d)} WHEN 'east' THEN 'a' WHEN 'd1' THEN 'b' ELSE ${text(m, 0)} END`,
  (m, d) => `CAST(${date(m, d)} AS varchar)`,
];
const DATES: readonly Build[] = [
  (m, d) => `(${date(m, d)} + ${m.random.below(400)})`,
  (m, d) => `CAST(date_trunc('${m.random.pick(['month', 'year'])}', ${date(m, d)}) AS date)`,
  (m, d) => `CAST(${date(m, d)} + INTERVAL ${m.random.below(9)} MONTH AS date)`,
  (m, d) => `last_day(${date(m, d)})`,
  (m, d) => `make_date(year(${date(m, d)}), ${1 + m.random.below(12)}, ${1 + m.random.below(31)})`,
  () => "{d '2024-02-29'}",
  (m, d) => `CAST(try_strptime(${text(m, d)}, '%Y-%m-%d') AS date)`,
  (m, d) => `CAST(time_bucket(INTERVAL '10 days', ${date(m, d)}, TIMESTAMP '2000-01-01 00:00:00') AS date)`,
  (m, d) => `(${date(m, d)} + ${int(m, 0)}::integer)`,
  (m, d) => `CAST(${date(m, d)} + INTERVAL '12 hours' * (${int(m, 0)}::integer % 1000) AS date)`,
];
const BOOLEANS: readonly Build[] = [
  (m, d) => `${int(m, d)} ${m.random.pick(['=', '<>', '<', '<=', '>', '>='])} ${int(m, d)}`,
  (m, d) => `${text(m, d)} ${m.random.pick(['=', '<>', '<'])} ${text(m, d)}`,
  (m, d) => `${date(m, d)} ${m.random.pick(['<', '>='])} ${date(m, d)}`,
  (m, d) => `(${bool(m, d)} ${m.random.pick(['AND', 'OR'])} ${bool(m, d)})`,
  (m, d) => `NOT (${bool(m, d)})`,
  (m, d) => `${text(m, d)} ${m.random.pick(['LIKE', 'NOT LIKE', 'ILIKE'])} '${m.random.pick(PATTERNS)}'`,
  (m, d) => `${int(m, d)} BETWEEN ${int(m, 0)} AND ${int(m, 0)}`,
  (m, d) => `${int(m, d)} IN (${int(m, 0)}, ${m.random.below(60)}, 7)`,
  (m, d) => `${text(m, d)} IN ('east', 'd1', 'n0', 'f')`,
  (m, d) => `${m.random.pick([int, text, date])(m, d)} IS ${m.random.pick(['', 'NOT '])}NULL`,
  (m, d) => `${int(m, d)} IS DISTINCT FROM ${int(m, d)}`,
  (m, d) => `${text(m, d)} = ANY(ARRAY['east', 'd1', 'm'])`,
  (m, d) => `list_contains([1, 3, ${m.random.below(60)}], ${int(m, d)})`,
  (m, d) => `regexp_matches(${text(m, d)}, '^[a-n]+$')`,
  (m, d) => `${text(m, d)} ${m.random.pick(['SIMILAR TO', 'NOT SIMILAR TO', '~'])} '[a-m].*'`,
  (m, d) => `starts_with(${text(m, d)}, 'e')`,
  (m, d) => `(${bool(m, d)}) IS ${m.random.pick(['', 'NOT '])}TRUE`,
  (m, d) => `(${int(m, d)}, ${text(m, 0)}) IN ((1, 'east'), (${m.random.below(60)}, 'west'))`,
  (m, d) => `(${int(m, d)}, ${text(m, d)}) = (${int(m, 0)}, ${text(m, 0)})`,
  (m, d) => `${int(m, d)} NOT BETWEEN ${int(m, 0)} AND ${int(m, 0)}`,
  (m, d) => `${date(m, d)} BETWEEN ${date(m, 0)} AND ${date(m, 0)}`,
  (m, d) => `${text(m, d)} NOT IN ('east', 'd1', 'f')`,
  (m, d) => `(${bool(m, d)}) ${m.random.pick(['=', '<>'])} ${m.random.below(2)}`,
];
const MAKERS: Readonly<Record<Kind, Build>> = {
  integer: (m, d) => m.random.pick(INTEGERS)(m, d),
  text: (m, d) => m.random.pick(TEXTUAL)(m, d),
  date: (m, d) => m.random.pick(DATES)(m, d),
  boolean: (m, d) => m.random.pick(BOOLEANS)(m, d),
};
