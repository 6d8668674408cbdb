import { beforeAll, expect, test } from 'vitest';
import { openGateway, type SqlGateway } from '../../attack/sql-gateway.ts';
import { FUZZED_TABLES } from '../../fuzz/canary-city.ts';

/**
 * Goal: what the compiler puts into another form over protected rows is answered as the query reads: bands of a written list, one
 * table united with itself, LATERAL aggregates, values computed several queries below, units of two tables; means of computed values and of conditions.
 * Method: each query released and straight in DuckDB; shown rows are among the plain ones. Control: something is shown.
 */
let gateway: SqlGateway;
beforeAll(async () => {
  gateway = await openGateway(FUZZED_TABLES);
});

const BANDS = "(VALUES (0, 30, 'young'), (30, 60, 'middle'), (60, 99, 'old')) b(lo, hi, band)";

test.each([
  `SELECT band, count(*), avg(pay) FROM person JOIN ${BANDS} ON age >= lo AND age < hi GROUP BY band`,
  `SELECT band, count(*) FROM person LEFT JOIN ${BANDS} ON age >= lo AND age < hi WHERE pay > 0 GROUP BY band`,
  `SELECT band, sex, sum(fee) FROM ${BANDS}, visit v, person p WHERE p.pid = v.pid AND lo <= age AND hi > age GROUP BY ALL`,
  `SELECT sum(lo), count(*) FROM person JOIN ${BANDS} ON age >= lo AND age < hi`,
  "WITH b AS (SELECT 'f' AS s, 0 AS lo, 45 AS hi UNION ALL SELECT 'f', 45, 99 UNION ALL SELECT 'm', 0, 99) SELECT s, lo, count(*) FROM person JOIN b ON sex = s AND age >= lo AND age < hi GROUP BY s, lo",
  "SELECT k, sum(a), count(DISTINCT pid) FROM (SELECT pid, 'pay' AS k, pay AS a FROM person UNION ALL SELECT pid, 'twice', pay * 2 FROM person UNION ALL SELECT pid, 'days', coalesce(days, 0) FROM visit) GROUP BY k",
  "SELECT k, sex, count(*) FROM (SELECT 'a' AS k, sex FROM person UNION ALL SELECT 'b', sex FROM person WHERE age > 40 UNION ALL SELECT 'c', sex FROM person WHERE age < 60) u WHERE sex <> 'x' GROUP BY k, sex",
  'WITH s AS (SELECT pid, pay + 1 AS a FROM person), r AS (SELECT pid, a AS b FROM s), q AS (SELECT b AS c, b * 2 AS d FROM r) SELECT sum(c), avg(d), count(*) FROM q',
  'WITH s AS (SELECT sex, CASE WHEN age > 40 THEN pay ELSE 0 END AS m FROM person), r AS (SELECT sex, m FROM s) SELECT sex, sum(m) FROM (SELECT sex, m FROM r) t GROUP BY sex',
  "SELECT avg(pay / 12), avg(pay * 2 + 1), stddev_samp(pay * 2), avg(CASE WHEN sex = 'f' THEN pay END), count(CASE WHEN sex = 'f' THEN 1 END), sum(CASE WHEN sex = 'f' THEN pay ELSE 0 END) FROM person",
  'SELECT sex, avg((pay > 6000)::int), count(*) FILTER (WHERE pay > 6000), sum(CASE WHEN pay > 6000 THEN 1 ELSE 0 END) * 100.0 / count(*), avg(CASE WHEN pay > 6000 THEN pay END) FROM person GROUP BY sex',
  "SELECT avg(2026 - year(seen)), avg(date_diff('day', seen, DATE '2026-01-01')), avg(fee * coalesce(days, 0)) FROM visit WHERE fee < 10000",
  'SELECT count(*) FROM (SELECT pid FROM visit UNION SELECT pid FROM person WHERE age > 40)',
  "SELECT sex, count(DISTINCT (city, age)), count(DISTINCT city || '/' || sex), count(DISTINCT concat(city, age)), count(DISTINCT concat_ws('-', city, year(born))) FROM person GROUP BY sex",
  "SELECT dept, count(DISTINCT (sex, city)), count(DISTINCT strftime(seen, '%Y-%m') || sex) FROM visit v JOIN person p ON p.pid = v.pid WHERE city IS NOT NULL GROUP BY dept",
  // One table in two roles.
  'SELECT sum(a.fee), sum(b.fee), avg(a.days), avg(b.days), count(DISTINCT a.days), count(DISTINCT b.days) FROM visit a JOIN visit b ON a.pid = b.pid WHERE a.days < 3 AND a.fee < 1000 AND b.fee < 1000',
  'SELECT count(*) FILTER (WHERE a.days > 1), count(*) FILTER (WHERE b.days > 1), sum(a.fee - b.fee), sum(a.fee * b.days) FROM visit a JOIN visit b ON a.pid = b.pid WHERE a.days < 4 AND a.fee < 1000 AND b.fee < 1000',
  'WITH a AS (SELECT pid, sum(days) AS s, avg(days) AS m FROM visit WHERE month(seen) < 4 GROUP BY pid), b AS (SELECT pid, sum(days) AS s, avg(days) AS m FROM visit WHERE month(seen) >= 4 GROUP BY pid) SELECT sum(a.s), sum(b.s), sum(b.s - a.s), avg(a.m), avg(b.m), corr(a.s, b.s) FROM a JOIN b USING (pid)',
  "SELECT count(DISTINCT (pid, dept)), count(*), sum(days) FROM visit WHERE dept LIKE 'd_'",
  "SELECT dept, count(DISTINCT (pid, days)) FROM visit WHERE dept LIKE 'd_' GROUP BY dept",
  'SELECT sex, count(DISTINCT (p.pid, dept)) FILTER (WHERE days > 1), count(*) FROM visit v JOIN person p ON p.pid = v.pid GROUP BY sex HAVING count(DISTINCT (p.pid, dept)) > 5',
  'SELECT avg(m), sum(m), count(*) FROM (SELECT pid, sum(fee - days) AS m FROM visit WHERE fee < 10000 GROUP BY pid)',
  'SELECT sex, avg(m), count(*) FROM (SELECT pid, sum(fee * (100 - days) - 3 * days + 10) AS m FROM visit GROUP BY pid) JOIN person USING (pid) GROUP BY sex',
  'SELECT avg(m), count(*) FROM (SELECT pid, sum(fee - days) FILTER (WHERE days > 2) AS m FROM visit GROUP BY pid) WHERE m IS NOT NULL',
  'SELECT m > 100 AS k, count(*) FROM (SELECT pid, sum((fee - days) / 2) AS m FROM visit GROUP BY pid) GROUP BY k',
  'SELECT avg(n), count(*) FROM (SELECT pid, count(*) AS n FROM (SELECT pid FROM visit UNION ALL SELECT pid FROM person) u GROUP BY pid)',
  "SELECT m, count(*) FROM (SELECT DISTINCT pid, CAST(CAST(date_trunc('month', seen) AS date) AS varchar) AS m FROM visit) GROUP BY m",
  "SELECT k, count(*) FROM (SELECT pid, count(*) AS k FROM (SELECT DISTINCT pid, strftime(seen, '%Y-%m') AS m FROM visit) GROUP BY pid) GROUP BY k",
  'SELECT k, x.n, x.a FROM pub t, LATERAL (SELECT count(*) AS n, avg(pay) AS a FROM person p WHERE p.city = t.k) x',
  'SELECT k, x.n FROM (SELECT DISTINCT k FROM pub) t LEFT JOIN LATERAL (SELECT sum(pay) AS n FROM person p WHERE p.city = t.k AND age > 30) x ON true',
])('%s', async (sql) => {
  const [{ rows }, plain] = [await gateway.ask(sql), await gateway.raw(sql)];
  const shown = rows.filter((row) => row.every((cell) => cell !== null));
  const all = new Set(plain.map(textOf));
  expect(shown.length).toBeGreaterThan(0);
  expect(shown.map(textOf).filter((row) => !all.has(row))).toEqual([]);
});

