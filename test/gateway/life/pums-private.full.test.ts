import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Answer, ask, publish, type RunningGateway, startGateway } from './running-gateway.ts';

/**
 * Goal: real microdata (US Census PUMS) whose incomes leave in mode `dp`, asked over HTTP. Method: expected values are computed over the
 * file; released ones must lie near them as their own intervals say. Chance of a false alarm: below 1e-6 for each check.
 */
const FIXTURES = join(import.meta.dirname, '../../fixtures/pums');
interface Column {
  readonly name: string;
  readonly [key: string]: unknown;
}
const pums = JSON.parse(readFileSync(join(FIXTURES, 'schema.json'), 'utf8')) as { table: string; columns: Column[] };
const csv = readFileSync(join(FIXTURES, 'PUMS_pid.csv'), 'utf8');
const schema = {
  ...pums,
  columns: pums.columns.map((column) => {
    if (column.name === 'income') return { ...column, level: 'general-4' };
    return column.name === 'pid' ? { ...column, nullable: false, rowsPerUnitMax: 1 } : column;
  }),
};
const [head = '', ...lines] = csv.trim().split('\n');
const names = head.split(',');
const people = lines.map((line) => Object.fromEntries(line.split(',').map((cell, index) => [names[index]!, cell])));
const incomes = (of: (person: Record<string, string>) => boolean) =>
  people.filter(of).map((person) => Number(person['income']));

let running: RunningGateway;
let developer: string;
beforeAll(async () => {
  running = await startGateway();
  ({ developer } = await publish(running, { schema, csv }, { plan: 'pums' }));
});
afterAll(() => running.destroy());

async function released(sql: string, rho: number): Promise<NonNullable<Answer['body']['result']>> {
  const body = { plan: 'pums', sql, options: { privacy: { rho } } };
  const response = await running.request(developer, 'POST', '/v1/jobs', body, { prefer: 'wait=30' });
  const answer = (await response.json()) as Answer['body'];
  expect(answer.result ?? null, JSON.stringify(answer)).not.toBeNull();
  return answer.result!;
}

describe('PUMS with incomes at the level of mode dp', () => {
  it('counts and averages all groups of a public list, each near the file as its interval says', async () => {
    const sql = `SELECT educ, count(*) AS n, avg(income) AS m FROM pums WHERE income >= 0 GROUP BY educ ORDER BY educ`;
    const { mode, rows, intervals, columns } = await released(sql, 0.009);
    expect(mode).toBe('dp');
    expect(columns.map((column) => column.mode)).toEqual(['dp', 'dp', 'dp']);
    // The column may be empty, as declared: that is a group too, whether anybody is in it or not.
    expect(rows.map(([educ]) => educ)).toEqual(
      [...(schema.columns.find(({ name }) => name === 'educ')!['values'] as string[])].sort().concat([null as never]),
    );
    let within = 0;
    for (const [row, [educ, , mean]] of rows.entries()) {
      const group = incomes((person) => person['educ'] === educ);
      const [low, high] = intervals['n']![row]!;
      if (low <= group.length && group.length <= high) within += 1;
      expect(Number(mean)).toBeGreaterThanOrEqual(0);
      expect(Number(mean)).toBeLessThanOrEqual(1_000_000);
      expect(intervals['m']![row]![0]).toBeLessThanOrEqual(Number(mean));
    }
    expect(within).toBeGreaterThanOrEqual(9);
  });

  it('finds a median between neighbours, and a mean whose bounds the query narrows', async () => {
    const sql =
      'SELECT median(least(income, 200000)) AS middle, avg(least(income, 200000)) AS m, count(*) AS n FROM pums';
    const { rows, intervals } = await released(sql, 0.009);
    const [[middle, mean, n]] = rows as [[number | string, number, number]];
    expect(Math.abs(n - 1_000)).toBeLessThan(100);
    const all = incomes(() => true);
    const below = (value: number) => all.filter((income) => income <= value).length / all.length;
    expect(below(intervals['middle']![0]![0])).toBeLessThan(0.6);
    expect(below(intervals['middle']![0]![1])).toBeGreaterThan(0.4);
    expect(Number(middle)).toBeLessThanOrEqual(200_000);
    const truth = all.reduce((sum, income) => sum + Math.min(income, 200_000), 0) / all.length;
    expect(Math.abs(mean - truth)).toBeLessThan(20_000);
  });

  it('keeps what is not asked of incomes in the mode of its own level', async () => {
    const { body } = await ask(running, developer, 'pums', 'SELECT count(*) AS n FROM pums');
    expect(body.result).toMatchObject({ mode: 'aggregate', rows: [[1_000]] });
  });

  it.each([
    ['rows', 'SELECT income FROM pums', 'POLICY_ROWS_REFUSED', 'income'],
    [
      'what may be of any size',
      'SELECT sum(1 / (income - 259)) AS s FROM pums',
      'POLICY_CONSTRUCT_REFUSED',
      'least(greatest',
    ],
  ])('refuses %s by name', async (_what, sql, code, words) => {
    const { body } = await ask(running, developer, 'pums', sql, { 'accept-language': 'en' });
    expect(body.code).toBe(code);
    expect(`${body.detail} ${body.hint}`).toContain(words);
  });

  it('counts distinct values that are no units, near the file as the interval says', async () => {
    const { rows, intervals } = await released('SELECT count(DISTINCT income) AS n FROM pums', 0.004);
    const [low, high] = intervals['n']![0]!;
    const distinct = new Set(incomes(({ income }) => income !== '')).size;
    // An interval holds 95% of the noise, two deviations to each side: three of them hold all of it.
    expect(Math.abs(Number(rows[0]![0]) - distinct)).toBeLessThan(1.5 * (high - low));
    expect(high - low).toBeLessThan(distinct);
  });

  it('rejects a version in which somebody has more rows than the table declares', async () => {
    const provider = await running.token('provider', 'bob', 'census-office');
    const twice = `${csv.trim()}\n${lines[0]}\n`;
    const put = await running.request(provider, 'PUT', '/v1/resources/pums/data', twice, {
      'content-type': 'text/csv',
    });
    expect(put.status).toBe(422);
    expect(await put.json()).toMatchObject({ code: 'UPLOAD_UNIT_ROWS' });
  });
});
