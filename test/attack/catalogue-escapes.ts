import { type Attack, BIT, spellings, TARGET } from './attack.ts';

/** A 19–24: constructs of the engine, metadata, code in text, files, time, the parser. */

const one = (expression: string): string => `SELECT ${expression} FROM p WHERE ${TARGET}`;
const attack = (name: string, sql: string, refused?: NonNullable<Attack['refused']>, more: Partial<Attack> = {}) => ({
  name,
  sql,
  ...(refused === undefined ? {} : { refused }),
  ...more,
});

export const ESCAPES: readonly Attack[] = [
  ...spellings(19, [
    attack(
      'a frame of one row',
      one('sum(salary) OVER (ROWS BETWEEN CURRENT ROW AND CURRENT ROW)'),
      'POLICY_CONSTRUCT_REFUSED',
    ),
    attack(
      'lag',
      'SELECT sum(d) FROM (SELECT salary - lag(salary) OVER (ORDER BY salary) AS d FROM p)',
      'POLICY_CONSTRUCT_REFUSED',
    ),
    attack(
      'a window by department',
      'SELECT avg(m) FROM (SELECT max(salary) OVER (PARTITION BY dept) AS m FROM p)',
      'POLICY_CONSTRUCT_REFUSED',
    ),
    attack(
      'ranks',
      'SELECT sum(salary) FROM (SELECT salary, row_number() OVER (ORDER BY salary DESC) AS n FROM p) WHERE n <= 10',
      'POLICY_CONSTRUCT_REFUSED',
    ),
    attack(
      'QUALIFY',
      'SELECT note FROM p QUALIFY row_number() OVER (ORDER BY salary DESC) = 1',
      'POLICY_CONSTRUCT_REFUSED',
    ),
    attack('LATERAL', 'SELECT sum(x) FROM (SELECT 1) t, LATERAL (SELECT salary AS x FROM p WHERE age = 99)', undefined),
    attack(
      'a correlated scalar subquery',
      'SELECT sum((SELECT max(b.salary) FROM p b WHERE b.dept = a.dept)) FROM p a',
      'POLICY_AGGREGATE_REFUSED',
    ),
    attack('rowid', one('rowid'), 'SQL_COLUMN_UNKNOWN', { always: true }),
    attack('USING SAMPLE', 'SELECT sum(salary) FROM p USING SAMPLE 60 ROWS', 'SQL_CONSTRUCT_REFUSED'),
    attack('TABLESAMPLE', 'SELECT sum(salary) FROM p TABLESAMPLE 100% WHERE age = 99', 'SQL_CONSTRUCT_REFUSED'),
    attack('POSITIONAL JOIN', 'SELECT sum(salary) FROM p POSITIONAL JOIN pub WHERE r = 7', 'SQL_CONSTRUCT_REFUSED'),
    attack(
      'ASOF JOIN',
      'SELECT sum(salary) FROM pub ASOF JOIN p ON pub.r >= p.age WHERE r = 99',
      'SQL_CONSTRUCT_REFUSED',
    ),
    attack('PIVOT', 'PIVOT p ON zip USING sum(salary) GROUP BY dept', 'SQL_NOT_SELECT'),
    attack('UNPIVOT', 'SELECT value FROM (UNPIVOT p ON salary, age) WHERE value > 8000000', 'SQL_CONSTRUCT_REFUSED'),
    attack('EXCLUDE', 'SELECT * EXCLUDE (id, name, debt, illness, address) FROM p', 'POLICY_ROWS_REFUSED'),
    attack(
      'recursion',
      'WITH RECURSIVE t(n) AS (SELECT salary FROM p WHERE age = 99 UNION ALL SELECT n - 1 FROM t WHERE n > 8731900) SELECT count(*) FROM t',
      'SQL_CONSTRUCT_REFUSED',
    ),
    attack(
      'DISTINCT ON',
      'SELECT DISTINCT ON (dept) dept, note FROM p ORDER BY dept, salary DESC',
      'POLICY_CONSTRUCT_REFUSED',
    ),
  ]),
  ...spellings(20, [
    attack('statistics of a column', one('stats(salary)'), 'SQL_FUNCTION_REFUSED', {
      control: 'SELECT stats(salary) FROM p LIMIT 1',
    }),
    attack('storage', "SELECT count(*) FROM pragma_storage_info('p')", 'SQL_FUNCTION_REFUSED', { always: true }),
    attack('EXPLAIN ANALYZE', `EXPLAIN ANALYZE SELECT count(*) FROM p WHERE ${BIT}`, 'SQL_NOT_SELECT', {
      always: true,
    }),
    attack('EXPLAIN', 'EXPLAIN SELECT count(*) FROM p', 'SQL_NOT_SELECT', { always: true }),
    attack('tables', 'SELECT estimated_size FROM duckdb_tables()', 'SQL_FUNCTION_REFUSED', { always: true }),
    attack('information schema', 'SELECT count(*) FROM information_schema.columns', 'SQL_CONSTRUCT_REFUSED', {
      always: true,
    }),
    attack('SUMMARIZE', 'SUMMARIZE p', 'SQL_CONSTRUCT_REFUSED', { control: 'SELECT max FROM (SUMMARIZE p)' }),
    attack('SUMMARIZE in FROM', 'SELECT max FROM (SUMMARIZE p)', 'SQL_CONSTRUCT_REFUSED'),
    attack('DESCRIBE', 'DESCRIBE p', 'SQL_CONSTRUCT_REFUSED', { always: true }),
    attack('SHOW', 'SHOW TABLES', 'SQL_CONSTRUCT_REFUSED', { always: true }),
  ]),
  ...spellings(21, [
    attack('query()', "SELECT * FROM query('SELECT salary FROM p WHERE age = 99')", 'SQL_FUNCTION_REFUSED'),
    attack('query_table()', "SELECT max(salary) FROM query_table(['p'])", 'SQL_FUNCTION_REFUSED'),
    attack(
      'serialised SQL',
      "FROM json_execute_serialized_sql(json_serialize_sql('SELECT max(salary) FROM p'))",
      'SQL_FUNCTION_REFUSED',
    ),
    attack('SET VARIABLE', 'SET VARIABLE x = (SELECT max(salary) FROM p)', 'SQL_NOT_SELECT', { always: true }),
    attack('a macro', 'CREATE MACRO m() AS (SELECT max(salary) FROM p)', 'SQL_NOT_SELECT', { always: true }),
    attack('PREPARE', 'PREPARE q AS SELECT max(salary) FROM p', 'SQL_NOT_SELECT', { always: true }),
    attack('two statements', 'SELECT 1; SELECT max(salary) FROM p', 'SQL_STATEMENTS', { always: true }),
    attack('a stored table by its own name', 'SELECT max(salary) FROM "p@1"', 'SQL_TABLE_UNKNOWN', {
      control: 'SELECT max(salary) FROM p',
    }),
    attack('a released table by its name', 'SELECT * FROM released_0', 'SQL_TABLE_UNKNOWN', {
      control: 'SELECT max(salary) FROM p',
    }),
    attack('another schema', 'SELECT max(salary) FROM information_schema.p', undefined, {
      refused: 'SQL_CONSTRUCT_REFUSED',
      control: 'SELECT max(salary) FROM p',
    }),
    attack('the default schema', 'SELECT max(salary) FROM main.p'),
    attack('eval of a column', 'SELECT max(note) FROM query(note)', 'SQL_FUNCTION_REFUSED', {
      control: 'SELECT max(note) FROM p',
    }),
  ]),
  ...spellings(22, [
    attack('read_text', "SELECT content FROM read_text('/etc/hostname')", 'SQL_FUNCTION_REFUSED', { always: true }),
    attack('a file as a table', "SELECT * FROM '/etc/passwd'", 'SQL_TABLE_UNKNOWN', {
      control: "SELECT * FROM read_csv('/etc/passwd', sep = ':', header = false, auto_detect = true) LIMIT 1",
      always: true,
    }),
    attack('read_csv', "SELECT * FROM read_csv('/etc/passwd')", 'SQL_FUNCTION_REFUSED', {
      control: "SELECT content FROM read_text('/etc/passwd')",
      always: true,
    }),
    attack('glob', "SELECT * FROM glob('/etc/*')", 'SQL_FUNCTION_REFUSED', { always: true }),
    attack('COPY TO', "COPY p TO '/dev/null' (FORMAT csv)", 'SQL_NOT_SELECT', { always: true }),
    attack('ATTACH', "ATTACH ':memory:' AS other", 'SQL_NOT_SELECT', { always: true }),
    attack('LOAD', 'LOAD json', 'SQL_NOT_SELECT', { always: true }),
    attack('settings', "SELECT current_setting('temp_directory')", 'SQL_FUNCTION_REFUSED', { always: true }),
    attack('environment', "SELECT getenv('HOME')", 'SQL_FUNCTION_REFUSED', {
      control: 'SELECT current_database()',
      always: true,
    }),
    attack('logging', "CALL enable_logging(storage = 'memory')", 'SQL_NOT_SELECT', { always: true }),
    attack('PRAGMA', 'PRAGMA database_size', 'SQL_NOT_SELECT', { always: true }),
    attack('EXPORT', "EXPORT DATABASE '/tmp/never'", 'SQL_NOT_SELECT', {
      control: "COPY (SELECT 1) TO '/dev/null' (FORMAT csv)",
      always: true,
    }),
  ]),
  ...spellings(24, [
    attack('a comment inside', `SELECT/**/sum(salary)/* -- */FROM p WHERE ${TARGET} -- end`),
    attack('FROM first', `FROM p SELECT sum(salary) WHERE ${TARGET}`),
    attack('GROUP BY ALL', 'SELECT salary, count(*) FROM p WHERE salary > 7500000 GROUP BY ALL'),
    attack('unicode names', `SELECT "ſalary" FROM p WHERE ${TARGET}`, 'SQL_COLUMN_UNKNOWN', {
      control: `SELECT salary FROM p WHERE ${TARGET}`,
    }),
    attack('a homoglyph table', 'SELECT max(salary) FROM р', 'SQL_TABLE_UNKNOWN', {
      control: 'SELECT max(salary) FROM p',
    }),
    attack('upper case', `SELECT SUM(SALARY) FROM P WHERE AGE = 99`),
    attack('an alias that hides a column', 'SELECT sum(age) FROM (SELECT salary AS age FROM p WHERE age = 99)'),
    attack('an alias of the table', 'SELECT sum(q.a) FROM p AS q(i, n, d, z, g, a) WHERE q.g = 99'),
    attack('a quoted canary of the parser', `SELECT sum(salary) AS "a""b; DROP" FROM p WHERE ${TARGET}`),
    ...[
      'INSERT INTO pub VALUES (1)',
      'UPDATE pub SET r = r',
      'DELETE FROM pub WHERE false',
      'CREATE TABLE t AS SELECT * FROM p',
      'VACUUM',
      'CHECKPOINT',
      'BEGIN',
      'SET threads = 1',
    ].map((sql) => attack(sql.split(' ')[0]!, sql, 'SQL_NOT_SELECT', { always: true })),
  ]),
];
