import { beforeAll, describe, expect, it } from 'vitest';
import { openGateway, type SqlGateway } from '../../attack/sql-gateway.ts';
import { workingTown } from '../../attack/working-town.ts';
import { comparable } from './comparable-rows.ts';

/** Goal: the largest of a flag, as BI tools write it, is what the query says where a count of the rows could be shown, and NULL elsewhere. */
let gateway: SqlGateway;
beforeAll(async () => {
  gateway = await openGateway(workingTown());
});

const WIDE = "part IN ('east', 'west', 'south')";

describe('the maximum of a flag', () => {
  it.each([
    `SELECT part, max(CASE WHEN pay IS NULL THEN 1 ELSE 0 END) FROM people WHERE ${WIDE} GROUP BY part`,
    `select "part", count(distinct "rows"."pid") + max(case when "rows"."pid" is null then 1 else 0 end) as "a0" from (select "pid", "part" from "people") "rows" where ${WIDE} group by "part" limit 1000001`,
    `SELECT sum(pay), max(CASE WHEN age > 60 THEN 1 ELSE 0 END) FILTER (WHERE age > 20) AS old FROM people WHERE ${WIDE}`,
  ])('%s', async (sql) => {
    const [{ rows }, plain] = [await gateway.ask(sql), await gateway.raw(sql)];
    expect(comparable(rows, false)).toEqual(comparable(plain, false));
  });

  it('is not told of few', async () => {
    const sql = "SELECT max(CASE WHEN age = 18 AND pay > 10900 THEN 1 ELSE 0 END) FROM people WHERE part = 'east'";
    expect((await gateway.ask(sql)).rows).toEqual([[null]]);
    expect(await gateway.attempt('SELECT max(CASE WHEN age = 18 THEN pay ELSE 0 END) FROM people')).toBe(
      'POLICY_AGGREGATE_REFUSED',
    );
  });
});
