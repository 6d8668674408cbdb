import { AppError } from '../../../policies/errors.ts';
import { OTHER_FORMS } from '../../../policies/sql/forms/other-systems.ts';
import { SYNTAX_HINTS } from '../../../policies/sql/forms/syntax-hints.ts';
import { DATE_FUNCTIONS } from '../../../policies/sql/functions/date-functions.ts';
import { MATH_FUNCTIONS } from '../../../policies/sql/functions/math-functions.ts';
import { TEXT_FUNCTIONS } from '../../../policies/sql/functions/text-functions.ts';
import type { QueryCatalog } from '../../../policies/sql/resolve.ts';
import { CAST_TYPES, typeName } from '../../../policies/sql/type-rules.ts';
import { REFUSED_CONSTRUCTS } from './refused-constructs.ts';
import { refusedFunctions } from './refused-function-names.ts';
import { CITY, type City } from './small-city.ts';
import { ACCEPTED_CONSTRUCTS, REFUSED_BY_POLICY } from './sql-constructs.ts';
import { aggregateTable, functionTable, operatorTable, windowTable } from './sql-function-tables.ts';
import { code, codes, insteadOf, table } from './sql-markdown.ts';
import { PRIVATE, PROTECTED, verdictOf } from './sql-verdict.ts';

/**
 * The reference page of the SQL that is accepted, made from the tables that the compiler itself uses and from queries
 * that are compiled while it is written: nothing on it is said by hand that the compiler could contradict.
 */

// ── Constructs ───────────────────────────────────────────────────────────────────────────────────────────────────

async function constructTables(city: City): Promise<string> {
  const parts = ACCEPTED_CONSTRUCTS.map(async ({ en, zh, constructs }) => {
    const rows = constructs.map(async (construct) => {
      const verdict = await verdictOf(city, construct.sql, PROTECTED);
      const inPrivate = await verdictOf(city, construct.sql, PRIVATE);
      const answers = [verdict, inPrivate].map((one) => (one instanceof AppError ? `no: ${insteadOf(one)}` : 'yes'));
      return [construct.en, construct.zh, code(construct.sql), ...answers];
    });
    const header = ['construct', '写法', 'example', 'mode `aggregate`', 'mode `dp`'];
    return `### ${en} ${zh}\n\n${table(header, await Promise.all(rows))}`;
  });
  return (await Promise.all(parts)).join('\n\n');
}

function typeTable(): string {
  const names = Map.groupBy([...CAST_TYPES], ([, type]) => typeName(type));
  const rows = [...names].map(([type, entries]) => [
    code(type),
    codes(entries.map(([name]) => name.toLowerCase())),
    TYPE_NOTES[type] ?? '',
  ]);
  return table(
    ['type', 'names in CAST', 'values'],
    [...rows, [code('decimal(p,s)'), code('decimal(p,s)'), TYPE_NOTES['decimal'] ?? '']],
  );
}
const TYPE_NOTES: Readonly<Record<string, string>> = {
  boolean: 'true, false 真值',
  integer: '64 bits; narrower names are held as wide 64 位整数',
  hugeint: '128 bits; sums of integers 128 位整数，整数之和',
  decimal: 'exact, 1 to 38 digits 精确小数，至多 38 位',
  double: 'finite only: NaN and infinity become NULL 浮点数，不含 NaN 与无穷',
  text: 'UTF-8 text 文本',
  date: 'a day 日期',
  timestamp: 'date and time, no zone 时间戳，不带时区',
  interval: 'only inside an expression, never as a result 时间间隔，不能作为结果',
};

// ── Refusals ─────────────────────────────────────────────────────────────────────────────────────────────────────

/** The catalogue marks the place of a refusal with `^`. */
const unmarked = (text: string): string => text.replace(/\^(?![-+@])(?!Firm)/, '');

/** As many examples as a row holds. */
const EXAMPLES_MAX = 5;

