import { beforeAll, expect, test } from 'vitest';
import { openGateway, type SqlGateway } from '../../attack/sql-gateway.ts';
import { workingTown } from '../../attack/working-town.ts';
import { comparable } from './comparable-rows.ts';

/**
 * Goal: persons counted by whether rows of several kinds of units match them are counted as the query reads.
 * Method: each query released and straight in DuckDB, over the parts of the town where nothing has to be hidden. `people` declares that it has a row a person.
 */
let gateway: SqlGateway;
beforeAll(async () => {
  gateway = await openGateway(workingTown());
});

const WIDE = "part IN ('east', 'west', 'south')";

test.each([
  `SELECT part, count(*) FROM people WHERE pid IN (SELECT pid FROM job WHERE wage > 3000) AND ${WIDE} GROUP BY part`,
  `SELECT count(*), count(pay), count(*) FILTER (WHERE age > 40) FROM people p WHERE EXISTS (SELECT 1 FROM job j WHERE j.pid = p.pid) AND ${WIDE}`,
  `SELECT part, count(DISTINCT p.pid) FROM people p SEMI JOIN job USING (pid) WHERE ${WIDE} GROUP BY part`,
  `SELECT part, count(*) FROM people WHERE pid IN (SELECT j.pid FROM job j JOIN firm f USING (uscc) WHERE trade = 'a') AND ${WIDE} GROUP BY part`,
  `SELECT part, count(*) FROM people p JOIN (SELECT DISTINCT pid FROM job JOIN firm USING (uscc) WHERE trade = 'b') x USING (pid) WHERE ${WIDE} GROUP BY part`,
  `SELECT part, count(*) FROM (SELECT part, age FROM people WHERE pid IN (SELECT pid FROM job)) WHERE age < 60 AND ${WIDE} GROUP BY part`,
  `SELECT trade, count(DISTINCT uscc) FROM firm WHERE uscc IN (SELECT uscc FROM job JOIN people USING (pid) WHERE age < 40) GROUP BY trade`,
  `SELECT part, count(*) FROM people p WHERE NOT EXISTS (SELECT 1 FROM job j WHERE j.pid = p.pid) AND ${WIDE} GROUP BY part`,
  `SELECT count(*), count(pay), count(DISTINCT pid) FROM people WHERE pid NOT IN (SELECT pid FROM job) AND ${WIDE}`,
  `SELECT part, count(*) FROM people p LEFT JOIN job j ON j.pid = p.pid WHERE j.uscc IS NULL AND ${WIDE} GROUP BY part`,
  `SELECT age // 20 AS band, count(*) AS n FROM people p ANTI JOIN job j ON j.pid = p.pid WHERE ${WIDE} GROUP BY band HAVING count(*) > 100 ORDER BY n DESC, band`,
  `SELECT a.part, count(*) * 100.0 / (SELECT count(*) FROM people b WHERE ${WIDE}) FROM people a WHERE NOT EXISTS (SELECT 1 FROM job j WHERE j.pid = a.pid) AND ${WIDE} GROUP BY 1`,
])('%s', async (sql) => {
  const [{ rows }, plain] = [await gateway.ask(sql), await gateway.raw(sql)];
  expect(comparable(rows, sql.includes('ORDER BY'))).toEqual(comparable(plain, sql.includes('ORDER BY')));
});

test.each([
  'SELECT stddev_samp(pay) FROM people WHERE pid NOT IN (SELECT pid FROM job)',
  'SELECT count(DISTINCT age) FROM people WHERE pid NOT IN (SELECT pid FROM job)',
])('does not add up, and refused: %s', async (sql) => {
  expect(await gateway.attempt(sql)).toBe('POLICY_CONSTRUCT_REFUSED');
});
