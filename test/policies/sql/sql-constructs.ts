/**
 * What the reference page shows of the language: each construct with a query that uses it. `sql-page.full.test.ts`
 * compiles every one over the small city, once all public and once protected, and runs what comes out.
 */
export interface Construct {
  readonly en: string;
  readonly zh: string;
  readonly sql: string;
}
export interface Section {
  readonly en: string;
  readonly zh: string;
  readonly constructs: readonly Construct[];
}

const section = (
  en: string,
  zh: string,
  rows: readonly (readonly [en: string, zh: string, sql: string])[],
): Section => ({
  en,
  zh,
  constructs: rows.map(([english, chinese, sql]) => ({ en: english, zh: chinese, sql })),
});

export const ACCEPTED_CONSTRUCTS: readonly Section[] = [
  section('Clauses', '子句', [
    ['columns, expressions, aliases', '数据项、表达式、别名', 'SELECT age, age + 1 AS next, next * 2 FROM person'],
    [
      '`*` (without identifiers), `t.*`, EXCLUDE',
      '`*`（不含标识项）、`t.*`、EXCLUDE',
      'SELECT v.* EXCLUDE (seen) FROM visit v',
    ],
    ['FROM first', 'FROM 在前', 'FROM person SELECT count(*)'],
    [
      'WHERE, aliases of the SELECT list too',
      'WHERE，可用 SELECT 的别名',
      'SELECT sex, count(*) FROM person WHERE age > 30 AND NOT active GROUP BY sex',
    ],
    ['DISTINCT', 'DISTINCT', 'SELECT DISTINCT sex, div_code FROM person ORDER BY sex'],
    [
      'DISTINCT ON, first row in the order of ORDER BY',
      'DISTINCT ON，按 ORDER BY 取首行',
      'SELECT DISTINCT ON (industry) industry, name FROM firm ORDER BY industry, staff DESC',
    ],
    [
      'GROUP BY columns, aliases, positions, expressions',
      'GROUP BY 数据项、别名、序号、表达式',
      'SELECT age // 10 * 10 AS decade, sex, count(*) FROM person GROUP BY decade, 2',
    ],
    [
      'GROUP BY ALL, ORDER BY ALL',
      'GROUP BY ALL、ORDER BY ALL',
      'SELECT sex, div_code, count(*) FROM person GROUP BY ALL ORDER BY ALL',
    ],
    ['HAVING', 'HAVING', 'SELECT sex, avg(income) FROM person GROUP BY sex HAVING count(*) > 20'],
    [
      'ROLLUP, CUBE, GROUPING SETS, `grouping(…)`',
      'ROLLUP、CUBE、GROUPING SETS、`grouping(…)`',
      'SELECT sex, div_code, count(*), grouping(sex) FROM person GROUP BY ROLLUP (sex, div_code)',
    ],
    [
      'ORDER BY, ASC, DESC, NULLS FIRST, NULLS LAST',
      'ORDER BY、升降序、空值位置',
      'SELECT sex, count(*) AS n FROM person GROUP BY sex ORDER BY n DESC NULLS LAST, 1',
    ],
    [
      'LIMIT, OFFSET with literals',
      'LIMIT、OFFSET 用常量',
      'SELECT div_code, count(*) AS n FROM person GROUP BY div_code ORDER BY n LIMIT 2 OFFSET 1',
    ],
    ['LIMIT of rows', '限制行数', 'SELECT count(*) FROM (SELECT age FROM person ORDER BY age LIMIT 10)'],
    [
      'QUALIFY',
      'QUALIFY',
      'SELECT sex, count(*) AS n FROM person GROUP BY sex QUALIFY rank() OVER (ORDER BY count(*)) = 1',
    ],
    [
      'WITH, also with column names',
      'WITH，可写列名',
      'WITH t(s, n) AS (SELECT sex, count(*) FROM person GROUP BY sex) SELECT s, n * 2 FROM t',
    ],
    ['VALUES of literals', '常量 VALUES', "VALUES (1, 'a'), (2, NULL)"],
    ['query without FROM', '不带 FROM 的查询', 'SELECT 1 + 1 AS two'],
  ]),
  section('Tables and joins', '表与连接', [
    ['JOIN … ON', '内连接', 'SELECT v.dept, count(*) FROM person p JOIN visit v ON p.pid = v.pid GROUP BY v.dept'],
    ['JOIN … USING', '按同名项连接', 'SELECT sex, sum(fee) FROM person JOIN visit USING (pid) GROUP BY sex'],
    [
      'LEFT, RIGHT, FULL JOIN',
      '外连接',
      'SELECT p.sex, sum(v.fee) FROM person p LEFT JOIN visit v ON p.pid = v.pid GROUP BY p.sex',
    ],
    [
      'CROSS JOIN, a list of tables',
      '交叉连接、逗号列表',
      'SELECT p.sex, count(*) FROM person p, visit v WHERE p.pid = v.pid GROUP BY p.sex',
    ],
    [
      'NATURAL JOIN',
      '自然连接',
      'SELECT sex, count(*) FROM person NATURAL JOIN (SELECT pid, count(*) AS n FROM visit GROUP BY pid) GROUP BY sex',
    ],
    [
      'conditions that are no equality',
      '非等值条件',
      'SELECT count(*) FROM person p JOIN visit v ON p.pid = v.pid AND p.age > v.days',
    ],
    [
      'keys to which NULL is a key like any other: IS NOT DISTINCT FROM, `a = b OR (a IS NULL AND b IS NULL)`',
      '空值也作为键相等：IS NOT DISTINCT FROM、`a = b OR (a IS NULL AND b IS NULL)`',
      'SELECT p.sex, count(*) FROM person p JOIN (SELECT sex, avg(income) AS a FROM person GROUP BY sex) t ON p.sex IS NOT DISTINCT FROM t.sex GROUP BY p.sex',
    ],
    ['SEMI JOIN, ANTI JOIN', '半连接、反连接', 'SELECT count(*) FROM person SEMI JOIN visit USING (pid)'],
    [
      'public list as a table',
      '把常量列表作为表',
      "SELECT l.zh, count(*) FROM person p JOIN (VALUES ('f', '女'), ('m', '男')) l(code, zh) ON p.sex = l.code GROUP BY l.zh",
    ],
    ['derived table', '派生表', 'SELECT band, count(*) FROM (SELECT age // 10 AS band FROM person) GROUP BY band'],
    [
      'aggregation per unit, then over units',
      '先按单元聚合，再汇总',
      'SELECT avg(n) FROM (SELECT pid, count(*) AS n FROM visit GROUP BY pid)',
    ],
    [
      'values per unit of rows of several kinds of units: sums, means, spreads and counts of them; numbers of rows and identifiers as keys and in conditions',
      '对属于多类单元的行按其中一类聚合：可再求和、平均、求离散程度、计数；行数与标识项个数可作键或条件',
      'SELECT industry, avg(n), count(*) FROM firm JOIN (SELECT uscc, count(*) AS n FROM job GROUP BY uscc) s USING (uscc) GROUP BY industry',
    ],
  ]),
  section('Subqueries', '子查询', [
    [
      'IN, NOT IN, as a conjunct of WHERE',
      'IN、NOT IN，作为 WHERE 的一个合取项',
      'SELECT count(*) FROM person WHERE pid IN (SELECT pid FROM visit WHERE days > 2)',
    ],
    [
      'EXISTS, NOT EXISTS, correlated by equality',
      'EXISTS、NOT EXISTS，等值关联',
      'SELECT count(*) FROM person p WHERE NOT EXISTS (SELECT 1 FROM visit v WHERE v.pid = p.pid)',
    ],
    [
      'rows counted and summed by IN, NOT IN, EXISTS, NOT EXISTS over rows of several kinds of units, matched by one',
      '按属于多类单元的行上的 IN、NOT IN、EXISTS、NOT EXISTS（按其中一类匹配）计数与求和',
      'SELECT div_code, count(*), avg(income) FROM person p WHERE NOT EXISTS (SELECT 1 FROM job j WHERE j.pid = p.pid) GROUP BY div_code',
    ],
    [
      'one aggregate as a value',
      '以单个聚合为值',
      'SELECT count(*) FROM person WHERE age > (SELECT avg(age) FROM person)',
    ],
    [
      'one aggregate, correlated by equality',
      '等值关联的单个聚合',
      'SELECT avg(n) FROM (SELECT (SELECT count(*) FROM visit v WHERE v.pid = p.pid) AS n FROM person p)',
    ],
    [
      'EXISTS, IN, ANY, ALL anywhere in an expression',
      'EXISTS、IN、ANY、ALL 用于任意表达式',
      'SELECT count(*) FROM firm WHERE staff > 50 OR uscc IN (SELECT uscc FROM job)',
    ],
    [
      'comparison with ANY or ALL of the rows',
      '与子查询的任一行、所有行比较',
      'SELECT name FROM firm f WHERE staff >= ALL (SELECT staff FROM firm g WHERE g.industry = f.industry)',
    ],
    [
      'a value of one row (several rows: NULL), correlated by any condition',
      '单行单值（多行为空值），任意条件关联',
      'SELECT name, (SELECT g.name FROM firm g WHERE g.staff > f.staff ORDER BY g.staff LIMIT 1) FROM firm f',
    ],
    [
      'several columns with IN',
      '多列 IN',
      'SELECT name FROM firm WHERE (industry, staff) IN (SELECT industry, max(staff) FROM firm GROUP BY industry)',
    ],
    [
      'LATERAL with aggregates, correlated by equality',
      'LATERAL 内为聚合，等值关联',
      "SELECT s.code, g.n FROM (VALUES ('f'), ('m')) s(code), LATERAL (SELECT count(*) AS n FROM person p WHERE p.sex = s.code) g",
    ],
    [
      'LATERAL, also implied',
      'LATERAL，可省略',
      'SELECT f.name, g.n FROM firm f, LATERAL (SELECT count(*) AS n FROM firm g WHERE g.staff > f.staff) g',
    ],
  ]),
  section('Set operations', '集合运算', [
    ['UNION ALL', 'UNION ALL', 'SELECT count(*) FROM (SELECT pid FROM visit UNION ALL SELECT pid FROM job)'],
    ['UNION', 'UNION', 'SELECT sex FROM person UNION SELECT dept FROM visit'],
    [
      'UNION ALL of aggregates over different tables',
      '不同表聚合结果的 UNION ALL',
      "SELECT 'visit' AS what, count(*) FROM visit UNION ALL SELECT 'job', count(*) FROM job",
    ],
    [
      'INTERSECT, EXCEPT, with ALL too',
      'INTERSECT、EXCEPT，可带 ALL',
      'SELECT div_code FROM person EXCEPT SELECT div_code FROM firm',
    ],
  ]),
  section('Aggregates', '聚合', [
    ['DISTINCT in an aggregate', '聚合内 DISTINCT', 'SELECT count(DISTINCT sex), count(DISTINCT pid) FROM person'],
    [
      'counts of different tuples',
      '多列组合的不同取值计数',
      'SELECT count(DISTINCT sex, div_code), count(DISTINCT (sex, div_code)) FROM person',
    ],
    ['sum or avg of DISTINCT values', '对不同取值求和或平均', 'SELECT sum(DISTINCT age) FROM person'],
    ['FILTER', 'FILTER', 'SELECT sum(income) FILTER (WHERE active) FROM person'],
    [
      'min, max, any_value of the keys themselves',
      '对分组键本身取 min、max、any_value',
      'SELECT min(sex) AS sex, sum(income) FROM person GROUP BY person.sex',
    ],
    ['conditions by CASE', '用 CASE 写条件', "SELECT sum(CASE WHEN sex = 'f' THEN income ELSE 0 END) FROM person"],
    ['WITHIN GROUP', 'WITHIN GROUP', 'SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY age) FROM person'],
    [
      'arithmetic over aggregates',
      '聚合之间的运算',
      'SELECT sex, sum(income) / count(*) AS per_head FROM person GROUP BY sex',
    ],
  ]),
  section('Window functions', '窗口函数', [
    [
      'over groups',
      '在分组结果上',
      'SELECT sex, sum(income) AS s, s / sum(sum(income)) OVER () AS share FROM person GROUP BY sex',
    ],
    [
      'PARTITION BY, ORDER BY over rows',
      '在行上 PARTITION BY、ORDER BY',
      'SELECT age, rank() OVER (PARTITION BY sex ORDER BY age) FROM person',
    ],
    [
      'ROWS frames with literals',
      '以常量为界的 ROWS 窗口',
      'SELECT div_code, avg(count(*)) OVER (ORDER BY div_code ROWS BETWEEN 1 PRECEDING AND CURRENT ROW) FROM person GROUP BY div_code',
    ],
    [
      'the default RANGE frame',
      '默认的 RANGE 窗口',
      'SELECT div_code, sum(count(*)) OVER (ORDER BY div_code) FROM person GROUP BY div_code',
    ],
    [
      'FILTER over a window',
      '窗口上的 FILTER',
      'SELECT sex, count(*) FILTER (WHERE sex IS NOT NULL) OVER () FROM person GROUP BY sex',
    ],
    [
      'WINDOW',
      '具名窗口',
      'SELECT div_code, rank() OVER w FROM person GROUP BY div_code WINDOW w AS (ORDER BY count(*))',
    ],
    [
      'RANGE with distances (numbers, intervals), GROUPS, EXCLUDE',
      '按距离的 RANGE（数值、时间间隔）、GROUPS、EXCLUDE',
      'SELECT name, sum(staff) OVER (ORDER BY staff RANGE BETWEEN 10 PRECEDING AND CURRENT ROW EXCLUDE TIES) FROM firm',
    ],
    ['IGNORE NULLS', 'IGNORE NULLS', 'SELECT staff, last_value(name IGNORE NULLS) OVER (ORDER BY staff) FROM firm'],
  ]),
  section('Expressions', '表达式', [
    [
      'CASE, both forms, and `if`',
      'CASE 两种写法与 `if`',
      "SELECT CASE WHEN age < 18 THEN 'child' ELSE 'adult' END AS band, count(*) FROM person GROUP BY band",
    ],
    [
      'CAST, `::`, TRY_CAST (both give NULL on failure)',
      'CAST、`::`、TRY_CAST（失败均得 NULL）',
      'SELECT CAST(age AS varchar) AS a, count(*) FROM person GROUP BY a',
    ],
    [
      'IN list, BETWEEN, IS NULL, IS TRUE, IS DISTINCT FROM',
      '列表 IN、BETWEEN、IS NULL、IS TRUE、IS DISTINCT FROM',
      "SELECT count(*) FROM person WHERE sex IN ('f', 'm') AND age BETWEEN 18 AND 65 AND active IS NOT TRUE",
    ],
    [
      'LIKE, ILIKE, NOT LIKE, ESCAPE, SIMILAR TO, `~`',
      'LIKE、ILIKE、NOT LIKE、ESCAPE、SIMILAR TO、`~`',
      "SELECT count(*) FROM visit WHERE dept LIKE 'd%'",
    ],
    [
      'EXTRACT, POSITION, SUBSTRING … FROM … FOR, TRIM BOTH',
      'EXTRACT、POSITION、SUBSTRING … FROM … FOR、TRIM BOTH',
      'SELECT extract(year FROM born) AS y, count(*) FROM person GROUP BY y',
    ],
    [
      'dates plus days or intervals',
      '日期加减天数或时间间隔',
      "SELECT count(*) FROM visit WHERE seen + INTERVAL 3 DAY < '2024-03-01'",
    ],
    ['the day of submission', '提交当天', 'SELECT count(*) FROM person WHERE born < current_date'],
    [
      'rows compared: `(a, b) = (…)`, `(a, b) IN (…)`',
      '行比较：`(a, b) = (…)`、`(a, b) IN (…)`',
      "SELECT count(*) FROM firm WHERE (industry, div_code) IN (('A', '100'), ('B', '101'))",
    ],
    [
      'intervals of units, a time of day, fractions of hours; times a number',
      '时间间隔：单位、时刻、小时的小数；乘以数值',
      "SELECT born + INTERVAL '1 day 02:30:00', born + 2 * INTERVAL '1 month', born - age * INTERVAL 1 DAY FROM person",
    ],
  ]),
  section('Identifiers', '标识项', [
    [
      'equality with the same kind of identifier',
      '与同类标识项相等',
      'SELECT count(*) FROM job j JOIN firm f ON j.uscc = f.uscc JOIN person p ON p.pid = j.pid',
    ],
    [
      'count, IS NULL, GROUP BY below another grouping',
      '计数、IS NULL、内层 GROUP BY',
      'SELECT count(DISTINCT pid), count(pid) FROM visit WHERE pid IS NOT NULL',
    ],
  ]),
  section('Literals', '常量', [
    ['numbers', '数值', 'SELECT 42, -1.50, 1e3'],
    ['text, up to 4,000 characters', '文本，至多 4,000 个字符', "SELECT 'it''s', '中文'"],
    ['truth, NULL', '真值、NULL', 'SELECT true, false, NULL'],
    [
      'dates and timestamps, years 1 to 9999',
      '日期与时间戳，公元 1 至 9999 年',
      "SELECT DATE '2024-01-31', TIMESTAMP '2024-01-31 23:59:59'",
    ],
    [
      'intervals, inside an expression',
      '时间间隔，仅在表达式内',
      "SELECT DATE '2024-01-31' + INTERVAL '1 year 2 days'",
    ],
    [
      'text where a date or number is needed',
      '在需要日期或数值处写文本',
      "SELECT count(*) FROM person WHERE born >= '1980-01-01' AND age > '30'",
    ],
  ]),
];

