import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ask, publish, type RunningGateway, startGateway } from './running-gateway.ts';

/**
 * Goal: real people's microdata (US Census PUMS), registered and asked over HTTP, answered as an independent computation
 * over the file says. Nothing of the project computes the expected values.
 */

const FIXTURES = join(import.meta.dirname, '../../fixtures/pums');
const schema = JSON.parse(readFileSync(join(FIXTURES, 'schema.json'), 'utf8'));
const csv = readFileSync(join(FIXTURES, 'PUMS_pid.csv'), 'utf8');
const UNITS_MIN = 10;

interface Person {
  readonly age: number;
  readonly sex: number;
  readonly educ: string;
  readonly race: string;
  readonly married: number;
  readonly income: number;
}
const [head = '', ...lines] = csv.trim().split('\n');
const names = head.split(',');
const people = lines.map((line): Person => {
  const cells = line.split(',');
  const of = (name: string) => cells[names.indexOf(name)]!;
  return {
    age: Number(of('age')),
    sex: Number(of('sex')),
    educ: of('educ'),
    race: of('race'),
    married: Number(of('married')),
    income: Number(of('income')),
  };
});

let running: RunningGateway;
let developer: string;
beforeAll(async () => {
  running = await startGateway();
  ({ developer } = await publish(running, { schema, csv }, { plan: 'pums' }));
});
afterAll(() => running.destroy());

function groups<K>(of: readonly Person[], key: (person: Person) => K): Map<K, Person[]> {
  return Map.groupBy(of, key);
}

describe('PUMS over HTTP', () => {
  it('took every row of the file', async () => {
    const { body } = await ask(running, developer, 'pums', 'SELECT count(*) FROM pums');
    expect(people).toHaveLength(1000);
    expect(body.result?.rows).toEqual([[1000]]);
  });

  it('shows a group of a declared list exactly where at least ten people stand for it, and hides it otherwise', async () => {
    const { body } = await ask(
      running,
      developer,
      'pums',
      'SELECT educ, count(*) AS n FROM pums GROUP BY educ ORDER BY educ',
    );
    const counts = groups(people, (person) => person.educ);
    const expected = Array.from({ length: 16 }, (_, index) => String(index + 1))
      .map((educ) => [educ, counts.get(educ)?.length ?? 0] as const)
      .map(([educ, n]) => [educ, n >= UNITS_MIN ? n : null])
      .toSorted(([a], [b]) => (String(a) < String(b) ? -1 : 1));
    expect(body.result?.rows).toEqual(expected);
  });

  it('averages and sums as the file does, over filtered and computed groups', async () => {
    const sql = `SELECT married, age // 10 * 10 AS decade, count(*) AS n, avg(age) AS mean_age
      FROM pums WHERE sex = 1 GROUP BY married, decade ORDER BY married, decade`;
    const { body } = await ask(running, developer, 'pums', sql);
    const women = people.filter((person) => person.sex === 1);
    const cells = groups(women, (person) => `${person.married}|${Math.floor(person.age / 10) * 10}`);
    const visible = [...cells].filter(([, members]) => members.length >= UNITS_MIN);
    const shown = body.result!.rows.filter((row) => row[2] !== null);
    expect(shown).toHaveLength(visible.length);
    for (const [married, decade, n, mean] of shown) {
      const members = cells.get(`${married}|${decade}`)!;
      expect(n).toBe(members.length);
      expect(mean).toBeCloseTo(members.reduce((sum, { age }) => sum + age, 0) / members.length, 6);
    }
    expect(body.result!.suppressed.groups).toBe(cells.size - visible.length);
  });

  it('perturbs what income is involved in: near the file, never exact, the same for every spelling', async () => {
    const ask1 = async (sql: string) => (await ask(running, developer, 'pums', sql)).body.result!;
    const rich = people.filter((person) => person.income > 30_000).length;
    const result = await ask1('SELECT count(*) AS n, avg(income) AS mean FROM pums WHERE income > 30000');
    const [[n, mean]] = result.rows as [[number, number]];
    expect(Math.abs(n - rich)).toBeLessThanOrEqual(8);
    const truth = people.filter(({ income }) => income > 30_000).reduce((sum, { income }) => sum + income, 0) / rich;
    expect(mean).not.toBe(truth);
    expect(Math.abs(mean / truth - 1)).toBeLessThan(0.1);
    const again = await ask1('SELECT count(income) AS n FROM pums WHERE NOT income <= 30000');
    expect(again.rows).toEqual([[n]]);
    const [interval] = result.intervals['n'] as [[number, number]];
    expect(interval[0]).toBeLessThanOrEqual(rich);
    expect(interval[1]).toBeGreaterThanOrEqual(rich);
  });

  it('lets a release decide about rows: what the two questions would give', async () => {
    const { body } = await ask(
      running,
      developer,
      'pums',
      `SELECT sex, count(*) AS n FROM pums WHERE age > (SELECT avg(age) FROM pums)
         AND educ IN (SELECT educ FROM pums GROUP BY educ ORDER BY count(*) DESC NULLS LAST LIMIT 3) GROUP BY sex ORDER BY sex`,
    );
    const mean = people.reduce((sum, { age }) => sum + age, 0) / people.length;
    const sizes = [...groups(people, ({ educ }) => educ)].sort(([, a], [, b]) => b.length - a.length);
    const largest = new Set(sizes.slice(0, 3).map(([educ]) => educ));
    expect(sizes[2]![1].length).toBeGreaterThan(sizes[3]![1].length);
    const met = groups(
      people.filter(({ age, educ }) => age > mean && largest.has(educ)),
      ({ sex }) => sex,
    );
    expect(body.result?.rows).toEqual([...met].sort(([a], [b]) => a - b).map(([sex, all]) => [sex, all.length]));
    const explained = await running.request(developer, 'POST', '/v1/explain', {
      plan: 'pums',
      sql: 'SELECT count(*) FROM pums WHERE age > (SELECT avg(age) FROM pums)',
    });
    expect(explained.status).toBe(200);
  });

  it.each([
    ['rows of general-2 columns', 'SELECT age, sex FROM pums', 'POLICY_ROWS_REFUSED', 'age'],
    ['the identifier by value', 'SELECT count(*) FROM pums WHERE pid = 7', 'POLICY_IDENTIFIER_USE', 'pid'],
    ['the largest age', 'SELECT max(age) FROM pums', 'POLICY_AGGREGATE_REFUSED', 'max'],
  ])('refuses: %s', async (_what, sql, code, word) => {
    const { status, body } = await ask(running, developer, 'pums', sql);
    expect([403, 422]).toContain(status);
    expect(body.code).toBe(code);
    expect(`${body.detail} ${body.hint}`).toContain(word);
    expect(body.hint).not.toBe('');
  });

  it('keeps missing values missing', async () => {
    const nulls = readFileSync(join(FIXTURES, 'PUMS_null.csv'), 'utf8');
    const provider = await running.token('provider', 'bob', 'census-office');
    const put = await running.request(provider, 'PUT', '/v1/resources/pums/data', nulls, {
      'content-type': 'text/csv',
    });
    expect(put.status).toBeLessThan(300);
    const { body } = await ask(
      running,
      developer,
      'pums',
      'SELECT count(*) AS all_rows, count(age) AS with_age FROM pums',
    );
    const lines = nulls.trim().split('\n').slice(1);
    const withAge = lines.filter((line) => line.split(',')[0] !== '').length;
    expect(withAge).toBeLessThan(lines.length);
    expect(body.result?.rows).toEqual([[lines.length, withAge]]);
  });
});
