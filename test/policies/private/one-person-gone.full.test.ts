import { beforeAll, describe, expect, test } from 'vitest';
import type { PrivateBoundary } from '../../../policies/sql/rewrite/private-layout.ts';
import { type Groups, openPrivate, type PrivateEngine } from './private-engine.ts';

/**
 * Goal: whose a row is decides alone whether it is there. Method: a person is taken out of all tables, the statistics below the noise are
 * compared. Invariant: their distance is at most the sensitivity that the noise was made for.
 */
let gateway: PrivateEngine['gateway'];
let allSums: PrivateEngine['allSums'];
beforeAll(async () => {
  ({ gateway, allSums } = await openPrivate());
});

describe('one person gone from all tables at once changes no more than is charged, however tables are joined', () => {
  const JOINED = [
    'SELECT p.home, count(*), sum(t.fare) FROM people p JOIN trips t ON p.person = t.person GROUP BY p.home',
    'SELECT p.home, count(t.fare), sum(p.income) FROM people p LEFT JOIN trips t ON p.person = t.person GROUP BY p.home',
    'SELECT home, count(*), sum(income) FROM people p WHERE EXISTS (SELECT 1 FROM trips t WHERE t.person = p.person AND t.minutes > 300) GROUP BY home',
    'SELECT home, count(*), avg(income) FROM people p WHERE p.person NOT IN (SELECT person FROM trips WHERE hour < 12) GROUP BY home',
    'SELECT kind, sum(x) FROM (SELECT kind, person, least(greatest(fare, 0), 50) AS x, row_number() OVER (PARTITION BY person ORDER BY minutes) AS i FROM trips) AS r WHERE i <= 2 GROUP BY kind',
    'SELECT n, count(*) FROM (SELECT person, least(count(*), 9) AS n, sum(minutes) AS m FROM trips GROUP BY person) AS u WHERE m > 500 GROUP BY n',
    'SELECT district, kind, sum(minutes) FROM trips GROUP BY ROLLUP (district, kind)',
    'SELECT h, count(*), sum(x) FROM (SELECT home AS h, person, income AS x FROM people UNION ALL SELECT district, person, minutes FROM trips) AS u GROUP BY h',
  ];
  const TABLES = ['trips', 'people'] as const;
  test.each(JOINED)('%s', async (sql) => {
    const before = await allSums(sql);
    for (const person of [0, 1, 5, 40, 150]) {
      for (const table of TABLES) {
        await gateway.raw(
          `CREATE OR REPLACE TEMP TABLE kept_${table} AS SELECT * FROM "${table}@1" WHERE person = ${person}`,
        );
        await gateway.raw(`DELETE FROM "${table}@1" WHERE person = ${person}`);
      }
      const after = await allSums(sql);
      for (const table of TABLES) await gateway.raw(`INSERT INTO "${table}@1" SELECT * FROM kept_${table}`);
      for (const [index, { layout, sums }] of before.entries()) expectWithin(layout, sums, after[index]!.sums);
    }
  });

  function expectWithin(layout: PrivateBoundary['layout'], before: Groups, after: Groups): void {
    for (const [term, { sensitivity }] of layout.terms.entries()) {
      const changes = [...new Set([...before.keys(), ...after.keys()])].map(
        (key) => (after.get(key)?.[term] ?? 0) - (before.get(key)?.[term] ?? 0),
      );
      const squares = changes.reduce((sum, change) => sum + change * change, 0);
      expect(squares).toBeLessThanOrEqual(Number(sensitivity[0]!.squared));
    }
  }
});
