import { type Attack, BIT, beyond, difference, GAP, spellings, TARGET } from './attack.ts';

/** Further spellings of the same attacks: through subqueries and set operations, by other functions, by other moments. */

const OTHERS = `NOT (${BIT})`;

export const MORE: readonly Attack[] = [
  ...spellings(
    3,
    [
      { name: 'a percentage of nothing', sql: `SELECT sum(100 // (CASE WHEN ${BIT} THEN 0 ELSE 1 END)) FROM p` },
      { name: 'a modulus of nothing', sql: `SELECT sum(100 % (CASE WHEN ${BIT} THEN 0 ELSE 7 END)) FROM p` },
      {
        name: 'a negative length',
        sql: `SELECT count(left(note, CASE WHEN ${BIT} THEN -2147483649 ELSE 1 END)) FROM p`,
        control: `SELECT sum(length(left(note, CASE WHEN ${BIT} THEN 0 ELSE 1 END))) FROM p`,
      },
    ],
    'm',
  ),
  ...spellings(
    6,
    [
      {
        name: 'a root counted',
        sql: 'SELECT count(*), count(sqrt(8000000 - salary)) FROM p',
        learn: difference(),
        control: 'SELECT count(*), count(CASE WHEN salary <= 8000000 THEN 1 END) FROM p',
      },
      {
        name: 'NULLIF in a subquery',
        sql: `SELECT count(*), count(z) FROM (SELECT nullif(${GAP}, 0) AS z FROM p)`,
        learn: difference(),
      },
      {
        name: 'a day beyond the calendar, counted',
        sql: "SELECT count(*), count(z) FROM (SELECT DATE '9999-01-01' + greatest(salary - 8000000, 0) AS z FROM p)",
        learn: difference(),
        control: `SELECT count(*), count(CASE WHEN ${OTHERS} THEN 1 END) FROM p`,
      },
      {
        name: 'a missing value by an average',
        sql: `SELECT avg(z) FROM (SELECT 0 * (salary // ${GAP}) + age AS z FROM p)`,
        control: `SELECT avg(CASE WHEN ${OTHERS} THEN age END) FROM p`,
        learn: ([row]) => (row?.[0] === null || row === undefined ? null : row[0]),
      },
      {
        name: 'a missing value in a regression',
        sql: `SELECT regr_count(z, age), count(*) FROM (SELECT salary // ${GAP} AS z, age FROM p)`,
        learn: difference(),
      },
      {
        name: 'a missing key',
        sql: `SELECT count(*) FILTER (WHERE k IS NULL), count(*) FROM (SELECT 1 // ${GAP} AS k FROM p)`,
        learn: ([row]) => row?.[0] ?? null,
      },
    ],
    'm',
  ),
  ...spellings(
    8,
    [
      {
        name: 'tracker: two scalar subqueries',
        sql: `SELECT (SELECT count(*) FROM p) - (SELECT count(*) FROM p WHERE ${OTHERS})`,
      },
      {
        name: 'tracker: two WITH',
        sql: `WITH a AS (SELECT count(*) AS n FROM p), b AS (SELECT count(*) AS n FROM p WHERE ${OTHERS}) SELECT a.n - b.n FROM a, b`,
      },
      {
        name: 'tracker: two sides of a union',
        sql: `SELECT 'a' AS k, count(*) AS n FROM p UNION ALL SELECT 'b', count(*) FROM p WHERE ${OTHERS} ORDER BY k`,
      },
      {
        name: 'tracker: groups joined with groups',
        sql: `SELECT a.dept, a.n - b.n FROM (SELECT dept, count(*) AS n FROM p GROUP BY dept) a JOIN (SELECT dept, count(*) AS n FROM p WHERE ${OTHERS} GROUP BY dept) b ON a.dept = b.dept ORDER BY 1`,
      },
      {
        name: 'tracker: a total over shown groups',
        sql: "SELECT zip, count(*) AS n, sum(count(*)) OVER () AS total FROM p WHERE zip = 'z1' OR age > 97 GROUP BY zip ORDER BY zip",
        against: 'absent',
      },
      {
        name: 'tracker: inclusion and exclusion',
        sql: `SELECT count(*) FILTER (WHERE age < 40), count(*) FILTER (WHERE zip = 'z1'), count(*) FILTER (WHERE age < 40 AND zip = 'z1'), count(*) FILTER (WHERE age < 40 OR zip = 'z1' OR (${BIT})) FROM p`,
        learn: ([row]) =>
          row!.includes(null) ? null : Number(row![3]) - Number(row![0]) - Number(row![1]) + Number(row![2]),
      },
      {
        name: 'tracker: moments of an indicator',
        sql: `SELECT var_pop(CAST(age >= 34 AS integer)), var_pop(CAST(age >= 34 AND ${OTHERS} AS integer)) FROM p`,
        learn: difference(),
      },
      {
        name: 'tracker: average and share',
        sql: `SELECT avg(CAST(age >= 34 AS integer)) - avg(CAST(age >= 34 AND ${OTHERS} AS integer)) FROM p`,
      },
    ],
    'm',
  ),
  ...spellings(
    10,
    [
      {
        name: 'ORDER BY a filtered count',
        sql: `SELECT zip FROM p GROUP BY zip ORDER BY count(*) FILTER (WHERE ${BIT}) DESC, zip LIMIT 1`,
        control: `SELECT count(*) FILTER (WHERE ${BIT}) AS n FROM p GROUP BY zip ORDER BY n DESC LIMIT 1`,
      },
      {
        name: 'QUALIFY on a filtered count',
        sql: `SELECT zip, count(*) FROM p GROUP BY zip QUALIFY max(count(*) FILTER (WHERE ${BIT})) OVER () = 1 ORDER BY zip`,
      },
      {
        name: 'HAVING compares two counts',
        sql: `SELECT dept FROM p GROUP BY dept HAVING count(*) > count(*) FILTER (WHERE ${OTHERS}) ORDER BY dept`,
      },
      {
        name: 'an OFFSET behind a hidden group',
        sql: `SELECT k, count(*) FROM (SELECT CASE WHEN ${BIT} THEN 'aa' ELSE dept END AS k FROM p) GROUP BY k ORDER BY k OFFSET 1`,
        learn: (rows) => rows.length,
      },
    ],
    'm',
  ),
  ...spellings(
    12,
    [
      {
        name: 'classes of a width',
        sql: 'SELECT salary // 1000000 AS k, count(*) FROM p WHERE salary > 7000000 GROUP BY k ORDER BY k',
      },
      {
        name: 'classes with an open end',
        sql: 'SELECT least(salary // 1000000, 9) AS k, avg(age) FROM p WHERE age > 48 GROUP BY k ORDER BY k',
      },
      {
        name: 'a power as a step',
        sql: 'SELECT sum(z), count(*) FROM (SELECT floor(pow(least(salary / 8000000, 1), 64)) + 1 AS z FROM p)',
        learn: beyond(1),
      },
    ],
    'm',
  ),
  ...spellings(
    14,
    [
      {
        name: 'the deviation of one against a constant',
        sql: `SELECT stddev_pop(CASE WHEN ${TARGET} THEN salary ELSE 0 END) FROM p`,
      },
      { name: 'the standard error of few', sql: 'SELECT sem(salary) FROM p WHERE age > 47' },
      { name: 'sums of squares of few', sql: 'SELECT regr_sxx(age, salary) FROM p WHERE age > 47' },
      { name: 'distinct average', sql: 'SELECT avg(DISTINCT salary) FROM p WHERE age > 47' },
      {
        name: 'minimum by ordering',
        sql: 'SELECT salary FROM p ORDER BY salary DESC LIMIT 1',
        refused: 'POLICY_ROWS_REFUSED',
      },
    ],
    'm',
  ),
  ...spellings(
    15,
    [
      { name: 'an indicator as a factor', sql: `SELECT sum(salary * CAST(${TARGET} AS integer)) FROM p` },
      { name: 'a quotient as an indicator', sql: 'SELECT sum(salary * (age // 99)) FROM p' },
      { name: 'covariance with a condition', sql: `SELECT covar_pop(salary, CAST(${TARGET} AS integer)) FROM p` },
      {
        name: 'intercept against a condition',
        sql: `SELECT regr_intercept(salary, CAST(NOT (${TARGET}) AS integer)) FROM p`,
      },
      {
        name: 'an indicator two subqueries down, joined',
        sql: `SELECT sum(p.salary * q.w) FROM p JOIN (SELECT id, CASE WHEN ${TARGET} THEN 1 ELSE 0 END AS w FROM p) q ON p.id = q.id`,
      },
      { name: 'a text indicator', sql: "SELECT sum(salary * strpos(zip || age, 'z399')) FROM p" },
    ],
    'm',
  ),
  ...spellings(
    17,
    [
      {
        name: 'SEMI JOIN with an own table',
        sql: "SELECT count(*) FROM p SEMI JOIN (VALUES ('z3', 99)) v(zip, age) USING (zip, age)",
        against: 'absent',
      },
      {
        name: 'ANTI JOIN with an own table',
        sql: "SELECT count(*), 60 FROM p ANTI JOIN (VALUES ('z3', 99)) v(zip, age) USING (zip, age) WHERE salary > 6731000",
        learn: ([row]) => row?.[0] ?? null,
        control: `SELECT count(*) FROM p WHERE ${BIT}`,
      },
      {
        name: 'an own row left joined to the target',
        sql: "SELECT v.z, count(p.salary) FROM (VALUES ('z3', 99)) v(z, a) LEFT JOIN p ON p.zip = v.z AND p.age = v.a AND p.salary > 8000000 GROUP BY v.z",
      },
    ],
    'm',
  ),
  ...spellings(
    20,
    [
      {
        name: 'columns of the engine',
        sql: 'SELECT count(*) FROM duckdb_columns()',
        refused: 'SQL_FUNCTION_REFUSED',
        always: true,
      },
      { name: 'the running text', sql: 'SELECT current_query()', refused: 'SQL_FUNCTION_REFUSED', always: true },
      { name: 'the version', sql: 'SELECT version()', refused: 'SQL_FUNCTION_REFUSED', always: true },
      {
        name: 'memory',
        sql: 'SELECT sum(memory_usage_bytes) FROM duckdb_memory()',
        refused: 'SQL_FUNCTION_REFUSED',
        always: true,
      },
      {
        name: 'chance',
        sql: 'SELECT count(*) FROM p WHERE random() < 2',
        refused: 'SQL_FUNCTION_REFUSED',
        always: true,
      },
    ],
    'm',
  ),
  ...spellings(
    24,
    [
      { name: 'dollar quotes', sql: `SELECT sum(salary) FROM p WHERE age = 99 AND zip = $$z3$$` },
      { name: 'an escaped text', sql: `SELECT sum(salary) FROM p WHERE age = 99 AND zip = E'\\x7a3'` },
      { name: 'a comment that closes early', sql: `SELECT sum(salary) /* -- */ FROM p /* ' */ WHERE ${TARGET} /* */` },
      {
        name: 'a parameter',
        refused: 'SQL_CONSTRUCT_REFUSED',
        sql: 'SELECT sum(salary) FROM p WHERE age = $1',
        control: `SELECT sum(salary) FROM p WHERE ${TARGET}`,
      },
      { name: 'names in quotes', sql: `SELECT sum("p"."salary") FROM "p" WHERE "p"."age" = 99` },
      {
        name: 'a row value',

        sql: "SELECT sum(salary) FROM p WHERE (age, zip) = (99, 'z3')",
      },
      {
        name: 'a struct',
        refused: 'SQL_CONSTRUCT_REFUSED',
        sql: "SELECT sum(r.s) FROM (SELECT {'s': salary} AS r FROM p WHERE age = 99)",
      },
    ],
    'm',
  ),
];