/** What puts everybody's values together but one person's. */
test.each([
  "count(DISTINCT concat(coalesce(city, 'here'), sex))",
  "count(DISTINCT concat(CASE WHEN code > 1000 THEN 'a' ELSE 'b' END, sex))",
  'count(DISTINCT concat(least(code, 49), sex))',
  'count(DISTINCT concat(length(note), sex))',
  'count(DISTINCT left(city || sex, 1))',
  `count(DISTINCT concat('${'x'.repeat(3_999)}', code))`,
])('not told: %s', async (made) => {
  expect(await gateway.attempt(`SELECT ${made} FROM person`)).toBe('POLICY_AGGREGATE_REFUSED');
});

/** One person has a `code` above 1,000. */
test.each([
  'SELECT avg((code > 1000)::int) FROM person',
  'SELECT stddev_samp((code > 1000)::int) FROM person',
  'SELECT count(CASE WHEN code > 1000 THEN NULL ELSE 1 END) FROM person',
  'SELECT avg(pay + CASE WHEN code > 1000 THEN 1 ELSE 0 END) FROM person',
  'SELECT count(DISTINCT (pid, code)) FILTER (WHERE code > 1000) FROM person',
  'SELECT count(DISTINCT (pid, sex)) FROM person WHERE code > 1000',
  'SELECT sum(x) FROM (SELECT a AS x FROM (SELECT pid, CASE WHEN code > 1000 THEN 1 ELSE 2 END AS a FROM person) s) t',
])('hidden: %s', async (sql) => expect((await gateway.ask(sql)).rows).toEqual([[null]]));

/** Rows of both sides as text: numbers of any type alike, sums of decimals to their digits. */
function textOf(row: readonly unknown[]): string {
  return row
    .map((cell) => (Number.isNaN(Number(cell)) || cell === '' ? String(cell) : Number(cell).toFixed(6)))
    .join('|');
}
