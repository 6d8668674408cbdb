/**
 * Goal: what nobody here can read is added up all the same, by SQL that has nothing special; what no custodian would open is refused.
 * Method: a provider encrypts, a gateway that holds no key computes, a custodian in its own directory opens. Its noise is off where an
 * answer is held against the plain one. Invariants: with the noise off, answers are those of the plain data, digit by digit; the
 * gateway's home holds no value; without the custodian there is no answer.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readEntries } from '#catalog';
import {
  type CustodyProof,
  isCustodyProof,
  openedStatement,
  STATEMENT_TYPE,
  verifySigned,
} from '../../../gateway/custodian/index.ts';
import type { CustodyCity } from './custody-city.ts';
import { encryptedCity, type PaidPerson, PEOPLE, townOf } from './encrypted-table.ts';

const SILENT = { noise: { take: (_: unknown, count: number) => Array.from({ length: count }, () => 0n) } };
let city: CustodyCity;
beforeAll(async () => {
  city = await encryptedCity({ instead: SILENT });
});
afterAll(() => city.destroy());

const where = (keep: (one: PaidPerson, at: number) => boolean) => PEOPLE.filter(keep);
const sum = (people: readonly PaidPerson[], of: (one: PaidPerson) => bigint) =>
  people.reduce((total, one) => total + of(one), 0n);
const hundredths = (value: bigint) => Number(value) / 100;
const A = where(({ industry }) => industry === 'A');
const B = where(({ industry }) => industry === 'B');

async function rows(sql: string) {
  const { status, body } = await city.ask(sql);
  expect(body, JSON.stringify(body)).toMatchObject({ state: 'finished' });
  expect(status).toBe(200);
  return body.result!.rows;
}
const problem = async (sql: string) => {
  const { body } = await city.ask(sql);
  return { code: body.code, detail: body.detail };
};

describe('with the noise off, the answers of the plain data', () => {
  it('sums, means and spreads by group, over plain and encrypted columns', async () => {
    const answer = await city.ask(
      'SELECT industry_code, count(*) AS n, sum(paid_amt) AS paid, avg(paid_amt) AS mean, stddev_pop(paid_amt) AS spread FROM pay GROUP BY industry_code ORDER BY industry_code',
    );
    const { rows: got, mode, suppressed } = answer.body.result!;
    expect(mode).toBe('homomorphic');
    for (const [at, people] of [A, B].entries()) {
      const [, n, paid, mean, spread] = got[at]!;
      const values = people.map((one) => hundredths(one.paid));
      const average = values.reduce((a, b) => a + b) / values.length;
      const variance = values.reduce((total, one) => total + (one - average) ** 2, 0) / values.length;
      expect([n, paid]).toEqual([people.length, hundredths(sum(people, (one) => one.paid))]);
      expect(mean).toBeCloseTo(average, 6);
      expect(spread).toBeCloseTo(Math.sqrt(variance), 4);
    }
    // Of industry C there are four people.
    expect(got[2]).toEqual(['C', null, null, null, null]);
    expect(suppressed.reasons).toEqual(['threshold']);
  });

  it('conditions on plain columns, in WHERE and in FILTER', async () => {
    const old = where(({ age }) => age >= 45);
    const sql =
      "SELECT sum(bonus) AS all_, sum(bonus) FILTER (WHERE industry_code = 'A') AS of_a FROM pay WHERE age >= 45";
    const ofA = old.filter(({ industry }) => industry === 'A');
    expect(await rows(sql)).toEqual([[Number(sum(old, (one) => one.bonus)), Number(sum(ofA, (one) => one.bonus))]]);
  });

  it('weighted sums and linear scores, also out of a subquery', async () => {
    const score = sum(PEOPLE, ({ paid, bonus }) => 3n * paid - 200n * bonus + 500n);
    const sql = 'SELECT sum(score) AS s FROM (SELECT 3 * paid_amt - 2 * bonus + 5 AS score FROM pay) AS scored';
    expect(await rows(sql)).toEqual([[hundredths(score)]]);
  });

  it('joins on the identifier of a table with one row each, and IN', async () => {
    const north = where((_, at) => townOf(at) === 'north');
    const sql =
      'SELECT h.town, sum(p.paid_amt) AS paid FROM pay p JOIN homes h ON p.person_id = h.person_id GROUP BY h.town ORDER BY h.town';
    const [first] = await rows(sql);
    expect(first).toEqual(['north', hundredths(sum(north, (one) => one.paid))]);
    const inside =
      "SELECT sum(bonus) AS b FROM pay WHERE person_id IN (SELECT person_id FROM homes WHERE town = 'north')";
    expect(await rows(inside)).toEqual([[Number(sum(north, (one) => one.bonus))]]);
  });

  it('HAVING, ORDER BY, LIMIT and ratios above', async () => {
    const sql =
      'SELECT industry_code, sum(paid_amt) / count(*) AS ratio FROM pay GROUP BY industry_code HAVING count(*) > 10 ORDER BY ratio DESC LIMIT 1';
    const best = Math.max(...[A, B].map((people) => hundredths(sum(people, (one) => one.paid)) / people.length));
    expect((await rows(sql))[0]![1]).toBeCloseTo(best, 6);
  });

  it('beside sums over plain columns, whose noise is the gateway’s', async () => {
    const [row] = await rows('SELECT sum(bonus) AS b, avg(age) AS a FROM pay WHERE age < 60');
    const young = where(({ age }) => age < 60);
    expect(row![0]).toBe(Number(sum(young, (one) => one.bonus)));
    expect(row![1]).toBeGreaterThan(0);
  });
});

describe('what is refused, with the reason', () => {
  it.each([
    ['SELECT paid_amt FROM pay', 'rows of an encrypted column'],
    ['SELECT count(*) AS n FROM pay WHERE paid_amt > 100', 'a condition on an encrypted column'],
    ['SELECT paid_amt, count(*) AS n FROM pay GROUP BY paid_amt', 'a group by an encrypted column'],
    ['SELECT sum(CASE WHEN paid_amt > 5 THEN 1 ELSE 0 END) AS n FROM pay', 'CASE around an encrypted column'],
    ['SELECT sum(paid_amt * bonus) AS s FROM pay', 'a product of encrypted columns'],
    ['SELECT sum(paid_amt * age) AS s FROM pay', 'a plain column beside an encrypted one'],
    ['SELECT sum(abs(paid_amt)) AS s FROM pay', 'a function of an encrypted column'],
    ['SELECT count(DISTINCT paid_amt) AS n FROM pay', 'DISTINCT of an encrypted column'],
    ['SELECT stddev(bonus) AS s FROM pay', 'a variance of encrypted columns without squares'],
    ['SELECT sum(bonus) FILTER (WHERE paid_amt > 1) AS s FROM pay', 'a condition on an encrypted column'],
    ['SELECT sum(1000000000000 * paid_amt) AS s FROM pay', 'weights this large'],
    ['SELECT person_id, sum(bonus) AS s FROM pay GROUP BY person_id', ''],
  ])('%s', async (sql, reason) => {
    const { code, detail } = await problem(sql);
    expect(code).toMatch(/^POLICY_/);
    expect(detail).toContain(reason);
  });

  it.each(['min', 'max', 'median', 'mode'])('%s()', async (fn) => {
    expect(await problem(`SELECT ${fn}(paid_amt) AS x FROM pay`)).toMatchObject({ code: 'POLICY_AGGREGATE_REFUSED' });
  });

  it('one person, and the difference of two answers: by the custodian, in both logs', async () => {
    await rows('SELECT sum(bonus) AS s FROM pay WHERE age >= 21');
    const { body } = await city.ask("SELECT sum(bonus) AS s FROM pay WHERE industry_code = 'C'");
    expect(body).toMatchObject({ code: 'CUSTODIAN_REFUSED' });
    expect(body.detail).toContain('no set of rows stands for enough units');
    const ours = city.running.gateway.deps.store.read((db) => readEntries(db, 0, 10_000));
    expect(ours.at(-1)).toMatchObject({ kind: 'outcome', decision: 'deny', code: 'CUSTODIAN_REFUSED' });
    const theirs = city.custodian.store.read((db) => readEntries(db, 0, 10_000));
    expect(theirs.at(-1)).toMatchObject({
      kind: 'refusal',
      code: 'CUSTODIAN_REFUSED',
      note: 'withheld',
      job: ours.at(-1)!.job,
    });
  });
});

describe('explain', () => {
  it('tells mode, cost, errors and the custodian’s rule, and not how many rows there are', async () => {
    const sql = 'SELECT sum(bonus) AS s FROM pay';
    const response = await city.running.request(city.developer, 'POST', '/v1/explain', { plan: 'p1', sql });
    const text = await response.text();
    const told = JSON.parse(text) as {
      mode: string;
      rules: unknown[];
      cost: { rho: number };
      privacy: { errors: unknown[] };
    };
    expect(told.mode).toBe('homomorphic');
    expect(told.rules).toContainEqual({ rule: 'custodian', limit: 10 });
    expect(told.cost.rho).toBeGreaterThan(0);
    expect(told.privacy.errors).toHaveLength(1);
    expect(text).not.toMatch(/\b(600|599|607)\b/);
  });
});

describe('the answer', () => {
  it('has the custodian’s signature, which tells the numbers that it opened and that its log tells of it', async () => {
    const { body } = await city.ask('SELECT sum(bonus) AS s FROM pay WHERE age < 50');
    const { custody, cost } = body.result as unknown as { custody: CustodyProof[]; cost: { rho: number } };
    expect(cost.rho).toBeGreaterThan(0);
    const verified = await verifySigned(custody[0]!.statement, STATEMENT_TYPE, (one) => one === city.signer);
    const said = openedStatement.parse(JSON.parse(Buffer.from(verified!.payload).toString()));
    expect(said).toMatchObject({ dataset: 'pay', job: body.id, plan: 'p1', organisation: 'linkong-data' });
    expect(said.cells).toEqual([[String(body.result!.rows[0]![0])]]);
    expect(custody[0]!.receipt).toContain('c2sp.org/tlog-proof@v1');
    const known = { signer: city.signer, log: city.custodian.log.verifierKey };
    expect(await isCustodyProof(custody[0]!, known)).toBe(true);
    expect(await isCustodyProof(custody[0]!, { ...known, signer: 'x'.repeat(43) })).toBe(false);
    const other = (await city.ask('SELECT sum(bonus) AS s FROM pay WHERE age < 51')).body
      .result as unknown as typeof body.result & {
      custody: CustodyProof[];
    };
    expect(await isCustodyProof({ ...custody[0]!, statement: other.custody[0]!.statement }, known)).toBe(false);
  });

  it('is given again to the same question, and the custodian is not asked', async () => {
    const opened = () => city.custodian.store.read((db) => readEntries(db, 0, 10_000)).length;
    await rows('SELECT sum(bonus) AS s FROM pay WHERE age < 40');
    const before = opened();
    await rows('SELECT sum(bonus) AS s FROM pay WHERE 40 > age');
    expect(opened()).toBe(before);
  });

  it('stands on nothing that the gateway could read: no value is in its home', () => {
    const { home } = city.running;
    const files = readdirSync(home, { recursive: true, withFileTypes: true }).filter((one) => one.isFile());
    const values = PEOPLE.slice(0, 50).map(({ paid }) => `${paid / 100n}.${String(paid % 100n).padStart(2, '0')}`);
    for (const { parentPath, name } of files) {
      const bytes = readFileSync(join(parentPath, name)).toString('latin1');
      expect(
        values.filter((value) => value.length > 6 && bytes.includes(value)),
        name,
      ).toEqual([]);
    }
  });

  it('is not given once the custodian’s records were changed by others: told to who asks, and in both logs', async () => {
    const file = new Database(join(city.dir, 'custodian.db'));
    file.exec('UPDATE ledger_accounts SET spent = 0');
    file.close();
    const { body } = await city.ask('SELECT sum(bonus) AS s FROM pay WHERE age < 35');
    expect(body).toMatchObject({ code: 'CUSTODIAN_REFUSED' });
    expect(body.detail).toContain('records are not as it wrote them');
    const ours = city.running.gateway.deps.store.read((db) => readEntries(db, 0, 10_000)).at(-1)!;
    expect(ours).toMatchObject({ kind: 'outcome', decision: 'deny', code: 'CUSTODIAN_REFUSED' });
    const theirs = city.custodian.store.read((db) => readEntries(db, 0, 10_000));
    const refusal = theirs.findLast(({ kind }) => kind === 'refusal');
    expect(refusal).toMatchObject({ code: 'CUSTODIAN_REFUSED', note: 'records', job: ours.job });
    expect(theirs.some(({ kind, code }) => kind === 'integrity' && code === 'CATALOGUE_CORRUPT')).toBe(true);
  });

  it('is not given at all without the custodian', async () => {
    await city.stopCustodian();
    expect(await problem('SELECT sum(bonus) AS s FROM pay WHERE age < 33')).toMatchObject({ code: 'CUSTODIAN_AWAY' });
  });
});