/** How people write what the operators table names, as expressions over the small city. */
export const OPERATOR_FORMS: Readonly<Record<string, readonly string[]>> = {
  add: ['age + 1', 'income + age', 'age + 0.5e0'],
  subtract: ['age - 1', 'subtract(age, 1)'],
  multiply: ['age * 2', 'income * 1.13'],
  divide: ['income / 3'],
  integer_divide: ['age // 10', 'divide(age, 10)'],
  modulo: ['age % 7', 'mod(age, 7)'],
  negate: ['-age'],
  eq: ["sex = 'f'"],
  neq: ["sex <> 'f'", "sex != 'f'"],
  lt: ['age < 18'],
  lte: ['age <= 18'],
  gt: ['age > 18'],
  gte: ['age >= 18'],
  not_distinct: ['age IS NOT DISTINCT FROM 7'],
  distinct_from: ['age IS DISTINCT FROM 7'],
  and: ['active AND age > 18'],
  or: ['active OR age > 18'],
  not: ['NOT active'],
  is_null: ['age IS NULL'],
  is_not_null: ['age IS NOT NULL'],
  in: ["sex IN ('f', 'm')"],
  between: ['age BETWEEN 18 AND 65'],
  coalesce: ['coalesce(age, 0)', 'ifnull(age, 0)'],
  nullif: ['nullif(age, 0)'],
  greatest: ['greatest(age, 18)'],
  least: ['least(age, 65)'],
  date_add: ['born + 30', 'born + INTERVAL 1 MONTH', 'date_add(born, INTERVAL 1 MONTH)'],
  date_subtract: ['born - 30', 'born - INTERVAL 1 MONTH', "born - DATE '1960-01-01'"],
};

/**
 * Well-formed queries that a policy refuses, over the small city with every column of level general-2 and the table
 * `grid`, which names no unit and has columns that are more sensitive.
 */
export const REFUSED_BY_POLICY: readonly string[] = [
  'SELECT age FROM person',
  'SELECT pid FROM person',
  'SELECT pid, count(*) FROM visit GROUP BY pid',
  'SELECT count(*) FROM (SELECT age FROM person LIMIT 10)',
  'SELECT sex FROM person UNION ALL SELECT min(sex) FROM (SELECT sex, count(*) FROM person GROUP BY sex)',
  'SELECT count(*) FROM (SELECT div_code FROM person EXCEPT SELECT div_code FROM firm)',
  'SELECT sum(r) FROM (SELECT rank() OVER (ORDER BY age) AS r FROM person)',
  'SELECT count(*) FROM person WHERE div_code IN (SELECT div_code FROM firm WHERE staff > 10)',
  'SELECT count(*) FROM person p WHERE age NOT IN (SELECT days FROM visit)',
  'SELECT sum(DISTINCT age) FROM person',
  'SELECT avg(load_kw) FROM grid',
  'SELECT avg(fault_cnt) FROM grid',
  'SELECT count(*) FROM grid WHERE key_site',
];
