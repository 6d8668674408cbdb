import { beforeAll, describe, expect, test } from 'vitest';
import { openGateway, type SqlGateway } from '../../attack/sql-gateway.ts';
import { workingTown } from '../../attack/working-town.ts';
import { comparable } from './comparable-rows.ts';

/**
 * Goal: values per firm, and per person, of jobs that are both a person's and a firm's are what the query says: each group counts once.
 * Method: each query released and straight in DuckDB, over the parts of the town where nothing has to be hidden.
 */
let gateway: SqlGateway;
beforeAll(async () => {
  gateway = await openGateway(workingTown());
});

const PER_FIRM = 'SELECT uscc, count(*) AS n, sum(wage) AS w FROM job GROUP BY uscc';
const WIDE = "part IN ('east', 'west', 'south')";

const PER_PERSON = 'SELECT pid FROM job WHERE wage > 2000';
test.each([
  `SELECT count(*), avg(n), sum(n), avg(w), sum(w), stddev_samp(n) FROM (${PER_FIRM})`,
  `SELECT CASE WHEN n < 24 THEN 'small' ELSE 'large' END AS size, count(*), sum(n), avg(w) FROM (${PER_FIRM}) GROUP BY size`,
  `SELECT trade, count(*), avg(n), sum(w) / sum(n) FROM firm JOIN (${PER_FIRM}) USING (uscc) GROUP BY trade`,
  `SELECT trade, sum(staff - n), avg(staff), count(*) FROM firm f JOIN (${PER_FIRM}) s ON s.uscc = f.uscc GROUP BY trade`,
  `SELECT trade, avg(coalesce(n, 0)), count(*), count(s.uscc) FROM firm f LEFT JOIN (SELECT uscc, count(*) AS n FROM job GROUP BY uscc) s ON s.uscc = f.uscc GROUP BY trade`,
  `SELECT trade, avg(n) FROM firm f JOIN (SELECT uscc, count(DISTINCT pid) AS n FROM job GROUP BY uscc) s ON s.uscc = f.uscc GROUP BY trade`,
  `SELECT trade, count(*) FROM (SELECT uscc FROM job GROUP BY uscc HAVING avg(wage) > 4300 AND count(*) > 10) JOIN firm USING (uscc) GROUP BY trade`,
  `SELECT sum(high), sum(n) FROM (SELECT uscc, count(*) FILTER (WHERE wage > 4000) AS high, count(*) AS n FROM job GROUP BY uscc)`,
  `SELECT sum(low), avg(much) FROM (SELECT uscc, sum(CASE WHEN wage < 4000 THEN 1 ELSE 0 END) AS low, sum(wage) FILTER (WHERE wage > 3000) AS much FROM job GROUP BY uscc)`,
  'SELECT trade, avg(m), sum(m), count(*) FROM firm JOIN (SELECT uscc, sum(wage * 2 - 1000 + staff) AS m FROM job JOIN firm USING (uscc) GROUP BY uscc) USING (uscc) GROUP BY trade',
  'SELECT avg(m), sum(m) FROM (SELECT uscc, sum((wage - 100) / 7) AS m FROM job GROUP BY uscc)',
  // Means of means and spreads of sums: each row by its share of its group.
  'SELECT avg(m), sum(m), count(*), count(m) FROM (SELECT uscc, avg(wage) AS m FROM job GROUP BY uscc)',
  'SELECT trade, avg(m), avg(m + n), stddev_samp(m) FROM firm JOIN (SELECT uscc, avg(wage) AS m, count(*) AS n FROM job GROUP BY uscc) USING (uscc) GROUP BY trade',
  'SELECT stddev_samp(w), var_pop(w), stddev_pop(n), corr(n, w), covar_pop(w, n), regr_slope(w, n) FROM (SELECT uscc, count(*) AS n, sum(wage) AS w FROM job GROUP BY uscc)',
  `SELECT part, avg(m), stddev_pop(w) FROM people JOIN (SELECT pid, avg(wage) AS m, sum(wage) AS w FROM job GROUP BY pid) USING (pid) WHERE ${WIDE} GROUP BY part`,
  'SELECT avg(m) FROM (SELECT uscc, avg(wage) FILTER (WHERE wage > 3000) AS m FROM job GROUP BY uscc)',
  'SELECT trade, avg(coalesce(m, 0)), stddev_samp(staff) FROM firm f LEFT JOIN (SELECT uscc, avg(wage) AS m FROM job GROUP BY uscc) s ON s.uscc = f.uscc GROUP BY trade',
  'SELECT avg(m) FROM (SELECT uscc, avg(pay) AS m FROM job JOIN people USING (pid) GROUP BY uscc)',
  'SELECT n, count(*) FROM (SELECT pid, count(*) AS n FROM job GROUP BY pid) GROUP BY n',
  `SELECT part, avg(n), avg(w), count(*) FROM people JOIN (SELECT pid, count(DISTINCT uscc) AS n, sum(wage) AS w FROM job GROUP BY pid) USING (pid) WHERE ${WIDE} GROUP BY part`,
  `SELECT part, count(*), avg(pay) FROM people JOIN (SELECT DISTINCT pid FROM job WHERE wage > 2000) USING (pid) WHERE ${WIDE} GROUP BY part`,
  'SELECT top // 4000 AS k, count(*) FROM (SELECT uscc, max(wage) AS top FROM job GROUP BY uscc) GROUP BY k',
  `SELECT part, avg(f.staff) FROM people p JOIN (SELECT pid, uscc, sum(wage) AS w FROM job GROUP BY pid, uscc) USING (pid) JOIN firm f USING (uscc) WHERE ${WIDE} GROUP BY part`,
  `SELECT part, sum(pay), avg(pay), count(*), count(pay), avg(age) FROM people WHERE pid IN (${PER_PERSON}) AND ${WIDE} GROUP BY part`,
  `SELECT part, sum(pay), avg(pay), count(*), count(pay), avg(age), sum(age) FILTER (WHERE age > 40) FROM people p WHERE NOT EXISTS (SELECT 1 FROM job j WHERE j.pid = p.pid) AND ${WIDE} GROUP BY part`,
  `SELECT count(*), sum(wage) FROM job WHERE pid IN (SELECT pid FROM job WHERE wage > 5000)`,
  `SELECT count(*), avg(wage) FROM job WHERE pid NOT IN (SELECT pid FROM job WHERE wage > 5000)`,
  `SELECT trade, count(*), avg(staff) FROM firm WHERE uscc IN (SELECT uscc FROM job GROUP BY uscc HAVING avg(wage) > 4300) GROUP BY trade`,
  `SELECT avg(staff) FROM firm f WHERE EXISTS (SELECT 1 FROM job JOIN people USING (pid) WHERE uscc = f.uscc AND age < 30)`,
  `SELECT part, sum(pay) FROM people p LEFT JOIN job j ON j.pid = p.pid WHERE j.uscc IS NULL AND ${WIDE} GROUP BY part`,
  `SELECT s.n > 24 AS big, count(*), avg(wage) FROM job j JOIN (${PER_FIRM}) s ON s.uscc = j.uscc GROUP BY big`,
  'SELECT count(*) FROM (SELECT uscc FROM job GROUP BY uscc HAVING stddev_samp(wage) > 100 AND bool_or(wage > 2000) AND median(wage) > 0 AND count(DISTINCT wage) > 3)',
  'SELECT count(*) FROM (SELECT uscc, any_value(wage) AS a, max(wage) AS b FROM job GROUP BY uscc) WHERE a + b > 0',
])('%s', async (sql) => {
  const [{ rows }, plain] = [await gateway.ask(sql), await gateway.raw(sql)];
  expect(rows.flat()).not.toContain(null);
  expect(comparable(rows, false)).toEqual(comparable(plain, false));
});