/** Of everything that is refused the shortest example; what has the same answer stands in one row. */
async function refusalTable(
  city: City,
  texts: readonly string[],
  catalog: QueryCatalog,
  keep: (refusal: AppError) => boolean,
): Promise<string> {
  const shortest = new Map<string, Refused>();
  for (const text of texts) {
    const refusal = await verdictOf(city, text, catalog);
    if (!(refusal instanceof AppError)) throw new Error(`accepted: ${text}`);
    const { construct, use } = refusal.facts;
    const key = JSON.stringify([refusal.code, construct ?? use, insteadOf(refusal)]);
    const known = shortest.get(key);
    if (keep(refusal) && (known === undefined || known.text.length > text.length)) shortest.set(key, { text, refusal });
  }
  const answers = Map.groupBy(shortest.values(), ({ refusal }) => JSON.stringify([refusal.code, insteadOf(refusal)]));
  const rows = [...answers.values()]
    .flatMap((all) => {
      const [first] = all;
      if (first === undefined) return [];
      const examples = all.slice(0, EXAMPLES_MAX).map(({ text }) => code(brief(text)));
      return [[examples.join('<br>'), code(first.refusal.code), insteadOf(first.refusal)] as const];
    })
    .sort(([, a], [, b]) => (a < b ? -1 : a > b ? 1 : 0));
  return table(['refused 不接受', 'code', 'accepted instead 可改用'], rows);
}

interface Refused {
  readonly text: string;
  readonly refusal: AppError;
}

const brief = (text: string): string => (text.length > 110 ? `${text.slice(0, 100)}…` : text);

async function refusedFunctionTable(city: City): Promise<string> {
  const rows = await Promise.all(
    refusedFunctions().map(async ({ accepted, names }) => {
      const refused: string[] = [];
      for (const name of names) if (await isRefused(city, name)) refused.push(name === '!__postfix' ? '!' : name);
      return [codes(refused), accepted];
    }),
  );
  return table(['refused 不接受', 'accepted instead 可改用'], rows);
}

/** A name on the compiler's page of refused functions, in whatever form it can be called. */
async function isRefused(city: City, name: string): Promise<boolean> {
  const forms = /^[a-z]/.test(name)
    ? [`SELECT ${name}()`, `SELECT ${name}(age) FROM person`, `SELECT * FROM ${name}(1)`]
    : [`SELECT age ${name} 3 FROM person`, `SELECT ${name}age FROM person`, `SELECT age${name.charAt(0)} FROM person`];
  const verdicts = await Promise.all(forms.map((form) => verdictOf(city, form)));
  const refusals = verdicts.filter((verdict) => verdict instanceof AppError);
  if (refusals.length < verdicts.length || refusals.some((refusal) => isListed(name, refusal))) return false;
  return refusals.some(isAboutFunction);
}

/** Refused for its arguments only: then it is on the list. */
const isListed = (name: string, { facts }: AppError): boolean => String(facts['accepted']).startsWith(`${name}(`);

// ── The page ─────────────────────────────────────────────────────────────────────────────────────────────────────

const isAboutFunction = ({ code: refused }: AppError): boolean => refused === 'SQL_FUNCTION_REFUSED';

export async function referencePage(city: City): Promise<string> {
  const texts = [
    ...REFUSED_CONSTRUCTS.map(({ text }) => unmarked(text)).filter((text) => text !== ''),
    ...SYNTAX_HINTS.map(({ example }) => example),
  ];
  const sections: readonly (readonly [title: string, intro: string, body: string])[] = [
    ['Accepted constructs 接受的写法', CONSTRUCTS_INTRO, await constructTables(city)],
    ['Types 类型', 'Text becomes a date or a number only where it is a literal, or by CAST.', typeTable()],
    ['Aggregates 聚合函数', AGGREGATES_INTRO, await aggregateTable(city)],
    ['Window functions 窗口函数', WINDOWS_INTRO, windowTable()],
    ['Operators 运算符', OPERATORS_INTRO, await operatorTable(city)],
    ['Numbers 数值函数', '', functionTable(MATH_FUNCTIONS)],
    ['Text 文本函数', '', functionTable(TEXT_FUNCTIONS)],
    ['Dates 日期函数', DATES_INTRO, functionTable(DATE_FUNCTIONS)],
    ['Names of other systems 其他系统的写法', FORMS_INTRO, formTable()],
    [
      'Refused constructs 不接受的写法',
      'In every mode. 任何模式下都不接受。',
      await refusalTable(city, texts, CITY, (refusal) => !isAboutFunction(refusal)),
    ],
    ['Refused functions 不接受的函数', FUNCTIONS_INTRO, await refusedFunctionTable(city)],
    [
      'Refused by policy 按策略拒绝',
      'Well-formed, and refused over protected tables. 写法正确，但对受保护的表不予执行。',
      await refusalTable(city, REFUSED_BY_POLICY, PROTECTED, () => true),
    ],
  ];
  const contents = sections.map(([title]) => `- [${title}](#${anchorOf(title)})`).join('\n');
  const bodies = sections.map(([title, intro, body]) => `## ${title}\n\n${intro === '' ? '' : `${intro}\n\n`}${body}`);
  return `${INTRO}\n\n${contents}\n\n${bodies.join('\n\n')}\n`;
}

