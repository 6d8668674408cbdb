import { type Attack, BIT, beyond, difference, spellings, TARGET } from './attack.ts';

/** A 14–18: single values, contributions hidden under a constant, padding, membership, rare keys, outliers. */

const alone = (call: string): string => `SELECT ${call} FROM p WHERE ${TARGET}`;
/** The target's salary, 0 for everyone else, without a condition. */
const ONLY = 'salary * greatest(0, 1 - abs(age - 99))';

export const AGGREGATES: readonly Attack[] = [
  ...spellings(14, [
    { name: 'max', sql: 'SELECT max(salary) FROM p', refused: 'POLICY_AGGREGATE_REFUSED' },
    { name: 'min of the negative', sql: 'SELECT min(-salary) FROM p', refused: 'POLICY_AGGREGATE_REFUSED' },
    { name: 'max of a text', sql: 'SELECT max(note) FROM p', refused: 'POLICY_AGGREGATE_REFUSED' },
    { name: 'median', sql: alone('median(salary)'), refused: 'POLICY_AGGREGATE_REFUSED' },
    { name: 'quantile', sql: 'SELECT quantile_cont(salary, 0.999) FROM p', refused: 'POLICY_AGGREGATE_REFUSED' },
    {
      name: 'percentile WITHIN GROUP',
      sql: 'SELECT percentile_cont(1) WITHIN GROUP (ORDER BY salary) FROM p',
      refused: 'POLICY_AGGREGATE_REFUSED',
    },
    { name: 'mode', sql: alone('mode(note)'), refused: 'POLICY_AGGREGATE_REFUSED' },
    { name: 'any_value', sql: alone('any_value(note)'), refused: 'POLICY_AGGREGATE_REFUSED' },
    { name: 'bool_or', sql: `SELECT bool_or(${BIT}) FROM p`, refused: 'POLICY_AGGREGATE_REFUSED' },
    { name: 'bool_and', sql: `SELECT bool_and(NOT (${BIT})) FROM p`, refused: 'POLICY_AGGREGATE_REFUSED' },
    {
      name: 'arg_max of an identifier',
      sql: 'SELECT arg_max(name, salary) FROM p WHERE salary > 7500000',
      refused: 'POLICY_IDENTIFIER_USE',
    },
    { name: 'arg_max of a note', sql: 'SELECT arg_max(note, salary) FROM p', refused: 'POLICY_AGGREGATE_REFUSED' },
    ...[
      'first(note)',
      'last(salary ORDER BY salary)',
      'list(salary)::VARCHAR',
      "string_agg(note, ',')",
      'histogram(salary)::VARCHAR',
      'approx_top_k(salary, 99)::VARCHAR',
      'approx_quantile(salary, 0.999)',
      'product(salary)',
      'bit_xor(salary)',
      'kurtosis(salary + salary // 8000000)',
      'mad(salary)',
      'entropy(note)',
      'sum(DISTINCT salary)',
    ].map((call) => ({
      name: call,
      sql: `SELECT ${call} FROM p WHERE age > 47`,
      refused: /^(sum|approx_q)/.test(call) ? ('POLICY_AGGREGATE_REFUSED' as const) : ('SQL_FUNCTION_REFUSED' as const),
    })),
    { name: 'the average of one', sql: alone('avg(salary)') },
    { name: 'the deviation of one', sql: `SELECT regr_avgx(1, salary) FROM p WHERE ${TARGET}` },
    { name: 'rows', sql: 'SELECT salary, note FROM p', refused: 'POLICY_ROWS_REFUSED' },
    { name: 'star', sql: 'SELECT * FROM p', refused: 'POLICY_MODE_DENY' },
    { name: 'COLUMNS', sql: "SELECT COLUMNS('sal.*') FROM p", refused: 'SQL_CONSTRUCT_REFUSED' },
    { name: 'an identifier', sql: 'SELECT name FROM p', against: 'absent', refused: 'POLICY_IDENTIFIER_USE' },
    {
      name: 'an identifier as a group key',
      sql: 'SELECT name, count(*) FROM p GROUP BY name',
      against: 'absent',
      refused: 'POLICY_IDENTIFIER_USE',
    },
    {
      name: 'an identifier sorted',
      sql: 'SELECT count(*) FROM p ORDER BY max(name)',
      against: 'absent',
      refused: 'POLICY_IDENTIFIER_USE',
    },
    {
      name: 'a column that never leaves, averaged',
      sql: "SELECT avg(debt) FROM p WHERE note LIKE 'zq7%'",
      refused: 'POLICY_MODE_DENY',
    },
    {
      name: 'the same in a filter',
      sql: `SELECT count(*) FROM p WHERE debt = 5 AND ${BIT}`,
      refused: 'POLICY_MODE_DENY',
    },
    {
      name: 'a column that never leaves',
      sql: `SELECT count(address) FROM p WHERE ${BIT}`,
      refused: 'POLICY_MODE_DENY',
    },
  ]),
  ...spellings(15, [
    { name: 'sum FILTER on one', sql: `SELECT sum(salary) FILTER (WHERE ${TARGET}) FROM p` },
    {
      name: 'sum FILTER on an identifier',
      sql: "SELECT sum(salary) FILTER (WHERE id LIKE '%zq7%') FROM p",
      refused: 'POLICY_IDENTIFIER_USE',
    },
    { name: 'count_if', sql: `SELECT count_if(${BIT}) FROM p` },
    { name: 'count_if of all others', sql: `SELECT count(*), count_if(NOT (${BIT})) FROM p`, learn: difference() },
    { name: 'CASE', sql: `SELECT sum(CASE WHEN ${BIT} THEN 2 ELSE 1 END) FROM p` },
    { name: 'a boolean as a number', sql: `SELECT sum(1 + CAST((${BIT}) AS INTEGER)) FROM p` },
    {
      name: 'a large constant over a condition',
      sql: `SELECT sum(1000000 + CASE WHEN ${BIT} THEN 1 ELSE 0 END) FROM p`,
    },
    {
      name: 'a large constant over one salary',
      sql: `SELECT sum(1000000000 + ${ONLY}), count(*) FROM p`,
      learn: beyond(1e9),
    },
    { name: 'the average of a constant and one salary', sql: `SELECT avg(1000000000 + ${ONLY}) FROM p` },
    { name: 'one salary in the high digits', sql: `SELECT sum(salary + 1000000000 * ${ONLY}) FROM p` },
    {
      name: 'one salary under everyone’s age',
      sql: `SELECT sum(1000000 * age + ${ONLY}), 1000000 * sum(age) FROM p`,
      learn: difference(),
    },
    {
      name: 'a quantity that few have, under a constant',
      sql: `SELECT sum(1000 + greatest(salary - 7500000, 0)), count(*) FROM p`,
      learn: beyond(1000),
    },
    {
      name: 'what a cap cuts off',
      sql: 'SELECT sum(salary), sum(least(salary, 7500000)) FROM p',
      learn: ([row]) => (row?.includes(null) ? null : Math.max(0, Number(row?.[0]) - Number(row?.[1]))),
    },
    {
      name: 'covariance with an indicator',
      sql: 'SELECT covar_pop(salary, 1000 + greatest(0, 1 - abs(age - 99))), avg(salary), count(*) FROM p',
      learn: ([row]) =>
        row?.includes(null) ? null : Math.round(Number(row?.[0]) * Number(row?.[2]) + Number(row?.[1])),
    },
    {
      name: 'slope against an indicator',
      sql: 'SELECT regr_slope(salary, 1000 + greatest(0, 1 - abs(age - 99))) FROM p',
    },
    { name: 'variance of a constant and a bit', sql: 'SELECT var_pop(1000 + salary // 8000000) FROM p' },
    { name: 'correlation with a bit', sql: 'SELECT corr(age, 1000 + salary // 8000000) FROM p' },
  ]),
  ...spellings(16, [
    { name: 'CROSS JOIN of public rows', sql: `SELECT sum(salary) FROM p CROSS JOIN pub WHERE ${TARGET}` },
    {
      name: 'CROSS JOIN VALUES',
      sql: `SELECT count(*) FROM p CROSS JOIN (VALUES (1), (2), (3), (4), (5), (6), (7), (8), (9), (10)) v(n) WHERE ${BIT}`,
    },
    { name: 'CROSS JOIN range', sql: `SELECT sum(salary) FROM p CROSS JOIN range(100) WHERE ${TARGET}` },
    {
      name: 'UNION ALL VALUES',
      sql: `SELECT sum(s) FROM (SELECT salary AS s FROM p WHERE ${TARGET} UNION ALL VALUES (1), (1), (1), (1), (1), (1), (1), (1), (1), (1), (1))`,
    },
    {
      name: 'UNION ALL of public rows',
      sql: `SELECT sum(s) FROM (SELECT salary AS s FROM p WHERE ${TARGET} UNION ALL SELECT r FROM pub)`,
    },
    {
      name: 'a union with many others’ zeros',
      sql: `SELECT sum(s) FROM (SELECT salary AS s FROM p WHERE ${TARGET} UNION ALL SELECT 0 FROM p)`,
    },
    {
      name: 'a union with many others’ ones',
      sql: `SELECT sum(s) FROM (SELECT salary AS s FROM p WHERE ${TARGET} UNION ALL SELECT 1 FROM p)`,
    },
    {
      name: 'a union with many others’ millions',
      sql: `SELECT sum(s) FROM (SELECT salary AS s FROM p WHERE ${TARGET} UNION ALL SELECT 1000000000 FROM p)`,
    },
    { name: 'a self join', sql: `SELECT sum(a.salary) FROM p a JOIN p b ON a.dept = b.dept WHERE a.age = 99` },
    {
      name: 'one person under many pairs',
      sql: 'SELECT sum(b.salary), sum(a.salary) FROM p a JOIN p b ON a.id = b.id OR a.age < 99',
      learn: ([row]) => (row?.includes(null) ? null : (60 * Number(row?.[0]) - 59 * Number(row?.[1])) / 3541),
    },
    {
      name: 'an outer join that pads',
      sql: 'SELECT sum(p.salary) FROM pub LEFT JOIN p ON p.age = pub.r AND p.age = 99',
    },
    {
      name: 'an outer join that nulls the unit',
      sql: `SELECT count(*), sum(p.salary) FROM pub FULL JOIN p ON p.age = pub.r WHERE p.age = 99 OR p.id IS NULL`,
    },
  ]),
  ...spellings(17, [
    {
      name: 'an own table of names',
      sql: "SELECT count(*) FROM p JOIN (VALUES ('zq7')) v(n) ON p.name LIKE v.n || '%' WHERE salary > 8000000",
      refused: 'POLICY_IDENTIFIER_USE',
    },
    {
      name: 'an own table of quasi-identifiers',
      sql: "SELECT count(*), sum(salary) FROM p JOIN (VALUES ('z3', 99)) v(z, a) ON p.zip = v.z AND p.age = v.a",
    },
    {
      name: 'an own table, left joined',
      sql: "SELECT count(*), count(v.z) FROM p LEFT JOIN (VALUES ('z3', 99)) v(z, a) ON p.zip = v.z AND p.age = v.a AND salary > 8000000",
    },
    {
      name: 'IN a set of one',
      sql: `SELECT count(*) FROM p WHERE dept IN (SELECT dept FROM p WHERE ${BIT})`,
      refused: 'POLICY_CONSTRUCT_REFUSED',
    },
    {
      name: 'EXISTS one',
      sql: 'SELECT count(*) FROM p a WHERE EXISTS (SELECT 1 FROM p b WHERE b.dept = a.dept AND b.age = 99 AND b.salary > 8000000)',
      refused: 'POLICY_CONSTRUCT_REFUSED',
    },
    {
      name: 'NOT EXISTS one',
      sql: 'SELECT count(*) FROM p a WHERE NOT EXISTS (SELECT 1 FROM p b WHERE b.dept = a.dept AND b.age = 99 AND b.salary > 8000000)',
      refused: 'POLICY_CONSTRUCT_REFUSED',
    },
    {
      name: 'public rows where one exists',
      sql: `SELECT r FROM pub WHERE EXISTS (SELECT 1 FROM p WHERE ${BIT})`,
      refused: 'POLICY_CONSTRUCT_REFUSED',
    },
    {
      name: 'public rows in a set of one',
      sql: 'SELECT r FROM pub WHERE r IN (SELECT age FROM p WHERE salary > 8000000)',
      refused: 'POLICY_CONSTRUCT_REFUSED',
    },
    {
      name: 'INTERSECT',
      sql: 'SELECT age FROM p WHERE salary > 8000000 INTERSECT SELECT r FROM pub',
    },
    {
      name: 'EXCEPT',
      sql: 'SELECT r FROM pub EXCEPT SELECT age FROM p WHERE salary > 8000000',
      refused: 'POLICY_CONSTRUCT_REFUSED',
    },
    {
      name: 'a scalar subquery as a parameter',
      sql: `SELECT count(*) FROM p WHERE (SELECT count(*) FROM p WHERE ${BIT}) = 1`,
    },
    {
      name: 'a public row beside one person',
      sql: `SELECT count(*) FROM pub WHERE r < (SELECT count(*) FROM p WHERE ${BIT})`,
      learn: ([row]) => row?.[0] ?? null,
    },
  ]),
  ...spellings(18, [
    { name: 'a key that exists', sql: 'SELECT salary, count(*) FROM p WHERE salary > 7500000 GROUP BY salary' },
    {
      name: 'a note as a key',
      sql: 'SELECT note FROM p GROUP BY note',
      against: 'absent',
      learn: (rows) => rows.length,
    },
    {
      name: 'a text made of two',
      sql: 'SELECT dept || note AS k, count(*) FROM p GROUP BY k ORDER BY k',
      learn: (rows) => rows.some(([k]) => String(k).includes('zq7')),
    },
    {
      name: 'how many keys there are',
      sql: 'SELECT count(*) FROM (SELECT salary FROM p WHERE salary > 7500000 GROUP BY salary)',
    },
    {
      name: 'distinct values of a computed column',
      sql: 'SELECT count(DISTINCT greatest(salary - 8000000, 0)) FROM p',
    },
    { name: 'distinct quotients', sql: 'SELECT count(DISTINCT salary // 8000000) FROM p' },
    {
      name: 'distinct values of a stored column',
      sql: `SELECT count(DISTINCT dept) FROM p WHERE dept = 'a' OR (${BIT})`,
    },
    {
      name: 'distinct values, approximately',
      sql: `SELECT approx_count_distinct(zip) FROM p WHERE zip <> 'z3' OR (${BIT})`,
    },
    {
      name: 'distinct values within a moved group',
      sql: `SELECT k, count(DISTINCT dept) FROM (SELECT CASE WHEN ${BIT} THEN 'a' ELSE dept END AS k, dept FROM p) GROUP BY k ORDER BY k`,
    },
    {
      name: 'fan-out against a unique key',
      sql: 'SELECT count(*) FROM p JOIN pub ON pub.r < p.salary - 8731900 WHERE p.age > 90',
    },
    { name: 'squares', sql: 'SELECT sum(pow(greatest(salary - 7000000, 0), 2)) FROM p' },
    {
      name: 'an outlier under a constant',
      sql: 'SELECT sum(1e15 + pow(greatest(salary - 7200000, 0), 2)), count(*) FROM p',
      learn: beyond(1e15),
    },
  ]),
];
