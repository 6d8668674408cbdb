import { beforeAll, expect, test } from 'vitest';
import { openGateway, type SqlGateway } from '../../attack/sql-gateway.ts';
import { FUZZED_TABLES } from '../../fuzz/canary-city.ts';

/**
 * Goal: a count of what matches a row is no 0 where the group that it counts was left out: one person pays no more than the canary in `code`, and was
 * shown as nobody. Method: matched counts in all their words, over groups that are shown, too small, and empty. Controls: groups of public tables, and
 * of the unit itself, are complete, and 0 stays 0.
 */
let gateway: SqlGateway;
beforeAll(async () => {
  gateway = await openGateway(FUZZED_TABLES);
});

const LIST = "(VALUES ('f'), ('m'), ('x')) s(code)";
const one = 'p.pay <= p.code';

test.each([
  [
    'LATERAL',
    `SELECT s.code, g.n FROM ${LIST}, LATERAL (SELECT count(*) AS n FROM person p WHERE p.sex = s.code AND ${one}) g`,
  ],
  ['as a value', `SELECT s.code, (SELECT count(*) FROM person p WHERE p.sex = s.code AND ${one}) FROM ${LIST}`],
  [
    'in an expression',
    `SELECT s.code, (SELECT count(*) + 1 FROM person p WHERE p.sex = s.code AND ${one}) FROM ${LIST}`,
  ],
])('%s: one person is as hidden as nobody', async (_words, sql) => {
  expect((await gateway.raw(sql)).map(([, count]) => Number(count)).sort()[2]).toBeGreaterThan(0); // the person is there
  expect((await gateway.ask(sql)).rows.map(([, count]) => count)).toEqual([null, null, null]);
});

test('a condition on such a count holds of no hidden group', async () => {
  const { rows } = await gateway.ask(
    `SELECT s.code FROM ${LIST} WHERE (SELECT count(*) FROM person p WHERE p.sex = s.code) < 20`,
  );
  expect(rows).toEqual([]);
});

test('what is shown is shown', async () => {
  const { rows } = await gateway.ask(
    `SELECT s.code, (SELECT count(*) FROM person p WHERE p.sex = s.code) FROM ${LIST} ORDER BY 1`,
  );
  expect(rows).toEqual([
    ['f', 45],
    ['m', 45],
    ['x', null],
  ]);
});

test('counts over public rows beside released ones stay 0 (control)', async () => {
  const sql = `SELECT s.code, (SELECT count(*) FROM pub WHERE pub.k = s.code) AS n, (SELECT count(*) FROM person p WHERE p.sex = s.code) AS m FROM ${LIST} ORDER BY 1`;
  expect((await gateway.ask(sql)).rows).toEqual([
    ['f', 0, 45],
    ['m', 0, 45],
    ['x', 0, null],
  ]);
});

test('counts per person stay 0 (control)', async () => {
  const sql =
    'SELECT c, count(*) FROM (SELECT (SELECT count(*) FROM visit v WHERE v.pid = p.pid AND days > 3) AS c FROM person p) GROUP BY c ORDER BY c';
  expect((await gateway.ask(sql)).rows).toEqual([
    [0, 27],
    [1, 52],
  ]);
});
