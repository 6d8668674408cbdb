import { type Attack, BIT, beyond, difference, GAP, spellings, steps, TARGET } from './attack.ts';

/** A 8–13 inside one answer: sets that differ by one person side by side. */

const MOST = 'age >= 34';
/** Twenty bits of the salary, as a column of thresholds. */
const range = (count: number): string => Array.from({ length: count }, (_, i) => `(${i})`).join(', ');

export const DIFFERENCES: readonly Attack[] = [
  ...spellings(8, [
    {
      name: 'tracker: two filters of the count',
      sql: `SELECT count(*) FILTER (WHERE ${MOST}), count(*) FILTER (WHERE ${MOST} AND NOT (${BIT})) FROM p`,
      learn: difference(),
    },
    {
      name: 'tracker: two filters of the sum',
      sql: `SELECT sum(salary) FILTER (WHERE ${MOST}), sum(salary) FILTER (WHERE ${MOST} AND age < 99) FROM p`,
      learn: difference(),
    },
    {
      name: 'tracker: two CASE',
      sql: `SELECT sum(CASE WHEN ${MOST} THEN salary ELSE 0 END), sum(CASE WHEN ${MOST} AND age < 99 THEN salary ELSE 0 END) FROM p`,
      learn: difference(),
    },
    {
      name: 'tracker: averages',
      sql: `SELECT avg(salary) FILTER (WHERE ${MOST}), avg(salary) FILTER (WHERE ${MOST} AND age < 99) FROM p`,
      learn: difference(),
    },
    {
      name: 'tracker: inclusion by OR',
      sql: `SELECT count(*) FILTER (WHERE age < 40), count(*) FILTER (WHERE age < 40 OR (${BIT})) FROM p`,
      learn: difference(),
    },
    {
      name: 'tracker: per department',
      sql: `SELECT dept, count(*) FILTER (WHERE ${MOST}) AS a, count(*) FILTER (WHERE ${MOST} AND NOT (${BIT})) AS b FROM p GROUP BY dept ORDER BY dept`,
      learn: (rows) => rows.map((row) => (row[1] === null || row[2] === null ? null : Number(row[1]) - Number(row[2]))),
    },
    {
      name: 'tracker: one condition as a group key, one as a filter',
      sql: `SELECT age < 40 AS k, count(*), count(*) FILTER (WHERE NOT (${BIT})) FROM p GROUP BY k ORDER BY k`,
      learn: (rows) => rows.map((row) => difference(1, 2)([row])),
    },
    {
      name: 'tracker: three filters, none of them next to another',
      sql: `SELECT count(*) FILTER (WHERE age < 40 OR age = 99), count(*) FILTER (WHERE age < 40), count(*) FILTER (WHERE age >= 40 AND NOT (${BIT})), count(*) FROM p`,
      learn: ([row]) => (row!.includes(null) ? null : Number(row![3]) - Number(row![1]) - Number(row![2])),
    },
    {
      name: 'the same sum with one person twice',
      sql: 'SELECT sum(salary * (1 + age // 60)), sum(salary) FROM p',
      learn: difference(),
    },
    {
      name: 'a missing value counted',
      sql: `SELECT count(*), count(z) FROM (SELECT nullif(note, 'n1') AS z FROM p WHERE age > 97 OR note = 'n0')`,
      learn: difference(),
      control: `SELECT count(*), count(nullif(note, 'n1')) FROM p WHERE age > 97 OR note = 'n0'`,
    },
  ]),
  ...spellings(9, [
    {
      name: 'both sets by doubling every row',
      sql: `SELECT k, count(*), sum(salary) FROM p CROSS JOIN (VALUES (0), (1)) v(k) WHERE k = 0 OR NOT (${TARGET}) GROUP BY k ORDER BY k`,
      learn: steps(2),
    },
    {
      name: 'both sets as two sums over doubled rows',
      sql: `SELECT sum(salary * (1 - k)), sum(salary * k) FROM p CROSS JOIN (VALUES (0), (1)) v(k) WHERE k = 0 OR NOT (${TARGET})`,
      learn: difference(),
    },
    {
      name: 'both sets by a union with itself',
      sql: `SELECT t, sum(salary) FROM (SELECT 'x' AS t, salary FROM p UNION ALL SELECT 'y', salary FROM p WHERE NOT (${TARGET})) GROUP BY t ORDER BY t`,
      learn: steps(1),
    },
    {
      name: 'a union without a label',
      sql: `SELECT 2 * count(DISTINCT id), count(*) FROM (SELECT id FROM p UNION ALL SELECT id FROM p WHERE NOT (${BIT}))`,
      learn: difference(),
    },
    {
      name: 'a union with a sum for each side',
      sql: `SELECT sum(s), sum(t) FROM (SELECT salary AS s, 0 AS t FROM p UNION ALL SELECT 0, salary FROM p WHERE NOT (${TARGET}))`,
      learn: difference(),
    },
    {
      name: 'rows of a person counted',
      sql: `SELECT sum(c), count(*) FROM (SELECT id, count(*) AS c FROM p CROSS JOIN (VALUES (0), (1)) v(k) WHERE k = 0 OR NOT (${BIT}) GROUP BY id)`,
      learn: beyond(2),
    },
    {
      name: 'rows of a person numbered',
      sql: `SELECT sum(z), count(*) FROM (SELECT row_number() OVER (PARTITION BY id, k = 1 OR (${BIT}) ORDER BY k) AS z FROM p CROSS JOIN (VALUES (0), (1)) v(k))`,
      learn: beyond(1),
    },
    {
      name: 'a left join with all but one',
      sql: `SELECT count(*), count(x.salary) FROM p LEFT JOIN (SELECT id, salary FROM p WHERE NOT (${BIT})) x ON p.id = x.id`,
      learn: difference(),
    },
    {
      name: 'all but one by a join instead of a filter',
      sql: `SELECT count(*), count(x.salary) FROM p LEFT JOIN (SELECT q.id, q.salary FROM p q JOIN (VALUES (0)) v(a) ON NOT (q.age = 99 AND q.salary > 8000000)) x ON p.id = x.id`,
      learn: difference(),
    },
    {
      name: 'the same, two sums',
      sql: `SELECT sum(p.salary), sum(x.salary) FROM p LEFT JOIN (SELECT q.id, q.salary FROM p q JOIN (VALUES (0)) v(a) ON q.age <> 99) x ON p.id = x.id`,
      learn: difference(),
    },
    {
      name: 'the same, a full join',
      sql: `SELECT count(*), count(x.id) FROM p FULL JOIN (SELECT q.id FROM p q JOIN (VALUES (0)) v(a) ON NOT (q.age = 99 AND q.salary > 8000000)) x ON p.id = x.id`,
      learn: difference(),
    },
    {
      name: 'the same, a constant of the other side',
      sql: `SELECT sum(coalesce(x.one, 2)), count(*) FROM p LEFT JOIN (SELECT q.id, 1 AS one FROM p q JOIN (VALUES (0)) v(a) ON NOT (q.age = 99 AND q.salary > 8000000)) x ON p.id = x.id`,
      learn: beyond(1),
    },
    {
      name: 'the same, correlated',
      sql: `SELECT sum((SELECT count(q.salary) FROM p q JOIN (VALUES (0)) v(a) ON NOT (q.age = 99 AND q.salary > 8000000) WHERE q.id = p.id) + 1), count(*) FROM p`,
      learn: beyond(2),
    },
    {
      name: 'HAVING per person, left joined',
      sql: 'SELECT count(*), count(x.c) FROM p LEFT JOIN (SELECT id, count(*) AS c FROM p GROUP BY id HAVING sum(salary) < 8000000) x ON p.id = x.id',
      learn: difference(),
    },
  ]),
  ...spellings(10, [
    { name: 'HAVING picks small groups', sql: 'SELECT zip, sum(salary) FROM p GROUP BY zip HAVING count(*) <= 5' },
    {
      name: 'HAVING on a maximum',
      sql: 'SELECT dept FROM p GROUP BY dept HAVING max(salary) > 8000000',
      refused: 'POLICY_AGGREGATE_REFUSED',
    },
    {
      name: 'HAVING on a filtered count',
      sql: `SELECT dept FROM p GROUP BY dept HAVING count(*) FILTER (WHERE ${BIT}) = 1`,
    },
    {
      name: 'ORDER BY a true value',
      sql: 'SELECT zip FROM p GROUP BY zip ORDER BY avg(salary) DESC LIMIT 1',
      learn: (rows) => rows.some(([zip]) => zip === 'z3'),
      against: 'absent',
    },
    {
      name: 'the ten largest',
      sql: 'SELECT sum(salary) FROM (SELECT salary FROM p ORDER BY salary DESC LIMIT 10)',
      refused: 'POLICY_CONSTRUCT_REFUSED',
    },
    {
      name: 'all but the largest',
      sql: 'SELECT sum(salary), count(*) FROM (SELECT salary FROM p ORDER BY salary DESC OFFSET 1)',
      refused: 'POLICY_CONSTRUCT_REFUSED',
      always: true,
    },
    {
      name: 'above the average',
      sql: 'SELECT count(*) FROM p WHERE salary > (SELECT 1.35 * avg(salary) FROM p)',
    },
    { name: 'DISTINCT of a true value', sql: 'SELECT DISTINCT salary > 8000000 FROM p' },
  ]),
  ...spellings(11, [
    {
      name: 'the condition rewritten: arithmetic',
      sql: `SELECT count(*) FILTER (WHERE age + 1 > 30), count(*) FILTER (WHERE age >= 30 AND NOT (age + 1 = 100 AND salary > 8000000)) FROM p`,
      learn: difference(),
    },
    {
      name: 'OR rebuilt from arithmetic',
      sql: 'SELECT sum(10 + sign(greatest(salary - 8000000, 0)) * sign(greatest(age - 98, 0))), count(*) FROM p',
      learn: beyond(10),
    },
    {
      name: 'a bit by sign',
      sql: 'SELECT sum(10 + sign(salary - 8000000)), count(*) FROM p',
      learn: ([row]) => row?.[0] ?? null,
    },
    { name: 'a bit by abs', sql: `SELECT sum(10 - least(abs${GAP}, 1)), count(*) FROM p`, learn: beyond(9) },
    { name: 'a bit by whole division', sql: 'SELECT sum(10 + salary // 8000000), count(*) FROM p', learn: beyond(10) },
    { name: 'a bit by rounding', sql: 'SELECT sum(10 + floor(salary / 8000000)), count(*) FROM p', learn: beyond(10) },
    {
      name: 'a text by its length',
      sql: "SELECT sum(100 + length(note) - length(replace(note, 'zq7', ''))), count(*) FROM p",
      learn: beyond(100),
    },
    { name: 'a text by a position', sql: "SELECT sum(100 + strpos(note, 'zq7')), count(*) FROM p", learn: beyond(100) },
    { name: 'a text by its first letter', sql: 'SELECT sum(ascii(note)), 110 * count(*) FROM p', learn: difference() },
    {
      name: 'through a public table as a look-up',
      sql: 'SELECT sum(w), count(*) FROM p JOIN (VALUES (0, 1), (1, 2)) v(m, w) ON least(greatest(salary - 8000000, 0), 1) = m',
      learn: beyond(1),
    },
    {
      name: 'through a look-up on a condition',
      sql: 'SELECT sum(w), count(*) FROM p JOIN (VALUES (true, 2), (false, 1)) v(m, w) ON (salary > 8000000) = m',
      learn: beyond(1),
    },
  ]),
  ...spellings(12, [
    {
      name: 'range creep by columns',
      sql: `SELECT ${Array.from({ length: 20 }, (_, i) => `count(*) FILTER (WHERE salary > ${6_600_000 + i * 20_000})`).join(', ')} FROM p`,
      learn: ([row]) => row!.slice(1).map((n, i) => difference()([[row![i], n]])),
    },
    {
      name: 'range creep by a public table',
      sql: 'SELECT r, count(*) FROM p JOIN pub ON p.salary >= 8700000 + r * 1000 OR p.salary < 7000000 GROUP BY r ORDER BY r',
      learn: steps(1),
    },
    {
      name: 'every salary by age',
      sql: 'SELECT r, sum(salary) FROM p JOIN pub ON p.age < r GROUP BY r UNION ALL SELECT 100, 0 ORDER BY r',
      learn: (rows) => rows.length,
      always: true,
    },
    {
      name: 'everyone above a bound',
      sql: 'SELECT r, count(*), sum(salary) FROM p JOIN (SELECT r FROM pub UNION ALL VALUES (100)) ON p.age >= r OR p.age < 40 GROUP BY r ORDER BY r',
      learn: steps(2),
    },
    {
      name: 'range creep by VALUES',
      sql: `SELECT m, count(*) FROM p JOIN (VALUES ${range(40)}) v(m) ON salary < 8000000 OR salary > 8720000 + m * 1000 GROUP BY m ORDER BY m`,
      learn: steps(1),
    },
    {
      name: 'bisection by two look-ups',
      sql: "SELECT w, count(*) FROM p JOIN (VALUES (0, 'x'), (1, 'x'), (0, 'y')) v(m, w) ON least(greatest(salary - 8000000, 0), 1) = m GROUP BY w ORDER BY w",
      learn: steps(1),
    },
  ]),
  ...spellings(13, [
    {
      name: 'subsets by hash of an identifier',
      sql: 'SELECT count(*) FROM p WHERE floor(5 * pow(id * 2, .5) + .5) = floor(5 * pow(id * 2, .5))',
      refused: 'POLICY_IDENTIFIER_USE',
      control:
        'SELECT count(*) FROM p WHERE floor(5 * pow(salary * 2, .5) + .5) = floor(5 * pow(salary * 2, .5)) OR salary > 8000000',
    },
    {
      name: 'identifiers modulo',
      sql: 'SELECT count(*) FROM p WHERE id % 2 = 0',
      refused: 'POLICY_IDENTIFIER_USE',
      control: 'SELECT count(*) FROM p WHERE salary > 8000000 AND salary % 2 = 0',
    },
    {
      name: 'subsets by hash of a quasi-identifier',
      sql: 'SELECT sum(salary) FILTER (WHERE (age * 7 + 3) % 5 < 3), sum(salary) FILTER (WHERE (age * 7 + 3) % 5 < 3 AND (age * 7 + 3) % 98 <> 10) FROM p',
      learn: difference(),
      control: 'SELECT sum(salary) FILTER (WHERE age > 90 OR age < 40), sum(salary) FILTER (WHERE age < 40) FROM p',
    },
    {
      name: 'moduli of a salary',
      sql: 'SELECT sum(100 + salary % 8000000), sum(100 + salary) FROM p',
      learn: difference(),
    },
  ]),
];

/** Need a number known from elsewhere, or are the price of hiding by rule: admitted in SECURITY.md. They work today. */
export const KNOWN_LIMITS: readonly Attack[] = [
  { id: 'L1', name: 'all but one, the number of all known', sql: `SELECT count(*) FROM p WHERE NOT (${BIT})` },
  {
    id: 'L2',
    name: 'a set filled up to the threshold by known people',
    sql: `SELECT count(*) FROM p WHERE age IN (20, 21, 22, 23) OR (age = 24 AND zip = 'z1') OR (${BIT})`,
  },
  {
    id: 'L3',
    name: 'one person moved between two groups',
    sql: `SELECT CASE WHEN ${BIT} THEN 'a' ELSE dept END AS k, count(*) FROM p GROUP BY k ORDER BY k`,
  },
  {
    id: 'L4',
    name: 'NOT IN a set of one',
    sql: `SELECT count(*) FROM p WHERE id NOT IN (SELECT id FROM p WHERE ${BIT})`,
  },
  { id: 'L5', name: 'the complement as a group', sql: `SELECT (${BIT}) AS k, count(*) FROM p GROUP BY k ORDER BY k` },
];
