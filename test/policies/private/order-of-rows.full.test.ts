import { beforeAll, describe, expect, test } from 'vitest';
import { openPrivate, type PrivateEngine } from './private-engine.ts';

/**
 * Goal: what is made of a unit's rows is a function of these rows, and not of where the engine finds them: else another unit's rows, which move
 * them, would have a part in it. Method: the same rows are stored in the opposite order; every statistic below the noise is compared. Invariant: equal.
 */
let engine: PrivateEngine;
beforeAll(async () => {
  engine = await openPrivate();
});

const TURNED = 'CREATE OR REPLACE TABLE "trips@1" AS SELECT * FROM "trips@1" ORDER BY rowid DESC';
const PER_PERSON = (made: string) =>
  `SELECT v, count(*) FROM (SELECT person, ${made} AS v, sum(minutes) AS m FROM trips GROUP BY person) WHERE m > 3 GROUP BY v`;
const NUMBERED = (made: string, wanted: string) =>
  `SELECT kind, count(*), sum(minutes) FROM (SELECT person, kind, minutes, ${made} AS v FROM trips) WHERE ${wanted} GROUP BY kind`;

describe('the order in which rows are stored decides nothing', () => {
  const queries = [
    NUMBERED('row_number() OVER (PARTITION BY person ORDER BY district)', 'v = 1'),
    NUMBERED('ntile(3) OVER (PARTITION BY person ORDER BY district)', 'v = 2'),
    NUMBERED('lag(kind) OVER (PARTITION BY person ORDER BY district)', "v = 'bus'"),
    NUMBERED('first_value(kind) OVER (PARTITION BY person ORDER BY district)', "v = 'bus'"),
    NUMBERED('last_value(kind) OVER (PARTITION BY person ORDER BY district)', "v = 'bus'"),
    NUMBERED(
      'sum(minutes) OVER (PARTITION BY person ORDER BY district ROWS BETWEEN 1 PRECEDING AND CURRENT ROW)',
      'v > 500',
    ),
    NUMBERED('rank() OVER (PARTITION BY person ORDER BY district)', 'v = 1'),
    NUMBERED('sum(minutes) OVER (PARTITION BY person ORDER BY district)', 'v > 500'),
    PER_PERSON('mode(kind)'),
    PER_PERSON('any_value(kind)'),
    PER_PERSON('arg_max(kind, district)'),
    'SELECT sum(least(greatest(v * 1e5, 0), 1e7)) FROM (SELECT person, stddev_pop(minutes / 7) AS v FROM trips GROUP BY person)',
    'SELECT sum(least(greatest(v * 1e5, 0), 1e7)) FROM (SELECT person, stddev_pop(minutes / 7) OVER (PARTITION BY person) AS v FROM trips)',
    'SELECT sum(least(greatest(v * 1e5, 0), 1e7)) FROM (SELECT person, var_pop(minutes / 7) OVER (PARTITION BY person ORDER BY hour) AS v FROM trips)',
    'SELECT sum(least(greatest(v * 1e6, -1e6), 1e6)) FROM (SELECT person, corr(minutes / 7, weight / 3) AS v FROM trips GROUP BY person)',
  ];
  test.each(queries)('%s', async (sql) => {
    const { cells } = await engine.gateway.compile(sql);
    const look = async () => (await engine.gateway.raw(cells[0]!)).map((row) => row.map(String).join(' ')).sort();
    const before = await look();
    await engine.gateway.raw(TURNED);
    const after = await look();
    await engine.gateway.raw(TURNED);
    expect(before.length).toBeGreaterThan(0);
    expect(after).toEqual(before);
  });

  test('control: it decides of equal rows what the engine itself answers', async () => {
    const sql = `SELECT kind, count(*) FROM (SELECT kind, row_number() OVER (PARTITION BY person ORDER BY district) AS v FROM "trips@1")
      WHERE v = 1 GROUP BY kind ORDER BY kind`;
    const before = await engine.gateway.raw(sql);
    await engine.gateway.raw(TURNED);
    const after = await engine.gateway.raw(sql);
    await engine.gateway.raw(TURNED);
    expect(after).not.toEqual(before);
  });

  test('a GROUPS frame says nothing of which of equal rows is meant', async () => {
    const sql = NUMBERED(
      'last_value(kind) OVER (PARTITION BY person ORDER BY hour GROUPS BETWEEN 1 PRECEDING AND CURRENT ROW)',
      "v = 'bus'",
    );
    const refused = engine.gateway.compile(sql);
    await expect(refused).rejects.toMatchObject({
      code: 'POLICY_CONSTRUCT_REFUSED',
      facts: { accepted: 'a ROWS frame' },
    });
  });
});
