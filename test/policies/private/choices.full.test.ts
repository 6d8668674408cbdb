import { beforeAll, describe, expect, test } from 'vitest';
import { chooseOne } from '../../../policies/mechanisms/exponential-mechanism/exponential-mechanism.ts';
import { choiceParameters, rowsMissedMax } from '../../../policies/release/private-choices.ts';
import { seededSource } from '../mechanisms/exact-sampling/seeded-source.ts';
import { KINDS } from './private-city.ts';
import { openPrivate, type PrivateEngine } from './private-engine.ts';

/**
 * Goal: `mode(x)` and `count(DISTINCT x)` of what is no unit are what SQL says where nothing is left out, and no unit changes what they are made of by
 * more than is charged. Method: noise taken away; a person with 100,000 rows of every value comes and goes; every attacker's view of a choice, by the
 * ratio of its chances. Control: without the bound the same rows change the same numbers by far more. Seed: 11.
 */
let engine: PrivateEngine;
let ranked: PrivateEngine;
beforeAll(async () => {
  engine = await openPrivate();
  ranked = await openPrivate(undefined, true);
});

const ATTACKER = 1_000_003;
const insert = (into: string) => `INSERT INTO ${into} SELECT ${ATTACKER}, ['centre','east','west'][1 + i % 3],
  ['bus','ferry','metro','taxi','tram',NULL][1 + i % 6], i % 24, i % 5000, 50, 60, i, i FROM range(100000) t(i)`;

describe('without noise', () => {
  test('the most frequent value, where nothing is left out', async () => {
    const sql = 'SELECT mode(home) AS m, count(DISTINCT income) AS d, count(DISTINCT home) AS h FROM people';
    const odd = `${sql} WHERE income % 5 <> 1`;
    const { rows, mode } = await engine.gateway.ask(odd);
    expect(mode).toBe('dp');
    expect(rows).toEqual(await engine.gateway.raw(odd));
  });

  test('of each group of a public list, an empty one too, and with a condition', async () => {
    const sql = `SELECT district, mode(kind) FILTER (WHERE hour < 6) AS k, mode(minutes > 300) AS l, count(*) AS n
      FROM trips GROUP BY district`;
    const { rows } = await engine.gateway.ask(sql);
    expect(rows.map(([district]) => district)).toEqual(['centre', 'east', 'west']);
    for (const [, kind, late] of rows) {
      expect(KINDS).toContain(kind);
      expect([true, false]).toContain(late);
    }
  });

  test('a number of values counts each unit in so many of them', async () => {
    const sql = 'SELECT district, count(DISTINCT stop) AS d, count(DISTINCT kind) AS k FROM trips GROUP BY district';
    const { rows } = await engine.gateway.ask(sql);
    const raw = await engine.gateway.raw(`${sql} ORDER BY district`);
    // 300 people with up to four of twelve values each: nothing is missing.
    expect(rows).toEqual(raw);
  });
});

