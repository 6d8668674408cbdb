import { beforeAll, describe, expect, it } from 'vitest';
import { DEFAULT_PROFILE } from '../../../policies/levels.ts';
import type { ColumnSchema, TableSchema } from '../../../policies/table-schema.ts';
import { openGateway, type SqlGateway } from '../../attack/sql-gateway.ts';

/**
 * Goal: mode `perturbed` gives every set one noisy number, near the true one, however it is asked for.
 * Method: from SQL text through DuckDB; the same tables raw as the control.
 * Invariants: equal contributors give equal numbers; noise within D for counts and within the flex share for sums.
 */
const column = (name: string, type: ColumnSchema['type'], more: Partial<ColumnSchema> = {}): ColumnSchema => ({
  name,
  title: { zh: name, en: name },
  type,
  level: 'general-3',
  role: 'attribute',
  ...more,
});
const id = column('id', 'text', { role: 'identifier', unit: 'person', nullable: false });
const P: TableSchema = {
  table: 'p',
  level: 'general-2',
  columns: [
    id,
    column('dept', 'text', { level: 'general-1', role: 'dimension', values: ['a', 'b', 'c'], nullable: false }),
    column('age', 'integer', { role: 'quasi-identifier', bounds: { min: 0, max: 120 } }),
    column('pay', 'decimal', { role: 'measure', bounds: { min: 0, max: 20000 } }),
    column('ill', 'integer', { role: 'measure' }),
  ],
};
const V: TableSchema = {
  table: 'v',
  level: 'general-2',
  columns: [id, column('fee', 'integer', { role: 'measure', bounds: { min: 0, max: 1000 } })],
};

const PEOPLE = Array.from({ length: 300 }, (_, n) => ({
  id: BigInt(n + 1),
  dept: 'abc'[n % 3]!,
  age: BigInt(20 + ((n * 7) % 60)),
  pay: (3000 + ((n * 137) % 5000)).toFixed(2),
  ill: n % 7 < 3 ? 1n : 0n,
}));
const VISITS = PEOPLE.flatMap(({ id: person }, n) =>
  Array.from({ length: 1 + (n % 20) }, (_, visit) => ({ id: person, fee: BigInt(10 + ((n + visit) % 90)) })),
);

let gateway: SqlGateway;
beforeAll(async () => {
  gateway = await openGateway([
    { schema: P, rowsPerUnitMax: { person: 1 }, rows: PEOPLE },
    { schema: V, rows: VISITS },
  ]);
});

const one = async (sql: string): Promise<number | null> => (await gateway.ask(sql)).rows[0]?.[0] as number | null;

describe('mode perturbed', () => {
  it('gives the sum of a flag the noise of the count of those who have it', async () => {
    for (const where of ['true', 'age < 40', 'age >= 40', "dept = 'a'", "dept = 'b' AND age < 50"]) {
      const counted = await one(`SELECT count(*) FROM p WHERE ill = 1 AND ${where}`);
      expect(await one(`SELECT sum(ill) FROM p WHERE ${where}`), where).toBe(counted);
      expect(await one(`SELECT 3 * sum(ill) FROM p WHERE ${where}`), where).toBe(counted === null ? null : 3 * counted);
    }
    // Control: another column's sum is moved by less than a person.
    const [sum] = (await gateway.raw('SELECT sum(age) FROM p'))[0]!;
    expect(Math.abs(Number(await one('SELECT sum(age) FROM p')) - Number(sum))).toBeGreaterThan(0);
  });

  it('gives one number to one set, whatever the query looks like', async () => {
    const forms = [
      'SELECT count(*) FROM p WHERE age >= 40',
      'SELECT count(age) FROM p WHERE NOT age < 40',
      'SELECT sum(CASE WHEN age >= 40 THEN 1 ELSE 0 END) FROM p',
      'SELECT count(*) FILTER (WHERE age + 1 > 40) FROM p',
      'SELECT sum(n) FROM (SELECT id, count(*) AS n FROM p WHERE age >= 40 GROUP BY id)',
      'SELECT count(pay) FROM p WHERE age > 39 AND pay >= 0',
      'SELECT count(*) FROM (SELECT age AS x FROM p) WHERE x * 2 >= 80',
    ];
    const answers: (number | null)[] = [];
    for (const sql of forms) answers.push(await one(sql));
    expect(new Set(answers).size).toBe(1);
    const [[truth]] = (await gateway.raw(forms[0]!)) as [[number]];
    expect(Math.abs(answers[0]! - truth)).toBeLessThanOrEqual(DEFAULT_PROFILE.perturbation.D);
  });

  it('draws unrelated noise for other sets, within D', async () => {
    const noises: number[] = [];
    for (let age = 25; age < 75; age += 1) {
      const sql = `SELECT count(*) FROM p WHERE age >= ${age}`;
      const [[truth]] = (await gateway.raw(sql)) as [[number]];
      const answer = await one(sql);
      if (answer !== null) noises.push(answer - truth);
    }
    expect(noises.length).toBeGreaterThan(30);
    expect(Math.max(...noises.map(Math.abs))).toBeLessThanOrEqual(DEFAULT_PROFILE.perturbation.D);
    expect(new Set(noises).size).toBeGreaterThan(5);
    expect(Math.abs(noises.reduce((a, b) => a + b, 0) / noises.length)).toBeLessThan(2.5);
  });

  it('scales the noise of sums, and of counts to which people add many, by who adds most', async () => {
    for (const sql of ['SELECT sum(pay) FROM p', 'SELECT sum(fee) FROM v', 'SELECT count(fee) FROM v']) {
      const answer = Number(await one(sql));
      const [[raw]] = (await gateway.raw(sql)) as [[unknown]];
      const truth = Number(raw);
      expect(answer).not.toBe(truth);
      expect(Math.abs(answer - truth) / truth).toBeLessThan(0.05);
    }
  });

  it('does not draw anew for rows that add nothing', async () => {
    const sum = (where: string) => one(`SELECT sum(CASE WHEN age >= 50 THEN pay ELSE 0 END) FROM p WHERE ${where}`);
    expect(await sum('age >= 30')).toBe(await sum('age >= 45'));
  });

  it('answers moments from perturbed sums, and says 95% intervals where a value left as it is', async () => {
    const { rows } = await gateway.ask('SELECT avg(pay), stddev_samp(pay), corr(age, pay) FROM p');
    const [raw] = await gateway.raw('SELECT avg(pay), stddev_samp(pay), corr(age, pay) FROM p');
    expect(Number(rows[0]![0]) / Number(raw![0])).toBeCloseTo(1, 1);
    expect(Number(rows[0]![1])).toBeGreaterThanOrEqual(0);
    expect(Math.abs(Number(rows[0]![2]))).toBeLessThanOrEqual(1);
  });

  it('hides small groups by their perturbed number', async () => {
    const { rows } = await gateway.ask('SELECT age, count(*) FROM p GROUP BY age');
    for (const row of rows) expect(row[1] === null || Number(row[1]) > DEFAULT_PROFILE.perturbation.js).toBe(true);
    expect((await gateway.raw('SELECT age, count(*) FROM p GROUP BY age')).length).toBeGreaterThan(rows.length);
  });
});
