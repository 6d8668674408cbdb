import { beforeAll, describe, expect, test } from 'vitest';
import { chooseOne } from '../../../policies/mechanisms/exponential-mechanism/exponential-mechanism.ts';
import { expectedErrors } from '../../../policies/release/expected-errors.ts';
import { choiceParameters, firstChosen } from '../../../policies/release/private-choices.ts';
import { seededSource } from '../mechanisms/exact-sampling/seeded-source.ts';
import { NO_NOISE } from './private-city.ts';
import { openPrivate, type PrivateEngine } from './private-engine.ts';

/**
 * Goal: the first k groups of a public list, without their numbers, are chosen one after the other. Method: without noise the answer is SQL's
 * own; with it, how often each order comes is held against the weights; counts of neighbours. Seed: 20261128.
 */
let engine: PrivateEngine;
beforeAll(async () => {
  engine = await openPrivate();
});
const FIRST = 'SELECT kind FROM trips WHERE minutes > 5 GROUP BY kind ORDER BY count(DISTINCT person) DESC LIMIT 2';

describe('the first k groups', () => {
  const chosen: readonly (readonly [sql: string, first: number])[] = [
    [FIRST, 2],
    ['SELECT kind AS k FROM trips WHERE fare > 3 GROUP BY kind ORDER BY count(*) DESC, kind LIMIT 3', 3],
    ['SELECT k FROM (SELECT district AS k, count(fare) AS n FROM trips GROUP BY district) ORDER BY n DESC LIMIT 1', 1],
  ];
  test.each(chosen)('without noise are those of SQL over what counts: %s', async (sql, first) => {
    const { layout } = await engine.boundaryOf(sql);
    expect(layout).toMatchObject({ first, terms: [], choices: [{ monotone: true }] });
    const counted = await engine.gateway.compile(sql).then(({ cells }) => engine.gateway.raw(cells[0]!));
    const [choice] = layout.choices;
    const byCount = counted.toSorted((a, b) => Number(b[choice!.column]) - Number(a[choice!.column]));
    const rows = (await engine.gateway.ask(sql)).rows.map(([key]) => key);
    expect(rows).toEqual(byCount.slice(0, first).map((row) => row[layout.keys[0]!]));
  });

  const counted = [
    'SELECT kind, count(*) AS n FROM trips WHERE fare > 3 GROUP BY kind ORDER BY n DESC LIMIT 2',
    'SELECT kind, count(*) // 10 AS n FROM trips WHERE fare > 3 GROUP BY kind ORDER BY count(*) DESC LIMIT 2',
    'SELECT kind FROM trips WHERE fare > 3 GROUP BY kind ORDER BY count(*) LIMIT 2',
    'SELECT kind FROM trips WHERE fare > 3 GROUP BY kind HAVING count(*) > 9 ORDER BY count(*) DESC LIMIT 2',
    'SELECT kind FROM trips WHERE fare > 3 GROUP BY kind ORDER BY count(*) DESC LIMIT 2 OFFSET 1',
    'SELECT kind FROM trips WHERE fare > 3 GROUP BY kind ORDER BY sum(minutes) DESC LIMIT 2',
    'SELECT kind FROM trips WHERE fare > 3 GROUP BY kind ORDER BY count(*) DESC LIMIT 5', // counts tell these better
    'SELECT stop FROM trips WHERE fare > 3 GROUP BY stop ORDER BY count(*) DESC LIMIT 2', // no public list
    'SELECT home FROM people WHERE income > 3 GROUP BY home ORDER BY count(*) DESC LIMIT 2', // each person in one group
  ];
  test.each(counted)('are sorted from noisy counts otherwise: %s', async (sql) => {
    const { layout } = await engine.boundaryOf(sql);
    expect(layout.first).toBeUndefined();
    expect(layout.terms.length).toBeGreaterThan(0);
    await engine.gateway.ask(sql);
  });

  test('are charged k·ε²/8, however many groups a unit is in, and say how far off they may be', async () => {
    const compiled = await engine.gateway.compile(FIRST);
    const { layout } = await engine.boundaryOf(FIRST);
    const { epsilon, sensitivity } = choiceParameters(layout.choices[0]!);
    expect(sensitivity).toBe(1n);
    const rho = (2 * (Number(epsilon.top) / Number(epsilon.bottom)) ** 2) / 8;
    expect(compiled.charges[0]!.rho).toBeGreaterThanOrEqual(rho);
    expect(compiled.charges[0]!.rho).toBeCloseTo(rho, 8);
    expect(compiled.private.mechanisms).toMatchObject([{ mechanism: 'exponential', contributionMax: 1 }]);
    expect(expectedErrors(compiled.private).choices).toMatchObject([{ name: 'kind', candidates: 6 }]);
  });

  test('come in each order as often as the weights say', async () => {
    const choice = (await engine.boundaryOf(FIRST)).layout.choices[0]!;
    const { epsilon } = choiceParameters(choice);
    const rate = Number(epsilon.top) / Number(epsilon.bottom);
    const source = seededSource(20_261_128);
    const noise = { ...NO_NOISE, choose: chooseOne.bind(null, source) };
    const counts = [10n, 25n, 0n];
    const weights = counts.map((count) => Math.exp(rate * Number(count)));
    const total = weights.reduce((a, b) => a + b, 0);
    const runs = 6_000;
    const seen = new Map<string, number>();
    for (let run = 0; run < runs; run += 1) {
      const order = firstChosen(choice, counts, 2, noise).join();
      seen.set(order, (seen.get(order) ?? 0) + 1);
    }
    for (const a of [0, 1, 2]) {
      for (const b of [0, 1, 2].filter((other) => other !== a)) {
        const chance = (weights[a]! / total) * (weights[b]! / (total - weights[a]!));
        const deviation = Math.sqrt(runs * chance * (1 - chance));
        expect(Math.abs((seen.get(`${a},${b}`) ?? 0) - runs * chance)).toBeLessThan(4 * deviation);
      }
    }
  });

  test('a person gone takes no more from any count than the choice was made for, and brings nothing', async () => {
    const [{ layout }, { cells }] = [await engine.boundaryOf(FIRST), await engine.gateway.compile(FIRST)];
    const [choice] = layout.choices;
    const look = async () =>
      new Map((await engine.gateway.raw(cells[0]!)).map((row) => [row[layout.keys[0]!], Number(row[choice!.column])]));
    const before = await look();
    await engine.gateway.raw('CREATE OR REPLACE TEMP TABLE gone AS SELECT * FROM "trips@1" WHERE person = 0');
    await engine.gateway.raw('DELETE FROM "trips@1" WHERE person = 0');
    const after = await look();
    await engine.gateway.raw('INSERT INTO "trips@1" SELECT * FROM gone');
    const changes = [...before].map(([key, count]) => count - after.get(key)!);
    expect(Math.max(...changes)).toBe(Number(choice!.sensitivity[0]!.cell));
    expect(Math.min(...changes)).toBeGreaterThanOrEqual(0);
  });

  test('decide about further rows as any released list does', async () => {
    const sql = `SELECT district, sum(minutes) AS m FROM trips WHERE kind IN (${FIRST}) GROUP BY district`;
    expect((await engine.gateway.compile(sql)).private.boundaries).toHaveLength(2);
    const within = (await engine.gateway.ask(FIRST)).rows.map(([kind]) => `'${String(kind)}'`).join(', ');
    const written = sql.replace(FIRST, within);
    expect((await engine.gateway.ask(sql)).rows).toEqual((await engine.gateway.ask(written)).rows);
  });
});