describe('a unit changes no more than is charged', () => {
  const QUERIES = [
    'SELECT count(DISTINCT stop) FROM trips WHERE minutes >= 0',
    'SELECT district, count(DISTINCT stop), count(DISTINCT kind), count(*) FROM trips WHERE minutes >= 0 GROUP BY district',
    'SELECT hour, count(DISTINCT stop // 2) FILTER (WHERE kind = $$bus$$), mode(kind), sum(minutes) FROM trips GROUP BY hour',
    'SELECT stop % 7 AS s, count(DISTINCT minutes), mode(district) FROM trips GROUP BY s',
  ];
  test.each(QUERIES.flatMap((sql) => [['as it is', sql] as const, ['ranked', sql] as const]))(
    '%s: %s',
    async (how, text) => {
      const { gateway, boundaryOf, sumsOf, listsOf } = how === 'ranked' ? ranked : engine;
      const sql = text.replaceAll('$$', "'");
      const table = how === 'ranked' ? 'trips_rows' : '"trips@1"';
      const { layout } = await boundaryOf(sql);
      const look = async () => ({ sums: await sumsOf(sql), lists: await listsOf(sql) });
      const before = await look();
      await gateway.raw(insert(table));
      const after = await look();
      await gateway.raw(`DELETE FROM ${table} WHERE person = ${ATTACKER}`);
      const zeros = layout.terms.map(() => 0);
      const keys = [...new Set([...before.sums.keys(), ...after.sums.keys()])];
      for (const [term, { sensitivity }] of layout.terms.entries()) {
        const changes = keys.map(
          (key) => (after.sums.get(key) ?? zeros)[term]! - (before.sums.get(key) ?? zeros)[term]!,
        );
        expectWithin(changes, sensitivity[0]!);
      }
      for (const [choice, { sensitivity, monotone }] of layout.choices.entries()) {
        const [one, other] = [before.lists[choice]!, after.lists[choice]!];
        const cells = [...new Set([...one.keys(), ...other.keys()])];
        const changes = cells.map((cell) => (other.get(cell) ?? 0) - (one.get(cell) ?? 0));
        expect(monotone).toBe(true);
        expect(Math.min(...changes, 0)).toBe(0); // a unit only adds rows
        const most = new Map<string, number>();
        for (const [index, cell] of cells.entries()) {
          const [group] = JSON.parse(cell) as [string];
          most.set(group, Math.max(most.get(group) ?? 0, changes[index]!));
        }
        expectWithin([...most.values()], sensitivity[0]!);
      }
    },
  );

  function expectWithin(
    changes: readonly number[],
    { cell, squared }: { readonly cell: string; readonly squared: string },
  ) {
    expect(Math.max(0, ...changes.map(Math.abs))).toBeLessThanOrEqual(Number(cell));
    expect(changes.reduce((sum, change) => sum + change * change, 0)).toBeLessThanOrEqual(Number(squared));
  }

  test('whoever else has a sum in a group decides nothing of what others have there', async () => {
    const sql = `SELECT hour, count(*), median(minutes) FILTER (WHERE hour = 7), count(DISTINCT minutes) FILTER (WHERE hour = 7),
      mode(district) FILTER (WHERE hour = 7) FROM trips GROUP BY hour`;
    const { gateway, boundaryOf, sumsOf, listsOf, leavesOf } = engine;
    expect((await boundaryOf(sql)).layout.bounding).toMatchObject({ kind: 'groups', groupsMax: 4 });
    // Those whose sums are kept at seven o'clock: the engine's own order of hours, of each person.
    const keeping = `SELECT person FROM (SELECT person, hour, row_number() OVER (PARTITION BY person ORDER BY hash(CAST(person AS UBIGINT), hour) >> 2, hour)
      AS place FROM (SELECT DISTINCT person, hour FROM "trips@1")) WHERE hour = 7 AND place <= 4`;
    await gateway.raw(`CREATE TEMP TABLE seven AS ${keeping} ORDER BY person`);
    await gateway.raw('CREATE TEMP TABLE all_trips AS SELECT * FROM "trips@1"');
    await gateway.raw('DELETE FROM "trips@1" WHERE person IN (SELECT person FROM seven OFFSET 1)');
    const look = async () => ({ sums: await sumsOf(sql), lists: await listsOf(sql), leaves: await leavesOf(sql) });
    const before = await look();
    await gateway.raw('DELETE FROM "trips@1" WHERE person IN (SELECT person FROM seven)');
    const after = await look();
    await gateway.raw('DELETE FROM "trips@1"');
    await gateway.raw('INSERT INTO "trips@1" SELECT * FROM all_trips');
    expect(before.sums.get('[7]')![0]).toBeGreaterThan(0);
    expect(after.sums.get('[7]')![0]).toBe(0);
    const rows = ({ leaves }: typeof before) => leaves[0]!.reduce((sum, [, , count]) => sum + count, 0);
    const listed = ({ lists }: typeof before) => [...lists[0]!.values()].reduce((sum, count) => sum + count, 0);
    expect(rows(before)).toBeGreaterThan(20); // what others have there
    for (const of of [rows, listed]) expect(of(before) - of(after)).toBeLessThanOrEqual(4);
    expect(before.sums.get('[7]')![1]! - after.sums.get('[7]')![1]!).toBeLessThanOrEqual(4);
  });

  test('what is not in the list counts for none of it', async () => {
    const sql = 'SELECT mode(hour) FROM trips WHERE minutes >= 0';
    const plain = async () => [...(await engine.listsOf(sql))[0]!].sort();
    const before = await plain();
    await engine.gateway.raw(
      `INSERT INTO "trips@1" SELECT ${ATTACKER} + i, 'east', 'bus', 99 + i, 1, 5, 60, 1, i FROM range(40) t(i)`,
    );
    const after = await plain();
    await engine.gateway.raw(`DELETE FROM "trips@1" WHERE person >= ${ATTACKER}`);
    expect(after).toEqual(before);
    expect(before).toHaveLength(24);
  });

  test('control: without the bound the same rows change the same numbers by thousands', async () => {
    const plain = 'SELECT count(DISTINCT stop), count(*) FILTER (WHERE kind = $$bus$$) FROM "trips@1"'.replaceAll(
      '$$',
      "'",
    );
    const [[values, rows]] = (await engine.gateway.raw(plain)) as [[bigint, bigint]];
    await engine.gateway.raw(insert('"trips@1"'));
    const [[more, many]] = (await engine.gateway.raw(plain)) as [[bigint, bigint]];
    await engine.gateway.raw(`DELETE FROM "trips@1" WHERE person = ${ATTACKER}`);
    expect(Number(more) - Number(values)).toBeGreaterThan(4_000);
    expect(Number(many) - Number(rows)).toBeGreaterThan(10_000);
  });
});

