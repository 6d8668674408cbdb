import { beforeAll, expect, test } from 'vitest';
import { openGateway, type SqlGateway } from '../../attack/sql-gateway.ts';
import { workingTown } from '../../attack/working-town.ts';
import { comparable } from './comparable-rows.ts';

/**
 * Goal: existence in a table that names several kinds of units is answered as the query reads.
 * Method: each query released and straight in DuckDB, over the parts of the town where nothing has to be hidden.
 */
let gateway: SqlGateway;
beforeAll(async () => {
  gateway = await openGateway(workingTown());
});

const WIDE = "part IN ('east', 'west', 'south')";

test.each([
  `SELECT part, count(*) FROM people WHERE pid IN (SELECT pid FROM job WHERE wage > 3000) AND ${WIDE} GROUP BY part`,
  `SELECT count(*), sum(pay), avg(pay) FROM people p WHERE EXISTS (SELECT 1 FROM job j WHERE j.pid = p.pid) AND ${WIDE}`,
  `SELECT part, count(DISTINCT p.pid) FROM people p SEMI JOIN job USING (pid) WHERE ${WIDE} GROUP BY part`,
  `SELECT part, count(*) FROM people WHERE pid IN (SELECT j.pid FROM job j JOIN firm f USING (uscc) WHERE trade = 'a') AND ${WIDE} GROUP BY part`,
  `SELECT part, count(*), avg(pay) FROM people p WHERE NOT EXISTS (SELECT 1 FROM job j WHERE j.pid = p.pid) AND ${WIDE} GROUP BY part`,
  `SELECT count(*), count(pay), sum(pay), count(DISTINCT pid) FROM people WHERE pid NOT IN (SELECT pid FROM job) AND ${WIDE}`,
  `SELECT part, count(*) FROM people p LEFT JOIN job j ON j.pid = p.pid WHERE j.uscc IS NULL AND ${WIDE} GROUP BY part`,
  `SELECT age // 20 AS band, count(*) AS n FROM people p ANTI JOIN job j ON j.pid = p.pid WHERE ${WIDE} GROUP BY band HAVING count(*) > 100 ORDER BY n DESC, band`,
  `SELECT part, count(*) FILTER (WHERE age > 40), sum(CASE WHEN age > 40 THEN pay ELSE 0 END) FROM (SELECT * FROM people p WHERE NOT EXISTS (SELECT 1 FROM job j WHERE j.pid = p.pid AND wage > 2000)) WHERE ${WIDE} GROUP BY part`,
  `SELECT count(*) FROM people WHERE pid IN (SELECT pid FROM job WHERE wage > 2000) AND pid NOT IN (SELECT pid FROM job JOIN firm USING (uscc) WHERE trade = 'b') AND ${WIDE}`,
  `SELECT a.part, count(*) * 100.0 / (SELECT count(*) FROM people b WHERE ${WIDE}) FROM people a WHERE NOT EXISTS (SELECT 1 FROM job j WHERE j.pid = a.pid) AND ${WIDE} GROUP BY 1`,
])('%s', async (sql) => {
  const [{ rows }, plain] = [await gateway.ask(sql), await gateway.raw(sql)];
  expect(comparable(rows, sql.includes('ORDER BY'))).toEqual(comparable(plain, sql.includes('ORDER BY')));
});

test('rows that are left are counted once more in their own mode: no difference where a measure is none', async () => {
  const sql = 'SELECT stddev_samp(pay) FROM people WHERE pid NOT IN (SELECT pid FROM job)';
  expect(await gateway.attempt(sql)).toBe('POLICY_CONSTRUCT_REFUSED');
});