function formTable(): string {
  const rows = OTHER_FORMS.map(({ names, example, means }) => [codes(names), code(example), code(means)]);
  return table(['name 名称', 'example 例', 'read as 等同于'], rows);
}

const anchorOf = (title: string): string => title.toLowerCase().replaceAll(' ', '-');

const INTRO = `# SQL

DuckDB's dialect, by allow-list: what is not on this page is refused, with its place and the nearest form that would be
accepted. 方言为 DuckDB，按允许清单执行：本页没有的写法一律拒绝，并指出位置和最接近的可用写法。

This page is generated from the compiler's own tables; every example on it is compiled by a test. Examples use four small
tables: \`person(pid, age, sex, div_code, born, income, active)\`, \`visit(pid, dept, seen, fee, days)\`,
\`job(pid, uscc, since, wage)\`, \`firm(uscc, name, industry, staff, div_code)\`; \`pid\` and \`uscc\` are identifiers.
Mode \`rows\` (general-1 only) accepts all of it; the column *mode \`aggregate\`* says what holds over general-2 tables.`;
const CONSTRUCTS_INTRO = 'Mode `rows` accepts every one. `rows` 模式全部接受；最后两列为 `aggregate` 与 `dp` 模式。';
const FORMS_INTRO = `Read as the form beside them, which is then admitted or refused like any other. Besides: \`main.t\` and \`public.t\` are \`t\`;
\`t PIVOT (sum(x) FOR k IN ('a', 'b') GROUP BY g)\` is a sum FILTER (WHERE k = …) per value; \`x = ANY(ARRAY[…])\` is IN; \`range\`,
\`generate_series\` and \`unnest\` of literals in FROM are VALUES; \`count(DISTINCT CASE WHEN c THEN x END)\` has FILTER (WHERE c);
names in backticks are names in double quotes, \`a DIV 10\` is \`a // 10\`, \`{fn f(x)}\` and \`{ts '…'}\` are \`f(x)\` and \`'…'\`, \`+\` of texts is \`||\`, \`SYSDATE\` is \`current_date\`; \`CAST(n || ' days' AS INTERVAL)\` is
\`to_days(n)\`, \`EXTRACT(EPOCH FROM a - b)\` the seconds between, \`RATIO_TO_REPORT(x) OVER (…)\` is \`x / sum(x) OVER (…)\`; beside a truth
1 is true and 0 is not; a date where a text is needed is that text; times with a zone are times (all are in one).
按右列写法处理。`;
const AGGREGATES_INTRO = `Mode \`rows\` admits every one; mode \`aggregate\` those that say yes. *also*: DISTINCT inside, OVER a window.
In mode \`aggregate\`, \`count(DISTINCT x)\` is the number of values that at least 10 persons or firms of the group have (whatever the threshold is), and of all rarer
values where as many have one of these: values that fewer have between them are not counted, so that no few people decide the number. Numbers of identifiers of persons and
firms, and of orders of which each is somebody’s own, are whole. About 64 classes of units stand for the units: values of 10 to 15 may count as rarer.
\`rows\` 模式全部可用；\`aggregate\` 模式以该列为准。\`aggregate\` 模式下，\`count(DISTINCT x)\` 为组内至少 10 个个人或企业（以门槛为准）所具有的取值个数；较罕见的取值合为一类，
其持有者合计达到门槛时才全部计入，否则不计，使结果不由少数人决定。个人、企业标识的个数，以及各归其主的单号个数，均完整计数。判断按 64 个单元类进行，10 至 15 人具有的取值可能按罕见处理。`;
const WINDOWS_INTRO = `In mode \`aggregate\` they stand over grouped results, or over the rows of one unit (PARTITION BY its identifier).
The offset (1) and the default (NULL) of \`lag\` and \`lead\` may be left out. 偏移与默认值可省略。`;
const OPERATORS_INTRO =
  'Whatever overflows, divides by zero or leaves its domain gives NULL. 溢出、除以零、超出定义域都得 NULL。';
const DATES_INTRO =
  '`current_date`, `today()`, `current_timestamp`, `localtimestamp`, `now()` are the time of submission. 均为提交时刻。';
const FUNCTIONS_INTRO =
  'Code `SQL_FUNCTION_REFUSED`. A function on no list is refused just the same. 未列出的函数同样拒绝。';