describe('a choice', () => {
  test('is charged ε²/8 for each group, and says how far off it may be', async () => {
    const { layout } = await engine.boundaryOf('SELECT hour, mode(kind) FROM trips WHERE minutes > 5 GROUP BY hour');
    const [choice] = layout.choices;
    const { charges, mechanisms } = await engine.gateway
      .compile('SELECT hour, mode(kind) FROM trips WHERE minutes > 5 GROUP BY hour')
      .then(({ charges: all, private: plan }) => ({ charges: all, mechanisms: plan.mechanisms }));
    expect(mechanisms).toMatchObject([{ mechanism: 'exponential', variance: 0, delta: 0 }]);
    expect(charges[0]!.rho).toBeCloseTo(0.001, 6);
    // The losses that a count of one group more gives, of each value of the list.
    const { epsilon, sensitivity } = choiceParameters(choice!);
    const rate = Number(epsilon.top) / Number(epsilon.bottom) / Number(sensitivity);
    const chances = (counts: readonly number[]) => {
      const weights = counts.map((count) => Math.exp(rate * count));
      const total = weights.reduce((a, b) => a + b, 0);
      return weights.map((weight) => weight / total);
    };
    const [p, q] = [chances([9, 4, 0, 0, 2]), chances([9, 4 + Number(sensitivity), 0, 0, 2])];
    const losses = p.map((chance, index) => Math.log(chance / q[index]!));
    const range = Math.max(...losses) - Math.min(...losses);
    const groups = Number(choice!.sensitivity[0]!.squared) / Number(sensitivity) ** 2;
    expect((groups * range ** 2) / 8).toBeLessThanOrEqual(charges[0]!.rho + 1e-9);
  });

  test('misses the most frequent by no more than it says, 95 times in 100', async () => {
    const { layout } = await engine.boundaryOf('SELECT mode(kind) FROM trips WHERE minutes > 5');
    const [choice] = layout.choices as [(typeof layout.choices)[number]];
    const most = rowsMissedMax(choice);
    const source = seededSource(11);
    const utilities = [0n, 0n, 0n, 0n, BigInt(most + 1)];
    let missed = 0;
    for (let run = 0; run < 400; run += 1)
      if (chooseOne(source, utilities, choiceParameters(choice)) !== 4) missed += 1;
    expect(missed).toBeLessThan(400 * 0.05 + 3 * Math.sqrt(400 * 0.05)); // 3 deviations
    expect(missed).toBeGreaterThan(0); // not so far that it says nothing
  });

  test.each([
    'SELECT mode(stop) FROM trips WHERE minutes > 3',
    'SELECT mode(fare) FROM trips',
    'SELECT mode(person) FROM trips WHERE minutes > 3',
  ])('needs a public list: %s', async (sql) => {
    await expect(engine.gateway.compile(sql)).rejects.toThrow(/POLICY_AGGREGATE_REFUSED|POLICY_IDENTIFIER_USE|SQL_/);
  });
});
