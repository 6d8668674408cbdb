import { beforeAll, describe, expect, it } from 'vitest';
import { openGateway, type SqlGateway } from '../../attack/sql-gateway.ts';
import { FUZZED_TABLES } from '../../fuzz/canary-city.ts';

/**
 * Goal: a number that is not shown is never made another one by what was to stand in for NULL.
 * Method: groups of a few people and of nobody, released, beside what stands straight in DuckDB. Control: where a number is shown, nothing
 * is changed, and of public rows NULL is NULL.
 */
let gateway: SqlGateway;
beforeAll(async () => {
  gateway = await openGateway(FUZZED_TABLES);
});

/** Two people have a note `few`, one has a code above 1,000. */
const PER_NOTE = 'SELECT note, count(*) AS n, sum(pay) AS s FROM person GROUP BY note';
const NOTES = "(SELECT * FROM (VALUES ('n0'), ('zqcanaryb few'), ('nobody has it')) v(note)) t";

describe('hidden stays hidden', () => {
  it.each([
    `SELECT t.note, coalesce(n, 0) FROM ${NOTES} LEFT JOIN (${PER_NOTE}) g ON g.note = t.note ORDER BY 1`,
    `SELECT t.note, (SELECT count(*) FROM person p WHERE p.note = t.note) FROM ${NOTES} ORDER BY 1`,
    `SELECT t.note, greatest(n, 0) FROM ${NOTES} LEFT JOIN (${PER_NOTE}) g ON g.note = t.note ORDER BY 1`,
    `SELECT t.note, least(coalesce(n, 7) * 2, 100) / 2 FROM ${NOTES} LEFT JOIN (${PER_NOTE}) g ON g.note = t.note ORDER BY 1`,
    `SELECT t.note, ifnull(m, -1) FROM ${NOTES} LEFT JOIN (SELECT note, CASE WHEN n > 0 THEN n END AS m FROM (${PER_NOTE}) h) g ON g.note = t.note ORDER BY 1`,
    `SELECT t.note, CASE WHEN n IS NULL THEN 0 ELSE n END FROM ${NOTES} LEFT JOIN (${PER_NOTE}) g ON g.note = t.note ORDER BY 1`,
    `SELECT t.note, CASE WHEN g.note IS NULL THEN 0 ELSE n END FROM ${NOTES} LEFT JOIN (${PER_NOTE}) g ON g.note = t.note ORDER BY 1`,
    `SELECT t.note, coalesce(max(n), 0) FROM ${NOTES} LEFT JOIN (${PER_NOTE}) g ON g.note = t.note GROUP BY t.note ORDER BY 1`,
  ])('%s', async (sql) => {
    const { rows } = await gateway.ask(sql);
    const [shown] = await gateway.raw("SELECT count(*) FROM person WHERE note = 'n0'");
    expect(rows).toEqual([
      ['n0', shown![0]],
      ['nobody has it', null],
      ['zqcanaryb few', null],
    ]);
  });

  it.each([
    'SELECT coalesce(sum(pay) FILTER (WHERE code > 1000), 0) FROM person',
    'SELECT sum(pay) - coalesce(sum(pay) FILTER (WHERE code > 1000), 0) FROM person',
    'SELECT coalesce(a, b) FROM (SELECT sum(pay) FILTER (WHERE code > 1000) AS a, sum(pay) AS b FROM person)',
    'SELECT sum(pay) - greatest(sum(pay) FILTER (WHERE code > 1000), 0) FROM person',
  ])('%s', async (sql) => expect((await gateway.ask(sql)).rows).toEqual([[null]]));

  it('nor does it decide which rows are there', async () => {
    const sql = `SELECT t.note FROM ${NOTES} LEFT JOIN (${PER_NOTE}) g ON g.note = t.note WHERE coalesce(n, 0) = 0`;
    expect((await gateway.ask(sql)).rows).toEqual([]);
  });
});

describe('control', () => {
  it.each([
    'SELECT sex, coalesce(sum(pay), 0), greatest(count(*), 10), coalesce(avg(pay), 1) FROM person GROUP BY sex',
    'SELECT coalesce(NULL, max(n)) FROM (SELECT sex, count(*) AS n FROM person GROUP BY sex)',
  ])('what is shown is the same: %s', async (sql) => {
    const shown = (await gateway.ask(sql)).rows.filter((row) => !row.includes(null));
    const plain = await gateway.raw(sql);
    expect(shown.length).toBeGreaterThan(0);
    for (const row of shown) expect(plain).toContainEqual(row);
  });

  it('of public rows and keys NULL is NULL', async () => {
    const sql =
      "SELECT coalesce(g.sex, 'none'), coalesce(t.n, 0) FROM (SELECT sex, count(*) AS c FROM person GROUP BY sex) g LEFT JOIN pub t ON t.k = g.sex WHERE g.c > 0 ORDER BY 1";
    expect((await gateway.ask(sql)).rows).toEqual([
      ['f', 0],
      ['m', 0],
    ]);
  });
});