test.each([
  'SELECT n, count(*) FROM (SELECT uscc, count(*) FILTER (WHERE wage = 1311) AS n FROM job GROUP BY uscc) GROUP BY n',
  'SELECT trade, count(*), avg(staff) FROM firm JOIN (SELECT uscc FROM job GROUP BY uscc HAVING sum(CASE WHEN wage = 1311 THEN 1 ELSE 0 END) = 0) USING (uscc) GROUP BY trade',
  'SELECT count(*) FROM (SELECT uscc, max(CASE WHEN wage = 1311 THEN 1 END) AS n FROM job GROUP BY uscc) WHERE n IS NULL',
])('not told, where few decide which groups are left: %s', async (sql) => {
  expect(((await gateway.raw(sql)).at(-1)!.at(-1) as number) > 10).toBe(true);
  const { rows } = await gateway.ask(sql);
  expect(rows.map((row) => row.at(-1)).filter((cell) => cell !== null)).toEqual([]);
});

test.each([
  // One firm may decide about the persons of many.
  'SELECT top // 2000 AS k, count(*) FROM (SELECT pid, max(wage) AS top FROM job GROUP BY pid) GROUP BY k',
  'SELECT low // 1000 AS k, count(*) FROM (SELECT pid, min(wage) AS low, mode(uscc % 2) AS side FROM (SELECT pid, wage, wage // 10 AS uscc FROM job) GROUP BY pid) GROUP BY k HAVING count(*) > 20',
  // Whose firm has how much of a mean of greatest values is not known.
  'SELECT avg(w) FROM (SELECT uscc, max(wage) AS w FROM job GROUP BY uscc)',
  'SELECT stddev_samp(w * n) FROM (SELECT uscc, sum(wage) AS w, median(wage) AS n FROM job GROUP BY uscc)',
  'SELECT sum(n) FROM (SELECT uscc, count(*) AS n FROM job GROUP BY uscc UNION ALL SELECT uscc, staff FROM firm)',
  'SELECT count(*) FROM (SELECT uscc, wage > 3000 AS high, count(*) AS n FROM job GROUP BY uscc, wage > 3000)',
  'SELECT sum(m) FROM (SELECT j.uscc, sum(n) AS m FROM job j JOIN (SELECT pid, count(*) AS n FROM job GROUP BY pid) s USING (pid) GROUP BY j.uscc)',
])('refused: %s', async (sql) => {
  expect(await gateway.attempt(sql)).toBe('POLICY_CONSTRUCT_REFUSED');
});

/** One firm pays what no other does, or one person is paid so: a mean of means or a spread would tell how much. */
describe.each([
  ['firm', 'uscc'],
  ['person', 'pid'],
] as const)('not told, where one %s has nearly all of it', (_kind, key) => {
  const by = key === 'uscc' ? 'uscc' : 'pid';
  test.each([
    [`SELECT avg(m) FROM (SELECT ${by}, avg(wage) AS m FROM job GROUP BY ${by})`],
    [`SELECT stddev_samp(w) FROM (SELECT ${by}, sum(wage) AS w FROM job GROUP BY ${by})`],
    ['SELECT avg(m) FROM (SELECT uscc, avg(wage) AS m FROM job GROUP BY uscc)'],
  ])('%s', async (sql) => {
    const town = workingTown();
    const rich = town[1]!.rows[0]![key];
    const rows = town[1]!.rows.map((row) => (row[key] === rich ? { ...row, wage: 10 ** 9 } : row));
    const odd = await openGateway(town.map((one) => (one.schema.table === 'job' ? { ...one, rows } : one)));
    expect((await odd.ask(sql)).rows).toEqual([[null]]);
    expect((await gateway.ask(sql)).rows[0]![0]).not.toBeNull();
  });
});
